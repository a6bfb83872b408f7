"""The highlighted row of a list, a tree, a table or a menu: one band of another colour."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .elements import Element, Role
from .layout import share_inside
from .ocr import TextLine

BESIDE_PX = 2
"""A row's colour is looked up this far beside its text."""
SAME = 10
MIN_DIFFERENCE = 14
MIN_COLOUR = 40
"""A band with this much more colour than the other rows is a selection even at an end of a list."""
MAX_BAND = 3.2
"""Height of a band, in heights of its text."""
MIN_WIDTH = 1.25
"""Width of a band, in widths of its text: a label on a patch is no row."""
MAX_INDENT_PX = 28
"""Rows of a tree begin this far from each other."""
UNEVEN = 0.35
UNDERLINE_PX = 5
MAX_PITCH = 4.0
"""Between neighbouring rows, in heights of a text."""
FEW = 8
"""So many texts at most are on the colour of a selection."""
PLAIN: frozenset[Role] = frozenset(("text", "textbox", "button"))
"""What a row, or a part of it, was taken for."""
KEPT: frozenset[Role] = frozenset(("menuitem", "link", "checkbox", "radio", "treeitem"))

Colour = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    text: Box
    colour: Colour
    """At its left."""
    is_even: bool
    """Whether it is the same at its right."""


