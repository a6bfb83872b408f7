"""Text cursors: where they blink, and whether keys moved one.

A blinking line proves nothing by itself: whether it shows in one picture is chance. So what is
watched after keys is followed through all pictures. A cursor has moved if where it was it does not
blink any more, and somewhere else it does.
"""

from collections.abc import Sequence

from .desktop.capture import Pixels
from .desktop.geometry import Box
from .perception.change import changed_regions, is_caret_like

BLINK_S = 1.5
"""Longer than cursors of GTK (1.2 s), Qt (1.0 s) and Chromium (1.0 s) take to come and go."""
SAME_SHARE = 0.5


class CaretWatch:
    """Follows the cursors of one window through the pictures after an action.

    Args:
        before: The whole desktop right before the action.
        known: Where a cursor blinked at the last look.
        inside: The window, in pixels; None for all of the desktop.
        ignore: Where something moves anyway.
    """

    def __init__(
        self, before: Pixels, *, known: Sequence[Box], inside: Box | None, ignore: Sequence[Box]
    ) -> None:
        self._before = before
        self._inside = inside
        self._ignore = tuple(ignore)
        self._known = self._carets(known)
        self._gone: list[Box] | None = None
        self._last: Pixels | None = None
        self._blinked: list[Box] = []

    def see(self, pixels: Pixels, moving: Sequence[Box]) -> None:
        """Take in the next picture, and what moved on the way to it."""
        changed = self._carets(changed_regions(self._before, pixels, ignore=self._ignore))
        # Only what differs in every picture is gone; what blinks is there again in some.
        self._gone = (
            changed
            if self._gone is None
            else [box for box in self._gone if _is_among(box, changed)]
        )
        if self._last is not None:  # on the way to the first one a cursor moves: that is no blink
            blinking = self._carets([*moving, *changed_regions(self._last, pixels)])
            self._blinked += [box for box in blinking if not _is_among(box, self._blinked)]
        self._last = pixels

    @property
    def places(self) -> tuple[Box, ...]:
        """Where a cursor blinks now."""
        return tuple(self._blinked)

    @property
    def unsure(self) -> tuple[Box, ...]:
        """Where one blinks of which nobody knows where it was before."""
        return () if self._known else self.places

    def stayed(self, box: Box) -> bool:
        """Tell whether this is a cursor that blinks where it did at the last look."""
        return _is_among(box, self._known) and _is_among(box, self._blinked)

    def moved(self) -> tuple[Box, Box] | None:
        """Return from where to where a cursor moved; None if that is not sure.

        Sure only once it was watched for `BLINK_S`.
        """
        if not self._blinked or any(_is_among(box, self._blinked) for box in self._known):
            return None
        left = self._known or [
            rest for box in self._gone or () if (rest := _beside(box, self._blinked)) is not None
        ]
        return (left[0], self._blinked[-1]) if left else None

    def _carets(self, boxes: Sequence[Box]) -> list[Box]:
        return [
            box
            for box in boxes
            if is_caret_like(box)
            and (self._inside is None or box.intersect(self._inside) is not None)
        ]


def _is_among(box: Box, others: Sequence[Box]) -> bool:
    """Tell whether it is one of them; the next line's cursor touches this one's and is another."""
    return any(
        (shared := box.intersect(other)) is not None
        and shared.area >= SAME_SHARE * min(box.area, other.area)
        for other in others
    )


def _beside(box: Box, others: Sequence[Box]) -> Box | None:
    """Return what of a change is none of the others: a cursor one line on makes one of two."""
    for other in others:
        if box.intersect(other) is None:
            continue
        above, below = min(box.bottom, other.top), max(box.top, other.bottom)
        if (above - box.top) * 2 >= other.height:
            return Box(box.left, box.top, box.right, above)
        if (box.bottom - below) * 2 >= other.height:
            return Box(box.left, below, box.right, box.bottom)
        return None
    return box
