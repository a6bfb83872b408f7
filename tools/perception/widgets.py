"""Frames that are drawn around things, found by their edges, and what they look like inside."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .layout import BoxSet

EDGE = 8
"""Gradient above which a pixel may belong to a frame: borders of flat themes are faint."""
MIN_SIDE_PX = 9
MAX_CONTROL_HEIGHT_PX = 90
MIN_FILL = 0.72
"""A frame's outline encloses most of its bounding box; a circle encloses 0.785 of it."""
SMALL_PX = 30
MIN_SMALL_FILL = 0.42
"""Small diamonds, which some radio buttons are, enclose a half."""
SAME_EDGE_PX = 6
"""The inner and the outer outline of one border are no further apart on any side."""
SAME_FRAME_IOU = 0.5
BORDER_PX = 3
LOOK_PX = 150
"""About how many rows and columns of an area are looked at."""
DARK = 100
BRIGHT = 225
"""Fields are lighter than what is around them in light themes."""
ALIKE = 12
"""Difference of a colour value below which two areas have one colour."""
OUTSIDE_PX = (3, 6)
"""Beyond a frame and its shadow lies what it is drawn on."""
GRID_GAP_PX = 2
"""Cells of a table are no further apart; buttons are."""
MIN_SECTION_PX = 120
MIN_SHADE = 3
MIN_OFFSET = 10
MIN_CONTRAST = -3


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A closed outline on the screen."""

    box: Box


def find_frames(edges: NDArray[np.uint8]) -> list[Frame]:
    """Return closed outlines, larger ones first; of nearly equal ones only the outer one.

    Args:
        edges: `split.gradient` of the picture.
    """
    ink = (edges > EDGE).astype(np.uint8)
    # Closed, a border that is broken at its corners is whole; as it is, one that a letter comes
    # close to is not joined with the letter.
    closed = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    return _without_doubles([*_outlines(closed), *_outlines(ink)])


def _outlines(ink: NDArray[np.uint8]) -> list[Frame]:
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    frames: list[Frame] = []
    if hierarchy is None:
        return frames
    for contour, links in zip(contours, hierarchy[0], strict=True):
        x, y, w, h = cv2.boundingRect(contour)
        if w < MIN_SIDE_PX or h < MIN_SIDE_PX:
            continue
        is_small = max(w, h) <= SMALL_PX
        if cv2.contourArea(contour) / (w * h) < (MIN_SMALL_FILL if is_small else MIN_FILL):
            continue
        pad = 1 if links[3] >= 0 else 0  # a hole's outline runs inside of the border
        box = Box(max(0, x - pad), max(0, y - pad), x + w + pad, y + h + pad)
        frames.append(Frame(box=box))
    return frames


def _without_doubles(frames: Sequence[Frame]) -> list[Frame]:
    kept: list[Frame] = []
    # Only frames whose corners lie in neighbouring squares of this size can be the same.
    by_corner: dict[tuple[int, int], list[Box]] = {}
    size = SAME_EDGE_PX + 1
    for frame in sorted(frames, key=lambda frame: -frame.box.area):
        column, row = frame.box.left // size, frame.box.top // size
        near = (
            other
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for other in by_corner.get((x, y), ())
        )
        if not any(_is_same(frame.box, other) for other in near):
            kept.append(frame)
            by_corner.setdefault((column, row), []).append(frame.box)
    return kept


def _is_same(a: Box, b: Box) -> bool:
    apart = max(abs(x - y) for x, y in zip(a.xyxy, b.xyxy, strict=True))
    return apart <= SAME_EDGE_PX and a.iou(b) >= SAME_FRAME_IOU


def is_cell(pixels: Pixels, box: Box, frames: BoxSet) -> bool:
    """Tell whether a frame is a cell of a table or a section of a list or menu.

    Frames of its size and colour adjoin a cell in both directions; a wide section only above or
    below. What is shaded from top to bottom is a button, as a key of a calculator.
    """
    left, top, right, bottom = frames.xyxy.T
    beside = np.minimum(np.abs(left - box.right), np.abs(right - box.left)) <= GRID_GAP_PX
    in_row = beside & (np.abs(top - box.top) <= 2) & (np.abs(bottom - box.bottom) <= 4)
    above = np.minimum(np.abs(top - box.bottom), np.abs(bottom - box.top)) <= GRID_GAP_PX
    in_column = above & (np.abs(left - box.left) <= 2) & (np.abs(right - box.right) <= 4)
    colour = _colour(pixels, box)

    def has_alike(which: NDArray[np.bool_]) -> bool:
        return any(
            np.abs(_colour(pixels, Box(*row)) - colour).max() <= ALIKE
            for row in frames.xyxy[which].tolist()
        )

    is_cell = has_alike(in_column) and (box.width >= MIN_SECTION_PX or has_alike(in_row))
    return is_cell and not (box.height <= MAX_CONTROL_HEIGHT_PX and _is_shaded(pixels, box))


def _is_shaded(pixels: Pixels, box: Box) -> bool:
    """Tell whether a frame is darker below than above, at its left and at its right."""
    rows = slice(box.top + 3, box.bottom - 3)
    shades = []
    # There is no text this close to its sides.
    for x in (box.left + 3, box.right - 4):
        side = pixels[rows, x].astype(np.int16)
        third = len(side) // 3
        if third < 2:
            return False
        shades.append(side[:third].mean(0) - side[-third:].mean(0))
    return all(float(np.abs(shade).max()) >= MIN_SHADE for shade in shades)


def _colour(pixels: Pixels, box: Box) -> NDArray[np.float64]:
    # A few rows and columns tell as much as all of them.
    inside = pixels[box.top + 2 : box.bottom - 2 : 3, box.left + 2 : box.right - 2 : 3]
    return np.asarray(np.median(inside.reshape(-1, 3), axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a frame looks like, the text in it aside."""

    brightness: float
    """Median inside, in [0, 255]."""
    contrast: float
    """How much brighter it is than what it is drawn on."""
    plain_share: float
    """Share of the inside that has the colour of most of it."""
    is_flat: bool
    """One colour from top to bottom; buttons and drop-down lists often have a gradient."""
    is_framed: bool
    """Set off from one and the same background, by a border or by its colour."""
    is_bordered: bool
    """Enclosed by a border on all sides."""

    @property
    def is_field_like(self) -> bool:
        """Tell whether a text may be entered here: bright, and not sunk into the background.

        In dark themes it is dark like all else, and enclosed by a border.
        """
        is_dark = self.is_bordered and self.brightness <= DARK
        if is_dark and self.brightness - self.contrast <= DARK:
            return True
        return self.is_framed and self.brightness >= BRIGHT and self.contrast >= MIN_CONTRAST


