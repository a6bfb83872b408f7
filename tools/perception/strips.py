"""Where text may stand: strips of ink with nothing around them, found without any model.

A strip is cut out where the text is not, so what a detector says of it depends on the pixels of
the strip and a margin around it alone, wherever on the screen it lies. That makes looking again
exact and cheap: a strip whose pixels were seen before, here or elsewhere, needs no second look,
scrolled ones included.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box
from .ink import Mask, components

STRIP_GAP_PX = (24, 3)
"""Ink that is closer, across and down, is joined: words of a line, dots and their letters."""
STRIP_APART_PX = (12, 2)
"""Strips whose boxes come closer are one."""
RUN_GAP_PX = (9, 3)
"""About the widest gap within a word and the blank between two."""
MIN_STRIP_PX = (2, 4)
MIN_STRIP_INK = 8
MAX_SLENDER = 8
"""What is so many times higher than wide is a scroll bar or a border."""


def find_strips(ink: Mask) -> list[Box]:
    """Return boxes around ink that stands together, no two of which touch, from top to bottom.

    Args:
        ink: That may be text, shape (H, W).
    """
    boxes = _boxes(ink, STRIP_GAP_PX)
    while True:
        joined = _joined(boxes)
        if len(joined) == len(boxes):
            lines = [box for box in boxes if box.height < MAX_SLENDER * box.width]
            return sorted(lines, key=lambda box: (box.top, box.left))
        boxes = joined


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes with those that come too close put together, one round of it."""
    if not boxes:
        return []
    across, down = STRIP_APART_PX
    left, top, right, bottom = np.array([box.xyxy for box in boxes]).T
    is_near = (left < right[:, None] + across) & (left[:, None] < right + across)
    is_near &= (top < bottom[:, None] + down) & (top[:, None] < bottom + down)
    # Each takes the smallest number among its neighbours, until all that hang together have one.
    label = np.arange(len(boxes))
    while True:
        lowest = np.where(is_near, label, len(boxes)).min(1)
        if (lowest == label).all():
            break
        label = lowest
    groups: dict[int, Box] = {}
    for number, box in zip(label.tolist(), boxes, strict=True):
        groups[number] = box if number not in groups else groups[number].union(box)
    return list(groups.values())


def find_runs(ink: Mask) -> list[Box]:
    """Return boxes around single words and signs."""
    return _boxes(ink, RUN_GAP_PX)


def _boxes(ink: Mask, gap: tuple[int, int]) -> list[Box]:
    across, down = gap
    closed = np.asarray(
        cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((down, across), np.uint8)),
        np.uint8,
    )
    min_width, min_height = MIN_STRIP_PX
    return [
        box
        for box in components(closed)
        if box.width >= min_width and box.height >= min_height and _has_ink(closed, box)
    ]


def _has_ink(mask: NDArray[np.uint8], box: Box) -> bool:
    # Whatever is larger has so much along its sides alone.
    if box.width + box.height > MIN_STRIP_INK + 1:
        return True
    return int(mask[box.top : box.bottom, box.left : box.right].sum()) >= MIN_STRIP_INK
