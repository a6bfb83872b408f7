"""From a screenshot to elements: text and frames, merged by one set of rules.

A text alone is a `text`. A frame around one short text is a `button`, unless the text stands at its
left in a bright, mostly empty frame: then it is a `textbox` with something in it. An empty frame of
a field's form is a `textbox`, named by the text at its left or above. A small square or circle with
a text at its right is a `checkbox` or `radio` of that name. A small frame in which the detector saw
no text is read by itself: the keys of a calculator hold a single character.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..desktop.backend import Window
from ..desktop.capture import Capture, Pixels
from ..desktop.geometry import Box
from .elements import Element, Role, State
from .ocr import OcrEngine, TextLine, load_ocr
from .split import gradient, split_lines
from .widgets import (
    MAX_CONTROL_HEIGHT_PX,
    Frame,
    brightness,
    find_frames,
    is_mark_sized,
    is_marked,
    is_plain,
)

MIN_FIELD_WIDTH_PX = 40
MIN_FIELD_HEIGHT_PX = 16
MIN_EDITOR = (160, 90)
BRIGHT = 225
"""Fields are lighter than what is around them in light themes."""
LABEL_GAP_PX = 220
"""How far at the left of a field its label may end."""
MARK_LABEL_GAP_PX = 26
ROW_OVERLAP = 0.5


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
        lines = split_lines(self.ocr.read(pixels, check=check), edges)
        check()
        found = _Merge(pixels, lines, find_frames(edges), self.ocr).elements()
        places = [
            (window.title, box)
            for window in windows
            if not window.is_minimized
            and (box := capture.view.box_from_desktop(window.box)) is not None
        ]
        return [
            replace(element, id=number, window=_window_of(element, places))
            for number, element in enumerate(in_reading_order(found), 1)
        ]


def load_parser() -> ScreenParser:
    """Load a parser with its OCR engine; takes about half a second."""
    return ScreenParser(load_ocr())


def in_reading_order(elements: Sequence[Element]) -> list[Element]:
    """Return elements row by row, each row from left to right."""
    rows: list[list[Element]] = []
    for element in sorted(elements, key=lambda e: (e.box.centre[1], e.box.left)):
        middle = element.box.centre[1]
        last = rows[-1][0].box if rows else None
        if last is not None and last.top <= middle < last.bottom and last.height < 90:
            rows[-1].append(element)
        else:
            rows.append([element])
    return [element for row in rows for element in sorted(row, key=lambda e: e.box.left)]


def _window_of(element: Element, places: Sequence[tuple[str, Box]]) -> str:
    return next((title for title, box in places if box.contains(*element.box.centre)), "")


class _Merge:
    """One picture's texts and frames, and the rules that make elements of them."""

    def __init__(
        self, pixels: Pixels, lines: Sequence[TextLine], frames: Sequence[Frame], ocr: OcrEngine
    ) -> None:
        self._pixels = pixels
        self._lines = list(lines)
        self._frames = frames
        self._ocr = ocr
        self._used: set[int] = set()

    def elements(self) -> list[Element]:
        """Return all elements, unnumbered."""
        found: list[Element] = []
        marks = [frame for frame in self._frames if is_mark_sized(frame.box)]
        found += [element for mark in marks if (element := self._mark(mark)) is not None]
        taken = [element.box for element in found]
        controls = [
            frame
            for frame in self._frames
            if not is_mark_sized(frame.box)
            and frame.box.height <= MAX_CONTROL_HEIGHT_PX
            and not any(_share_inside(frame.box, box) > 0.9 for box in taken)
        ]
        found += self._controls(controls)
        found += self._editors()
        found += [
            _element("text", line.text, line.box, line.score, "ocr")
            for index, line in enumerate(self._lines)
            if index not in self._used
        ]
        return found

    def _mark(self, frame: Frame) -> Element | None:
        """Return the check box or radio button that a small frame is, if a label is beside it."""
        box = frame.box
        best: int | None = None
        for index, line in enumerate(self._lines):
            same_row = _row_overlap(line.box, box) >= ROW_OVERLAP
            gap = line.box.left - box.right
            # The reader may have taken the frame for the first character of the label.
            swallowed = line.box.left <= box.left + 3 and line.box.right > box.right + 8
            if (
                same_row
                and (swallowed or -3 <= gap <= MARK_LABEL_GAP_PX)
                and (best is None or line.box.left < self._lines[best].box.left)
            ):
                best = index
        if best is None:
            return None
        line = self._lines[best]
        text = line.text
        if line.box.left <= box.left + 3:
            kept = [
                character
                for character, x in zip(line.text, line.centres, strict=True)
                if x > box.right
            ]
            text = "".join(kept).strip()
        elif not any(character.isalnum() for character in text):
            return None
        if not text:
            return None
        self._used.add(best)
        state: State = "checked" if is_marked(self._pixels, box) else "unchecked"
        role: Role = "radio" if frame.shape == "circle" else "checkbox"
        return Element(
            id=0,
            role=role,
            text=text,
            box=box.union(line.box),
            score=line.score,
            source="widget",
            states=frozenset({state}),
            clickable=box.centre,
        )

    def _controls(self, frames: Sequence[Frame]) -> list[Element]:
        found: list[Element] = []
        blank: list[Box] = []
        # Smaller first: a frame around several controls is no control.
        for frame in sorted(frames, key=lambda frame: frame.box.area):
            box = frame.box
            if any(_share_inside(element.box, box) > 0.9 for element in found):
                continue
            if any(_share_inside(other, box) > 0.9 for other in blank):
                continue
            inside = [
                index
                for index, line in enumerate(self._lines)
                if _share_inside(line.box, box) > 0.6
            ]
            if any(_is_inside_of_text(box, line.box) for line in self._lines):
                continue
            if not inside:
                blank.append(box)
            elif len(inside) == 1 and inside[0] not in self._used:
                element = self._around_text(box, inside[0])
                if element is not None:
                    found.append(element)
        return found + self._blanks(blank)

    def _around_text(self, box: Box, index: int) -> Element | None:
        line = self._lines[index]
        if box.height > 4 * line.box.height + 8 or box.width < line.box.width:
            return None
        off_centre = abs(line.box.centre[0] - box.centre[0])
        is_centred = off_centre <= max(8.0, 0.08 * box.width)
        blank_at_right = box.right - line.box.right
        is_left = line.box.left - box.left < 0.25 * box.width
        if not is_centred and is_left and blank_at_right > 0.3 * box.width:
            if box.width < MIN_FIELD_WIDTH_PX or brightness(self._pixels, box) < BRIGHT:
                return None
            # What the field holds stays a text of its own.
            return _element("textbox", self._label_of(box), box, line.score, "widget")
        if is_centred or box.width < line.box.width + 4 * line.box.height:
            self._used.add(index)
            return _element("button", line.text, box, line.score, "widget")
        return None

    def _blanks(self, boxes: Sequence[Box]) -> list[Element]:
        """Return what frames are in which the detector saw no text."""
        found: list[Element] = []
        keys: list[Box] = []
        for box in boxes:
            is_wide = box.width >= 2.5 * box.height and box.width >= MIN_FIELD_WIDTH_PX
            if is_wide and MIN_FIELD_HEIGHT_PX <= box.height <= 60 and is_plain(self._pixels, box):
                found.append(_element("textbox", self._label_of(box), box, 0.6, "widget"))
            elif (
                box.width >= 16
                and box.height >= 14
                and not is_plain(self._pixels, box, share=0.995)
            ):
                keys.append(box)
        lines = self._ocr.read_boxes(self._pixels, [_trimmed(box) for box in keys])
        for box, line in zip(keys, lines, strict=True):
            text = line.text.strip()
            if text and line.score >= 0.6 and len(text) <= 6:
                found.append(_element("button", text, box, line.score, "widget"))
            elif box.width <= 64:
                found.append(_element("icon", "", box, 0.5, "icon"))
        return found

    def _editors(self) -> list[Element]:
        """Return large, bright, plain areas: where longer texts are written."""
        return [
            _element("textbox", "", frame.box, 0.5, "widget")
            for frame in self._frames
            if frame.box.width >= MIN_EDITOR[0]
            and frame.box.height >= MIN_EDITOR[1]
            and brightness(self._pixels, frame.box) >= BRIGHT
            and is_plain(self._pixels, frame.box)
        ]

    def _label_of(self, box: Box) -> str:
        """Return the text at the left of a field in its row, else the one right above it."""
        left = [
            line
            for line in self._lines
            if line.box.right <= box.left + 2
            and box.left - line.box.right <= LABEL_GAP_PX
            and _row_overlap(line.box, box) >= ROW_OVERLAP
        ]
        if left:
            return max(left, key=lambda line: line.box.right).text
        above = [
            line
            for line in self._lines
            if 0 <= box.top - line.box.bottom <= 14 and abs(line.box.left - box.left) <= 16
        ]
        return max(above, key=lambda line: line.box.bottom).text if above else ""


def _element(role: Role, text: str, box: Box, score: float, source: str) -> Element:
    return Element(
        id=0, role=role, text=text, box=box, score=min(1.0, score), source=source,  # type: ignore[arg-type]  # a literal at each call
    )  # fmt: skip


def _share_inside(inner: Box, outer: Box) -> float:
    common = inner.intersect(outer)
    return 0.0 if common is None or inner.area == 0 else common.area / inner.area


def _row_overlap(a: Box, b: Box) -> float:
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(0, common) / max(1, min(a.height, b.height))


def _is_inside_of_text(box: Box, text: Box) -> bool:
    """Tell whether a frame is a part of a glyph, such as the inside of an o or a d."""
    return _share_inside(box, text.inflate(2)) > 0.8 and box.area < 0.85 * text.area


def _trimmed(box: Box) -> Box:
    """Return a frame without its border, which the reader would take for a character."""
    pad = min(4, box.height // 5)
    return box.inflate(-pad)


def same_pixels(a: Pixels, b: Pixels) -> bool:
    """Tell whether two pictures are the same, pixel by pixel."""
    return a.shape == b.shape and bool(np.array_equal(a, b))
