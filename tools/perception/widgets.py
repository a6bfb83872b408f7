"""Frames that are drawn around things: buttons, fields, check marks; found by their edges alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box

EDGE = 8
"""Gradient above which a pixel may belong to a frame: borders of flat themes are faint."""
MIN_SIDE_PX = 9
MAX_CONTROL_HEIGHT_PX = 90
MIN_FILL = 0.72
"""A frame's outline encloses most of its bounding box; a circle encloses 0.785 of it."""
MIN_MARK_FILL = 0.6
"""Small circles are drawn with few pixels."""
MARK_SIDE_PX = (10, 24)
"""Sides of check boxes and radio buttons at one to one and a half times scale."""
SAME_FRAME_IOU = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A closed outline on the screen."""

    box: Box
    shape: Literal["rectangle", "circle"]


def find_frames(edges: NDArray[np.uint8]) -> list[Frame]:
    """Return closed outlines, larger ones first; of outlines inside each other the outer one.

    Args:
        edges: `split.gradient` of the picture.
    """
    ink = cv2.morphologyEx(
        (edges > EDGE).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
    )
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    frames: list[Frame] = []
    if hierarchy is None:
        return frames
    for contour, links in zip(contours, hierarchy[0], strict=True):
        x, y, w, h = cv2.boundingRect(contour)
        if w < MIN_SIDE_PX or h < MIN_SIDE_PX:
            continue
        fill = cv2.contourArea(contour) / (w * h)
        is_small = is_mark_sized(Box(x, y, x + w, y + h))
        if fill < (MIN_MARK_FILL if is_small else MIN_FILL):
            continue
        is_hole = links[3] >= 0
        pad = 1 if is_hole else 0  # a hole's outline runs inside of the border
        box = Box(max(0, x - pad), max(0, y - pad), x + w + pad, y + h + pad)
        is_round = is_mark_sized(box) and not _has_corners(edges, box)
        frames.append(Frame(box=box, shape="circle" if is_round else "rectangle"))
    return _without_doubles(frames)


def _has_corners(edges: NDArray[np.uint8], box: Box) -> bool:
    """Tell whether a border runs through the corners of a box: it does not for a circle."""
    size = 2
    corners = [
        edges[y : y + size, x : x + size]
        for y in (box.top, box.bottom - size)
        for x in (box.left, box.right - size)
    ]
    return sum(bool((corner > 3 * EDGE).any()) for corner in corners if corner.size) >= 3


def _without_doubles(frames: Sequence[Frame]) -> list[Frame]:
    kept: list[Frame] = []
    for frame in sorted(frames, key=lambda frame: -frame.box.area):
        if all(frame.box.iou(other.box) < SAME_FRAME_IOU for other in kept):
            kept.append(frame)
    return kept


def is_mark_sized(box: Box) -> bool:
    """Tell whether a frame has the size and form of a check box or radio button."""
    low, high = MARK_SIDE_PX
    return (
        low <= box.width <= high and low <= box.height <= high and abs(box.width - box.height) <= 3
    )


def stands_alone(edges: NDArray[np.uint8], box: Box) -> bool:
    """Tell whether nothing is drawn right beside a small frame, as it is beside the letter O."""
    rows = slice(box.top + 2, box.bottom - 2)
    left = edges[rows, max(0, box.left - 4) : max(0, box.left - 1)]
    right = edges[rows, box.right + 1 : box.right + 4]
    return not any(bool((side > 3 * EDGE).any()) for side in (left, right) if side.size)


def is_marked(pixels: Pixels, box: Box) -> bool:
    """Tell whether a check box or radio button is set: whether something is drawn inside."""
    inner = box.inflate(-max(3, box.width // 5))
    inside = pixels[inner.top : inner.bottom, inner.left : inner.right].astype(np.int16)
    if inside.size == 0:
        return False
    flat = inside.reshape(-1, 3)
    ground = np.median(flat, axis=0)
    is_ink = np.abs(flat - ground).max(1) > 40
    if is_ink.mean() > 0.08:
        return True
    # A dot may fill all that is looked at: then the rim around it has another colour.
    rim = pixels[box.top + 2 : box.bottom - 2, box.left + 2 : box.right - 2].astype(np.int16)
    corner_free = rim[:, [0, -1]].reshape(-1, 3)
    return bool(np.abs(np.median(corner_free, axis=0) - ground).max() > 60)


def is_plain(pixels: Pixels, box: Box, *, share: float = 0.85) -> bool:
    """Tell whether most of the inside of a frame is one colour, as in an empty field."""
    inner = box.inflate(-3)
    inside = pixels[inner.top : inner.bottom, inner.left : inner.right].reshape(-1, 3)
    if len(inside) == 0:
        return False
    ground = np.median(inside, axis=0)
    return bool((np.abs(inside.astype(np.int16) - ground).max(1) < 12).mean() >= share)


def brightness(pixels: Pixels, box: Box) -> float:
    """Return the median brightness inside a frame, in [0, 255]."""
    inner = box.inflate(-3)
    inside = pixels[inner.top : inner.bottom, inner.left : inner.right]
    return float(np.median(inside)) if inside.size else 0.0
