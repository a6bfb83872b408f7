"""Where things are: on which side, in which bar, beside which other thing, in which order."""

import math
from collections.abc import Sequence

from ..desktop.geometry import Box
from ..perception.elements import Element, Observation, Role
from ..perception.ground import is_label_of
from ..perception.layout import is_in_row
from ..perception.text_match import ALIKE, match_text
from .description import Area, Description, Relation, Side

THIRD, HALF = 1 / 3, 1 / 2
NEAR_HALF = 0.8
"""What lies in the half but not in the third of a side, so much of the way."""
CONTRADICTED = 0.1
BAR_PX = 60
"""A bar is as high as its things, and these are no higher."""
MIN_IN_BAR = 4
SIDEBAR_SHARE = 0.2
BESIDE_THEIR_NAMES: frozenset[Role] = frozenset(
    ("checkbox", "radio", "switch", "textbox", "combobox", "spinbutton", "slider")
)
"""These have the words of the label beside them, which may be a part of them."""
APART_PX = 6
"""Things whose distances differ by less are equally near."""
OVERLAP_SLACK_PX = 3


def side_factor(observation: Observation, element: Element, about: Description) -> float:
    """Return how far a thing lies on the sides that were stated, in [0, 1]."""
    frame = frame_of(observation, None if about.is_of_screen else element)
    factor = 1.0
    is_corner = len(about.sides) == 2
    for side in about.sides:
        share = _way(frame, element, side)
        if side == "middle":
            # Of a side that is stated as well, the middle is of the other direction.
            other = _way(frame, element, "left" if _is_vertical(about.sides) else "top")
            share = min(abs(share - HALF), abs(other - HALF)) * 2 if is_corner else share
        factor *= 1.0 if share <= THIRD else NEAR_HALF if share <= HALF else CONTRADICTED
    return factor


def _way(frame: Box, element: Element, side: Side) -> float:
    """Return how far from a side a thing is, as a share of the frame."""
    x, y = element.box.centre
    across = (x - frame.left) / max(1, frame.width)
    down = (y - frame.top) / max(1, frame.height)
    match side:
        case "left":
            return across
        case "right":
            return 1 - across
        case "top":
            return down
        case "bottom":
            return 1 - down
        case "middle":
            return max(abs(across - HALF), abs(down - HALF)) * 2 * THIRD


def _is_vertical(sides: Sequence[Side]) -> bool:
    return "top" in sides or "bottom" in sides


def frame_of(observation: Observation, element: Element | None) -> Box:
    """Return the window a thing lies in, in capture pixels; the whole picture where none is."""
    view = observation.capture.view
    if element is not None and element.window:
        for window in observation.windows:
            box = view.box_from_desktop(window.box)
            if window.title == element.window and box is not None:
                return box
    return view.box


def farthest(
    observation: Observation, elements: Sequence[Element], sides: Sequence[Side]
) -> list[Element]:
    """Return those that lie farthest to the sides: one, or several that lie equally far.

    Towards a corner, the distance to the corner counts; in the middle, that to the centre.
    """
    if not elements:
        return []

    def distance(element: Element) -> float:
        frame = frame_of(observation, element)
        x, y = element.box.centre
        away = {
            "left": x - frame.left, "right": frame.right - x,
            "top": y - frame.top, "bottom": frame.bottom - y,
            "middle": math.dist((x, y), frame.centre),
        }  # fmt: skip
        return math.hypot(*(away[side] for side in sides))

    least = min(map(distance, elements))
    return [element for element in elements if distance(element) - least <= APART_PX]


def in_area(observation: Observation, element: Element, area: Area) -> bool:
    """Tell whether a thing lies in a part of its window."""
    frame = frame_of(observation, element)
    x, y = element.box.centre
    match area:
        case "dialog":
            return any(w.is_dialog and w.title == element.window for w in observation.windows)
        case "title bar":
            return y - frame.top <= BAR_PX / 2
        case "status bar":
            return frame.bottom - y <= BAR_PX
        case "sidebar":
            return min(x - frame.left, frame.right - x) <= SIDEBAR_SHARE * frame.width
        case "menu bar":
            return element.role == "menuitem" and len(_bar(observation, element)) >= MIN_IN_BAR
        case "toolbar":
            small = [e for e in _bar(observation, element) if e.role in ("icon", "button")]
            return element.role not in ("text", "link") and len(small) >= MIN_IN_BAR


