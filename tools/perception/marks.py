"""Pictures with marks on them: numbered boxes for models and people, targets for reports."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ..desktop.capture import Capture
from ..desktop.geometry import Box
from .elements import Element, Role

COLOURS: dict[Role, str] = {
    "button": "#1f77b4",
    "textbox": "#2ca02c",
    "checkbox": "#9467bd",
    "radio": "#9467bd",
    "icon": "#8c564b",
    "text": "#d62728",
}
OTHER_COLOUR = "#e377c2"
TAG_HEIGHT_PX = 13
TARGET_COLOUR = "#ff3b30"


def annotate(capture: Capture, elements: Sequence[Element]) -> Image.Image:
    """Return the picture with a box and a number for every element (set-of-marks).

    The number stands outside of its box where there is room, so that it covers nothing it marks.
    """
    picture = Image.fromarray(capture.pixels).convert("RGB")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=11)
    taken: list[Box] = [element.box for element in elements if element.role != "textbox"]
    for element in elements:
        colour = COLOURS.get(element.role, OTHER_COLOUR)
        box = element.box
        draw.rectangle((box.left - 1, box.top - 1, box.right, box.bottom), outline=colour)
        label = str(element.id)
        width = round(draw.textlength(label, font=font)) + 4
        tag = _place_tag(box, width, taken, capture.view.box)
        taken.append(tag)
        draw.rectangle((tag.left, tag.top, tag.right - 1, tag.bottom - 1), fill=colour)
        draw.text((tag.left + 2, tag.top), label, fill="white", font=font)
    return picture


def _place_tag(box: Box, width: int, taken: Sequence[Box], screen: Box) -> Box:
    """Return where a tag covers least: above, left, right, below, else in the corner."""
    h = TAG_HEIGHT_PX
    middle = (box.top + box.bottom - h) // 2
    places = [
        (box.left, box.top - h),
        (box.left - width - 1, middle),
        (box.right + 1, middle),
        (box.left, box.bottom + 1),
        (box.right - width, box.top - h),
    ]
    best, least = Box(box.left, box.top, box.left + width, box.top + h), float("inf")
    for left, top in places:
        tag = Box(left, top, left + width, top + h)
        if tag.intersect(screen) != tag:
            continue
        covered = sum(
            common.area for other in taken if (common := other.intersect(tag)) is not None
        )
        if covered < least:
            best, least = tag, covered
        if covered == 0:
            break
    return best


def mark_target(
    capture: Capture, box: Box | None, point: tuple[float, float] | None
) -> Image.Image:
    """Return the picture with a target's box and the place of the click."""
    picture = Image.fromarray(capture.pixels).convert("RGB")
    draw = ImageDraw.Draw(picture)
    if box is not None:
        draw.rectangle(
            (box.left - 3, box.top - 3, box.right + 2, box.bottom + 2),
            outline=TARGET_COLOUR, width=3,
        )  # fmt: skip
    if point is not None:
        x, y = point
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), outline="white", fill=TARGET_COLOUR, width=2)
    return picture
