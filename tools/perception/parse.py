"""From a screenshot to elements: what is on it, in reading order, each with its window."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..desktop.backend import Window
from ..desktop.capture import Capture, Pixels
from ..desktop.geometry import Box
from .check_marks import CheckMark, find_check_marks
from .controls import ControlFinder
from .elements import Element
from .ocr import OcrEngine, TextLine, load_ocr
from .reading_order import in_reading_order
from .split import gradient, split_lines
from .widgets import find_frames

TITLE_BAR_PX = 12
"""A frame that begins this close below a window's top is its title bar."""
TITLE_ROW_PX = 28
WINDOW_BUTTONS_PX = 90
CJK = r"\u2e80-\u9fff\uf900-\ufaff"
BOX_LIKE = frozenset("oO0DQCVvX✓☑□■•○◯●◉") | frozenset("".join(("回", "日", "田", "ロ", "口")))
"""What the model reads an empty, checked or round mark as."""


class ScreenParser:
    """Reads screenshots.

    Args:
        ocr: The engine that reads text.
    """

    def __init__(self, ocr: OcrEngine) -> None:
        self.ocr = ocr

    def parse(
        self,
        capture: Capture,
        windows: Sequence[Window] = (),
        *,
        check: Callable[[], None] = lambda: None,
    ) -> list[Element]:
        """Return what is on a picture, numbered from 1 in reading order.

        Args:
            capture: The picture.
            windows: The windows then, topmost first.
            check: Called between pieces of work; may raise to cancel.
        """
        pixels = capture.pixels
        edges = gradient(pixels)
        frames = find_frames(edges)
        read = self.ocr.read(pixels, check=check)
        marks = [
            mark
            for mark in find_check_marks(pixels, frames)
            if not any(_is_letter(mark, line) for line in read)
        ]
        lines = split_lines(read, edges, [mark.box for mark in marks])
        check()
        lines = _without_symbols(lines)
        found = ControlFinder(pixels, edges, lines, frames, marks, self.ocr).elements()
        places = [
            (window.title, box)
            for window in windows
            if not window.is_minimized
            and (box := capture.view.box_from_desktop(window.box)) is not None
        ]
        tops = [box for _, box in places]
        found = [kept for element in found if (kept := _outside_title_bars(element, tops))]
        return [
            replace(element, id=number, window=_window_of(element, places))
            for number, element in enumerate(in_reading_order(found), 1)
        ]


def load_parser() -> ScreenParser:
    """Load a parser with its OCR engine; takes about half a second."""
    return ScreenParser(load_ocr())


def _window_of(element: Element, places: Sequence[tuple[str, Box]]) -> str:
    return next((title for title, box in places if box.contains(*element.box.centre)), "")


def _outside_title_bars(element: Element, windows: Sequence[Box]) -> Element | None:
    """Return an element as it is, a title bar as its text, the signs of its buttons as None."""
    box = element.box
    top = next((window for window in windows if window.contains(*box.centre)), None)
    if top is None or box.top - top.top > TITLE_ROW_PX:
        return element
    if element.role in ("button", "textbox") and box.width > 0.4 * top.width:
        is_bar = abs(box.top - top.top) <= TITLE_BAR_PX
        if is_bar:
            return replace(element, role="text", source="ocr") if element.text else None
    is_window_button = (
        box.centre[1] - top.top <= TITLE_ROW_PX
        and top.right - box.centre[0] <= WINDOW_BUTTONS_PX
        and len(element.text) <= 3
    )
    return None if is_window_button else element


def _is_letter(mark: CheckMark, line: TextLine) -> bool:
    """Tell whether a small frame is the outline of a letter that was read there, such as an a."""
    box = mark.box
    if line.box.intersect(box) is None:
        return False
    before, before_x = " ", -1000.0
    for character, x in zip(line.text, line.centres, strict=True):
        if box.left <= x < box.right and character.isalnum():
            # A mark stands before its label, never right after a letter as the o in "Do" does.
            follows = before.isalnum() and x - before_x < 2 * box.width
            return follows or character not in BOX_LIKE
        before, before_x = character, x
    return False


def _without_symbols(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines without the icons that the model read as symbols before or as a text.

    A single Chinese character on a screen without Chinese text is an icon as well.
    """
    is_chinese = any(re.search(f"[{CJK}]{{2}}", line.text) for line in lines)
    kept = []
    for line in lines:
        start = 0
        while start < len(line.text) and _is_symbol(line.text[start], is_chinese):
            start += 1
        start += len(line.text[start:]) - len(line.text[start:].lstrip())
        if start == 0:
            kept.append(line)
        elif line.text[start:].strip():
            middle = (line.centres[start - 1] + line.centres[start]) / 2
            left = max(line.box.left, min(round(middle), line.box.right - 1))
            kept.append(
                TextLine(
                    box=Box(left, line.box.top, line.box.right, line.box.bottom),
                    text=line.text[start:],
                    score=line.score,
                    centres=line.centres[start:],
                )
            )
    return kept


def _is_symbol(character: str, is_chinese: bool) -> bool:
    category = unicodedata.category(character)
    if category in ("So", "No"):
        return True
    return not is_chinese and re.match(f"[{CJK}]", character) is not None


def same_pixels(a: Pixels, b: Pixels) -> bool:
    """Tell whether two pictures are the same, pixel by pixel."""
    return a.shape == b.shape and bool(np.array_equal(a, b))
