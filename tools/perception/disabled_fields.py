"""Which fields are greyed out: they are sunk into the background, or their border is faint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..desktop.capture import Pixels
from .elements import Element, Role
from .widgets import BORDER_PX, DARK, around_of

FIELDS: frozenset[Role] = frozenset(("textbox", "spinbutton"))
MAX_HEIGHT_PX = 60
MIN_SUNK = 3
"""How much nearer to black a field's ground is than that of the other fields."""
MIN_BORDER = 12
FAINT_SHARE = 0.7
"""Of the others' border."""
MAX_COLOUR = 40
"""A border with more of a colour than this shows where the keyboard is, and is no measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """How a field is drawn."""

    element: Element
    offset: float
    """How much brighter it is than what it is drawn on."""
    border: float
    """How much its border differs from what it is drawn on."""
    is_grey: bool
    is_dark: bool


def disabled_fields(pixels: Pixels, elements: Sequence[Element]) -> frozenset[int]:
    """Return the `id()` of those that are fields and greyed out beside other fields.

    Args:
        pixels: The region they were found in, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
    """
    drawn = [
        one
        for element in elements
        if element.role in FIELDS and element.box.height <= MAX_HEIGHT_PX
        if (one := _drawn(pixels, element)) is not None
    ]
    if len(drawn) < 2:
        return frozenset()
    highest = max(one.offset for one in drawn)
    usual = max((one.border for one in drawn if one.is_grey), default=0.0)
    return frozenset(
        id(one.element)
        for one in drawn
        if _is_sunk(one, highest) or (one.is_grey and one.border < FAINT_SHARE * usual)
    )


def _is_sunk(one: _Drawn, highest: float) -> bool:
    # A grey field without a border is only a style, such as that of a search field.
    is_beside = not one.is_dark and one.border >= MIN_BORDER
    return is_beside and one.offset <= 0 <= highest and highest - one.offset >= MIN_SUNK


def _drawn(pixels: Pixels, element: Element) -> _Drawn | None:
    box = element.box
    around = around_of(pixels, box)
    if around is None:
        return None
    inside = pixels[box.top + 4 : box.bottom - 4 : 2, box.left + 4 : box.right - 4 : 3]
    if inside.size == 0:
        return None
    ground = np.median(inside.reshape(-1, 3), axis=0)
    middle = slice(box.left + box.width // 4, box.right - box.width // 4)
    edge = [
        np.median(rows.astype(np.int16), axis=1)
        for rows in (
            pixels[box.top : box.top + BORDER_PX, middle],
            pixels[box.bottom - BORDER_PX : box.bottom, middle],
        )
    ]
    lines = np.concatenate(edge)
    strengths = np.minimum(np.abs(lines - around).max(1), np.abs(lines - ground).max(1))
    strongest = lines[int(strengths.argmax())]
    return _Drawn(
        element=element,
        offset=float(ground.mean() - around.mean()),
        border=float(strengths.max()),
        is_grey=bool(np.ptp(strongest) <= MAX_COLOUR),
        is_dark=bool(around.mean() <= DARK),
    )
