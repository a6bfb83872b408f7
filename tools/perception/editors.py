"""Large, bright, plain areas without controls: where longer texts are written."""

from collections.abc import Iterable, Sequence

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .labels import label_above
from .layout import BoxSet, share_inside
from .ocr import TextLine
from .widgets import is_cell, look_of

MIN_SIDES_PX = (120, 60)
MIN_BRIGHTNESS = 252
MIN_PLAIN = 0.85
MIN_SECTION_PX = 16


def find_editors(
    pixels: Pixels, frames: BoxSet, known: Sequence[Box], lines: Sequence[TextLine]
) -> Iterable[tuple[Box, str]]:
    """Yield each editor's box and the text right above it, or nothing.

    Args:
        pixels: The picture.
        frames: Its frames, larger ones first.
        known: The controls in it: what holds one is no editor.
        lines: The texts that are no part of a control.
    """
    taken = list(known)
    for row in frames.xyxy[::-1].tolist():
        box = Box(*row)
        if box.width < MIN_SIDES_PX[0] or box.height < MIN_SIDES_PX[1]:
            continue
        if any(share_inside(other, box) > 0.5 for other in taken) or _has_sections(box, frames):
            continue
        look = look_of(pixels, box)
        if (
            look.brightness >= MIN_BRIGHTNESS
            and look.plain_share >= MIN_PLAIN
            and (look.is_framed or box.height >= 2 * MIN_SIDES_PX[1])
            and not is_cell(pixels, box, frames)
        ):
            taken.append(box)
            yield box, label_above(box, lines, frames) if look.is_framed else ""


def _has_sections(box: Box, frames: BoxSet) -> bool:
    """Tell whether frames as wide as a frame divide it, as separators do a menu."""
    left, top, right, bottom = frames.xyxy.T
    is_section = (
        (right - left >= 0.9 * box.width)
        & (bottom - top > MIN_SECTION_PX)
        & (bottom - top <= 0.8 * box.height)
        & (frames.shares_inside(box) > 0.9)
    )
    return bool(is_section.any())