def look_of(pixels: Pixels, box: Box) -> Look:
    """Return what a frame looks like."""
    inner = box.inflate(-BORDER_PX) if min(box.width, box.height) > 2 * BORDER_PX else box
    # Some rows and columns of a large area tell as much as all of them.
    down, across = (1 + side // LOOK_PX for side in (inner.height, inner.width))
    inside = pixels[inner.top : inner.bottom : down, inner.left : inner.right : across]
    inside = inside.astype(np.int16)
    ground = _at_share(inside.reshape(-1, 3), 0.5, axis=0)
    # The brighter pixels of a row are its ground, however much dark text there is in it; in dark
    # themes the darker ones.
    rows = _at_share(inside, 0.8 if ground.mean() > DARK else 0.2, axis=1)
    trimmed = rows[2:-2] if len(rows) > 8 else rows
    around = around_of(pixels, box)
    is_bordered = around is not None and _is_bordered(pixels, box, ground)
    return Look(
        brightness=float(ground.mean()),
        contrast=0.0 if around is None else float(ground.mean() - around.mean()),
        plain_share=float((np.abs(inside - ground).max(2) < ALIKE).mean()),
        is_flat=_is_flat(trimmed),
        is_framed=around is not None
        and (is_bordered or np.abs(around - ground).max() >= MIN_OFFSET),
        is_bordered=is_bordered,
    )


def _at_share(values: NDArray[np.generic], share: float, axis: int) -> NDArray[np.float64]:
    """Return the value that a share of the values is below; `np.percentile` takes far longer."""
    place = int(share * (values.shape[axis] - 1))
    found = np.partition(values, place, axis=axis).take(place, axis=axis)
    return np.asarray(found, np.float64)


def _is_flat(rows: NDArray[np.float64]) -> bool:
    low, high = (_at_share(rows, share, axis=0) for share in (0.1, 0.9))
    return bool((high - low).max() <= 3)


def around_of(pixels: Pixels, box: Box) -> NDArray[np.float64] | None:
    """Return the colour a frame is drawn on, None if fewer than three sides agree on it."""
    near, far = OUTSIDE_PX
    height, width = pixels.shape[:2]
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    outside = [
        pixels[max(0, box.top - far) : max(0, box.top - near), columns],
        pixels[min(height, box.bottom + near) : box.bottom + far, columns],
        pixels[rows, max(0, box.left - far) : max(0, box.left - near)],
        pixels[rows, min(width, box.right + near) : box.right + far],
    ]
    sides = np.array([np.median(side.reshape(-1, 3), axis=0) for side in outside if side.size])
    if len(sides) < 3:
        return None
    middle = np.median(sides, axis=0)
    agreeing = np.abs(sides - middle).max(1) <= 2 * ALIKE
    return middle if agreeing.sum() >= 3 else None


def _is_bordered(pixels: Pixels, box: Box, ground: NDArray[np.float64]) -> bool:
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    border = [
        pixels[box.top : box.top + BORDER_PX, columns].astype(np.int16),
        pixels[box.bottom - BORDER_PX : box.bottom, columns].astype(np.int16),
        pixels[rows, box.left : box.left + BORDER_PX].astype(np.int16).transpose(1, 0, 2),
        pixels[rows, box.right - BORDER_PX : box.right].astype(np.int16).transpose(1, 0, 2),
    ]
    # On each side one line of pixels differs from the inside over most of its length.
    return all((np.abs(side - ground).max(2) >= ALIKE).mean(1).max() >= 0.8 for side in border)
