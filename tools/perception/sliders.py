"""Sliders: a thin track and a thumb on it that is thicker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box
from .elements import Element
from .labels import label_of
from .layout import BoxSet
from .ocr import TextLine
from .runs import Runs
from .widgets import EDGE

TRACK_PX = (2, 12)
"""Thickness of a track."""
MIN_LENGTH_PX = 60
THUMB_PX = (8, 36)
THUMB_INSIDE_PX = 18
"""Two sides of one thumb are at most so far apart."""
THICKER_PX = 4
"""A thumb is thicker than its track by so much on either side at most unevenly."""
REACH_PX = 16
"""How far a thumb reaches above and below its track."""
SAME_END_PX = 6
GROOVE_PX = (12, 30)
"""Height of a groove that holds its thumb."""
STROKE_PX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Track:
    top: int
    bottom: int
    left: int
    right: int


def with_sliders(
    edges: NDArray[np.uint8],
    runs: Runs,
    elements: Sequence[Element],
    lines: Sequence[TextLine],
    frames: BoxSet,
) -> list[Element]:
    """Return the elements and the sliders; what was seen in their thumbs is gone.

    A slider's `click_at` is its thumb, from which it can be dragged.

    Args:
        edges: `split.gradient` of the region.
        runs: Its long horizontal edges.
        elements: In pixels of the region.
        lines: Its texts, tight.
        frames: Its frames.
    """
    beside_words = edges.copy()
    for line in filter(_is_word, lines):
        beside_words[line.box.top : line.box.bottom, line.box.left : line.box.right] = 0
    found: list[tuple[Box, Box]] = list(_grooves(edges, frames, lines))
    for track in _tracks(runs):
        thumb = _thumb_of(track, beside_words)
        if thumb is None:
            continue
        whole = Box(track.left, track.top, track.right, track.bottom).union(thumb)
        is_known = any(whole.intersect(other) is not None for other, _ in found)
        if not is_known and not any(_is_word(line) and whole.intersect(line.box) for line in lines):
            found.append((whole, thumb))
    kept = [
        element
        for element in elements
        if not any(
            whole.contains(*element.box.centre) and element.box.height <= whole.height + 4
            for whole, _ in found
        )
    ]
    free = [line for line in lines if _is_word(line)]
    return kept + [
        Element(
            id=0, role="slider", text=label_of(whole, free, frames), box=whole, score=0.6,
            source="widget", clickable=thumb.centre,
        )
        for whole, thumb in found
    ]  # fmt: skip


def _grooves(
    edges: NDArray[np.uint8], frames: BoxSet, lines: Sequence[TextLine]
) -> Iterable[tuple[Box, Box]]:
    """Yield wide low frames with one block in them that a line divides, and the block."""
    left, top, right, bottom = frames.xyxy.T
    low, high = GROOVE_PX
    is_groove = (bottom - top >= low) & (bottom - top <= high)
    is_groove &= right - left >= np.maximum(MIN_LENGTH_PX, 3 * (bottom - top))
    texts = BoxSet(line.box for line in lines)
    for row in frames.xyxy[is_groove].tolist():
        box = Box(*row)
        if (texts.shares_inside(box) > 0.5).any():
            continue
        inside = edges[box.top + 4 : box.bottom - 4, box.left : box.right] > EDGE
        has_ink = inside.any(0)
        strokes = [
            (first, last)
            for first, last in _stretches(np.flatnonzero(has_ink), STROKE_PX)
            if inside[:, first:last].any(1).all()
        ]
        middles = [(first + last) / 2 for first, last in strokes]
        if not 4 <= len(strokes) <= 5 or int(has_ink.sum()) > STROKE_PX * len(strokes):
            continue
        if middles[0] > STROKE_PX or middles[-1] < box.width - STROKE_PX - 1:
            continue
        for a, b, c in zip(middles, middles[1:], middles[2:], strict=False):
            is_even = abs((b - a) - (c - b)) <= STROKE_PX
            if is_even and THUMB_PX[0] <= c - a <= THUMB_PX[1] and c - a < box.width / 2:
                yield box, Box(box.left + round(a), box.top, box.left + round(c) + 1, box.bottom)
                break


def _is_word(line: TextLine) -> bool:
    return sum(character.isalnum() for character in line.text) > 1


def _tracks(runs: Runs) -> Iterable[_Track]:
    """Yield pairs of edges, one right above the other, and such pairs in one row as one."""
    low, high = TRACK_PX
    pieces: list[_Track] = []
    order = np.argsort(runs.y, kind="stable")
    y, left, right = runs.y[order], runs.left[order], runs.right[order]
    for number in range(len(y)):
        last = int(np.searchsorted(y, y[number] + high, side="right"))
        first = int(np.searchsorted(y, y[number] + low))
        is_pair = (np.abs(left[first:last] - left[number]) <= SAME_END_PX) & (
            np.abs(right[first:last] - right[number]) <= SAME_END_PX
        )
        pairs = np.flatnonzero(is_pair)
        if len(pairs):
            other = first + int(pairs[-1])
            pieces.append(
                _Track(
                    top=int(y[number]), bottom=int(y[other]) + 1,
                    left=int(min(left[number], left[other])),
                    right=int(max(right[number], right[other])),
                )
            )  # fmt: skip
    for piece in pieces:
        beyond = [
            other
            for other in pieces
            if abs(other.top - piece.top) <= 2
            and abs(other.bottom - piece.bottom) <= 2
            and THUMB_PX[0] - 2 <= other.left - piece.right <= THUMB_PX[1]
        ]
        if beyond:
            yield replace(piece, right=beyond[0].right)
    yield from pieces


def _thumb_of(track: _Track, edges: NDArray[np.uint8]) -> Box | None:
    """Return the one place on a track at which something rises above and below it alike."""
    height, width = edges.shape
    top, bottom = track.top - REACH_PX, track.bottom + REACH_PX
    left, right = max(0, track.left - THUMB_PX[1]), min(width, track.right + THUMB_PX[1])
    if top < 0 or bottom > height or track.right - track.left < MIN_LENGTH_PX - THUMB_PX[1]:
        return None
    ink = edges[top:bottom, left:right] > EDGE
    above, below = ink[: REACH_PX - 1][::-1], ink[track.bottom - top + 1 :]
    low, high = THUMB_PX
    thumbs: list[Box] = []
    for first, last in _stretches(np.flatnonzero(above[:2].any(0) & below[:2].any(0))):
        up, down = (_reach(side[:, first:last]) for side in (above, below))
        thumb = Box(left + first, track.top - up, left + last, track.bottom + down)
        if thumb.right < track.left - 2 or thumb.left > track.right + 2:
            continue  # it does not touch the track
        is_even = abs(up - down) <= THICKER_PX and min(up, down) >= 2
        is_round = low <= thumb.height <= high and thumb.height <= 2.5 * thumb.width
        if not (is_even and is_round and low <= thumb.width + 2 <= high):
            return None
        thumbs.append(thumb)
    if len(thumbs) != 1:
        return None
    length = max(track.right, thumbs[0].right) - min(track.left, thumbs[0].left)
    return thumbs[0] if length >= MIN_LENGTH_PX else None


def _stretches(columns: NDArray[np.intp], gap: int = THUMB_INSIDE_PX) -> Iterable[tuple[int, int]]:
    """Yield first and last (exclusive) of columns that are at most `gap` apart."""
    if len(columns) == 0:
        return
    ends = np.flatnonzero(np.diff(columns) > gap)
    for first, last in zip([0, *(ends + 1)], [*ends, len(columns) - 1], strict=True):
        yield int(columns[first]), int(columns[last]) + 1


def _reach(side: NDArray[np.bool_]) -> int:
    """Return how many rows from the track on have ink without a break."""
    blank = np.flatnonzero(~side.any(1))
    return int(blank[0]) if len(blank) else len(side) + REACH_PX
