"""Icons that stand alone on a plain ground: stars, arrows, the signs of flat tool bars."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box
from .ink import INK, components
from .layout import BoxSet

SIDE_PX = (10, 48)
MAX_SKEW = 2.0
"""Icons are about square: a dash or a bracket is none."""
GROUND_PX = 3
"""Around an icon nothing is drawn this close."""
JOIN_PX = 3
MIN_INK_SHARE = 0.08


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
