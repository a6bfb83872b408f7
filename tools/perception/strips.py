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
from .split import INK, borders

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

Mask = NDArray[np.bool_]


def text_ink(edges: NDArray[np.uint8]) -> Mask:
    """Return the edges that may be text: all but long lines and the frames they belong to.

    Args:
        edges: `split.gradient` of a picture, shape (H, W).
    """
    ink = edges > INK
    ink &= ~borders(ink)
    return ink


def find_strips(ink: Mask) -> list[Box]:
    """Return boxes around ink that stands together, no two of which touch, from top to bottom.

    Args:
        ink: `text_ink`, shape (H, W).
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
    closed = cv2.morphologyEx(
        ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((down, across), np.uint8)
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(closed, np.uint8), connectivity=8)
    min_width, min_height = MIN_STRIP_PX
    return [
        Box(left, top, left + width, top + height)
        for left, top, width, height, area in stats[1:].tolist()
        if area >= MIN_STRIP_INK and width >= min_width and height >= min_height
    ]
