"""Check boxes and radio buttons: small closed shapes that stand alone, and whether they are set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .pixel_keys import PixelCache, pixel_key
from .widgets import Frame

SIDE_PX = (9, 22)
"""Sides of check boxes and radio buttons at one to one and a half times scale."""
MAX_SKEW_PX = 1
MARGIN_PX = 2
"""Beside a mark nothing is drawn this close: it tells a box from the letter O in a word."""
SAME_COLOUR = 18
MIN_GROUND_SHARE = 0.9
SQUARE_FILL = 0.9
"""A silhouette's share of its bounding box: pi / 4 for a circle, a half for a diamond."""
CIRCLE_FILL = 0.68
DIAMOND_FILL = 0.42
MIN_SIDE_COVER = 0.62
"""A box is drawn along its sides but for round corners; a folder's tab covers half of one."""
MIN_SYMMETRY = 0.9
MIN_DISC_FIT = 0.87
OFF_CENTRE_PX = ((0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5), (0.0, -0.5), (-0.5, 0.0))
"""Toolkits round the place of the dot."""
INK = 40
PALE_SHARE = 0.5
MIN_INK_SHARE = 0.06
SOLID = 50
"""A box without a mark that is so much darker, or more colourful, than its surroundings is set."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMark:
    """A check box (square) or radio button (round)."""

    box: Box
    shape: Literal["square", "round"]
    is_checked: bool


def find_check_marks(pixels: Pixels, frames: Sequence[Frame], cache: PixelCache) -> list[CheckMark]:
    """Return the frames that have the form and the inside of a check box or radio button.

    Args:
        pixels: RGB, uint8, shape (H, W, 3).
        frames: In it.
        cache: Keeps what a frame is by its pixels.
    """
    screen = Box.of_size(pixels.shape[1], pixels.shape[0])
    marks = []
    for frame in frames:
        area = frame.box.inflate(MARGIN_PX)
        if not is_mark_sized(frame.box) or area.intersect(screen) != area:
            continue
        around = pixels[area.top : area.bottom, area.left : area.right]
        mark = cache.answer(pixel_key(around, "mark"), lambda: _as_mark(around))  # noqa: B023
        if mark is not None:
            marks.append(replace(mark, box=mark.box.shift(area.left, area.top)))
    return marks


def is_mark_sized(box: Box) -> bool:
    """Tell whether a frame has about the size and form of a check box or radio button."""
    low, high = SIDE_PX
    return (
        low <= min(box.width, box.height)
        and max(box.width, box.height) <= high
        and abs(box.width - box.height) <= MAX_SKEW_PX + 3
    )


def _as_mark(pixels: Pixels) -> CheckMark | None:
    """Return the mark in the pixels of a frame and its margin, None if it is none."""
    around = pixels.astype(np.int16)
    sides = (around[0], around[-1], around[1:-1, 0], around[1:-1, -1])
    ground = np.median(np.concatenate(sides), axis=0)
    # Side by side: the letter next to a D covers but a third of one side.
    shares = [(np.abs(side - ground).max(1) <= SAME_COLOUR).mean() for side in sides]
    if min(shares) < MIN_GROUND_SHARE:
        return None
    silhouette = _silhouette(np.abs(around - ground).max(2) > SAME_COLOUR)
    if silhouette is None:
        return None
    rows, columns = np.flatnonzero(silhouette.any(1)), np.flatnonzero(silhouette.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    shape = silhouette[top:bottom, left:right]
    inside = around[top:bottom, left:right]
    box = Box(int(left), int(top), int(right), int(bottom))
    if min(shape.shape) < SIDE_PX[0] or abs(box.width - box.height) > MAX_SKEW_PX:
        return None
    kind = _shape_of(shape)
    if kind is None:
        return None
    is_checked = _is_checked(inside, shape, ground, kind)
    return None if is_checked is None else CheckMark(box=box, shape=kind, is_checked=is_checked)


def _silhouette(ink: Mask) -> Mask | None:
    """Return the largest closed shape with its inside, None if there is none."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    outside = np.pad((labels == largest).astype(np.uint8), 1)
    cv2.floodFill(outside, None, (0, 0), (2,))
    return np.asarray(outside[1:-1, 1:-1] != 2)


