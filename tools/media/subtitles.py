"""A transcript as subtitles (SRT, WebVTT) or text, and subtitles read back.

A line is broken where a reader would pause: after a sentence, after a comma, before a small word,
and so that both lines are about as long.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape

from ...memory.errors import ConfigError
from .transcript import Segment, Transcript, Word

ENDS, STOPS = ".!?…。！？", ",;:，；：、"
SOFT_WORDS = frozenset(
    "a an and as at but by for from if in into nor of on or so than that the to when where which "
    "who with".split()
)
"""English words before which a line is better broken than after them."""

EARLY, LONELY, FEW_WORDS = 1.5, 0.5, 3
"""Weights beside those of `_break_cost`."""

_CUE_TIMES = re.compile(
    r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)[.,](\d{3}) --> (?:(\d{2,}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
    r"(?:[ \t].*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a subtitle may be; the defaults are those of broadcasters' style guides."""

    max_line_chars: int = 42
    max_lines: int = 2
    max_s: float = 7.0
    min_s: float = 1.0
    """A shorter one is shown longer, as far as the next leaves room."""
    pause_s: float = 0.7
    """A longer pause between words ends a subtitle."""

    def __post_init__(self) -> None:
        """Refuse what nothing fits into."""
        if self.max_line_chars < 1 or self.max_lines < 1 or not self.max_s > 0:
            raise ConfigError(
                "a subtitle needs at least 1 character a line, 1 line and more than 0 seconds; "
                f"got {self.max_line_chars}, {self.max_lines} and {self.max_s}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]


def cues(transcript: Transcript, layout: Layout | None = None) -> list[Cue]:
    """Return a transcript's subtitles, in order and without overlaps.

    A word that is longer than a line has a line of its own.
    """
    layout = layout or Layout()
    found: list[Cue] = []
    for segment in transcript.segments:
        for words in _pieces(_words(segment), layout):
            lines = _broken(words, layout)
            found.append(Cue(start_s=words[0].start_s, end_s=words[-1].end_s, lines=lines))
    return _timed(found, layout)


def srt(transcript: Transcript, layout: Layout | None = None) -> str:
    """Return SubRip text."""
    return _written(cues(transcript, layout), _srt_cue, head="")


def vtt(transcript: Transcript, layout: Layout | None = None) -> str:
    """Return WebVTT text."""
    return _written(cues(transcript, layout), _vtt_cue, head="WEBVTT\n\n")


def plain_text(transcript: Transcript, _layout: Layout | None = None) -> str:
    """Return the text alone, a segment a line."""
    return transcript.text + "\n" if transcript.segments else ""


WRITERS: Mapping[str, Callable[[Transcript, Layout | None], str]] = {
    "text": plain_text,
    "srt": srt,
    "vtt": vtt,
}


def read_subtitles(text: str) -> list[Cue]:
    """Return the subtitles in SRT or WebVTT text.

    Raises:
        ConfigError: Naming the first block that is no subtitle.
    """
    is_vtt = text.lstrip("\ufeff").startswith("WEBVTT")
    blocks = re.split(r"\n[ \t]*\n", text.lstrip("\ufeff").replace("\r\n", "\n").strip())
    found = []
    for block in blocks[1:] if is_vtt else blocks:
        lines = block.strip("\n").split("\n")
        if not block.strip() or (is_vtt and lines[0].startswith(("NOTE", "STYLE", "REGION"))):
            continue
        if "-->" not in lines[0]:
            lines = lines[1:]
        times = _CUE_TIMES.fullmatch(lines[0].strip()) if lines else None
        if times is None:
            raise ConfigError(f"this is no subtitle: {block[:60]!r}; expected START --> END")
        shown = [unescape(line) if is_vtt else line for line in lines[1:]]
        start_s, end_s = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        found.append(Cue(start_s=start_s, end_s=end_s, lines=tuple(shown)))
    return found


def _words(segment: Segment) -> list[Word]:
    """Return a segment's words; of one without, its text's, spread evenly over its time."""
    if segment.words:
        return [word for word in segment.words if word.text.strip()]
    texts = segment.text.split()
    step_s = (segment.end_s - segment.start_s) / max(1, len(texts))
    return [
        Word(
            text=f" {text}",
            start_s=segment.start_s + n * step_s,
            end_s=segment.start_s + (n + 1) * step_s,
            probability=1.0,
        )
        for n, text in enumerate(texts)
    ]


def _text(words: Sequence[Word]) -> str:
    return " ".join("".join(word.text for word in words).split())


def _pieces(words: list[Word], layout: Layout) -> Iterator[list[Word]]:
    """Yield the words of each subtitle."""
    while words:
        n_fitting = _count_fitting(words, layout)
        if n_fitting < len(words):
            n_fitting = _best_cut(words, n_fitting)
        yield words[:n_fitting]
        words = words[n_fitting:]


def _count_fitting(words: Sequence[Word], layout: Layout) -> int:
    """Return how many words one subtitle holds, at least 1."""
    for n in range(2, len(words) + 1):
        is_pause = words[n - 1].start_s - words[n - 2].end_s > layout.pause_s
        is_long = words[n - 1].end_s - words[0].start_s > layout.max_s
        if is_pause or is_long or len(_filled(words[:n], layout)) > layout.max_lines:
            return n - 1
    return len(words)


def _filled(words: Sequence[Word], layout: Layout) -> list[list[Word]]:
    """Return lines that are each as full as can be."""
    lines: list[list[Word]] = [[]]
    for word in words:
        if lines[-1] and len(_text([*lines[-1], word])) > layout.max_line_chars:
            lines.append([])
        lines[-1].append(word)
    return lines


def _best_cut(words: Sequence[Word], n_fitting: int) -> int:
    """Return after how many words to cut, where not all fit."""

    def cost(n: int) -> float:
        pause_s = max(0.0, words[n].start_s - words[n - 1].end_s)
        # Far before the end is dear, for it makes subtitles short; so is a rest of a word or two.
        early = EARLY * (n_fitting - n) / n_fitting
        lonely = LONELY if len(words) - n < FEW_WORDS else 0.0
        return _break_cost(words[n - 1], words[n]) - 2 * min(pause_s, 1.0) + early + lonely

    return min(range(1, n_fitting + 1), key=cost)


def _break_cost(before: Word, after: Word) -> float:
    text = before.text.strip().rstrip("\"'”’)»")
    if text.endswith(tuple(ENDS)):
        return 0.0
    if text.endswith(tuple(STOPS)):
        return 0.5
    if after.text.strip().casefold() in SOFT_WORDS:
        return 1.0
    return 2.0 if text.casefold() in SOFT_WORDS else 1.5


def _broken(words: Sequence[Word], layout: Layout) -> tuple[str, ...]:
    """Return a subtitle's lines: as few as hold it, about as long as each other."""
    full = _filled(words, layout)
    if len(full) == 1:
        return (_text(words),)
    if len(full) > 2:
        return tuple(map(_text, full))

    def cost(n: int) -> float:
        first, second = len(_text(words[:n])), len(_text(words[n:]))
        too_long = max(first, second) > layout.max_line_chars
        uneven = abs(first - second) / layout.max_line_chars
        return _break_cost(words[n - 1], words[n]) + 2 * uneven + (100.0 if too_long else 0.0)

    n = min(range(1, len(words)), key=cost)
    return _text(words[:n]), _text(words[n:])


def _timed(found: Sequence[Cue], layout: Layout) -> list[Cue]:
    """Return the subtitles shown long enough to be read, none over the next one."""
    timed: list[Cue] = []
    for index, cue in enumerate(found):
        end_s = max(cue.end_s, cue.start_s + layout.min_s)
        if index + 1 < len(found):
            end_s = min(end_s, max(found[index + 1].start_s, cue.start_s + 0.001))
        timed.append(Cue(start_s=cue.start_s, end_s=end_s, lines=cue.lines))
    return timed


def _written(found: Sequence[Cue], write: Callable[[int, Cue], str], *, head: str) -> str:
    return head + "\n".join(write(number, cue) for number, cue in enumerate(found, start=1))


def _srt_cue(number: int, cue: Cue) -> str:
    # Players look for the arrow anywhere.
    text = "\n".join(line.replace("-->", "→") for line in cue.lines)
    return f"{number}\n{_stamp(cue.start_s, ',')} --> {_stamp(cue.end_s, ',')}\n{text}\n"


def _vtt_cue(_number: int, cue: Cue) -> str:
    text = "\n".join(escape(line, quote=False) for line in cue.lines)
    return f"{_stamp(cue.start_s, '.')} --> {_stamp(cue.end_s, '.')}\n{text}\n"


def _stamp(seconds: float, point: str) -> str:
    """Return hours, minutes, seconds and thousandths.

    >>> _stamp(3661.5, ",")
    '01:01:01,500'
    """
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
