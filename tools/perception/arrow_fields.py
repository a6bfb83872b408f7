"""Fields with small arrows or with - and + at an end: spin buttons, and lists in an old style."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .elements import Element, Role
from .labels import label_of
from .layout import BoxSet, share_inside
from .ocr import TextLine
from .signs import points_down

HEIGHT_PX = (15, 60)
MIN_WIDTH_PX = 32
TAIL_PX = (9, 30)
"""Width of the part with the arrows."""
REACH_PX = 24
INSET_PX = 2
ARROW_WIDTH_PX = (3, 16)
ARROW_HEIGHT_PX = (2, 10)
THRESHOLDS = (0.6, 0.35)
"""Of the strongest difference from the ground: an arrow may be paler than the borders around it."""
MIN_CONTRAST = 16
BORDER_PX = 3
MIN_LIST_CHARS = 3
MIN_LIST_PX = 50
MIN_ARROW_PX = 7
ALIGNED_PX = 3
TOUCH_PX = 4
MINUS, PLUS = frozenset("-−–—_"), frozenset("+")
MAX_VALUE_CHARS = 12

NAMED: frozenset[Role] = frozenset(("checkbox", "radio", "button", "link", "tab"))
"""What these are called names nothing beside them."""

Kind = Literal["spinbutton", "combobox"]


def with_arrow_fields(
    pixels: Pixels, elements: Sequence[Element], lines: Sequence[TextLine], frames: BoxSet
) -> list[Element]:
    """Return the elements; fields with arrows or - and + are what these make them.

    Args:
        pixels: The region, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
        lines: Its texts, tight.
        frames: Its frames.
    """
    texts = BoxSet(line.box for line in lines)
    words = BoxSet(line.box for line in lines if len(line.text) > 2)
    known = BoxSet(e.box for e in elements if e.role in ("textbox", "combobox", "button"))
    found = [
        (box, kind)
        for box in _candidates(frames)
        if (kind := _kind_of(pixels, box, frames, words)) is not None
        if kind == "spinbutton"
        # An arrow makes a list of what holds a text and is nothing else already.
        or (_has_one_inside(texts, box) and not _is_among(known, box))
    ]
    found += [(box, "spinbutton") for box in _between_signs(elements)]
    kept = list(elements)
    kept = [_as_list(pixels, element) for element in kept]
    for box, kind in found:
        kept = _with_field(kept, box, kind, lines, frames)
    return kept


def _as_list(pixels: Pixels, element: Element) -> Element:
    """Return a button with an arrow at its right end, after its text, as a drop-down list."""
    box = element.box
    if element.role != "button" or len(element.text) < MIN_LIST_CHARS:
        return element
    if not HEIGHT_PX[0] <= box.height <= HEIGHT_PX[1] or box.width < MIN_LIST_PX:
        return element
    area = Box(box.right - REACH_PX, box.top, box.right, box.bottom).inflate(-BORDER_PX)
    ups, downs = _arrows_in(pixels, area)
    middle = area.height / 2
    arrows = [a for a in downs if a.width >= MIN_ARROW_PX and abs(a.centre[1] - middle) <= 3]
    is_list = len(arrows) == 1 and not ups and arrows[0].right < area.width
    return replace(element, role="combobox") if is_list else element


def _candidates(frames: BoxSet) -> Iterable[Box]:
    left, top, right, bottom = frames.xyxy.T
    low, high = HEIGHT_PX
    is_field = (bottom - top >= low) & (bottom - top <= high)
    is_field &= right - left >= np.maximum(MIN_WIDTH_PX, 1.4 * (bottom - top))
    return (Box(*row) for row in frames.xyxy[is_field].tolist())


def _has_one_inside(texts: BoxSet, box: Box) -> bool:
    return bool((texts.shares_inside(box) > 0.8).any())


def _is_among(boxes: BoxSet, box: Box) -> bool:
    return bool(((boxes.shares_inside(box) > 0.7) & (boxes.shares_of(box) > 0.7)).any())


def _kind_of(pixels: Pixels, box: Box, frames: BoxSet, words: BoxSet) -> Kind | None:
    tail = _tail_of(box, frames)
    area = tail or Box(box.right - min(REACH_PX, box.width // 2), box.top, box.right, box.bottom)
    area = area.inflate(-INSET_PX)
    if area.area == 0 or (words.shares_of(area) > 0).any():
        return None
    ups, downs = _arrows_in(pixels, area)
    if any(_is_pair(up, down) for up in ups for down in downs):
        return "spinbutton"
    return "combobox" if tail is not None and len(downs) == 1 and not ups else None


def _tail_of(box: Box, frames: BoxSet) -> Box | None:
    """Return the frame at the right end of a frame, the button with the arrows."""
    left, top, right, bottom = frames.xyxy.T
    low, high = TAIL_PX
    is_tail = (
        (np.abs(right - box.right) <= TOUCH_PX)
        & (np.abs(top - box.top) <= TOUCH_PX)
        & (np.abs(bottom - box.bottom) <= TOUCH_PX)
        & (right - left >= low)
        & (right - left <= min(high, box.width // 2))
    )
    tails = frames.xyxy[is_tail].tolist()
    return Box(*tails[0]) if tails else None


def _arrows_in(pixels: Pixels, area: Box) -> tuple[list[Box], list[Box]]:
    """Return the small arrows that point up and those that point down."""
    if area.width <= 0 or area.height <= 0:
        return [], []
    inside = pixels[area.top : area.bottom, area.left : area.right].astype(np.int16)
    ground = np.median(inside.reshape(-1, 3), axis=0)
    difference = np.abs(inside - ground).max(2)
    strongest = float(difference.max())
    best: tuple[list[Box], list[Box]] = ([], [])
    if strongest < MIN_CONTRAST:
        return best
    for threshold in THRESHOLDS:
        pieces = list(_pieces(difference >= threshold * strongest))
        downs = [box for box, ink in pieces if points_down(ink)]
        ups = [box for box, ink in pieces if points_down(ink[::-1])]
        if len(ups) + len(downs) > len(best[0]) + len(best[1]):
            best = ups, downs
    return best


def _pieces(ink: NDArray[np.bool_]) -> Iterable[tuple[Box, NDArray[np.bool_]]]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    for number, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        narrow, wide = ARROW_WIDTH_PX
        low, high = ARROW_HEIGHT_PX
        if narrow <= width <= wide and low <= height <= high:
            rows, columns = slice(top, top + height), slice(left, left + width)
            yield Box(left, top, left + width, top + height), labels[rows, columns] == number


def _is_pair(up: Box, down: Box) -> bool:
    return (
        up.bottom <= down.top
        and abs(up.centre[0] - down.centre[0]) <= ALIGNED_PX / 2
        and abs(up.width - down.width) <= 2
        and down.top - up.bottom <= 3 * max(up.height, down.height) + 4
    )


def _between_signs(elements: Sequence[Element]) -> Iterable[Box]:
    """Yield what - and + adjoin, together with them: on either side, or both at the right."""
    buttons = [e for e in elements if e.role == "button" and len(e.text) == 1]
    for plus in (e for e in buttons if e.text in PLUS):
        for minus in (e for e in buttons if e.text in MINUS):
            if not _is_level(plus.box, minus.box):
                continue
            pair = minus.box.union(plus.box)
            field = next((e for e in elements if _is_value(e, minus.box, plus.box)), None)
            if field is not None and pair.width <= 3 * field.box.width + pair.height * 3:
                yield field.box.union(pair)


def _is_value(element: Element, minus: Box, plus: Box) -> bool:
    box = element.box
    if element.role not in ("textbox", "button") or not _is_level(box, plus):
        return False
    if element.role == "button":
        is_number = any(c.isdigit() for c in element.text) and len(element.text) <= MAX_VALUE_CHARS
        if not is_number:
            return False
    is_before = abs(minus.left - box.right) <= TOUCH_PX and abs(plus.left - minus.right) <= TOUCH_PX
    is_between = abs(box.left - minus.right) <= TOUCH_PX and abs(plus.left - box.right) <= TOUCH_PX
    is_holding = box.left < minus.left and abs(plus.right - box.right) <= TOUCH_PX
    # Keys of a calculator are buttons on all sides; a field is not.
    return is_between or is_before or (is_holding and element.role == "textbox")


def _is_level(a: Box, b: Box) -> bool:
    return abs(a.top - b.top) <= TOUCH_PX and abs(a.bottom - b.bottom) <= TOUCH_PX


def _with_field(
    elements: Sequence[Element], box: Box, kind: Kind, lines: Sequence[TextLine], frames: BoxSet
) -> list[Element]:
    """Return the elements with a field in place of what was seen there; what it holds is a text."""
    held = [line for line in lines if share_inside(line.box, box) > 0.8]
    values = [line for line in held if any(character.isalnum() for character in line.text)]
    is_sign = MINUS | PLUS
    kept = [
        e
        for e in elements
        if share_inside(e.box, box) < 0.8 or (e.role == "button" and e.text in is_sign)
    ]
    others = [e.box for e in elements if e.role in NAMED]
    free = [
        line
        for line in lines
        if share_inside(line.box, box) <= 0.8
        and not any(share_inside(line.box, other) > 0.8 for other in others)
    ]
    name = label_of(box, free, frames, is_list=kind == "combobox")
    first = values[0] if values else None
    signs = [e.box for e in kept if e.role == "button" and share_inside(e.box, box) >= 0.8]
    field = Element(
        id=0,
        role=kind,
        text=name or (first.text if first is not None else ""),
        box=box,
        score=0.6 if first is None else min(1.0, first.score),
        source="widget",
        clickable=_click_at(box, signs, first),
    )
    if name:
        kept += [
            Element(
                id=0, role="text", text=v.text, box=v.box, score=min(1.0, v.score), source="ocr"
            )
            for v in values
        ]
    return [*kept, field]


def _click_at(box: Box, signs: Sequence[Box], value: TextLine | None) -> tuple[float, float]:
    """Return a place in a field that is not on its arrows or signs."""
    if value is not None:
        return value.box.centre
    left = max((s.right for s in signs if s.left - box.left <= TOUCH_PX), default=box.left)
    right = min((s.left for s in signs if s.left > left + TOUCH_PX), default=box.right - REACH_PX)
    return ((left + max(left + 2, right)) / 2, box.centre[1])
