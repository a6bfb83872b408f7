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
from numpy.typing import NDArray

from ..desktop.backend import Window
from ..desktop.capture import Capture, Pixels
from ..desktop.geometry import Box
from .elements import Element, Role, State
from .ocr import OcrEngine, TextLine, load_ocr
from .split import INK, gradient, split_lines
from .widgets import (
    MAX_CONTROL_HEIGHT_PX,
    Frame,
    brightness,
    find_frames,
    is_mark_sized,
    is_marked,
    is_plain,
    stands_alone,
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
MAX_BUTTON_CHARS = 40
TITLE_BAR_PX = 12
"""A frame that begins this close below a window's top is its title bar."""
FRAME_BORDERS_PX = (3, 5, 7)
"""How thick a border may be, with its shadow: tried in turn until only the sign is left."""
SIGN_LINE_PX = 24
SIGN_PAD_PX = 7
MIN_SIGN_SCORE = 0.5
BOX_LIKE = frozenset("oO0DQCVvX口回日田ロ")
"""What the model reads an empty, checked or round mark as."""
UNSURE_SIGNS = frozenset("1lI|/-_=~.,'`+" + "".join(("十", "一", "二", "三", "口", "人")))
MISREAD_SIGNS = {"十": "+", "一": "-", "二": "=", "口": "", "□": "", "〇": "0", "人": "^"}
"""A Chinese model reads lone signs as characters; keys of calculators are not Chinese."""


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
            frame.box
            for frame in frames
            if is_mark_sized(frame.box)
            and stands_alone(edges, frame.box)
            and not any(_reads_as_letter(frame.box, line) for line in read)
        ]
        lines = split_lines(read, edges, marks)
        check()
        found = _Merge(pixels, lines, frames, marks, edges, self.ocr).elements()
        places = [
            (window.title, box)
            for window in windows
            if not window.is_minimized
            and (box := capture.view.box_from_desktop(window.box)) is not None
        ]
        found = [_not_title_bar(element, [box for _, box in places]) for element in found]
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


def _not_title_bar(element: Element, windows: Sequence[Box]) -> Element:
    """Return a button as text if it is the title bar of a window."""
    is_bar = element.role == "button" and any(
        abs(element.box.top - window.top) <= TITLE_BAR_PX and element.box.width > 0.4 * window.width
        for window in windows
    )
    return replace(element, role="text", source="ocr") if is_bar else element


