"""The rules by which texts and frames become elements.

* A text alone is a `text`.
* A small square or round shape with a text at its right is a `checkbox` or `radio` of that name.
* A frame around one short text in its middle is a `button`. A small frame in which the detector saw
  no text is read by itself: the keys of a calculator hold a single character. What cannot be read
  is an `icon`.
* A bright, flat frame that is empty, or whose text begins at its left, is a `textbox`. Its `text`
  is its label: what stands at its left or above it; with neither, what it holds (a placeholder).
  What a labelled field holds is a `text` of its own.
* A frame with an arrow at its right end is a drop-down list: a `button` named like a field.
* Cells of a table are no buttons: their texts stay texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .check_marks import CheckMark
from .editors import find_editors
from .elements import Element, Role, Source, State
from .ink import INK
from .labels import label_of
from .layout import BoxSet, hugs, is_in_row
from .ocr import OcrEngine, TextLine
from .signs import ARROW_PX, MIN_SIGN_SCORE, SignReader
from .widgets import MAX_CONTROL_HEIGHT_PX, Frame, is_cell, look_of

MIN_FIELD = (40, 16)
MAX_FIELD_HEIGHT_PX = 60
MAX_END_ICON = 1.4
"""Width of an icon at an end of a field, in heights of the field."""
END_ICON_PX = 16
MIN_END_ICON_PX = 11
MIN_PLAIN = 0.85
MAX_KEY_CHARS = 2
MIN_COLUMN = 3
"""So many alike marks one below the other are check boxes, labels or not."""
MARK_LABEL_GAP = 1.1
"""How far at the right of a mark its label may begin, in sides of the mark."""
ICON_LABEL_GAP_PX = 14
MAX_BUTTON_CHARS = 40
MAX_BUTTON_PARTS = 3
MAX_PART_GAP_PX = 10
MAX_ICON_PX = 64
MIN_KEY = (16, 14)
ARROW_AREA_PX = 34


class ControlFinder:
    """One picture's texts and frames, made into elements.

    Args:
        pixels: The picture.
        edges: `split.gradient` of it.
        lines: Its texts, split and tight.
        frames: Its frames, larger ones first.
        marks: Its check boxes and radio buttons.
        ocr: Reads what the detector missed.
    """

    def __init__(
        self,
        pixels: Pixels,
        edges: NDArray[np.uint8],
        lines: Sequence[TextLine],
        frames: Sequence[Frame],
        marks: Sequence[CheckMark],
        ocr: OcrEngine,
    ) -> None:
        self._pixels = pixels
        self._edges = edges
        self._lines = list(lines)
        self._frames = BoxSet(frame.box for frame in frames)
        self._line_boxes = BoxSet(line.box for line in lines)
        self._padded_lines = BoxSet(line.box.inflate(2) for line in lines)
        self._marks = marks
        self._signs = SignReader(pixels, edges, ocr)
        self._used: set[int] = set()
        self._fields: list[_Field] = []

    def elements(self) -> list[Element]:
        """Return all elements, unnumbered."""
        found = [element for mark in self._marks if (element := self._mark(mark)) is not None]
        taken = BoxSet(element.box for element in found)
        frames = [Box(*row) for row in self._frames.xyxy.tolist()]
        small = [
            box
            for box in frames
            if box.height <= MAX_CONTROL_HEIGHT_PX and not (taken.shares_of(box) > 0.9).any()
        ]
        found += self._controls(small)
        known = [*(control.box for control in found), *(field.box for field in self._fields)]
        found += [
            _element("textbox", label, box, 0.5, "widget")
            for box, label in find_editors(self._pixels, self._frames, known, self._free_lines())
        ]
        found += self._named_fields()
        found += [
            _element("text", line.text, line.box, line.score, "ocr")
            for index, line in enumerate(self._lines)
            if index not in self._used
        ]
        return found

    def _mark(self, mark: CheckMark) -> Element | None:
        """Return the check box or radio button, if a label is beside it."""
        box = mark.box
        labels = [
            index
            for index, line in enumerate(self._lines)
            if index not in self._used
            and is_in_row(line.box, box)
            and abs(line.box.centre[1] - box.centre[1]) <= max(5, box.height // 2)
            and -3 <= line.box.left - box.right <= MARK_LABEL_GAP * max(box.width, box.height)
            and any(character.isalnum() for character in line.text)
        ]
        state: State = "checked" if mark.is_checked else "unchecked"
        if not labels:
            return self._unlabelled(mark, state) if self._is_one_of_many(mark) else None
        index = min(labels, key=lambda index: self._lines[index].box.left)
        line = self._lines[index]
        self._used.add(index)
        return Element(
            id=0,
            role="radio" if mark.shape == "round" else "checkbox",
            text=line.text,
            box=box.union(line.box),
            score=line.score,
            source="widget",
            states=frozenset({state}),
            clickable=box.centre,
        )

    def _is_one_of_many(self, mark: CheckMark) -> bool:
        """Tell whether alike marks stand in a column with it, as in a table of mails."""
        alike = [
            other
            for other in self._marks
            if other.shape == mark.shape
            and abs(other.box.left - mark.box.left) <= 1
            and abs(other.box.width - mark.box.width) <= 1
        ]
        return len(alike) >= MIN_COLUMN

    def _unlabelled(self, mark: CheckMark, state: State) -> Element:
        return Element(
            id=0,
            role="radio" if mark.shape == "round" else "checkbox",
            text="",
            box=mark.box,
            score=0.6,
            source="widget",
            states=frozenset({state}),
        )

    def _controls(self, boxes: Sequence[Box]) -> list[Element]:
        found: list[Element] = []
        blank: list[Box] = []
        known = BoxSet()
        # Smaller first: a frame around several controls is no control.
        parts = self._glyph_parts(boxes)
        for box in sorted(boxes, key=lambda box: box.area):
            if box in parts:
                continue
            parts_of_it = known.xyxy[known.shares_inside(box) > 0.9].tolist()
            if parts_of_it and not _is_end_icon(box, parts_of_it, blank):
                continue
            inside = np.flatnonzero(self._line_boxes.shares_inside(box) > 0.6).tolist()
            if not inside:
                if not self._is_rest_of_field(box):
                    blank.append(box)
                    known.add(box)
                continue
            n_fields = len(self._fields)
            element = self._around_text(box, inside)
            if element is not None:
                found.append(element)
            if element is not None or len(self._fields) > n_fields:
                known.add(box)
        return found + self._blanks(blank)

    def _glyph_parts(self, boxes: Sequence[Box]) -> set[Box]:
        """Return the frames that are a part of a letter, such as the inside of an o or a d."""
        rows = self._line_boxes.xyxy
        if len(rows) == 0 or not boxes:
            return set()
        line_areas = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
        frames = np.array([box.xyxy for box in boxes])
        areas = (frames[:, 2] - frames[:, 0]) * (frames[:, 3] - frames[:, 1])
        is_in = self._padded_lines.common_areas(frames) > 0.8 * areas[:, None]
        is_part = (is_in & (areas[:, None] < 0.85 * line_areas)).any(1)
        return {box for box, part in zip(boxes, is_part.tolist(), strict=True) if part}

    def _around_text(self, box: Box, inside: Sequence[int]) -> Element | None:
        if any(index in self._used for index in inside):
            return None
        arrow = self._arrow_among(box, inside)
        line = self._joined([index for index in inside if index != arrow])
        if line is None:
            return None
        read = self._signs.read_again(box, line)
        line = self._signs.without_arrow(read)
        is_list = line is not read or arrow is not None
        if arrow is not None:
            self._used.add(arrow)
        is_sign = len(line.text.strip()) == 1
        if (box.height > 4 * line.box.height + 8 and not is_sign) or hugs(box, line.box):
            return None
        look = look_of(self._pixels, box)
        at_left, at_right = line.box.left - box.left, box.right - line.box.right
        is_wide = box.width >= MIN_FIELD[0]
        is_light = look.is_flat and look.is_field_like
        slack = 6.0 if is_light and box.width >= 100 else max(16.0, 0.16 * box.width)
        is_centred = abs(at_left - at_right) <= slack
        if is_list or (not is_centred and is_wide and at_left < 0.25 * box.width):
            is_list = is_list or self._has_arrow(box, line.box)
            if is_list or at_right > 0.2 * box.width or is_light:
                is_field = look.is_field_like and not is_cell(self._pixels, box, self._frames)
                if is_list or is_field:
                    role: Role = "textbox" if look.is_flat and not is_list else "button"
                    # A sign with an arrow is a key that opens a menu.
                    if is_list and len(line.text) > MAX_KEY_CHARS:
                        role = "combobox"
                    self._fields.append(_Field(box=box, role=role, line=line, inside=tuple(inside)))
                return None
        if len(line.text) > MAX_BUTTON_CHARS or is_cell(self._pixels, box, self._frames):
            return None
        if is_centred or box.width < line.box.width + 4 * line.box.height:
            self._used.update(inside)
            return _element("button", line.text, box, line.score, "widget")
        return None

    def _arrow_among(self, box: Box, inside: Sequence[int]) -> int | None:
        """Return the number of a lone letter at a frame's right end that is a list's arrow."""
        if len(inside) < 2:
            return None
        last = max(inside, key=lambda index: self._lines[index].box.left)
        line = self._lines[last]
        low, high = ARROW_PX
        is_arrow = (
            len(line.text) == 1
            and low <= line.box.width <= high
            and line.box.height <= line.box.width
            and box.right - line.box.right <= ARROW_AREA_PX - high
        )
        return last if is_arrow else None

    def _joined(self, inside: Sequence[int]) -> TextLine | None:
        """Return the texts in a frame as one, if they stand side by side as on a button."""
        lines = sorted((self._lines[i] for i in inside), key=lambda line: line.box.left)
        first = lines[0]
        for a, b in zip(lines, lines[1:], strict=False):
            if (
                len(lines) > MAX_BUTTON_PARTS
                or b.box.left - a.box.right > MAX_PART_GAP_PX
                or not is_in_row(a.box, b.box)
            ):
                return None
            first = TextLine(
                box=first.box.union(b.box),
                text=f"{first.text} {b.text}",
                score=min(first.score, b.score),
                centres=(*first.centres, (a.box.right + b.box.left) / 2, *b.centres),
            )
        return first

    def _has_arrow(self, box: Box, text: Box) -> bool:
        """Tell whether a small thing that is no text is drawn at the right end of a frame."""
        left = max(text.right + 4, box.right - ARROW_AREA_PX)
        area = self._edges[box.top + 4 : box.bottom - 4, left : box.right - 4] > INK
        rows, columns = np.flatnonzero(area.any(1)), np.flatnonzero(area.any(0))
        # What touches an edge of this is the frame's own round corner.
        if len(rows) == 0 or rows[0] == 0 or rows[-1] == len(area) - 1:
            return False
        low, high = ARROW_PX
        width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
        # As large and square as this it is the icon of a calendar or a lens.
        is_icon = width >= MIN_END_ICON_PX and abs(width - height) <= 2
        return low <= width <= high and not is_icon

    def _blanks(self, boxes: Sequence[Box]) -> list[Element]:
        """Return what frames are in which the detector saw no text."""
        found: list[Element] = []
        keys: list[Box] = []
        for box in boxes:
            is_wide = box.width >= 2.5 * box.height and box.width >= MIN_FIELD[0]
            if is_wide and MIN_FIELD[1] <= box.height <= MAX_FIELD_HEIGHT_PX:
                if is_cell(self._pixels, box, self._frames):
                    continue
                look = look_of(self._pixels, box)
                if look.plain_share >= MIN_PLAIN and (
                    look.is_field_like or (look.is_bordered and self._is_named(box))
                ):
                    self._fields.append(_Field(box=box))
                    continue
            if box.width >= MIN_KEY[0] and box.height >= MIN_KEY[1]:
                keys.append(box)
        for box, (text, score) in zip(keys, self._signs.read(keys), strict=True):
            if text and score >= MIN_SIGN_SCORE and len(text) <= 6:
                role: Role = "text" if is_cell(self._pixels, box, self._frames) else "button"
                found.append(_element(role, text, box, score, "widget"))
            elif box.width <= MAX_ICON_PX and self._has_ink(box) and not self._has_text_beside(box):
                found.append(_element("icon", "", box, 0.5, "icon"))
        return found

    def _is_named(self, box: Box) -> bool:
        """Tell whether a text names a frame: then also a pale one is a field, a disabled one."""
        return bool(label_of(box, self._free_lines(), self._frames))

    def _is_rest_of_field(self, box: Box) -> bool:
        """Tell whether a frame is what selected text leaves free of a longer field."""
        left, top, right, bottom = self._frames.xyxy.T
        is_longer = (
            (np.abs(top - box.top) <= 3)
            & (np.abs(bottom - box.bottom) <= 3)
            & (np.abs(right - box.right) <= 3)
            & (left < box.left - 3)
        )
        longer = self._frames.xyxy[is_longer].tolist()
        looks = (look_of(self._pixels, Box(*row)) for row in longer)
        # A shaded one is a button with a part for its menu.
        return any(look.is_field_like and look.is_flat for look in looks)

    def _has_text_beside(self, box: Box) -> bool:
        """Tell whether an icon only adorns the text at its right, as in a list of files."""
        return any(
            0 <= line.box.left - box.right <= ICON_LABEL_GAP_PX and is_in_row(line.box, box)
            for line in self._lines
        )

    def _has_ink(self, box: Box) -> bool:
        inner = box.inflate(-4) if min(box.width, box.height) > 10 else box
        return bool((self._edges[inner.top : inner.bottom, inner.left : inner.right] > INK).any())

    def _named_fields(self) -> list[Element]:
        """Return the fields and lists; their labels are sought once all of them are known."""
        found = []
        for field in self._fields:
            label = label_of(
                field.box, self._free_lines(), self._frames, is_list=field.role != "textbox"
            )
            text = label
            if not label and field.line is not None:
                text = field.line.text
                self._used.update(field.inside)
            score = 0.6 if field.line is None else field.line.score
            found.append(_element(field.role, text, field.box, score, "widget"))
        return found

    def _free_lines(self) -> list[TextLine]:
        """Return the texts that are no part of a control."""
        return [line for index, line in enumerate(self._lines) if index not in self._used]


def _is_end_icon(box: Box, parts: Sequence[Sequence[int]], blank: Sequence[Box]) -> bool:
    """Tell whether all that is known in a wide frame is one icon at an end: a lens."""
    icons = [Box(*part) for part in parts]
    whole = icons[0]
    for icon in icons[1:]:
        whole = whole.union(icon)
    is_end = min(whole.left - box.left, box.right - whole.right) <= END_ICON_PX
    is_small = whole.width <= MAX_END_ICON * box.height and box.width >= 4 * whole.width
    return is_end and is_small and all(icon in blank for icon in icons)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field or drop-down list whose label is not known yet."""

    box: Box
    role: Role = "textbox"
    line: TextLine | None = None
    """What it holds."""
    inside: tuple[int, ...] = ()
    """The numbers of the texts in it."""


def _element(role: Role, text: str, box: Box, score: float, source: Source) -> Element:
    return Element(id=0, role=role, text=text, box=box, score=min(1.0, score), source=source)
