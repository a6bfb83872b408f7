"""Cuts lines of text where wide gaps show that they are several things, and shrinks them to ink."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ocr import TextLine

INK = 14
"""Gradient above which a pixel belongs to a glyph's edge."""
GAP_SHARE = 0.45
"""A gap wider than this share of the line's height separates things; a blank between words of
one text is about a fifth of it, the gap between two menus more than half."""
MIN_GAP_PX = 7


def gradient(pixels: Pixels) -> NDArray[np.uint8]:
    """Return how much each pixel differs from its neighbours, the largest over the colours."""
    spread = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    return np.asarray(spread.max(2), np.uint8)


def split_lines(
    lines: Sequence[TextLine], edges: NDArray[np.uint8], marks: Sequence[Box] = ()
) -> list[TextLine]:
    """Return the lines cut at wide gaps, each with a box that is tight around its ink.

    Args:
        lines: As the engine read them.
        edges: `gradient` of the picture they were read from.
        marks: Small frames (check boxes) that are no part of a text: a line is cut around them.
    """
    parts: list[TextLine] = []
    for line in lines:
        parts.extend(_split(line, edges, marks))
    return parts


def _split(line: TextLine, edges: NDArray[np.uint8], marks: Sequence[Box]) -> list[TextLine]:
    box = line.box
    ink = edges[box.top : box.bottom, box.left : box.right] > INK
    ink = ink.copy()
    inside = [mark for mark in marks if _is_mark_in(mark, box)]
    for mark in inside:
        ink[:, max(0, mark.left - 1 - box.left) : max(0, mark.right + 1 - box.left)] = False
    ink[ink.mean(1) > 0.95] = False  # a rule or a border, not text
    columns = np.flatnonzero(ink.any(0))
    if len(columns) == 0:
        return [line]
    gap = max(MIN_GAP_PX, round(box.height * GAP_SHARE))
    cuts = np.flatnonzero(np.diff(columns) > gap)
    starts = [int(columns[0]), *(int(columns[cut + 1]) for cut in cuts)]
    ends = [*(int(columns[cut]) + 1 for cut in cuts), int(columns[-1]) + 1]
    parts = []
    # What was read out of a mark (a box, a bullet) is no character of the text.
    owners = [
        -1 if any(mark.left <= x < mark.right for mark in inside)
        else _owner(x - box.left, starts, ends)
        for x in line.centres
    ]  # fmt: skip
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        mine = [i for i, owner in enumerate(owners) if owner == number]
        # Blanks at the ends belong to the gap.
        while mine and line.text[mine[0]].isspace():
            mine.pop(0)
        while mine and line.text[mine[-1]].isspace():
            mine.pop()
        rows = np.flatnonzero(ink[:, start:end].any(1))
        if not mine or len(rows) == 0:
            continue
        parts.append(
            TextLine(
                box=Box(
                    box.left + start,
                    box.top + int(rows[0]),
                    box.left + end,
                    box.top + int(rows[-1]) + 1,
                ),
                text="".join(line.text[i] for i in mine),
                score=line.score,
                centres=tuple(line.centres[i] for i in mine),
            )
        )
    return parts


def _is_mark_in(mark: Box, line: Box) -> bool:
    """Tell whether a small frame stands in a line's row and on or next to its text."""
    common = min(mark.bottom, line.bottom) - max(mark.top, line.top)
    return common >= 0.6 * mark.height and mark.right > line.left and mark.left < line.right


def _owner(x: float, starts: Sequence[int], ends: Sequence[int]) -> int:
    """Return the number of the stretch of ink that a character belongs to: the nearest."""
    distances = [max(start - x, x - end, 0.0) for start, end in zip(starts, ends, strict=True)]
    return int(np.argmin(distances))
