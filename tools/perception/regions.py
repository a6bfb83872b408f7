"""The parts of a screen that are looked at on their own: each window as far as it can be seen.

Text never runs on from one window into the next and a label never names another window's field, so
a window's elements follow from its own pixels alone. What did not change need not be read again,
wherever it moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..desktop.backend import Popup, Window
from ..desktop.capture import Pixels
from ..desktop.geometry import Box, View

SAMPLE_PX = 8
"""Every so many rows and columns are looked at for a region's most common colour."""
MAX_COVERED = 0.5
"""Share of an element that may lie behind another window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One window, menu or what is behind all of them."""

    box: Box
    """The part within the picture, in its pixels."""
    covers: tuple[Box, ...] = ()
    """What lies in front of it, in pixels of the picture, clipped to `box`."""
    window: Window | None = None
    popup: Popup | None = None

    def pixels(self, picture: Pixels) -> Pixels:
        """Return the region's pixels, shape (box.height, box.width, 3), covers painted over.

        They get the region's most common colour, so that they hide little more than they must: no
        border is drawn where a menu hides a part of a plain area.
        """
        part = picture[self.box.top : self.box.bottom, self.box.left : self.box.right]
        if not self.covers:
            return part
        part = part.copy()
        # Whole rows are copied ten times as fast as one colour, pixel by pixel.
        row = np.tile(self._ground(part), (self.box.width, 1))
        for cover in self.covers_within:
            part[cover.top : cover.bottom, cover.left : cover.right] = row[: cover.width]
        return part

    def _ground(self, part: Pixels) -> NDArray[np.uint8]:
        sample = part[::SAMPLE_PX, ::SAMPLE_PX][self._seen(SAMPLE_PX)]
        if len(sample) == 0:
            sample = part[self._seen()]
        # One number a colour: numpy sorts rows of three ten times as slowly.
        numbers = sample.astype(np.uint32) @ np.array((1 << 16, 1 << 8, 1), np.uint32)
        colours, counts = np.unique(numbers, return_counts=True)
        most = int(colours[counts.argmax()])
        return np.array((most >> 16, (most >> 8) & 255, most & 255), np.uint8)

    @property
    def covers_within(self) -> tuple[Box, ...]:
        """The covers in pixels of the region."""
        return tuple(cover.shift(-self.box.left, -self.box.top) for cover in self.covers)

    def is_covered(self, box: Box) -> bool:
        """Tell whether most of a box, in pixels of the region, lies behind something."""
        hidden = sum(
            common.area
            for cover in self.covers_within
            if (common := cover.intersect(box)) is not None
        )
        return hidden > MAX_COVERED * box.area

    @property
    def is_hidden(self) -> bool:
        """True if nothing of it can be seen."""
        return bool(self.covers) and not self._seen().any()

    def _seen(self, step: int = 1) -> NDArray[np.bool_]:
        """Return which pixels are not covered, of every `step`-th row and column."""
        seen = np.ones((-(-self.box.height // step), -(-self.box.width // step)), bool)
        for cover in self.covers_within:
            left, top, right, bottom = (-(-side // step) for side in cover.xyxy)
            seen[top:bottom, left:right] = False
        return seen


def regions_of(view: View, windows: Sequence[Window], popups: Sequence[Popup]) -> list[Region]:
    """Return what can be seen in a picture: popups, windows topmost first, then what is behind.

    Args:
        view: Of the picture.
        windows: Topmost first.
        popups: Topmost first.
    """
    regions: list[Region] = []
    in_front: list[Box] = []

    def add(box: Box | None, window: Window | None, popup: Popup | None) -> None:
        if box is None or box.area == 0:
            return
        covers = tuple(cover for front in in_front if (cover := front.intersect(box)) is not None)
        region = Region(box=box, covers=covers, window=window, popup=popup)
        if not region.is_hidden:
            regions.append(region)
        in_front.append(box)

    for popup in popups:
        add(view.box_from_desktop(popup.box), None, popup)
    for window in windows:
        if not window.is_minimized:
            add(view.box_from_desktop(window.box), window, None)
    add(view.box, None, None)
    return regions
