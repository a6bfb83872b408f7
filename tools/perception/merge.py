"""What is seen and what applications say of themselves, put together by one set of rules.

What is seen decides what there is to read; what is said gives kinds, states, and names to things
without words. What is said and not seen is believed only where something is drawn.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..desktop.backend import Window
from ..desktop.capture import Capture, Pixels
from ..desktop.geometry import Box
from .accessibility import Node
from .elements import Element, Role
from .reading_order import in_reading_order

MAX_NODE_SHARE = 0.25
"""Of the picture: what is larger is a pane, whatever it calls itself."""
MIN_SIDE_PX = 5
MIN_SPREAD = 8
"""A place whose colours differ by less shows nothing."""
MAX_MISREAD_CHARS = 2
"""An icon is read as so many signs at most."""
SAID_SCORE = 0.9
HOLDERS: frozenset[Role] = frozenset(("textbox", "combobox", "spinbutton"))
"""What is read inside of these is their value."""
PASSIVE: frozenset[Role] = frozenset(("cell", "option", "treeitem", "icon"))
"""Kinds that add nothing where nothing was seen."""


def merge(
    seen: Sequence[Element],
    nodes: Sequence[Node],
    capture: Capture,
    windows: Sequence[Window] = (),
) -> list[Element]:
    """Return the elements with what is said of them, and believable controls that were not seen.

    The result does not depend on the order of the nodes.

    Args:
        seen: Elements of the picture.
        nodes: On top of the desktop, boxes in desktop units.
        capture: The picture.
        windows: Topmost first.
    """
    found = list(seen)
    is_told = [False] * len(found)
    added: list[Element] = []
    places = [(node, box) for node in nodes if (box := _place(node, capture)) is not None]
    # Smaller ones first: what lies in a row's button is the button's.
    for node, box in sorted(
        places, key=lambda place: (place[1].area, place[1].xyxy, place[0].name)
    ):
        index = _match(node, box, found, is_told)
        if index is not None:
            found[index] = _told(found[index], node)
            is_told[index] = True
        elif _is_new(node, box, found, added) and _shows_something(node, box, capture.pixels):
            added.append(
                Element(
                    id=0, role=node.role, text=node.name, box=box, score=SAID_SCORE,
                    source="accessibility", states=node.states, window=_title_at(node, windows),
                )
            )  # fmt: skip
    return _by_window([*found, *added]) if added else found


def _by_window(elements: Sequence[Element]) -> list[Element]:
    """Return the elements window by window as before, each window's in reading order."""
    windows: dict[str, list[Element]] = {}
    for element in elements:
        windows.setdefault(element.window, []).append(element)
    return [element for own in windows.values() for element in in_reading_order(own)]


def _place(node: Node, capture: Capture) -> Box | None:
    view = capture.view
    box = view.box_from_desktop(node.box)
    if box is None or min(box.width, box.height) < MIN_SIDE_PX:
        return None
    return None if box.area > MAX_NODE_SHARE * view.width * view.height else box


def _match(node: Node, box: Box, found: Sequence[Element], is_told: Sequence[bool]) -> int | None:
    """Return the number of the element that a node is about."""

    def fit(index: int) -> tuple[bool, bool, float]:
        element = found[index]
        has_name = bool(node.name) and element.text.casefold() == node.name.casefold()
        return has_name, element.role == node.role, element.box.iou(box)

    inside = [
        index
        for index, element in enumerate(found)
        if not is_told[index]
        and box.contains(*element.click_at)
        and element.box.area <= 2 * box.area
        and not (node.role in HOLDERS and element.role in ("text", "link"))
    ]
    return max(inside, key=fit, default=None)


def _told(element: Element, node: Node) -> Element:
    is_nameless = not element.text or (
        len(element.text) <= MAX_MISREAD_CHARS and len(node.name) > MAX_MISREAD_CHARS
    )
    text = node.name if is_nameless and node.name else element.text
    # Passive kinds say less than what was seen.
    role = element.role if node.role in PASSIVE and element.role != "text" else node.role
    return replace(element, role=role, text=text, states=node.states)


def _is_new(node: Node, box: Box, found: Sequence[Element], added: Sequence[Element]) -> bool:
    if node.role in PASSIVE:
        return False
    return not any(
        element.role == node.role and element.box.iou(box) > 0.3 for element in [*found, *added]
    )


def _shows_something(node: Node, box: Box, pixels: Pixels) -> bool:
    if node.role in HOLDERS:
        return True  # an empty field is blank
    place = pixels[box.top : box.bottom, box.left : box.right]
    return int(np.ptp(place.reshape(-1, 3), axis=0).max(initial=0)) >= MIN_SPREAD


def _title_at(node: Node, windows: Sequence[Window]) -> str:
    x, y = node.box.centre
    own = [window for window in windows if window.pid == node.pid and not window.is_minimized]
    inside = (window for window in own if window.box.contains(x, y))
    # A menu may hang out of its window.
    owner = next(inside, None) or next((window for window in own if window.is_active), None)
    return "" if owner is None else owner.title
