"""Texts that were read as one with what stands in the field beside them, cut at its border."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box
from .ink import INK
from .layout import BoxSet
from .ocr import TextLine
from .widgets import EDGE

HEIGHT_PX = (17, 60)
MIN_WIDTH_PX = 36
ROW_SLACK_PX = 2
BORDER_PX = 3
MIN_STRAIGHT = 0.95
MIN_GAP_SHARE = 0.35
"""Of a line's height: at a border letters are this far apart at least."""


def cut_at_frames(
    lines: Sequence[TextLine], frames: BoxSet, edges: NDArray[np.uint8]
) -> list[TextLine]:
    """Return the lines; one that runs over the side of a frame is cut there.

    Args:
        lines: Split and tight.
        frames: Of the picture they were read from.
        edges: `split.gradient` of it.
    """
    left, top, right, bottom = frames.xyxy.T
    low, high = HEIGHT_PX
    is_field = (bottom - top >= low) & (bottom - top <= high) & (right - left >= MIN_WIDTH_PX)
    left, top, right, bottom = (side[is_field] for side in (left, top, right, bottom))
    ink = edges > EDGE
    cut: list[TextLine] = []
    for line in lines:
        box = line.box
        is_beside = (top <= box.top + ROW_SLACK_PX) & (bottom >= box.bottom - ROW_SLACK_PX)
        sides = np.concatenate((left[is_beside], right[is_beside]))
        sides = sides[(sides > box.left + BORDER_PX) & (sides < box.right - BORDER_PX)]
        for x in sorted(set(sides.tolist())):
            # A border is straight; the outline of a letter is not.
            side = ink[box.top : box.bottom, x - BORDER_PX : x + BORDER_PX]
            if side.mean(0).max() < MIN_STRAIGHT:
                continue
            parts = _cut(line, x, edges)
            if parts is not None:
                cut.append(parts[0])
                line = parts[1]
        cut.append(line)
    return cut


def _cut(line: TextLine, x: int, edges: NDArray[np.uint8]) -> tuple[TextLine, TextLine] | None:
    """Return what stands at the left and at the right of a border, None if it cuts a word."""
    letters = [i for i, character in enumerate(line.text) if not character.isspace()]
    before = [i for i in letters if line.centres[i] < x]
    after = [i for i in letters if line.centres[i] >= x]
    if not before or not after:
        return None
    box = line.box
    sides = (
        Box(box.left, box.top, x - BORDER_PX, box.bottom),
        Box(x + BORDER_PX, box.top, *box.xyxy[2:]),
    )
    parts = []
    for side, kept in zip(sides, (before, after), strict=True):
        tight = _tight(side, edges)
        if tight is None:
            return None
        first, last = kept[0], kept[-1] + 1
        parts.append(
            TextLine(
                box=tight,
                text=line.text[first:last],
                score=line.score,
                centres=line.centres[first:last],
            )
        )
    gap = parts[1].box.left - parts[0].box.right
    return (parts[0], parts[1]) if gap >= MIN_GAP_SHARE * min(p.box.height for p in parts) else None


def _tight(box: Box, edges: NDArray[np.uint8]) -> Box | None:
    """Return the part of a box with ink in it, what touches its upper and lower end aside."""
    if box.width <= 0:
        return None
    ink = edges[box.top : box.bottom, box.left : box.right] > INK
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if len(rows) == 0:
        return None
    return Box(
        box.left + int(columns[0]), box.top + int(rows[0]),
        box.left + int(columns[-1]) + 1, box.top + int(rows[-1]) + 1,
    )  # fmt: skip
