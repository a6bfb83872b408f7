"""The spaces that models answer in, and the way from there to the pixels of the picture sent.

A value outside its space is an error and never clamped: a model that answers 1200 of 1000 did not
point at the edge, it answered in another space.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ....memory.errors import ModelOutputError

Number = int | float
"""An int was written without a decimal point."""
Order = Literal["xy", "yx"]
SpaceName = Literal["pixels", "per_1000", "per_999", "unit", "percent", "bins"]
NOT_FOUND = (-1, -1)
"""What models answer that were taught to refuse (UI-Venus-1.5, ScreenSpot-Pro's negatives)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """One axis of a space: values from 0 to `top`, of which `parts` make a whole side."""

    name: SpaceName
    top: int | None
    """The largest value there is; None for the side of the picture in pixels."""
    parts: int | None
    """None for the side of the picture in pixels."""
    middle: float = 0.0
    """How far into its part a value means; 0.5 where a value stands for a bin."""
    is_whole: bool = True
    """Whether a value with a decimal point belongs to another space."""

    def position(self, value: Number, side: int) -> float:
        """Return a value as pixels of a side, in [0, side].

        Raises:
            ModelOutputError: If it is not of this space.
        """
        top = side if self.top is None else self.top
        if self.is_whole and not isinstance(value, int):
            raise ModelOutputError(f"expected a whole number from 0 to {top}, got {value}")
        if not 0 <= value <= top:
            raise ModelOutputError(f"expected a number from 0 to {top}, got {value}")
        return (value + self.middle) * side / (side if self.parts is None else self.parts)


PIXELS = Space(name="pixels", top=None, parts=None)
PER_1000 = Space(name="per_1000", top=1000, parts=1000)
PER_999 = Space(name="per_999", top=999, parts=999)
UNIT = Space(name="unit", top=1, parts=1, is_whole=False)
PERCENT = Space(name="percent", top=100, parts=100, is_whole=False)
BINS = Space(name="bins", top=999, parts=1000, middle=0.5)
SPACES = (PIXELS, PER_1000, PER_999, UNIT, PERCENT, BINS)


def position(
    numbers: Sequence[Number], space: Space, order: Order, size: tuple[int, int]
) -> tuple[float, float] | None:
    """Return where an answer points, in pixels of a picture; None if it says "not there".

    Args:
        numbers: Two for a point, four for the corners of a box, eight for a quadrilateral; none
            for a refusal.
        space: What they count in.
        order: Which axis comes first.
        size: Width and height of the picture the model saw.

    Raises:
        ModelOutputError: If a value is not of the space, or a box ends before it begins.
    """
    if not numbers or tuple(numbers) == NOT_FOUND:
        return None
    first, second = numbers[0::2], numbers[1::2]
    xs, ys = (first, second) if order == "xy" else (second, first)
    return _middle(xs, space, size[0]), _middle(ys, space, size[1])


def _middle(values: Sequence[Number], space: Space, side: int) -> float:
    places = [space.position(value, side) for value in values]
    if len(places) == 2 and places[1] < places[0]:
        raise ModelOutputError(f"expected a box, got one that ends before it begins: {values}")
    middle = (min(places) + max(places)) / 2
    if middle < side:
        return middle
    if space.parts is None:
        raise ModelOutputError(f"expected a pixel from 0 to {side - 1}, got {values[0]}")
    # The end of a relative axis is the far edge of the picture's last pixel.
    return math.nextafter(side, 0)