def _shape_of(shape: Mask) -> Literal["square", "round"] | None:
    fill = shape.mean()
    if fill >= SQUARE_FILL:
        sides = (shape[1], shape[-2], shape[:, 1], shape[:, -2])
        return "square" if min(side.mean() for side in sides) >= MIN_SIDE_COVER else None
    is_round = CIRCLE_FILL <= fill or DIAMOND_FILL <= fill <= 0.62
    return "round" if is_round and _symmetry(shape) >= MIN_SYMMETRY else None


def _symmetry(mask: Mask) -> float:
    """Return the share of pixels that stay when a picture is mirrored either way."""
    return float(min((mask == mask[::-1]).mean(), (mask == mask[:, ::-1]).mean()))


def _is_checked(
    colours: NDArray[np.int16], shape: Mask, around: NDArray[np.float64], kind: str
) -> bool | None:
    """Return whether something is drawn inside; None if it is no mark that such a control has."""
    size = max(2, min(shape.shape) // 5)
    core = np.asarray(
        cv2.erode(np.pad(shape, 1).astype(np.uint8), np.ones((3, 3)), iterations=size)
    )
    inner = core[1:-1, 1:-1] > 0
    if not inner.any():
        return None
    ground = np.median(colours[inner], axis=0)
    if kind == "round":
        # A dot may fill half of it: what is around the dot is the ground.
        dot = np.asarray(cv2.erode(inner.astype(np.uint8), np.ones((3, 3)))) > 0
        ring = colours[inner & ~dot]
        ground = np.median(ring, axis=0) if _differs(ring, ground) > 0.5 else ground
    # On a pale mark, which is disabled, a tick is pale too.
    strength = float(np.abs(ground - around).max())
    least = INK if strength < INK else min(INK, PALE_SHARE * strength)
    ink = (np.abs(colours - ground).max(2) > least) & inner
    share = ink.sum() / inner.sum()
    if share < MIN_INK_SHARE:
        spread = float(ground.max() - ground.min() - (around.max() - around.min()))
        is_solid = around.mean() - ground.mean() > SOLID or spread > SOLID
        # A dot may fill all that is looked at: then the rim around it has another colour.
        rim = np.asarray(cv2.erode(shape.astype(np.uint8), np.ones((3, 3)))) > 0
        rim &= ~inner
        is_dot = kind == "round" and rim.any() and _differs(colours[rim], ground) > 0.5
        return bool(is_solid or is_dot)
    if kind == "round":
        return True if _is_disc(ink, inner) else None  # else an arrow, a globe, a letter
    # A tick is not the same from left to right and upside down; what is, is an icon.
    return True if _symmetry(ink | ~inner) < MIN_SYMMETRY else None


def _is_disc(ink: Mask, inner: Mask) -> bool:
    """Tell whether what is drawn inside is one disc about the middle, or all around one."""
    height, width = ink.shape
    y, x = np.mgrid[:height, :width]
    is_ink = ink[inner]
    for dy, dx in OFF_CENTRE_PX:
        distance = np.hypot(y - (height - 1) / 2 - dy, x - (width - 1) / 2 - dx)[inner]
        for radius in np.arange(1.0, distance.max() + 1, 0.5):
            fit = float((is_ink == (distance < radius)).mean())
            if max(fit, 1 - fit) >= MIN_DISC_FIT:
                return True
    return False


def _differs(colours: NDArray[np.int16], ground: NDArray[np.float64]) -> float:
    return float((np.abs(colours - ground).max(1) > INK).mean())
