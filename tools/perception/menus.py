"""What is written in an open menu."""

from collections.abc import Sequence
from dataclasses import replace

from .elements import Element
from .layout import is_in_row


def as_menu(elements: Sequence[Element]) -> list[Element]:
    """Return a popup menu's elements: in each row the first text is the item.

    What stands at its right is its keyboard shortcut, which stays a text.

    Args:
        elements: In reading order.
    """
    found: list[Element] = []
    for element in elements:
        is_first = not any(
            other.role == "menuitem" and is_in_row(other.box, element.box) for other in found
        )
        if element.role == "text" and element.text and is_first:
            found.append(replace(element, role="menuitem"))
        else:
            found.append(element)
    return found
