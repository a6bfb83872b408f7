"""Which text names a field: the one at its left or above it."""

from collections.abc import Sequence

from ..desktop.geometry import Box
from .layout import BoxSet, is_in_row
from .ocr import TextLine
from .widgets import MAX_CONTROL_HEIGHT_PX

LABEL_GAP_PX = 220
"""How far at the left of a field its label may end."""
NEAR_LABEL_GAP_PX = 90
"""A text this near at the left is the label even if there is another one above."""
NEAR_LIST_LABEL_GAP_PX = 24
LABEL_ABOVE_PX = 14
MIN_LABEL_CHARS = 2
"""A single letter is rather an icon that was read as one."""


def label_of(box: Box, lines: Sequence[TextLine], frames: BoxSet, *, is_list: bool = False) -> str:
    """Return the text at the left of a field in its row, or the one right above it, or nothing.

    Args:
        box: The field.
        lines: The texts that may name it.
        frames: All frames: what another field, a button or a bar holds names nothing.
        is_list: Whether it is a drop-down list: it may stand beside anything.
    """
    labels = _labels(box, lines, frames)
    left = [
        line
        for line in labels
        if -2 <= box.left - line.box.right <= LABEL_GAP_PX and is_in_row(line.box, box)
    ]
    nearest = max(left, key=lambda line: line.box.right, default=None)
    if nearest is None:
        return _above(box, labels)
    gap = box.left - nearest.box.right
    if is_list:
        is_label = nearest.text.endswith(":") or gap <= NEAR_LIST_LABEL_GAP_PX
        return nearest.text if is_label else _above(box, labels)
    return nearest.text if gap <= NEAR_LABEL_GAP_PX else _above(box, labels) or nearest.text


def label_above(box: Box, lines: Sequence[TextLine], frames: BoxSet) -> str:
    """Return the text right above a field, or nothing."""
    return _above(box, _labels(box, lines, frames))


def _above(box: Box, labels: Sequence[TextLine]) -> str:
    above = [
        line
        for line in labels
        if -4 <= box.top - line.box.bottom <= LABEL_ABOVE_PX
        and line.box.top < box.top
        and abs(line.box.left - box.left) <= 16
    ]
    return max(above, key=lambda line: line.box.bottom).text if above else ""


def _labels(box: Box, lines: Sequence[TextLine], frames: BoxSet) -> list[TextLine]:
    rows = frames.xyxy
    widths, heights = rows[:, 2] - rows[:, 0], rows[:, 3] - rows[:, 1]
    is_other = (heights <= MAX_CONTROL_HEIGHT_PX) & (frames.shares_of(box) < 0.9)

    def is_held(text: Box) -> bool:
        # A frame that hugs a text is only its outline.
        is_wider = (widths >= text.width + 4) & (heights >= text.height + 4)
        return bool((is_other & is_wider & (frames.shares_of(text) > 0.9)).any())

    return [
        line
        for line in lines
        if sum(character.isalnum() for character in line.text) >= MIN_LABEL_CHARS
        and not is_held(line.box)
    ]
