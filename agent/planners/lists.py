"""Drop-down lists: what opens one, and which of the texts that look like an option are in it."""

from collections.abc import Sequence

from ...tools.desktop.geometry import Box
from ...tools.perception.elements import Element, Observation

LABEL_GAP_PX = 220
"""How far at the right of its label a list may begin."""
SAME_PLACE_IOU = 0.3
"""Boxes that overlap by more are the same place: an open list often lies over its own field."""
LIST_ROLES = ("combobox", "button", "textbox")
"""What a list that opens may be taken for."""


def control_beside(found: Sequence[Element], observation: Observation) -> Element | None:
    """Return the control at the right of a lone label; a click on the label opens no list."""
    if len(found) != 1 or found[0].role != "text":
        return None
    label = found[0].box
    beside = [
        element
        for element in observation.elements
        if 0 <= element.box.left - label.right <= LABEL_GAP_PX
        and element.box.top <= label.centre[1] < element.box.bottom
    ]
    # A list whose frame was missed still shows its value: a click on that opens it as well.
    return min(
        beside,
        key=lambda element: (element.role not in LIST_ROLES, element.box.left),
        default=None,
    )


def in_the_list(options: Sequence[Element], before: Sequence[Box]) -> list[Element]:
    """Return those of several like texts that came with the list, all of them if none did.

    Args:
        options: What reads like the option now.
        before: Where the same was read before the list was opened: the field shows its value.
    """
    fresh = [
        option for option in options if all(option.box.iou(box) < SAME_PLACE_IOU for box in before)
    ]
    # A list that opens over its field shows the present value in the very same place.
    return fresh or list(options)
