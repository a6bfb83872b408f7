"""Icons that stand alone on a plain ground: stars, arrows, the signs of flat tool bars."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box
from .elements import Element
from .ink import INK, components
from .layout import BoxSet, is_in_row

SIDE_PX = (10, 48)
MAX_SKEW = 2.0
"""Icons are about square: a dash or a bracket is none."""
GROUND_PX = 3
"""Around an icon nothing is drawn this close."""
JOIN_PX = 3
MIN_INK_SHARE = 0.08
SIGN_PX = (13, 40)
"""Longer side of an icon that was read as a sign; digits in a table are smaller."""
MAX_SIGN_CHARS = 3
MAX_APART_PX = 60
"""Between icons of one tool bar."""
MIN_SIGNS = 2
BESIDE_PX = 14
"""What stands so close to a text belongs to it."""


def find_icons(edges: NDArray[np.uint8], known: Sequence[Box]) -> list[Box]:
    """Return boxes around small drawings that are no part of anything known.

    Args:
        edges: `split.gradient` of the picture, shape (H, W).
        known: Texts and controls; what touches one of them is a part or an ornament of it.
    """
    ink = (edges > INK).astype(np.uint8)
    joined = cv2.dilate(ink, np.ones((JOIN_PX, JOIN_PX), np.uint8))
    taken = BoxSet(known)
    low, high = SIDE_PX
    rim = JOIN_PX // 2
    found = []
    for outer in components(np.asarray(joined, np.uint8)):
        width, height = outer.width - 2 * rim, outer.height - 2 * rim
        if not (low <= width <= high and low <= height <= high):
            continue
        if max(width, height) > MAX_SKEW * min(width, height):
            continue
        box = outer.inflate(-rim)
        is_part = (taken.shares_of(box) > 0).any() or (taken.shares_inside(box) > 0.5).any()
        if is_part or not _is_alone(ink, box):
            continue
        if ink[box.top : box.bottom, box.left : box.right].mean() >= MIN_INK_SHARE:
            found.append(box)
    return found


def _is_alone(ink: NDArray[np.uint8], box: Box) -> bool:
    height, width = ink.shape
    around = Box(
        max(0, box.left - GROUND_PX),
        max(0, box.top - GROUND_PX),
        min(width, box.right + GROUND_PX),
        min(height, box.bottom + GROUND_PX),
    )
    outside = int(ink[around.top : around.bottom, around.left : around.right].sum())
    return outside == int(ink[box.top : box.bottom, box.left : box.right].sum())


def with_sign_icons(elements: Sequence[Element]) -> list[Element]:
    """Return the elements; large lone signs among icons are icons: a U, a Q, an arrow.

    The model reads an icon as the letter it looks most like. Their text stays: some are letters.

    Args:
        elements: In pixels of the region.
    """
    small = [
        e for e in elements if e.role in ("icon", "button", "text", "link") and is_icon_sized(e.box)
    ]
    signs = [e for e in small if e.role in ("text", "link") and _may_be_icon(e)]
    others = [e for e in elements if e.role == "text" and len(e.text) > MAX_SIGN_CHARS]
    found = {
        id(sign)
        for sign in signs
        if any(e.role == "icon" for e in _row_of(sign, small))
        or sum(e in signs for e in _row_of(sign, small)) >= MIN_SIGNS
        if not any(_is_right_beside(sign.box, other.box) for other in others)
    }
    return [replace(e, role="icon") if id(e) in found else e for e in elements]


def is_icon_sized(box: Box) -> bool:
    """Tell whether a box has about the size and form of an icon."""
    low, high = SIGN_PX
    long, short = max(box.width, box.height), min(box.width, box.height)
    return low <= long <= high and long <= MAX_SKEW * short


def _may_be_icon(element: Element) -> bool:
    return 0 < len(element.text) <= MAX_SIGN_CHARS and sum(map(str.isalnum, element.text)) <= 2


def _row_of(sign: Element, small: Sequence[Element]) -> list[Element]:
    return [
        e
        for e in small
        if e is not sign
        and is_in_row(e.box, sign.box)
        and max(e.box.left - sign.box.right, sign.box.left - e.box.right) <= MAX_APART_PX
    ]


def _is_right_beside(sign: Box, text: Box) -> bool:
    gap = max(text.left - sign.right, sign.left - text.right)
    return is_in_row(sign, text) and gap <= BESIDE_PX
