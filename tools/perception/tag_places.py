"""Where numbers stand beside what they mark, so that they cover nothing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box

TAG_HEIGHT_PX = 13
REACH_PX = 14
"""A number stands no farther from the box it belongs to: one row of numbers, and no more."""
MAX_SOLID_PX = 60
"""What is higher is an editor or a pane: a number may stand in it where nothing else does."""
TAG_WEIGHT = 2
"""Where something has to be covered: to cover a number is worse than to cover an element."""

Boxes = NDArray[np.int64]


class TagPlaces:
    """Finds places for numbers on one picture, one after the other.

    Args:
        screen: The picture.
        boxes: Of all that must not be covered.
    """

    def __init__(self, screen: Box, boxes: Sequence[Box]) -> None:
        self._screen = screen
        solid = [box.xyxy for box in boxes if box.height <= MAX_SOLID_PX]
        self._solid: Boxes = np.array(solid, np.int64).reshape(-1, 4)
        self._tags: Boxes = np.empty((0, 4), np.int64)

    def place(self, box: Box, width: int) -> Box:
        """Return where a number of this width goes that belongs to a box, and take that place.

        Above the box, left, right or below it if that is free; else any free place within reach;
        else where it covers least.
        """
        region = self._reach(box, width)
        solid, tags = _touching(self._solid, region), _touching(self._tags, region)
        preferred = self._on_screen(_preferred(box, width), width)
        taken = np.concatenate((solid, tags))
        for places in (preferred, self._on_screen(_corners(region, taken, width), width)):
            free = places[_common(places, taken, width) == 0]
            if len(free):
                return self._take(free[_nearest(free, box, width)], width)
        if not len(preferred):
            preferred = np.array([_clamped(box, width, self._screen)], np.int64)
        cost = _common(preferred, solid, width) + TAG_WEIGHT * _common(preferred, tags, width)
        return self._take(preferred[int(cost.argmin())], width)

    def _reach(self, box: Box, width: int) -> Box:
        """Return where a number may stand, as far as it is on the screen."""
        reach = Box(
            box.left - width - REACH_PX + 1,
            box.top - TAG_HEIGHT_PX - REACH_PX + 1,
            box.right + width + REACH_PX - 1,
            box.bottom + TAG_HEIGHT_PX + REACH_PX - 1,
        )
        return reach.intersect(self._screen) or self._screen

    def _on_screen(self, places: Boxes, width: int) -> Boxes:
        left, top, right, bottom = self._screen.xyxy
        x, y = places[:, 0], places[:, 1]
        inside = (x >= left) & (y >= top) & (x + width <= right) & (y + TAG_HEIGHT_PX <= bottom)
        return places[inside]

    def _take(self, place: Boxes, width: int) -> Box:
        left, top = int(place[0]), int(place[1])
        tag = Box(left, top, left + width, top + TAG_HEIGHT_PX)
        self._tags = np.concatenate((self._tags, np.array([tag.xyxy], np.int64)))
        return tag


def _preferred(box: Box, width: int) -> Boxes:
    """Return the places that are looked at first, by their top left corners."""
    middle = (box.top + box.bottom - TAG_HEIGHT_PX) // 2
    return np.array(
        [
            (box.left, box.top - TAG_HEIGHT_PX),
            (box.left - width - 1, middle),
            (box.right + 1, middle),
            (box.left, box.bottom + 1),
            (box.right - width, box.top - TAG_HEIGHT_PX),
        ],
        np.int64,
    )


def _corners(region: Box, taken: Boxes, width: int) -> Boxes:
    """Return places of which one is free if any in the region is.

    A free place stays free while it is moved left, then up, until it touches something or the rim:
    so its left side is that of the region or a right side of something, its top likewise.
    """
    xs = np.unique(np.append(taken[:, 2], region.left))
    ys = np.unique(np.append(taken[:, 3], region.top))
    xs = xs[xs + width <= region.right]
    ys = ys[ys + TAG_HEIGHT_PX <= region.bottom]
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1)
    return np.asarray(grid.reshape(-1, 2), np.int64)


def _common(places: Boxes, boxes: Boxes, width: int) -> NDArray[np.int64]:
    """Return how many pixels a number in each place covers of the boxes."""
    x, y = places[:, :1], places[:, 1:2]
    wide = np.minimum(x + width, boxes[:, 2]) - np.maximum(x, boxes[:, 0])
    high = np.minimum(y + TAG_HEIGHT_PX, boxes[:, 3]) - np.maximum(y, boxes[:, 1])
    return np.asarray((np.maximum(wide, 0) * np.maximum(high, 0)).sum(axis=1), np.int64)


def _nearest(places: Boxes, box: Box, width: int) -> int:
    """Return the number of the place nearest to a box, the first of several."""
    x, y = places[:, 0], places[:, 1]
    dx = np.maximum(np.maximum(box.left - (x + width), x - box.right), 0)
    dy = np.maximum(np.maximum(box.top - (y + TAG_HEIGHT_PX), y - box.bottom), 0)
    return int((dx + dy).argmin())


def _touching(boxes: Boxes, region: Box) -> Boxes:
    left, top, right, bottom = region.xyxy
    return boxes[
        (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
    ]


def _clamped(box: Box, width: int, screen: Box) -> tuple[int, int]:
    """Return a corner of the box itself, as far as it is on the screen."""
    left = max(screen.left, min(box.left, screen.right - width))
    return left, max(screen.top, min(box.top, screen.bottom - TAG_HEIGHT_PX))
