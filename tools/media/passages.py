"""Stretches of a video with the words on its screen or in its sound then."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from .transcript import Transcript
from .video_index import Look, SeenLine

SAME_LINE = 82.0
"""Similarity, of 100, from which a line is the same as in the picture before, read otherwise."""
_CLOCK = re.compile(r"\W*\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s*[AP]M)?\W*", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One line, and when it is there."""

    source: Literal["screen", "speech"]
    text: str
    start_s: float
    end_s: float
    """Of a line on the screen, when it is first gone, or the end of the video."""
    at_s: float
    """When the first picture that shows it at rest appears; of speech, its start."""
    xyxy: tuple[int, int, int, int] | None = None
    """Where it is in that picture."""


def seen(looks: Sequence[Look], end_s: float) -> list[Passage]:
    """Return each line of a video's pictures once, as long as it stays, picture by picture.

    A clock is left out: it says something new all the time.
    """
    done: list[_Line] = []
    alive: list[_Line] = []
    before_s = -1.0
    for look in looks:
        staying: list[_Line] = []
        left = list(alive)
        for line in look.lines:
            if _CLOCK.fullmatch(line.text):
                continue
            known = _same(line.text, left)
            if known is None:
                staying.append(_Line(line, look, look.changed_at(line.xyxy, before_s)))
            else:
                left.remove(known)
                staying.append(known)
        for gone in left:
            gone.end_s = look.changed_at(gone.seen.xyxy, before_s)
        done += left
        alive, before_s = staying, look.at_s
    for last in alive:
        last.end_s = end_s
    passages = [line.passage() for line in (*done, *alive)]
    return sorted(passages, key=lambda one: (one.at_s, one.xyxy[1] if one.xyxy else 0))


def said(transcript: Transcript) -> list[Passage]:
    """Return what is said, a segment each."""
    return [
        Passage(
            source="speech",
            text=" ".join(one.text.split()),
            start_s=one.start_s,
            end_s=one.end_s,
            at_s=one.start_s,
        )
        for one in transcript.segments
    ]


def together(passages: Iterable[Passage]) -> Iterator[tuple[Passage, ...]]:
    """Yield lines that appear together, and each segment of speech alone."""
    group: list[Passage] = []
    for one in passages:
        if group and (one.source == "speech" or one.at_s != group[0].at_s):
            yield tuple(group)
            group = []
        group.append(one)
    if group:
        yield tuple(group)


@dataclass(slots=True)
class _Line:
    """A line that is on the screen."""

    seen: SeenLine
    first: Look
    start_s: float
    end_s: float = 0.0

    def passage(self) -> Passage:
        return Passage(
            source="screen",
            text=self.seen.text,
            start_s=self.start_s,
            end_s=max(self.end_s, self.first.at_s),
            at_s=self.first.at_s,
            xyxy=self.seen.xyxy,
        )


def _same(text: str, lines: Sequence[_Line]) -> _Line | None:
    """Return the line that a text is, None for a new one: other numbers are another line."""
    for line in lines:
        if line.seen.text == text:
            return line
    numbers = _NUMBERS.findall(text)
    alike = [
        line
        for line in lines
        if _NUMBERS.findall(line.seen.text) == numbers
        and fuzz.ratio(line.seen.text, text) > SAME_LINE
    ]
    return max(alike, key=lambda line: fuzz.ratio(line.seen.text, text), default=None)
