"""Every coordinate conversion there is: capture pixels, crops, resizes, monitors, display scale.

A picture's pixels are continuous coordinates: pixel column `i` covers `[i, i + 1)`. A `View` is an
id plus the exact map from such pixels to the desktop's input units (what the pointer is moved in;
the primary monitor's top left is the origin, monitors left of or above it are negative). Every
`Point` carries the id of its view, and a view refuses a point that is not its own.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field

from ...memory.errors import BadArgumentError, StaleView


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, xyxy, origin top left, right and bottom exclusive.

    >>> Box(2, 3, 6, 9).centre
    (4.0, 6.0)
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.right < self.left or self.bottom < self.top:
            raise BadArgumentError(f"box ends before it begins: {self.xyxy}")

    @property
    def xyxy(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, in continuous pixel coordinates."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def contains(self, x: float, y: float) -> bool:
        """Tell whether the position lies inside (right and bottom edges are outside)."""
        return self.left <= x < self.right and self.top <= y < self.bottom

    def intersect(self, other: Box) -> Box | None:
        """Return the common part, or None where there is none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    def union(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def inflate(self, pad_px: int) -> Box:
        """Return the box grown by `pad_px` on every side (not clipped)."""
        return Box(self.left - pad_px, self.top - pad_px, self.right + pad_px, self.bottom + pad_px)

    def shift(self, dx: int, dy: int) -> Box:
        """Return the box moved by whole pixels."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def iou(self, other: Box) -> float:
        """Return intersection over union, in [0, 1]."""
        common = self.intersect(other)
        if common is None:
            return 0.0
        return common.area / (self.area + other.area - common.area)

    @classmethod
    def of_size(cls, width: int, height: int) -> Box:
        """Return the box of a whole picture."""
        return cls(0, 0, width, height)


@dataclass(frozen=True, slots=True)
class Point:
    """A position in the continuous pixel coordinates of one view."""

    x: float
    y: float
    view_id: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise BadArgumentError(f"a point needs two finite numbers, got ({self.x}, {self.y})")


def new_view_id() -> str:
    """Return an id that no other view has."""
    return f"v{uuid.uuid4().hex[:10]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture's place on the desktop: `desktop = origin + pixel * scale`, each axis by itself."""

    width: int
    height: int
    """Size of the picture in its own pixels."""
    origin_x: float = 0.0
    origin_y: float = 0.0
    """The picture's top left in desktop units; negative left of or above the primary screen."""
    scale_x: float = 1.0
    scale_y: float = 1.0
    """Desktop units a picture pixel; 0.5 for a screen captured at twice its input resolution."""
    on_desktop: bool = True
    """False for a picture from a file: it has pixels but no place to click."""
    id: str = field(default_factory=new_view_id)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or self.scale_x <= 0 or self.scale_y <= 0:
            raise BadArgumentError(
                f"a view needs a positive size and scale, got {self.width}x{self.height} "
                f"at {self.scale_x}, {self.scale_y}"
            )

    @property
    def box(self) -> Box:
        """The whole picture, in its own pixels."""
        return Box.of_size(self.width, self.height)

    def point(self, x: float, y: float) -> Point:
        """Return a point of this view.

        Raises:
            BadArgumentError: If it lies outside the picture: never clamped.
        """
        point = Point(x, y, self.id)
        if not self.box.contains(x, y):
            raise BadArgumentError(
                f"point ({x:g}, {y:g}) is outside the {self.width}x{self.height} picture"
            )
        return point

    def to_desktop(self, point: Point) -> tuple[float, float]:
        """Return the point in continuous desktop units.

        Raises:
            StaleView: If the point belongs to another view.
            BadArgumentError: If this view is a picture from a file.
        """
        units = self._to_units(point)
        if not self.on_desktop:
            raise BadArgumentError(
                "this picture is not of the live desktop; nothing can be clicked"
            )
        return units

    def _to_units(self, point: Point) -> tuple[float, float]:
        """Return the point in desktop units, or for a picture from a file in its own pixels."""
        if point.view_id != self.id:
            raise StaleView(
                f"the point belongs to view {point.view_id}, not to {self.id}; look again"
            )
        return self.origin_x + point.x * self.scale_x, self.origin_y + point.y * self.scale_y

    def to_input(self, point: Point) -> tuple[int, int]:
        """Return the whole input unit that holds the point, as the pointer takes it."""
        x, y = self.to_desktop(point)
        return math.floor(x), math.floor(y)

    def from_desktop(self, x: float, y: float) -> Point:
        """Return the point of this picture for continuous desktop units; it may lie outside."""
        return Point(
            (x - self.origin_x) / self.scale_x, (y - self.origin_y) / self.scale_y, self.id
        )

    def from_input(self, x: int, y: int) -> Point:
        """Return the middle of an input unit as a point of this picture; it may lie outside."""
        return self.from_desktop(x + 0.5, y + 0.5)

    def box_to_desktop(self, box: Box) -> Box:
        """Return the smallest whole-unit desktop box around a box of this picture."""
        return Box(
            math.floor(self.origin_x + box.left * self.scale_x),
            math.floor(self.origin_y + box.top * self.scale_y),
            math.ceil(self.origin_x + box.right * self.scale_x),
            math.ceil(self.origin_y + box.bottom * self.scale_y),
        )

    def box_from_desktop(self, box: Box) -> Box | None:
        """Return the part of a desktop box that this picture shows, in its pixels, or None."""
        inside = Box(
            math.floor((box.left - self.origin_x) / self.scale_x),
            math.floor((box.top - self.origin_y) / self.scale_y),
            math.ceil((box.right - self.origin_x) / self.scale_x),
            math.ceil((box.bottom - self.origin_y) / self.scale_y),
        )
        return inside.intersect(self.box)

    def crop(self, box: Box) -> View:
        """Return the view of a part of this picture, clipped to it.

        Raises:
            BadArgumentError: If nothing of the box lies inside.
        """
        inside = box.intersect(self.box)
        if inside is None:
            raise BadArgumentError(
                f"crop {box.xyxy} is outside the {self.width}x{self.height} picture"
            )
        return View(
            width=inside.width,
            height=inside.height,
            origin_x=self.origin_x + inside.left * self.scale_x,
            origin_y=self.origin_y + inside.top * self.scale_y,
            scale_x=self.scale_x,
            scale_y=self.scale_y,
            on_desktop=self.on_desktop,
        )

    def resize(self, width: int, height: int) -> View:
        """Return the view of this picture drawn at another size."""
        if width < 1 or height < 1:
            raise BadArgumentError(f"a picture cannot be resized to {width}x{height}")
        return View(
            width=width,
            height=height,
            origin_x=self.origin_x,
            origin_y=self.origin_y,
            scale_x=self.scale_x * self.width / width,
            scale_y=self.scale_y * self.height / height,
            on_desktop=self.on_desktop,
        )

    def carry(self, point: Point, onto: View) -> Point:
        """Return the same place as a point of another view.

        Between pictures of the desktop, or between a picture from a file and what was cut out of
        it or drawn at another size.

        Raises:
            StaleView: If the point is not of this view.
            BadArgumentError: If only one of the two is of the desktop.
        """
        if self.on_desktop != onto.on_desktop:
            raise BadArgumentError("a picture from a file has no place on the desktop")
        return onto.from_desktop(*self._to_units(point))
