"""The sizes models see pictures at, by the exact rule of each family.

A picture is drawn at this size before it is sent, so that no server draws it at another one and
scales the answer by it silently.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from ....memory.errors import BadArgumentError

MAX_RATIO = 200
"""Of the longer to the shorter side (qwen-vl-utils, `vision_process.py`)."""
MAX_TILES = 12  # InternVL 2 to 3.5, without the thumbnail


class Resize(Protocol):
    """From the size of a picture to the size it is sent at."""

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height to send.

        Raises:
            BadArgumentError: If the family cannot take a picture of this shape.
        """
        ...


@dataclass(frozen=True, slots=True)
class AsItIs:
    """The picture is sent unchanged; the answer is relative to it, or the server keeps its size."""

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size unchanged."""
        return width, height


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartResize:
    """Qwen-VL's rule (qwen-vl-utils, `vision_process.py`; transformers has the same).

    Both sides become multiples of `factor`; Python's `round` takes a half to the even neighbour.
    JavaScript's takes it upwards, which makes 1036 of 1022 where the model saw 1008.

    >>> SmartResize(factor=28, min_pixels=3136, max_pixels=12845056).size(1022, 1522)
    (1008, 1512)
    """

    factor: int
    min_pixels: int
    max_pixels: int

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size as `smart_resize` has it."""
        if max(width, height) > MAX_RATIO * min(width, height):
            raise BadArgumentError(
                f"one side of the {width}x{height} picture is more than {MAX_RATIO} times the "
                "other; crop it"
            )
        wide = max(self.factor, round(width / self.factor) * self.factor)
        high = max(self.factor, round(height / self.factor) * self.factor)
        if wide * high > self.max_pixels:
            beta = math.sqrt(width * height / self.max_pixels)
            wide = max(self.factor, math.floor(width / beta / self.factor) * self.factor)
            high = max(self.factor, math.floor(height / beta / self.factor) * self.factor)
        elif wide * high < self.min_pixels:
            beta = math.sqrt(self.min_pixels / (width * height))
            wide = math.ceil(width * beta / self.factor) * self.factor
            high = math.ceil(height * beta / self.factor) * self.factor
        return wide, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One size for every picture; the sides' ratio is not kept."""

    width: int
    height: int

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the one size."""
        return self.width, self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class ToWidth:
    """One width, the height in proportion."""

    width: int

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size at this width."""
        return self.width, max(1, round(height * self.width / width))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """InternVL's rule: the grid of square tiles whose ratio is nearest, filled to its edges.

    Of two grids equally near, the larger is taken while it has less than twice the picture's area.
    A picture of the size this returns is not changed again.
    """

    tile: int = 448
    max_tiles: int = MAX_TILES

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of the grid."""
        most = range(1, self.max_tiles + 1)
        grids = sorted(
            ((x, y) for x in most for y in most if x * y <= self.max_tiles),
            key=lambda grid: grid[0] * grid[1],
        )
        best, nearest = (1, 1), math.inf
        for x, y in grids:
            off = abs(width / height - x / y)
            is_small = 2 * width * height > self.tile**2 * x * y
            if off < nearest or (off == nearest and is_small):
                best, nearest = (x, y), off
        return best[0] * self.tile, best[1] * self.tile


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """The largest of some sizes that has the picture's ratio and is smaller than it.

    A picture of another ratio is shrunk in proportion until it has no longer side and no more
    pixels than the largest of them (anthropic-quickstarts, `computer_use_demo/tools/computer.py`,
    scales to these sizes where the ratio is within 0.02, and sends other pictures as they are, to
    be shrunk by the server).
    """

    sizes: tuple[tuple[int, int], ...]
    tolerance: float = 0.02

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return one of the sizes, or the picture's own shape within their limits."""
        for wide, high in sorted(self.sizes, reverse=True):
            if abs(wide / high - width / height) < self.tolerance and wide < width:
                return wide, high
        longest = max(max(size) for size in self.sizes)
        area = max(wide * high for wide, high in self.sizes)
        shrink = min(1.0, longest / max(width, height), math.sqrt(area / (width * height)))
        return max(1, math.floor(width * shrink)), max(1, math.floor(height * shrink))
