"""Links: words within a text that are blue or underlined."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ocr import TextLine
from .pixel_keys import PixelCache, pixel_key

MIN_CONTRAST = 60
"""Difference of a colour value from the ground above which a pixel is ink."""
MIN_BLUE = 45
"""How much bluer than red a link's ink is; in dark themes links are light blue."""
CORE_SHARE = 0.6
"""Ink that differs this much, compared with the strongest, is the stroke and not its soft edge."""
UNDERLINE_PX = 3
"""An underline lies this close to the lower end of a text."""
MIN_UNDERLINE = 0.9
BEYOND_PX = 5
MAX_GAP = 0.8
"""Gap between two words of one link at most, as a share of the text's height."""
WORD = r"\[[^\s\]]*\]|[^\s\[]+"
"""A reference such as [2] is a word of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    start: int
    end: int
    """Characters of the line, end exclusive."""
    left: int
    right: int
    is_blue: bool
    is_underlined: bool

    @property
    def is_link(self) -> bool:
        return self.is_blue or self.is_underlined


def find_links(pixels: Pixels, line: TextLine, cache: PixelCache) -> list[TextLine]:
    """Return the links in a line of text, from left to right.

    Args:
        pixels: The picture the line was read from, RGB, uint8, shape (H, W, 3).
        line: With a box that is tight around its ink.
        cache: Keeps what is found by the pixels of the line.
    """
    box = line.box
    if box.height == 0 or box.width == 0:
        return []
    left, bottom = max(0, box.left - BEYOND_PX), box.bottom + UNDERLINE_PX
    area = pixels[box.top : bottom, left : box.right + BEYOND_PX]
    here = line.shift(-left, -box.top)
    found = cache.answer(pixel_key(area, "links", here), lambda: _links_in(area, here))
    return [link.shift(left, box.top) for link in found]


def _links_in(pixels: Pixels, line: TextLine) -> list[TextLine]:
    """Return the links in a line, given its pixels and those around that count."""
    box = line.box
    bottom = min(pixels.shape[0], box.bottom + UNDERLINE_PX)
    area = pixels[box.top : bottom, box.left : box.right].astype(np.int16)
    ground = np.median(area[::2, ::2].reshape(-1, 3), axis=0)
    rules = _underlines(pixels, box, ground)
    # Most lines have neither: nothing is looked at word by word.
    if not rules.any() and int((area[..., 2] - area[..., 0]).max()) < MIN_BLUE:
        return []
    distance = np.abs(area - ground).max(2)
    words = [
        _Word(
            start=start,
            end=end,
            left=left,
            right=right,
            is_blue=_is_blue(area[:, left:right], distance[:, left:right]),
            is_underlined=float(rules[left:right].mean()) >= MIN_UNDERLINE,
        )
        for start, end, left, right in _words(line)
        if right > left
    ]
    links: list[TextLine] = []
    run: list[_Word] = []
    for word in [*words, None]:
        goes_on = (
            word is not None
            and word.is_link
            and bool(run)
            and line.text[run[-1].end - 1] not in ",;"
            and _belong(run[-1], word, rules, box.height)
        )
        if run and not goes_on:
            links.append(_part(line, run))
            run = []
        if word is not None and word.is_link:
            run.append(word)
    return [link for link in links if any(c.isalnum() for c in link.text)]


def _words(line: TextLine) -> list[tuple[int, int, int, int]]:
    """Return first and past-the-last character and column, from the line's left, of each word."""
    found = []
    width = line.box.width
    for match in re.finditer(WORD, line.text):
        start, end = match.span()
        first, last = line.centres[start], line.centres[end - 1]
        count = end - start
        half = (last - first) / (2 * (count - 1)) if count > 1 else line.box.height * 0.25
        left = max(0, round(first - half - line.box.left))
        right = min(width, round(last + half - line.box.left) + 1)
        found.append((start, end, left, right))
    return found


def _is_blue(area: NDArray[np.int16], distance: NDArray[np.int16]) -> bool:
    strongest = float(distance.max(initial=0))
    if strongest < MIN_CONTRAST:
        return False
    red, _, blue = np.median(area[distance >= CORE_SHARE * strongest], axis=0)
    return bool(blue - red >= MIN_BLUE)


def _underlines(pixels: Pixels, box: Box, ground: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each column of a line whether a rule runs below it, of what width ever.

    A rule that runs on beyond the text is the border of a field or a cell.
    """
    top, bottom = box.bottom - UNDERLINE_PX, min(pixels.shape[0], box.bottom + UNDERLINE_PX)
    left, right = max(0, box.left - BEYOND_PX), min(pixels.shape[1], box.right + BEYOND_PX)
    rows = pixels[top:bottom, left:right].astype(np.int16)
    is_ink = np.abs(rows - ground).max(2) >= MIN_CONTRAST
    if not (is_ink.sum(1) >= box.height).any():
        return np.zeros(box.width, bool)
    # A rule has one colour all along; feet of digits that touch are paler where they do.
    for row, ink in zip(rows, is_ink, strict=True):
        if ink.any():
            ink &= np.abs(row - np.median(row[ink], axis=0)).max(1) < MIN_CONTRAST
    runs = cv2.morphologyEx(
        is_ink.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, max(6, box.height)), np.uint8)
    ).astype(bool)
    before, after = box.left - left, right - box.right
    goes_beyond = runs[:, :before].any(1) | runs[:, runs.shape[1] - after :].any(1)
    own = runs[~goes_beyond, before : before + box.width]
    return np.asarray(own.any(0))


def _belong(a: _Word, b: _Word, rules: NDArray[np.bool_], height: int) -> bool:
    """Tell whether two words are of one link."""
    gap = b.left - a.right
    if gap > MAX_GAP * height or a.end == b.start:
        return False
    if a.is_underlined and b.is_underlined:
        return gap <= 0 or bool(rules[a.right : b.left].mean() >= MIN_UNDERLINE)
    return a.is_underlined == b.is_underlined


def _part(line: TextLine, words: Sequence[_Word]) -> TextLine:
    start, end = words[0].start, words[-1].end
    text = line.text[start:end]
    # A comma after a link is no part of it.
    kept = len(text.rstrip(",.;:")) or len(text)
    left = line.box.left + words[0].left
    right = line.box.left + words[-1].right
    return TextLine(
        box=Box(left, line.box.top, max(right, left + 1), line.box.bottom),
        text=text[:kept],
        score=line.score,
        centres=line.centres[start : start + kept],
    )
