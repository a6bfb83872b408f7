"""Scroll bars: a thumb in a narrow track, by the pixels beside and beyond the thumb."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .elements import Element
from .layout import BoxSet, share_inside

WIDTH_PX = (7, 18)
MIN_THUMB_PX = 14
MIN_SLENDER = 1.3
"""A thumb is so many times longer than wide at least."""
MIN_BAR_PX = 60
MIN_TRACK_PX = 8
SAME = 8
"""Difference of a colour value below which pixels have one colour."""
MIN_EDGE = 4
"""Difference between a track and what is beside it; flat themes have little more."""
MIN_SIDE_SHARE = 0.8
MIN_PLAIN = 0.75
ASIDE_PX = 5
"""A track is at most so much wider than its thumb, on each side."""
BORDER_PX = 2
ARROW_PX = (4, 12)
"""Sides of the arrows at the ends of a track."""
ARROW_AREA_PX = 16
STEP = 4
Line = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Bar:
    """Track and thumb."""

    box: Box
    is_between: bool
    """Whether there is track at both ends of the thumb."""

    def turned(self) -> "_Bar":
        """Return it lying instead of standing, or the other way round."""
        return _Bar(_turned(self.box), self.is_between)


def with_scrollbars(pixels: Pixels, elements: Sequence[Element], frames: BoxSet) -> list[Element]:
    """Return the elements and the scroll bars; what was taken for something else there is gone.

    A bar's click point is its thumb's middle: a drag begins there.

    Args:
        pixels: The region, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
        frames: Its frames.
    """
    across = pixels.transpose(1, 0, 2)
    standing = [(_bar_of(pixels, thumb), thumb) for thumb in _thumbs(frames)]
    turned = [(_bar_of(across, _turned(thumb)), thumb) for thumb in _thumbs(frames, is_lying=True)]
    lying = [(None if bar is None else bar.turned(), thumb) for bar, thumb in turned]
    # With track at both its ends it is a thumb for sure; else the shorter of two: a piece of the
    # track may have a border as well.
    likely = sorted(
        ((bar, thumb) for bar, thumb in (*standing, *lying) if bar is not None),
        key=lambda both: (not both[0].is_between, max(both[1].width, both[1].height)),
    )
    found: list[tuple[Box, Box]] = []
    for bar, thumb in likely:
        if not any(bar.box.intersect(other) for other, _ in found):
            found.append((bar.box, thumb))
    if not found:
        return list(elements)
    kept = [e for e in elements if not any(share_inside(e.box, bar) > 0.8 for bar, _ in found)]
    return kept + [
        Element(
            id=0, role="scrollbar", text="", box=bar, score=0.6, source="widget",
            clickable=thumb.centre,
        )
        for bar, thumb in found
    ]  # fmt: skip


def _thumbs(frames: BoxSet, *, is_lying: bool = False) -> Iterable[Box]:
    left, top, right, bottom = frames.xyxy.T
    width, length = (bottom - top, right - left) if is_lying else (right - left, bottom - top)
    low, high = WIDTH_PX
    is_thumb = (width >= low) & (width <= high) & (length >= MIN_THUMB_PX)
    is_thumb &= length >= MIN_SLENDER * width
    return (Box(*row) for row in frames.xyxy[is_thumb].tolist())


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _bar_of(pixels: Pixels, thumb: Box) -> _Bar | None:
    """Return the upright scroll bar with a thumb, None if it is none."""
    x = (thumb.left + thumb.right) // 2
    line: Line = pixels[:, x].astype(np.int16)
    inside = line[thumb.top + BORDER_PX : thumb.bottom - BORDER_PX]
    colour = np.median(inside, axis=0)
    if (np.abs(inside - colour).max(1) <= SAME).mean() < MIN_PLAIN:
        return None  # grips apart, a thumb has one colour
    before, after = line[: max(0, thumb.top - BORDER_PX)][::-1], line[thumb.bottom + BORDER_PX :]
    above, below = _track(before), _track(after)
    if above and below and np.abs(before[0] - after[0]).max() > SAME:
        # At an end of its track, a thumb has what is beyond the bar on that side.
        above, below = (above, 0) if above > below else (0, below)
    top, bottom = thumb.top - BORDER_PX - above, thumb.bottom + BORDER_PX + below
    if not (above or below) or bottom - top < MIN_BAR_PX:
        return None
    rows = [y for y in range(top, bottom, STEP) if not thumb.top - 3 <= y < thumb.bottom + 3]
    sides = [_side(pixels, thumb, x, rows, step) for step in (-1, 1)]
    has_arrows = _has_arrow(pixels, thumb, top - 1, -1) and _has_arrow(pixels, thumb, bottom, 1)
    if not has_arrows and any(side is None for side in sides):
        return None
    left, right = (
        edge if side is None else side
        for side, edge in zip(sides, (thumb.left, thumb.right), strict=True)
    )
    box = Box(left, max(0, top), right, min(pixels.shape[0], bottom))
    return _Bar(box=box, is_between=bool(above and below))


def _track(line: Line) -> int:
    """Return how many pixels from the first one on have one colour; 0 if too few for a track."""
    if len(line) == 0:
        return 0
    other = np.flatnonzero(np.abs(line - line[0]).max(1) > SAME)
    length = int(other[0]) if len(other) else len(line)
    return length if length >= MIN_TRACK_PX else 0


def _side(pixels: Pixels, thumb: Box, x: int, rows: Sequence[int], step: int) -> int | None:
    """Return where a track ends to one side, along most of its length; None if nowhere near."""
    width = pixels.shape[1]
    if not rows:
        return None
    ground = pixels[rows, x].astype(np.int16)
    edge = thumb.left if step < 0 else thumb.right - 1
    for distance in range(1, ASIDE_PX + 1):
        column = edge + step * distance
        if not 0 <= column < width:
            return 0 if step < 0 else width
        here = pixels[rows, column].astype(np.int16)
        if (np.abs(here - ground).max(1) >= MIN_EDGE).mean() >= MIN_SIDE_SHARE:
            return column + 1 if step < 0 else column
    return None


def _has_arrow(pixels: Pixels, thumb: Box, end: int, step: int) -> bool:
    """Tell whether a small drawing stands in the middle right beyond the end of a track."""
    first, last = sorted((end, end + step * ARROW_AREA_PX))
    area = pixels[max(0, first) : max(0, last), thumb.left - 1 : thumb.right + 1].astype(np.int16)
    if area.size == 0:
        return False
    outwards = area[::step]
    rows = (np.abs(outwards - outwards[0, 0]).max(2) > 3 * SAME).any(1)
    if not rows.any():
        return False
    first = int(rows.argmax())
    height = int((~rows[first:]).argmax()) or len(rows) - first
    drawing = np.abs(outwards[first : first + height] - outwards[0, 0]).max(2) > 3 * SAME
    columns = np.flatnonzero(drawing.any(0))
    low, high = ARROW_PX
    middle = (columns[0] + columns[-1] + 1) / 2
    return bool(
        low - 1 <= height <= high
        and low <= columns[-1] - columns[0] + 1 <= high
        and abs(middle - drawing.shape[1] / 2) <= 2
    )
