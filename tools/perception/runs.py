"""Long horizontal edges: the borders of tab rows, the tracks of sliders."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .widgets import EDGE

MIN_RUN_PX = 24


@dataclass(frozen=True, slots=True)
class Runs:
    """Horizontal stretches of edge, from top to bottom, each row's from left to right.

    One entry of each array is one stretch.
    """

    y: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    """Exclusive."""

    def among(self, which: NDArray[np.bool_]) -> "Runs":
        """Return some of them."""
        return Runs(self.y[which], self.left[which], self.right[which])

    def covers(self, y: tuple[int, int], left: int, right: int) -> bool:
        """Tell whether one of them runs along a whole stretch within some rows.

        Args:
            y: First and last row.
            left: Of the stretch.
            right: Of the stretch, exclusive.
        """
        is_near = (self.y >= y[0]) & (self.y <= y[1])
        return bool((is_near & (self.left <= left) & (self.right >= right)).any())


def find_runs(edges: NDArray[np.uint8]) -> Runs:
    """Return the horizontal edges of at least `MIN_RUN_PX` pixels.

    Args:
        edges: `split.gradient` of the picture.
    """
    ink = (edges > EDGE).astype(np.uint8)
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, MIN_RUN_PX), np.uint8))
    rows = np.flatnonzero(opened.any(1))
    padded = np.zeros((len(rows), ink.shape[1] + 2), np.int8)
    padded[:, 1:-1] = opened[rows]
    steps = np.diff(padded, axis=1)
    row, left = np.nonzero(steps == 1)
    _, right = np.nonzero(steps == -1)
    return Runs(rows[row], left, right)
