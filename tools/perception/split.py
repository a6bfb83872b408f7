"""Cuts lines of text where wide gaps show that they are several things, and shrinks them to ink."""

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box
from .ink import Ink, Mask
from .ocr import TextLine
from .pixel_keys import PixelCache, pixel_key

GAP_SHARE = 0.45
"""A gap wider than this share of the line's height separates things; a blank between words of
one text is about a fifth of it, the gap between two menus more than half."""
MIN_GAP_PX = 7
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


def split_lines(
    lines: Sequence[TextLine], ink: Ink, cache: PixelCache, marks: Sequence[Box] = ()
) -> list[TextLine]:
    """Return the lines cut at wide gaps, each with a box that is tight around its ink.

    Args:
        lines: As the engine read them.
        ink: Of the picture they were read from.
        cache: Keeps how a line is cut by its pixels.
        marks: Small frames (check boxes) that are no part of a text: a line is cut around them.
    """
    parts: list[TextLine] = []
    for line in map(_without_private, lines):
        box = line.box
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        own, rules = ink.text[rows, columns], ink.rules[rows, columns]
        # All that follows is in pixels of the line: it is cut alike wherever it stands.
        here = line.shift(-box.left, -box.top)
        inside = tuple(m.shift(-box.left, -box.top) for m in marks if _is_mark_in(m, box))
        key = pixel_key(np.stack((own, rules)), "split", here, inside)
        cut = cache.answer(key, lambda: _split(here, own, rules, inside))  # noqa: B023
        parts += [part.shift(box.left, box.top) for part in cut]
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


def _split(line: TextLine, ink: Mask, rules: Mask, marks: Sequence[Box]) -> list[TextLine]:
    """Return the parts of a line that begins at (0, 0), with its own ink."""
    box = line.box
    ink = ink.copy()
    for mark in marks:
        ink[:, max(0, mark.left - 2) : max(0, mark.right + 2)] = False
    across, along = _straight(ink, box.height)
    high = rules.mean(0) > BORDER_SHARE
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
    nearest = _owners(np.array(line.centres), np.array(starts), np.array(ends))
    owners = [
        -1 if any(mark.left <= x < mark.right for mark in marks)
        or (character in BORDER_LETTERS and _is_near(x, walls))
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
        tight = Box(start, int(rows[0]), end, int(rows[-1]) + 1)
        if tight.area >= MIN_PART_AREA_PX:
            parts.append(_part(line, mine, tight))
    return parts


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
