"""What is written in an open menu, and the bar that menus open from."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .elements import Element, Role
from .layout import is_in_row

BAR_PX = 90
"""A menu bar lies this close to the top of its window."""
WIDE_BAR_PX = 140
"""On a page the bar is further down: there it must have the usual words."""
USUAL = frozenset(("file", "edit", "view", "insert", "format", "tools", "help", "window"))
MIN_USUAL = 3
ITEMS: frozenset[Role] = frozenset(("text", "link", "option"))
"""The menu that is open is highlighted, which can make it look like a link."""
MIN_MENUS = 3
MAX_INDENT_PX = 40
MENU_GAP_PX = (6, 40)
SAME_GAP_PX = 5
"""Menus have one padding: the gaps between them are equal, which those of other texts are not."""
MAX_MENU_CHARS = 16


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
        if element.role in ("text", "option", "link") and element.text and is_first:
            found.append(replace(element, role="menuitem"))
        elif element.role in ("checkbox", "radio") and is_first:
            found.append(replace(element, role="menuitem", clickable=None))
        else:
            found.append(element)
    return found


def with_menu_bar(elements: Sequence[Element]) -> list[Element]:
    """Return a window's elements; texts that are its menu bar are menu items.

    Args:
        elements: In pixels of the window.
    """
    tops = [e for e in elements if e.role in ITEMS and e.text and e.box.bottom <= WIDE_BAR_PX]
    for first in sorted(tops, key=lambda e: e.box.top):
        row = sorted((e for e in tops if is_in_row(e.box, first.box)), key=lambda e: e.box.left)
        if _is_bar(row):
            menus = set(map(id, row))
            return [replace(e, role="menuitem") if id(e) in menus else e for e in elements]
    return list(elements)


def _is_bar(row: Sequence[Element]) -> bool:
    n_usual = sum(element.text.casefold() in USUAL for element in row)
    if row[-1].box.bottom > BAR_PX and n_usual < MIN_USUAL:
        return False
    if len(row) < MIN_MENUS or row[0].box.left > MAX_INDENT_PX:
        return False
    if any(len(element.text) > MAX_MENU_CHARS for element in row):
        return False
    gaps = [b.box.left - a.box.right for a, b in pairwise(row)]
    low, high = MENU_GAP_PX
    return low <= min(gaps) and max(gaps) <= high and max(gaps) - min(gaps) <= SAME_GAP_PX
