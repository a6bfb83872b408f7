"""Segments cut anew at the pauses between their words, and words kept to where somebody speaks.

The model hears speech with its long silences taken out, so one of its segments can reach over such
a silence, and its first word can be given a time before it: "To", then eleven seconds of nothing,
then the rest of the sentence. Within a pause it spreads words as well; the voice activity detector
knows better.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from .transcript import Segment, Word

GAP_S = 1.0
"""A longer pause between two words ends a segment."""
STRAY_WORDS = 2
"""Up to so many words before a pause, with no sign behind them, belong to what follows it where
nobody speaks at their time, or somebody speaks before what follows."""
ROOM_S = 0.15
STRAY_WORD_S = 0.4
MARGIN_S = 0.1
"""How far a word may reach into silence: the detector has steps and misses soft sounds. One that
touches speech for less than this is in the silence."""
LONG_S, SHORT_S = 12.0, 3.0
"""A segment longer than the first is cut at the ends of its sentences, into none shorter than the
second, and where there are none, at its longest pauses."""
SENTENCE_ENDS = ".!?…。！？"
SIGNS = SENTENCE_ENDS + ",;:，；：、-–—"


class Spoken(NamedTuple):
    """A time in which somebody speaks, in seconds."""

    start_s: float
    end_s: float


def recut(words: Sequence[Word], spoken: Sequence[Spoken]) -> list[Segment]:
    """Return the segments that the words of one segment are.

    Args:
        words: In order; at least one.
        spoken: Where somebody speaks, in order, as the voice activity detector has it.
    """
    words = [_kept_to(word, spoken) for word in words]
    pieces: list[list[Word]] = []
    for piece in _at_gaps(words):
        if pieces and _is_stray(pieces[-1], piece[0], spoken):
            piece = [*_moved(pieces.pop(), piece[0].start_s), *piece]
        pieces.append(piece)
    return [_segment(part) for piece in pieces for part in _at_sentences(piece)]


def _kept_to(word: Word, spoken: Sequence[Spoken]) -> Word:
    """Return a word without what of it is silence, up to a margin; one in silence as it is."""
    start_s, end_s = word.start_s, word.end_s
    shared = [(min(end_s, one.end_s) - max(start_s, one.start_s), one) for one in spoken]
    most_s, most = max(shared, default=(0.0, None))
    if most is None or most_s < MARGIN_S:
        return word
    return replace(
        word,
        start_s=round(max(start_s, most.start_s - MARGIN_S), 3),
        end_s=round(min(end_s, most.end_s + MARGIN_S), 3),
    )


def _at_gaps(words: Sequence[Word]) -> list[list[Word]]:
    pieces = [[words[0]]]
    for before, word in zip(words, words[1:], strict=False):
        if word.start_s - before.end_s > GAP_S:
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _is_stray(piece: Sequence[Word], after: Word, spoken: Sequence[Spoken]) -> bool:
    """Tell whether a few words before a pause were said right after it."""
    if len(piece) > STRAY_WORDS or piece[-1].text.rstrip().endswith(tuple(SIGNS)):
        return False
    middles = [(word.start_s + word.end_s) / 2 for word in piece]
    if not any(one.start_s <= middle <= one.end_s for one in spoken for middle in middles):
        return True
    begins_s = [one.start_s for one in spoken if piece[-1].end_s < one.start_s <= after.start_s]
    return bool(begins_s) and after.start_s - begins_s[-1] > ROOM_S


def _moved(stray: Sequence[Word], to_s: float) -> list[Word]:
    """Return stray words with the times right before what they belong to."""
    moved: list[Word] = []
    for word in reversed(stray):
        start_s = round(max(0.0, to_s - min(word.end_s - word.start_s, STRAY_WORD_S)), 3)
        moved.insert(0, replace(word, start_s=start_s, end_s=to_s))
        to_s = start_s
    return moved


def _at_sentences(words: list[Word]) -> list[list[Word]]:
    """Return the parts that a piece is cut into, where it is long."""
    if words[-1].end_s - words[0].start_s <= LONG_S:
        return [words]
    parts: list[list[Word]] = [[]]
    for word in words:
        last = parts[-1]
        if last and _ends_sentence(last[-1]) and last[-1].end_s - last[0].start_s >= SHORT_S:
            parts.append([])
        parts[-1].append(word)
    return [short for part in parts for short in _at_longest_pause(part)]


def _at_longest_pause(words: list[Word]) -> list[list[Word]]:
    """Return the parts of what has no signs, cut at its longest pauses until none is long."""
    if len(words) < 2 or words[-1].end_s - words[0].start_s <= LONG_S:
        return [words]
    cut = max(range(1, len(words)), key=lambda n: words[n].start_s - words[n - 1].end_s)
    return [*_at_longest_pause(words[:cut]), *_at_longest_pause(words[cut:])]


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip("\"'”’)» ").endswith(tuple(SENTENCE_ENDS))


def _segment(words: Sequence[Word]) -> Segment:
    return Segment(
        start_s=words[0].start_s,
        end_s=words[-1].end_s,
        text="".join(word.text for word in words).strip(),
        words=tuple(words),
    )