class _Merge:
    """One picture's texts and frames, and the rules that make elements of them."""

    def __init__(
        self,
        pixels: Pixels,
        lines: Sequence[TextLine],
        frames: Sequence[Frame],
        marks: Sequence[Box],
        edges: NDArray[np.uint8],
        ocr: OcrEngine,
    ) -> None:
        self._edges = edges
        self._marks = frozenset(marks)
        self._pixels = pixels
        self._lines = list(lines)
        self._frames = frames
        self._ocr = ocr
        self._used: set[int] = set()

    def elements(self) -> list[Element]:
        """Return all elements, unnumbered."""
        found: list[Element] = []
        marks = [frame for frame in self._frames if frame.box in self._marks]
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
        is_sign = len(line.text.strip()) == 1
        if line.text.strip() in UNSURE_SIGNS:
            line = self._read_sign(box, line)
        is_too_high = box.height > 4 * line.box.height + 8 and not is_sign
        if is_too_high or _hugs(box, line.box):
            return None
        off_centre = abs(line.box.centre[0] - box.centre[0])
        is_centred = off_centre <= max(8.0, 0.08 * box.width)
        blank_at_right = box.right - line.box.right
        is_left = line.box.left - box.left < 0.25 * box.width
        if not is_centred and is_left and blank_at_right > 0.2 * box.width:
            if box.width < MIN_FIELD_WIDTH_PX or brightness(self._pixels, box) < BRIGHT:
                return None
            # What the field holds stays a text of its own.
            return _element("textbox", self._label_of(box), box, line.score, "widget")
        if len(line.text) > MAX_BUTTON_CHARS:
            return None
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
            elif box.width >= 16 and box.height >= 14:
                keys.append(box)
        signs = [sign for box in keys if (sign := self._sign_in(box)) is not None]
        lines = self._ocr.read_boxes(self._pixels, [area for _, area in signs])
        for (box, area), line in zip(signs, lines, strict=True):
            text = self._sign(line.text.strip(), area)
            if text and line.score >= MIN_SIGN_SCORE and len(text) <= 6:
                found.append(_element("button", text, box, line.score, "widget"))
            elif box.width <= 64:
                found.append(_element("icon", "", box, 0.5, "icon"))
        return found

    def _read_sign(self, box: Box, line: TextLine) -> TextLine:
        """Return a single character as it reads in the middle of a line's height."""
        sign = self._sign_in(box)
        if sign is None:
            return line
        (again,) = self._ocr.read_boxes(self._pixels, [sign[1]])
        text = again.text.strip() if again.score >= MIN_SIGN_SCORE else line.text.strip()
        return replace(line, text=self._sign(text, sign[1]))

    def _sign(self, text: str, area: Box) -> str:
        """Return what a lone sign is, where the model reads it as something like it."""
        if text in ("1", "l", "I", "|") and self._leans(area):
            return "/"
        return MISREAD_SIGNS.get(text, text)

    def _leans(self, area: Box) -> bool:
        """Tell whether a stroke goes from the upper right to the lower left."""
        ink = self._edges[area.top : area.bottom, area.left : area.right] > INK
        rows = np.flatnonzero(ink.any(1))
        third = max(1, len(rows) // 3)
        top, bottom = ink[rows[:third]], ink[rows[-third:]]
        lean = np.nonzero(top)[1].mean() - np.nonzero(bottom)[1].mean()
        return bool(lean > 0.15 * len(rows))

    def _sign_in(self, box: Box) -> tuple[Box, Box] | None:
        """Return a frame with the part of it to read: its ink, at a line's height.

        None if the ink touches the border: then the frame is itself a glyph or a part of a picture.
        """
        for border in FRAME_BORDERS_PX:
            inner = box.inflate(-border) if min(box.width, box.height) > 2 * border + 4 else box
            ink = self._edges[inner.top : inner.bottom, inner.left : inner.right] > INK
            rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
            if len(rows) == 0:
                return None
            if (
                rows[0] > 0
                and columns[0] > 0
                and rows[-1] < inner.height - 1
                and columns[-1] < inner.width - 1
            ):
                break
        else:
            return None
        # Where a sign stands in its line tells a full stop from a dot, a minus from an underscore.
        half = max(SIGN_LINE_PX / 2, (rows[-1] - rows[0]) / 2 + 4)
        middle = inner.height / 2
        area = Box(
            inner.left + max(0, int(columns[0]) - SIGN_PAD_PX),
            inner.top + max(0, round(middle - half)),
            inner.left + min(inner.width, int(columns[-1]) + 1 + SIGN_PAD_PX),
            inner.top + min(inner.height, round(middle + half)),
        )
        return box, area

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


def _reads_as_letter(box: Box, line: TextLine) -> bool:
    """Tell whether a small frame is the outline of a letter that was read there, such as an a."""
    if _share_inside(box, line.box) < 0.5:
        return False
    return any(
        character.isalnum() and character not in BOX_LIKE and box.left <= x < box.right
        for character, x in zip(line.text, line.centres, strict=True)
    )


def _share_inside(inner: Box, outer: Box) -> float:
    common = inner.intersect(outer)
    return 0.0 if common is None or inner.area == 0 else common.area / inner.area


def _row_overlap(a: Box, b: Box) -> float:
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(0, common) / max(1, min(a.height, b.height))


def _hugs(box: Box, text: Box) -> bool:
    """Tell whether a frame is no more than the outline of a text."""
    return box.width < text.width + 4 or box.height < text.height + 4


def _is_inside_of_text(box: Box, text: Box) -> bool:
    """Tell whether a frame is a part of a glyph, such as the inside of an o or a d."""
    return _share_inside(box, text.inflate(2)) > 0.8 and box.area < 0.85 * text.area


def same_pixels(a: Pixels, b: Pixels) -> bool:
    """Tell whether two pictures are the same, pixel by pixel."""
    return a.shape == b.shape and bool(np.array_equal(a, b))
