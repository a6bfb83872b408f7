"""What is seen and what applications say of themselves, put together by one set of rules.

What is seen decides what there is to read; what is said gives kinds, states, and names to things
without words. What is said and not seen is believed only where something is drawn.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from rapidfuzz import fuzz

from ..desktop.backend import Popup, Window
from ..desktop.capture import Capture, Pixels
from ..desktop.geometry import Box
from .accessibility import Node, owner_of
from .elements import Element, Role
from .reading_order import in_reading_order
from .text_match import alike, bare

MAX_NODE_SHARE = 0.25
"""Of the picture: what is larger is a pane, whatever it calls itself."""
MIN_SIDE_PX = 5
MIN_SPREAD = 8
"""A place whose colours differ by less shows nothing."""
MAX_MISREAD_CHARS = 2
"""An icon is read as so many signs at most."""
MIN_ALIKE = 60.0
"""Of 100: with less in common, what is written in a place is not the name that is said of it."""
MIN_WORD_CHARS = 3
"""What is shorter may be an icon or a sign that was read as letters."""
MIN_WITHIN = 0.6
"""Of what was seen must lie within what is said to be there."""
SAME_PLACE_IOU = 0.8
SAME_FIELD_IOU = 0.4
SAID_SCORE = 0.9
HOLDERS: frozenset[Role] = frozenset(("textbox", "combobox", "spinbutton"))
"""What is read inside of these is their value."""
TICKED: frozenset[Role] = frozenset(("checkbox", "radio", "switch"))
WRITTEN_ON = TICKED | {"button", "menuitem", "tab", "link", "option", "treeitem", "cell"}
"""These show their names, if they show any text."""
PASSIVE: frozenset[Role] = frozenset(("cell", "option", "treeitem", "icon"))
"""Kinds that add nothing where nothing was seen."""


def merge(
    seen: Sequence[Element],
    nodes: Sequence[Node],
    capture: Capture,
    windows: Sequence[Window] = (),
    popups: Sequence[Popup] = (),
) -> list[Element]:
    """Return the elements with what is said of them, and believable controls that were not seen.

    The result does not depend on the order of the nodes.

    Args:
        seen: Elements of the picture, popups first, then window by window.
        nodes: On top of the desktop, boxes in desktop units.
        capture: The picture.
        windows: Topmost first.
        popups: Topmost first.
    """
    found = list(seen)
    told: set[int] = set()
    added: list[Element] = []
    believed: list[tuple[Node, Box]] = []
    places = [(node, box) for node in nodes if (box := _place(node, capture)) is not None]
    # Smaller ones first: what lies in a row's button is the button's.
    for node, box in sorted(places, key=_rank):
        owner = owner_of(node, windows)
        # What opens in front of a window may be told as another one's.
        window = None if owner is None or node.is_in_menu else owner.title
        index = _match(node, box, found, told, window)
        if index is not None:
            if not _contradicts(node, [found[index]]):
                is_named = not _is_borrowed(found[index], found)
                found[index] = _told(found[index], node, is_named=is_named)
                told.add(index)
                believed.append((node, box))
        elif _is_new(node, box, found, [known for _, known in believed]) and (
            _shows_something(node, box, capture.pixels)
        ):
            believed.append((node, box))
            added.append(
                Element(
                    id=0, role=node.role, text=node.name, box=box, score=SAID_SCORE,
                    source="accessibility", states=node.states,
                    window="" if owner is None else owner.title,
                )
            )  # fmt: skip
    if not added:
        return found
    kept = [
        element
        for number, element in enumerate(found)
        if number in told or not _is_names_of(element, believed)
    ]
    fronts = [box for one in popups if (box := capture.view.box_from_desktop(one.box)) is not None]
    return _by_window([*kept, *added], fronts)


def _rank(place: tuple[Node, Box]) -> tuple[object, ...]:
    """Order nodes by what they are alone, those with names before others in the same place."""
    node, box = place
    return box.area, box.xyxy, not node.name, node.name, node.role, sorted(node.states), node.pid


def _by_window(elements: Sequence[Element], fronts: Sequence[Box]) -> list[Element]:
    """Return the elements by popup and window as before, each one's in reading order.

    Args:
        elements: In pixels of the picture.
        fronts: The popups, topmost first, in pixels of the picture.
    """
    groups: dict[tuple[int, str], list[Element]] = {}
    for element in elements:
        x, y = element.box.centre
        front = next((n for n, box in enumerate(fronts) if box.contains(x, y)), len(fronts))
        groups.setdefault((front, element.window), []).append(element)
    return [element for own in groups.values() for element in in_reading_order(own)]


def _place(node: Node, capture: Capture) -> Box | None:
    view = capture.view
    box = view.box_from_desktop(node.box)
    if box is None or min(box.width, box.height) < MIN_SIDE_PX:
        return None
    return None if box.area > MAX_NODE_SHARE * view.width * view.height else box


def _match(
    node: Node, box: Box, found: Sequence[Element], told: Collection[int], window: str | None
) -> int | None:
    """Return the number of the element that a node is about.

    Args:
        node: The node.
        box: Its place, in pixels of the picture.
        found: What was seen.
        told: Numbers of elements that another node is about.
        window: Title of the window it is a part of; None where that is not known.
    """

    def can_be(element: Element) -> bool:
        # Seen with its label, told of without.
        if node.role in TICKED and element.role == node.role and box.area < element.box.area:
            return element.box.contains(*box.centre)
        common = element.box.intersect(box)
        if common is None or not box.contains(*element.click_at):
            return False
        if common.area < MIN_WITHIN * element.box.area:
            return False
        if window is not None and element.window != window:
            return False
        # What lies in a field is its value or a sign of its own.
        return node.role not in HOLDERS or element.box.iou(box) > SAME_FIELD_IOU

    def fit(index: int) -> tuple[bool, bool, float]:
        element = found[index]
        has_name = bool(node.name) and element.text.casefold() == node.name.casefold()
        return has_name, element.role == node.role, element.box.iou(box)

    inside = (
        number for number, element in enumerate(found) if number not in told and can_be(element)
    )
    return max(inside, key=fit, default=None)


def _told(element: Element, node: Node, *, is_named: bool) -> Element:
    """Return an element with what a node says of it.

    Args:
        element: What was seen.
        node: What is said of it.
        is_named: False if the element's text stands elsewhere.
    """
    is_misread = len(element.text) <= MAX_MISREAD_CHARS < len(node.name)
    is_nameless = not element.text or is_misread or not is_named
    is_said = is_nameless and bool(node.name)
    text = node.name if is_said else element.text
    # Passive kinds say less than what was seen.
    role = element.role if node.role in PASSIVE and element.role != "text" else node.role
    source = "accessibility" if is_said else element.source
    return replace(element, role=role, text=text, states=node.states, source=source)


def _is_borrowed(element: Element, found: Sequence[Element]) -> bool:
    """Tell whether a field is named by a text beside it, which may be another thing's.

    A drop-down list may call itself by its value: then its label is the better name.
    """
    return element.role in ("textbox", "spinbutton") and any(
        other.text == element.text and not element.box.contains(*other.box.centre)
        for other in found
    )


def _is_new(node: Node, box: Box, found: Sequence[Element], known: Sequence[Box]) -> bool:
    """Tell whether a node is about something that was not seen and that can be there.

    Args:
        node: The node.
        box: Its place, in pixels of the picture.
        found: What was seen.
        known: Places of the nodes that are believed.
    """
    if node.role in PASSIVE or any(place.iou(box) > SAME_PLACE_IOU for place in known):
        return False
    if any(element.role == node.role and element.box.iou(box) > 0.3 for element in found):
        return False
    return not _contradicts(node, [e for e in found if box.contains(*e.box.centre)])


def _is_names_of(element: Element, believed: Sequence[tuple[Node, Box]]) -> bool:
    """Tell whether a text is the names of several nodes in a row that were read as one."""
    if element.role not in ("text", "link"):
        return False
    box = element.box
    row = sorted(
        (place.left, node.name)
        for node, place in believed
        if box.left <= place.centre[0] < box.right and place.top <= box.centre[1] < place.bottom
    )
    return len(row) > 1 and alike(" ".join(name for _, name in row)) == alike(element.text)


def _contradicts(node: Node, elements: Sequence[Element]) -> bool:
    """Tell whether what is written in a node's place is clearly something else than its name."""
    name = alike(bare(node.name))
    if node.role not in WRITTEN_ON or len(name) < MIN_WORD_CHARS:
        return False
    read = [
        text for element in elements if len(text := alike(bare(element.text))) >= MIN_WORD_CHARS
    ]
    return bool(read) and all(fuzz.partial_ratio(name, text) < MIN_ALIKE for text in read)


def _shows_something(node: Node, box: Box, pixels: Pixels) -> bool:
    if node.role in HOLDERS:
        return True  # an empty field is blank
    place = pixels[box.top : box.bottom, box.left : box.right]
    return int(np.ptp(place.reshape(-1, 3), axis=0).max(initial=0)) >= MIN_SPREAD
