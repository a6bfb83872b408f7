"""Cuts lines of text where wide gaps show that they are several things, and shrinks them to ink."""

import unicodedata
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
LONG_RULE_PX = 48
RULE_HEIGHT_PX = 15
"""No stroke of a letter is so long; what goes up from the end of such a line is a border too."""
MIN_PART_AREA_PX = 4
"""Smaller than any full stop: a rest of a line that is cut off by the edge of the screen."""
MIN_RULE_PX = 20
MIN_WALL_PX = 12
"""Shorter strokes are letters, of a line that is cut off by the edge of the screen as well."""
RULE_SHARE = 0.8
BORDER_SHARE = 0.78
"""Straight strokes longer than this share of a line's height, along it and across it, are borders
and underlines: the detector leaves room above and below a text, so that no letter is so high."""
BORDER_LETTERS = frozenset("[]|｜丨Ⅰ【】「」{}_")
"""What the model reads a border beside a text as."""

Mask = NDArray[np.bool_]


def gradient(pixels: Pixels) -> NDArray[np.uint8]:
    """Return how much each pixel differs from its neighbours, the largest over the colours."""
    spread = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    # Numpy's maximum along the last axis takes three times as long.
    red, green, blue = cv2.split(spread)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def split_lines(
    lines: Sequence[TextLine], edges: NDArray[np.uint8], marks: Sequence[Box] = ()
) -> list[TextLine]:
    """Return the lines cut at wide gaps, each with a box that is tight around its ink.

    Args:
        lines: As the engine read them.
        edges: `gradient` of the picture they were read from.
        marks: Small frames (check boxes) that are no part of a text: a line is cut around them.
    """
    ink = edges > INK
    rules = borders(ink)
    ink &= ~rules
    parts: list[TextLine] = []
    for line in lines:
        parts.extend(_split(_without_private(line), ink, rules, marks))
    return parts


def _without_private(line: TextLine) -> TextLine:
    """Return the line without characters that have no meaning outside of one font."""
    kept = [i for i, c in enumerate(line.text) if unicodedata.category(c) != "Co"]
    if len(kept) == len(line.text):
        return line
    return _part(line, kept, line.box)


def _part(line: TextLine, kept: Sequence[int], box: Box) -> TextLine:
    return TextLine(
        box=box,
        text="".join(line.text[i] for i in kept),
        score=line.score,
        centres=tuple(line.centres[i] for i in kept),
    )


def _split(line: TextLine, page: Mask, borders: Mask, marks: Sequence[Box]) -> list[TextLine]:
    box = line.box
    ink = page[box.top : box.bottom, box.left : box.right].copy()
    inside = [mark for mark in marks if _is_mark_in(mark, box)]
    for mark in inside:
        ink[:, max(0, mark.left - 2 - box.left) : max(0, mark.right + 2 - box.left)] = False
    across, along = _straight(ink, box.height)
    high = borders[box.top : box.bottom, box.left : box.right].mean(0) > BORDER_SHARE
    walls = np.flatnonzero(across.any(0) | high)
    ink[across | along] = False
    columns = np.flatnonzero(ink.any(0))
    if len(columns) == 0:
        return [line]
    gap = max(MIN_GAP_PX, round(box.height * GAP_SHARE))
    # A gap with a border in it separates cells, however narrow it is.
    n_walls = np.searchsorted(walls, columns)
    cuts = np.flatnonzero((np.diff(columns) > gap) | (np.diff(n_walls) > 0))
    starts = [int(columns[0]), *(int(columns[cut + 1]) for cut in cuts)]
    ends = [*(int(columns[cut]) + 1 for cut in cuts), int(columns[-1]) + 1]
    # What was read out of a mark (a box, a bullet) or a border is no character of the text.
    nearest = _owners(np.array(line.centres) - box.left, np.array(starts), np.array(ends))
    owners = [
        -1 if any(mark.left <= x < mark.right for mark in inside)
        or (character in BORDER_LETTERS and _is_near(x - box.left, walls))
        else owner
        for character, x, owner in zip(line.text, line.centres, nearest, strict=True)
    ]  # fmt: skip
    parts = []
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
        tight = Box(
            box.left + start,
            box.top + int(rows[0]),
            box.left + end,
            box.top + int(rows[-1]) + 1,
        )
        if tight.area >= MIN_PART_AREA_PX:
            parts.append(_part(line, mine, tight))
    return parts


def borders(ink: Mask) -> Mask:
    """Return the pixels of long lines and of what goes up or down from them: frames."""
    picture = ink.astype(np.uint8)
    along = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((1, LONG_RULE_PX), np.uint8))
    up = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((RULE_HEIGHT_PX, 1), np.uint8))
    joined = cv2.dilate(np.maximum(along, up), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    has_line = np.zeros(count, bool)
    has_line[labels[along > 0]] = True
    has_line[0] = False
    return np.asarray(has_line[labels])


def _straight(ink: Mask, height: int) -> tuple[Mask, Mask]:
    """Return the pixels of long straight strokes, those that go up and those that go along."""
    picture = ink.astype(np.uint8)
    up = np.ones((max(MIN_WALL_PX, round(height * BORDER_SHARE)), 1), np.uint8)
    along = np.ones((1, max(MIN_RULE_PX, round(height * RULE_SHARE))), np.uint8)
    return (
        cv2.morphologyEx(picture, cv2.MORPH_OPEN, up) > 0,
        cv2.morphologyEx(picture, cv2.MORPH_OPEN, along) > 0,
    )


def _is_near(x: float, columns: NDArray[np.intp]) -> bool:
    return bool(len(columns)) and float(np.abs(columns - x).min()) <= 6


def _is_mark_in(mark: Box, line: Box) -> bool:
    """Tell whether a small frame stands in a line's row and on or next to its text."""
    common = min(mark.bottom, line.bottom) - max(mark.top, line.top)
    return common >= 0.6 * mark.height and mark.right > line.left and mark.left < line.right


def _owners(xs: NDArray[np.float64], starts: NDArray[np.int_], ends: NDArray[np.int_]) -> list[int]:
    """Return the number of the stretch of ink that each character belongs to: the nearest."""
    distances = np.maximum(starts - xs[:, None], xs[:, None] - ends)
    owners: list[int] = np.maximum(distances, 0).argmin(1).tolist()
    return owners
