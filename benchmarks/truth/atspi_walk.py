"""Print what the applications on a display tell about themselves over AT-SPI, as JSON.

usage: /usr/bin/python3 atspi_walk.py PID...

Runs under the system's Python, which has `gi`, as a process of its own: without a session bus
AT-SPI ends the process that asks, and an application that hangs blocks it.
"""

import json
import re
import sys
from typing import Any  # Any: gi ships no types

# The system's Python has it, the one that checks types does not.
import gi  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Atspi", "2.0")
from gi.repository import (  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
    Atspi,
    GLib,
)

CALL_TIMEOUT_MS, START_TIMEOUT_MS = 2000, 8000
MAX_NODES = 6000
MAX_CHILDREN = 400
MAX_WORDS = 1500
STATES = ("SHOWING", "VISIBLE", "SENSITIVE", "EDITABLE", "FOCUSABLE", "CHECKED", "MULTI_LINE")
WITH_TEXT = frozenset(
    ("label", "text", "entry", "paragraph", "table cell", "heading", "static", "document text",
     "table column header", "spin button", "list item", "tree item", "document frame", "terminal")
)  # fmt: skip


def walk(node: Any, parent: int, nodes: list[dict[str, Any]]) -> None:
    """Append a node and all below it that is showing."""
    try:
        found = describe(node, parent)
        if found is None or len(nodes) >= MAX_NODES:
            return
        number = len(nodes)
        nodes.append(found)
        for index in range(min(node.get_child_count(), MAX_CHILDREN)):
            child = node.get_child_at_index(index)
            if child is not None:
                walk(child, number, nodes)
    except GLib.Error:
        return  # it is gone, or does not answer: a hole in the tree, its siblings are still there


def describe(node: Any, parent: int) -> dict[str, Any] | None:
    """Return one node's facts, None if it is not on the screen."""
    states = node.get_state_set()
    role = node.get_role_name()
    if role != "application" and not states.contains(Atspi.StateType.SHOWING):
        return None
    component = node.get_component_iface()
    box = None if component is None else extents(component.get_extents(Atspi.CoordType.SCREEN))
    image = node.get_image_iface()
    size = None if image is None else image.get_image_size()
    return {
        "parent": parent,
        "role": role,
        "name": node.get_name() or "",
        "box": box,
        "states": [name for name in STATES if states.contains(getattr(Atspi.StateType, name))],
        "attributes": dict(node.get_attributes() or {}),
        "image": None if size is None or size.x <= 0 else [size.x, size.y],
        "labels": labels_of(node),
        "words": words_of(node) if role in WITH_TEXT else [],
    }


def extents(rectangle: Any) -> list[int]:
    """Return left, top, right, bottom."""
    return [
        rectangle.x,
        rectangle.y,
        rectangle.x + rectangle.width,
        rectangle.y + rectangle.height,
    ]


def labels_of(node: Any) -> list[list[Any]]:
    """Return name and box of each visible label that names a node."""
    labels = []
    for relation in node.get_relation_set():
        if relation.get_relation_type() != Atspi.RelationType.LABELLED_BY:
            continue
        for index in range(relation.get_n_targets()):
            target = relation.get_target(index)
            component = target.get_component_iface()
            if component is not None and target.get_name():
                box = extents(component.get_extents(Atspi.CoordType.SCREEN))
                labels.append([target.get_name(), box])
    return labels


def words_of(node: Any) -> list[list[Any]]:
    """Return each word of a node's text with its own box."""
    text = node.get_text_iface()
    if text is None:
        return []
    count = text.get_character_count()
    whole = Atspi.Text.get_text(text, 0, min(count, 20_000))
    words = []
    for found in list(re.finditer(r"\S+", whole))[:MAX_WORDS]:
        place = Atspi.Text.get_range_extents(
            text, found.start(), found.end(), Atspi.CoordType.SCREEN
        )
        words.append([found.group(), extents(place)])
    return words


def main() -> int:
    """Print the trees of the applications with the given process ids, all of them without one."""
    Atspi.init()
    Atspi.set_timeout(CALL_TIMEOUT_MS, START_TIMEOUT_MS)
    wanted = {int(argument) for argument in sys.argv[1:]}
    desktop = Atspi.get_desktop(0)
    applications = []
    for index in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(index)
        try:
            if application is None or (wanted and application.get_process_id() not in wanted):
                continue
            nodes: list[dict[str, Any]] = []
            walk(application, -1, nodes)
            toolkit = application.get_toolkit_name()
        except GLib.Error:
            continue
        applications.append({"toolkit": toolkit, "nodes": nodes})
    json.dump(applications, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
