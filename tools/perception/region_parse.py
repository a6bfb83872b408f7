"""From one region's pixels to its elements, by nothing but these pixels."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .arrow_fields import with_arrow_fields
from .check_marks import CheckMark, find_check_marks
from .controls import ControlFinder
from .cut_lines import cut_at_frames
from .disabled import with_disabled
from .elements import Element
from .far_labels import with_far_labels
from .headers import with_headers
from .icons import find_icons, with_sign_icons
from .ink import ink_of
from .layout import BoxSet
from .links import find_links
from .menus import with_menu_bar
from .ocr import OcrEngine, TextLine
from .pixel_keys import PixelCache
from .reading_order import in_reading_order
from .runs import find_runs
from .scrollbars import with_scrollbars
from .selection import with_selection
from .sliders import with_sliders
from .split import split_lines
from .switches import with_switches
from .tabs import with_tabs
from .widgets import find_frames

TITLE_BAR_PX = 12
"""A frame that begins this close below a window's top is its title bar."""
TITLE_ROW_PX = 28
WINDOW_BUTTONS_PX = 90
MAX_HOLDER_PX = 60
"""Higher elements (editors, panes) may have icons in them."""
CJK = r"\u2e80-\u9fff\uf900-\ufaff"
LETTER_PITCH = 1.05
BOX_LIKE = frozenset("oO0DQCVvX✓☑□■•○◯●◉") | frozenset("".join(("回", "日", "田", "ロ", "口")))
"""What the model reads an empty, checked or round mark as."""


def parse_region(
    pixels: Pixels,
    ocr: OcrEngine,
    cache: PixelCache,
    *,
    is_window: bool,
    check: Callable[[], None],
) -> list[Element]:
    """Return what is in a region, in reading order, unnumbered, in pixels of the region.

    Args:
        pixels: RGB, uint8, shape (H, W, 3).
        ocr: Reads the text.
        cache: Keeps what was found out about small parts, by their pixels.
        is_window: Whether it is a window with a title bar at its top.
        check: Called between pieces of work; may raise to cancel.
    """
    check()
    ink = ink_of(pixels)
    edges = ink.edges
    if not edges.any():
        return []  # a bare desktop
    frames = find_frames(edges)
    boxes = BoxSet(frame.box for frame in frames)
    read = ocr.read(pixels, ink, check=check)
    marks = [
        mark
        for mark in find_check_marks(pixels, frames, cache)
        if not any(_is_letter(mark, line) for line in read)
    ]
    lines = split_lines(read, ink, cache, [mark.box for mark in marks])
    check()
    lines = cut_at_frames(_without_symbols(lines), boxes, edges)
    found = ControlFinder(pixels, edges, lines, frames, marks, ocr).elements()
    found = _with_links(pixels, found, lines, cache)
    found += _icons(edges, found, lines)
    found = with_arrow_fields(pixels, found, lines, boxes)
    runs = find_runs(edges)
    found = with_sliders(edges, runs, found, lines, boxes)
    found = with_scrollbars(pixels, found, boxes)
    found = with_switches(pixels, found, lines, boxes)
    found = with_disabled(pixels, found, cache)
    found = with_tabs(pixels, edges, runs, found, lines)
    found = with_sign_icons(found)
    found = with_headers(found, lines, boxes)
    found = with_selection(pixels, found, lines)
    found = with_far_labels(found, lines)
    if is_window:
        width = pixels.shape[1]
        found = [kept for element in found if (kept := _outside_title_bar(element, width))]
        found = with_menu_bar(found)
    return in_reading_order(found)


def _with_links(
    pixels: Pixels, elements: Sequence[Element], lines: Sequence[TextLine], cache: PixelCache
) -> list[Element]:
    """Return the elements with the links in their texts: a text that is one becomes one."""
    by_box = {line.box: line for line in lines}
    found: list[Element] = []
    for element in elements:
        line = by_box.get(element.box) if element.role == "text" else None
        links = [] if line is None else find_links(pixels, line, cache)
        if len(links) == 1 and links[0].text == element.text:
            found.append(replace(element, role="link"))
            continue
        found.append(element)
        found += [
            Element(id=0, role="link", text=link.text, box=link.box, score=link.score, source="ocr")
            for link in links
        ]
    return found


def _icons(
    edges: NDArray[np.uint8], elements: Sequence[Element], lines: Sequence[TextLine]
) -> list[Element]:
    known = [
        *(element.box for element in elements if element.box.height <= MAX_HOLDER_PX),
        *(line.box for line in lines),
    ]
    return [
        Element(id=0, role="icon", text="", box=box, score=0.5, source="icon")
        for box in find_icons(edges, known)
    ]


def _outside_title_bar(element: Element, width: int) -> Element | None:
    """Return an element as it is, a title bar as its text, the signs of its buttons as None."""
    box = element.box
    if box.top > TITLE_ROW_PX:
        return element
    if element.role in ("button", "textbox", "combobox") and box.width > 0.4 * width:
        if box.top <= TITLE_BAR_PX:
            title = replace(element, role="text", source="ocr", states=frozenset())
            return title if element.text else None
    is_window_button = (
        box.centre[1] <= TITLE_ROW_PX
        and width - box.centre[0] <= WINDOW_BUTTONS_PX
        and len(element.text) <= 3
    )
    return None if is_window_button else element


def _is_letter(mark: CheckMark, line: TextLine) -> bool:
    """Tell whether a small frame is the outline of a letter that was read there, such as an a."""
    box = mark.box
    if line.box.intersect(box) is None:
        return False
    characters = [(" ", -1000.0), *zip(line.text, line.centres, strict=True), (" ", 1e6)]
    for (before, before_x), (character, x), (after, after_x) in zip(
        characters, characters[1:], characters[2:], strict=False
    ):
        if box.left <= x < box.right and character.isalnum():
            # A mark stands before its label, never right after a letter as the o in "Do" does, nor
            # as close before one as the o in "of".
            follows = before.isalnum() and x - before_x < 2 * box.width
            leads = after.isalnum() and after_x - x < LETTER_PITCH * box.width
            return follows or leads or character not in BOX_LIKE
    return False


def _without_symbols(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines without the icons that the model read as symbols before or as a text.

    A single Chinese character on a screen without Chinese text is an icon as well.
    """
    is_chinese = any(re.search(f"[{CJK}]{{2}}", line.text) for line in lines)
    kept = []
    for line in map(_without_last_symbol, lines):
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


def _without_last_symbol(line: TextLine) -> TextLine:
    """Return a line without a frame or another drawing that was read as a symbol at its end."""
    if len(line.text) < 2 or unicodedata.category(line.text[-1]) != "So":
        return line
    text = line.text[:-1].rstrip()
    if not text:
        return line
    middle = round((line.centres[len(text) - 1] + line.centres[-1]) / 2)
    right = min(line.box.right, max(middle, line.box.left + 1))
    return TextLine(
        box=Box(line.box.left, line.box.top, right, line.box.bottom),
        text=text,
        score=line.score,
        centres=line.centres[: len(text)],
    )


def _is_symbol(character: str, is_chinese: bool) -> bool:
    category = unicodedata.category(character)
    if category in ("So", "No"):
        return True
    return not is_chinese and re.match(f"[{CJK}]", character) is not None