def with_selection(
    pixels: Pixels, elements: Sequence[Element], lines: Sequence[TextLine]
) -> list[Element]:
    """Return the elements; what stands in the highlighted row of a list is `selected`.

    Args:
        pixels: The region, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
        lines: Its texts, tight.
    """
    rows = _rows(pixels, [line.box for line in lines if line.text.strip()])
    counts = Counter(row.colour.tobytes() for row in rows)
    found: list[Box] = []
    for row in rows:
        if not row.is_even or counts[row.colour.tobytes()] > min(FEW, len(rows) // 2):
            continue
        if any(band.contains(*row.text.centre) for band in found):
            continue
        band = _band(pixels, row)
        if band is None or any(_is_control(element, band, row.text) for element in elements):
            continue
        if _is_selected(row, band, rows):
            found.append(band)
    kept = list(elements)
    for band in found:
        kept = _selected(kept, band, lines)
    return kept


def _rows(pixels: Pixels, texts: Sequence[Box]) -> list[_Row]:
    """Return the texts with the colour they stand on."""
    if not texts:
        return []
    height, width = pixels.shape[:2]
    sides = np.array([box.xyxy for box in texts])
    y = np.clip((sides[:, 1] + sides[:, 3]) // 2, 0, height - 1)
    left = pixels[y, np.clip(sides[:, 0] - BESIDE_PX, 0, width - 1)].astype(np.int16)
    right = pixels[y, np.clip(sides[:, 2] + BESIDE_PX, 0, width - 1)].astype(np.int16)
    is_even = np.abs(left - right).max(1) <= SAME
    return [
        _Row(text=box, colour=colour, is_even=even)
        for box, colour, even in zip(texts, left, is_even.tolist(), strict=True)
    ]


def _band(pixels: Pixels, row: _Row) -> Box | None:
    """Return the even area around a text, None if it is not much higher than the text."""
    text, reach = row.text, round(MAX_BAND * row.text.height) + 2
    height, width = pixels.shape[:2]
    x = max(0, text.left - BESIDE_PX)
    middle = (text.top + text.bottom) // 2
    above = _run(pixels[max(0, middle - reach) : middle, x][::-1], row.colour)
    below = _run(pixels[middle : middle + reach, x], row.colour)
    top, bottom = middle - above, middle + below
    is_high = text.height <= bottom - top <= MAX_BAND * text.height
    if not is_high or top <= 1 or bottom >= height - 1 or top > text.top or bottom < text.bottom:
        return None
    # Right below its upper end no text is in the way.
    y = min(top + 1, bottom - 1)
    left = x - _run(pixels[y, :x][::-1], row.colour)
    right = x + _run(pixels[y, x:], row.colour)
    band = Box(left, top, min(width, max(right, left + 1)), bottom)
    return band if band.width >= MIN_WIDTH * text.width else None


def _run(pixels: NDArray[np.uint8], colour: Colour) -> int:
    """Return how many pixels from the first on have a colour."""
    differs = np.abs(pixels.astype(np.int16) - colour).max(-1) > SAME
    return int(differs.argmax()) if differs.any() else len(pixels)


def _is_selected(row: _Row, band: Box, rows: Sequence[_Row]) -> bool:
    """Tell whether the rows above and below a band are on one other colour."""
    others = list(_neighbours(row, rows))
    above = [other for other in others if other.text.centre[1] < band.top]
    below = [other for other in others if other.text.centre[1] > band.bottom]
    nearest = [max(above, key=lambda o: o.text.top)] if above else []
    nearest += [min(below, key=lambda o: o.text.top)] if below else []
    if not nearest:
        return False
    colours = [other.colour for other in nearest]
    differences = [int(np.abs(colour - row.colour).max()) for colour in colours]
    if min(differences) < MIN_DIFFERENCE:
        return False
    if len(nearest) == 2:
        # The head of a table is followed by rows at one distance, and preceded by none at it.
        up, down = (_apart(row.text, other.text) for other in nearest)
        if abs(up - down) > UNEVEN * max(up, down):
            return False
        # In a striped table every other row is such a band.
        return int(np.abs(colours[0] - colours[1]).max()) <= SAME and not _is_striped(row, others)
    colour = int(np.ptp(row.colour)) - int(np.ptp(colours[0]))
    return colour >= MIN_COLOUR and len(others) > 1 and not _is_striped(row, others)


def _apart(a: Box, b: Box) -> int:
    return max(abs(a.top - b.top), abs(a.bottom - b.bottom))


def _neighbours(row: _Row, rows: Sequence[_Row]) -> Iterable[_Row]:
    """Yield the rows of the list that a row is in: texts that begin at about the same place."""
    for other in rows:
        apart = abs(other.text.centre[1] - row.text.centre[1])
        if (
            other is not row
            and abs(other.text.left - row.text.left) <= MAX_INDENT_PX
            and 0.8 * row.text.height < apart <= 2 * MAX_PITCH * row.text.height
        ):
            yield other


def _is_striped(row: _Row, others: Sequence[_Row]) -> bool:
    return any(int(np.abs(other.colour - row.colour).max()) <= SAME for other in others)


def _selected(elements: Sequence[Element], band: Box, lines: Sequence[TextLine]) -> list[Element]:
    """Return the elements; those in a band are selected, what a row was taken for is gone."""
    kept: list[Element] = []
    own = [e for e in elements if e.role in PLAIN and _is_in(e, band)]
    first = min((element.box.left for element in own), default=0)
    for element in elements:
        if _is_beside(element, band):
            # What is between two rows of a list is no field.
            kept += _texts_in(element, lines)
        elif not _is_in(element, band):
            kept.append(element)
        elif element.role in PLAIN:
            role: Role = "option" if element.box.left == first else "text"
            kept.append(replace(element, role=role, states=element.states | {"selected"}))
        elif element.role in KEPT:
            kept.append(replace(element, states=element.states | {"selected"}))
        else:
            kept.append(element)
    return kept


def _is_in(element: Element, band: Box) -> bool:
    return band.contains(*element.box.centre) and element.box.height <= 1.5 * band.height


def _is_control(element: Element, band: Box, text: Box) -> bool:
    """Tell whether a band is a button with its text in the middle, a tab or a list."""
    if element.role not in ("button", "tab", "combobox") or element.box.iou(band) < 0.5:
        return False
    before, after = text.left - element.box.left, element.box.right - text.right
    return element.role != "button" or abs(before - after) <= max(6, 0.2 * element.box.width)


def _is_beside(element: Element, band: Box) -> bool:
    box = element.box
    if element.role == "link":
        # The end of a band below a text is no underline.
        is_above = box.centre[1] < band.top and abs(band.top - box.bottom) <= UNDERLINE_PX
        return is_above and box.left >= band.left
    if element.role != "textbox" or box.height > 2 * band.height:
        return False
    touches = min(abs(box.bottom - band.top), abs(box.top - band.bottom)) <= 2
    return touches and box.width >= 0.8 * band.width and abs(box.left - band.left) <= 4


def _texts_in(element: Element, lines: Sequence[TextLine]) -> list[Element]:
    return [
        Element(
            id=0, role="text", text=line.text, box=line.box, score=min(1.0, line.score),
            source="ocr",
        )
        for line in lines
        if share_inside(line.box, element.box) > 0.8
    ]  # fmt: skip
