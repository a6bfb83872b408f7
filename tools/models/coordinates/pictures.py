"""From a capture to the picture a model sees, and from its answer back to the capture.

Every picture carries its view, so an answer is tied to the picture it was given for: crop, zoom,
resize and a monitor at a negative origin are all one affine map (`desktop/geometry.py`).
"""

import numpy as np
from PIL import Image

from ....memory.errors import ModelOutputError, StaleView
from ...desktop.capture import Capture
from ...desktop.geometry import Box, Point, View
from .families import Family
from .spaces import Number, position
from .syntax import shown, unwrap

ZOOM_SIDE = 0.5
"""Of each side of the first picture: a quarter of its area (UI-Venus-1.5, second pass)."""
ZOOM_SIZE = (1920, 1080)
"""What the part is drawn at, about; its ratio is kept (UI-Venus-1.5)."""
ROUNDING = 1e-6
"""Pixels that a chain of float conversions may be off by."""


def draw_at(capture: Capture, width: int, height: int) -> Capture:
    """Return the picture drawn at another size, with the view of that."""
    if (width, height) == (capture.view.width, capture.view.height):
        return capture
    drawn = Image.fromarray(capture.pixels).resize((width, height), Image.Resampling.BICUBIC)
    return Capture(
        pixels=np.asarray(drawn),
        view=capture.view.resize(width, height),
        taken_at=capture.taken_at,
    )


def picture_for(family: Family, capture: Capture) -> Capture:
    """Return the picture to send: drawn at the family's size, so that nobody else resizes it."""
    return draw_at(capture, *family.resize.size(capture.view.width, capture.view.height))


def zoom_for(family: Family, capture: Capture, around: Point) -> Capture:
    """Return the part round a point of the capture, enlarged, as the picture to send.

    Raises:
        StaleView: If the point belongs to another picture.
    """
    part = capture.crop(zoom_box(capture.view, around))
    return draw_at(part, *zoom_size(family, part.view))


def zoom_size(family: Family, part: View) -> tuple[int, int]:
    """Return the size a part is sent at: about `ZOOM_SIZE`, by the family's rule."""
    scale = min(ZOOM_SIZE[0] / part.width, ZOOM_SIZE[1] / part.height)
    size = (max(1, round(part.width * scale)), max(1, round(part.height * scale)))
    return family.resize.size(*size)


def zoom_box(view: View, around: Point) -> Box:
    """Return the part of a picture to look at more closely; it is moved where it would stick out.

    Raises:
        StaleView: If the point belongs to another picture.
    """
    if around.view_id != view.id:
        raise StaleView(f"the point belongs to view {around.view_id}, not to {view.id}; look again")
    width = max(1, round(view.width * ZOOM_SIDE))
    height = max(1, round(view.height * ZOOM_SIDE))
    left = min(max(0, round(around.x - width / 2)), view.width - width)
    top = min(max(0, round(around.y - height / 2)), view.height - height)
    return Box(left, top, left + width, top + height)


def numbers_in(text: str, family: Family) -> tuple[Number, ...]:
    """Return the numbers of an answer in its family's syntax; none for "not there".

    Raises:
        ModelOutputError: If the whole answer is not of that syntax.
    """
    bare = unwrap(text, thinks=family.thinks)
    for syntax in family.syntaxes:
        numbers = syntax(bare)
        if numbers is not None:
            return numbers
    raise ModelOutputError(f"expected an answer as {family.name} gives it, got {shown(text)}")


def locate(text: str, family: Family, view: View) -> Point | None:
    """Return where an answer points, in the picture the model saw; None if it says "not there".

    Args:
        text: The whole answer.
        family: Whose answer it is.
        view: Of the picture as it was sent.

    Raises:
        ModelOutputError: If it is not of the family's syntax, or outside its space.
    """
    try:
        place = position(
            numbers_in(text, family), family.space, family.order, (view.width, view.height)
        )
    except ModelOutputError as error:
        if shown(text) in str(error):
            raise
        raise ModelOutputError(f"{error} in {shown(text)}") from None
    return None if place is None else view.point(*place)


def carry_back(point: Point, sent: View, onto: View) -> Point:
    """Return a point of a picture that was made of another as a point of that other.

    Raises:
        BadArgumentError: If it lies outside: the one was not made of the other.
    """
    there = sent.carry(point, onto)
    # A chain of floats may leave the edge by a trifle; anything more is refused, not clamped.
    return onto.point(_inside(there.x, onto.width), _inside(there.y, onto.height))


def _inside(value: float, side: int) -> float:
    """Return a position without the trifle it is off by, where that would make another pixel."""
    edge = round(value)
    if abs(value - edge) >= ROUNDING:
        return value
    return float(np.nextafter(side, 0)) if edge == side else float(edge)
