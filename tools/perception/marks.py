"""Pictures with marks on them: numbered boxes for models and people, targets for reports."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from ..desktop.capture import Capture
from ..desktop.geometry import Box
from .elements import Element, Role
from .repetition import texts_of_links
from .tag_places import TagPlaces

COLOURS: dict[Role, str] = {
    "button": "#1f77b4",
    "textbox": "#2ca02c",
    "checkbox": "#9467bd",
    "radio": "#9467bd",
    "icon": "#8c564b",
    "text": "#d62728",
}
OTHER_COLOUR = "#e377c2"
TARGET_COLOUR = "#ff3b30"
FONT_PX = 11
CLIPPED_PX = 6
"""What ends so close to the screen's edge may be the rest of a row that was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A picture with marks, and what they stand for."""

    picture: Image.Image
    shown: tuple[int, ...]
    """Numbers of the elements that have a mark, the most important first."""
    left_out: int
    """How many elements have none."""


def annotate(capture: Capture, elements: Sequence[Element]) -> Image.Image:
    """Return the picture with a box and a number for every element; see `mark_elements`."""
    return mark_elements(capture, elements).picture


def mark_elements(
    capture: Capture,
    elements: Sequence[Element],
    *,
    max_marks: int | None = None,
    roles: Collection[Role] | None = None,
) -> Marked:
    """Return the picture with a box and a number for each element (set-of-marks).

    A number stands where it covers no element, if there is such a place beside its own. Scraps of
    text at the screen's edge have none, nor have texts that the links in them say again.

    Args:
        capture: The picture.
        elements: All that is on it: also what gets no mark is not covered.
        max_marks: So many at most: controls first, then icons, then plain text, each in order.
        roles: Only elements of these kinds; None for all.
    """
    screen = capture.view.box
    picture = Image.fromarray(capture.pixels).convert("RGB")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=FONT_PX)

    def width(element: Element) -> int:
        return round(draw.textlength(str(element.id), font=font)) + 4

    repeated = texts_of_links(elements)
    chosen = [
        element
        for element in elements
        if (roles is None or element.role in roles)
        and element.id not in repeated
        and not _is_scrap(element, width(element), screen)
    ]
    chosen = sorted(chosen, key=_rank)[:max_marks]
    places = TagPlaces(screen, [e.box for e in elements if e.id not in repeated])
    tags = [(element, places.place(element.box, width(element))) for element in chosen]
    for element, _ in tags:
        box = element.box
        outline = (box.left - 1, box.top - 1, box.right, box.bottom)
        draw.rectangle(outline, outline=_colour(element))
    # After all outlines: none is drawn across a number.
    for element, tag in tags:
        draw.rectangle((tag.left, tag.top, tag.right - 1, tag.bottom - 1), fill=_colour(element))
        draw.text((tag.left + 2, tag.top), str(element.id), fill="white", font=font)
    shown = tuple(element.id for element, _ in tags)
    return Marked(picture=picture, shown=shown, left_out=len(elements) - len(shown))


def _rank(element: Element) -> int:
    return {"text": 2, "icon": 1, "image": 1}.get(element.role, 0)


def _colour(element: Element) -> str:
    return COLOURS.get(element.role, OTHER_COLOUR)


def _is_scrap(element: Element, width: int, screen: Box) -> bool:
    """Tell whether a text is the rest of one that the screen's edge cuts off.

    It is narrower than its number: their numbers would stand in each other's way.
    """
    if element.source != "ocr" or element.box.width >= width:
        return False
    left, top, right, bottom = element.box.xyxy
    return (
        min(left - screen.left, top - screen.top) < CLIPPED_PX
        or min(screen.right - right, screen.bottom - bottom) < CLIPPED_PX
    )


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