def _bar(observation: Observation, element: Element) -> list[Element]:
    """Return what stands in a row, or in a column, with a thing of about its height."""
    same = [
        other
        for other in observation.elements
        if other.window == element.window and max(other.box.height, element.box.height) <= BAR_PX
    ]
    row = [other for other in same if is_in_row(other.box, element.box)]
    middle = element.box.centre[0]
    column = [other for other in same if other.box.left <= middle < other.box.right]
    return max(row, column, key=len)


def beside(
    observation: Observation, elements: Sequence[Element], relation: Relation
) -> list[Element] | None:
    """Return the things nearest to another one in the direction that was stated.

    Args:
        observation: What is seen.
        elements: What may be meant.
        relation: Where from what.

    Returns:
        One for each thing with the anchor's words that has one; None if there is no such anchor.
    """
    anchors = anchors_of(observation, relation.anchor)
    if not anchors:
        return None
    if relation.where == "between":
        others = anchors_of(observation, relation.other)
        pairs = [(one, other) for one in anchors for other in others]
        return [
            element
            for element in elements
            if any(_is_between(element.box, one.box, other.box) for one, other in pairs)
        ]
    own = {anchor.id for anchor in anchors}
    bearing = [e for e in elements if e.id in own and e.role in BESIDE_THEIR_NAMES]
    if relation.where in ("beside", "in row") and bearing:
        return bearing
    found: dict[int, Element] = {}
    labels = [anchor for anchor in anchors if anchor.role == "text"]
    for group in (labels, [anchor for anchor in anchors if anchor.role != "text"]):
        for anchor in group:
            near = _nearest(anchor, elements, relation)
            found |= {element.id: element for element in near}
        if found:
            break
    return list(found.values())


def anchors_of(observation: Observation, words: str) -> list[Element]:
    """Return the things that bear words best, a label and its control both."""
    matches = [
        (match.score, element)
        for element in observation.elements
        if (match := match_text(words, element.text)) is not None
    ]
    best = max((score for score, _ in matches), default=0.0)
    least = ALIKE if best >= ALIKE else best - 1.0
    return [element for score, element in matches if score >= least]


def _nearest(anchor: Element, elements: Sequence[Element], relation: Relation) -> list[Element]:
    gaps = [
        (gap, element)
        for element in elements
        if element.id != anchor.id
        and element.window == anchor.window
        and not (element.role == "text" and is_label_of(element, anchor))
        and (gap := _gap(element.box, anchor.box, relation)) is not None
    ]
    if relation.where == "in row":
        return [element for _, element in gaps]
    least = min((gap for gap, _ in gaps), default=0.0)
    return [element for gap, element in gaps if gap - least <= APART_PX]


def _is_between(box: Box, one: Box, other: Box) -> bool:
    """Tell whether a thing lies in one row or column with two others, and between them."""
    if is_in_row(box, one) and is_in_row(box, other):
        first, second = sorted((one, other), key=lambda b: b.left)
        return first.right <= box.centre[0] <= second.left
    first, second = sorted((one, other), key=lambda b: b.top)
    is_under = min(box.right, first.right) > max(box.left, first.left)
    is_over = min(box.right, second.right) > max(box.left, second.left)
    return is_under and is_over and first.bottom <= box.centre[1] <= second.top


def _gap(box: Box, anchor: Box, relation: Relation) -> float | None:
    """Return how far a thing is from another in the direction stated, None if it is not there."""
    is_beside = is_in_row(box, anchor)
    is_over = min(box.right, anchor.right) - max(box.left, anchor.left) > -OVERLAP_SLACK_PX
    gaps: dict[str, tuple[bool, int]] = {
        "left of": (is_beside, anchor.left - box.right),
        "right of": (is_beside, box.left - anchor.right),
        "above": (is_over, anchor.top - box.bottom),
        "below": (is_over, box.top - anchor.bottom),
    }
    match relation.where:
        case "in row":
            return 0.0 if is_beside else None
        case "beside":
            if is_beside:
                return max(0.0, box.left - anchor.right, anchor.left - box.right)
            apart = max(0, box.top - anchor.bottom, anchor.top - box.bottom)
            # What stands in the same row is beside a thing before what stands under it.
            return 2.0 * apart + 100 if is_over else None
        case where:
            applies, gap = gaps[where]
            return gap if applies and gap >= -OVERLAP_SLACK_PX else None
