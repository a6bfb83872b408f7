"""How boxes of one picture lie to each other."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..desktop.geometry import Box

ROW_OVERLAP = 0.5
"""Share of the lower of two boxes that lies beside the other, if they are in one row."""


def share_inside(inner: Box, outer: Box) -> float:
    """Return the share of a box that lies in another."""
    common = inner.intersect(outer)
    return 0.0 if common is None or inner.area == 0 else common.area / inner.area


def is_in_row(a: Box, b: Box) -> bool:
    """Tell whether two boxes stand beside each other."""
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return common >= ROW_OVERLAP * max(1, min(a.height, b.height))


def hugs(box: Box, text: Box) -> bool:
    """Tell whether a frame is no more than the outline of a text."""
    return box.width < text.width + 4 or box.height < text.height + 4


class BoxSet:
    """Many boxes, asked all at once: a spreadsheet has thousands of frames.

    Args:
        boxes: What it holds to begin with.
    """

    def __init__(self, boxes: Iterable[Box] = ()) -> None:
        rows = [box.xyxy for box in boxes]
        self._rows = np.zeros((max(64, len(rows)), 4), np.int64)
        self._count = len(rows)
        if rows:
            self._rows[: len(rows)] = rows

    def add(self, box: Box) -> None:
        """Put one more box in."""
        if self._count == len(self._rows):
            self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
        self._rows[self._count] = box.xyxy
        self._count += 1

    @property
    def xyxy(self) -> NDArray[np.int64]:
        """The boxes in the order they came, shape (n, 4)."""
        return self._rows[: self._count]

    def shares_inside(self, box: Box) -> NDArray[np.float64]:
        """Return for each box the share of it that lies in the given one."""
        rows = self.xyxy
        areas = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
        return np.asarray(self._common(box) / np.maximum(areas, 1))

    def shares_of(self, box: Box) -> NDArray[np.float64]:
        """Return for each box the share of the given one that lies in it."""
        return np.asarray(self._common(box) / max(box.area, 1))

    def common_areas(self, others: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the area that each of other boxes, shape (m, 4), has in common with each of these.

        The result has shape (m, n).
        """
        rows, others = self.xyxy, others[:, None]
        width = np.minimum(rows[:, 2], others[..., 2]) - np.maximum(rows[:, 0], others[..., 0])
        height = np.minimum(rows[:, 3], others[..., 3]) - np.maximum(rows[:, 1], others[..., 1])
        return np.asarray(np.maximum(width, 0) * np.maximum(height, 0))

    def _common(self, box: Box) -> NDArray[np.int64]:
        rows = self.xyxy
        width = np.minimum(rows[:, 2], box.right) - np.maximum(rows[:, 0], box.left)
        height = np.minimum(rows[:, 3], box.bottom) - np.maximum(rows[:, 1], box.top)
        # np.clip takes three times as long on arrays of this size.
        return np.asarray(np.maximum(width, 0) * np.maximum(height, 0))
