"""What applications tell of themselves over AT-SPI: a process of its own, asked line by line.

Runs under any Python that has `gi`, by path and not as a part of deskhand: without a session bus
AT-SPI ends the process that asks, and an application that hangs blocks it. Answers each line
`{"seq": 1, "pids": [10], "budget_s": 0.2, "max_nodes": 2000}` on stdin with one line on stdout.
"""

import json
import sys
import time
from typing import Any  # gi ships no types

CALL_TIMEOUT_MS = 50
SKIP_S = 5.0
"""How long an application that did not answer is not asked again."""
MAX_CHILDREN = 300
ROLES = {
    "push button": "button", "button": "button", "toggle button": "button",
    "check box": "checkbox", "radio button": "radio", "toggle switch": "switch",
    "switch": "switch", "combo box": "combobox", "text": "textbox", "entry": "textbox",
    "password text": "textbox", "spin button": "spinbutton", "slider": "slider",
    "scroll bar": "scrollbar", "progress bar": "progressbar", "link": "link", "menu": "menuitem",
    "menu item": "menuitem", "check menu item": "menuitem", "radio menu item": "menuitem",
    "page tab": "tab", "list item": "option", "tree item": "treeitem", "table cell": "cell",
    "icon": "icon",
}  # fmt: skip
"""WAI-ARIA's names for AT-SPI's."""
WITH_CHECK = frozenset(
    ("check box", "radio button", "toggle switch", "switch", "check menu item", "radio menu item")
)
Clip = tuple[int, int, int, int]
EVERYTHING = (-(10**6), -(10**6), 10**6, 10**6)


class OutOfTime(Exception):
    """The budget is used up."""


class Probe:
    """Walks the trees of applications.

    Args:
        atspi: The `Atspi` namespace of gi.
        error: What its calls raise.
    """

    def __init__(self, atspi: Any, error: type[Exception]) -> None:
        self._atspi = atspi
        self._error = error
        self._silent: dict[int, float] = {}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the nodes of the applications asked for."""
        nodes: list[dict[str, Any]] = []
        deadline = time.monotonic() + asked["budget_s"]
        silent: list[int] = []
        is_whole = True
        try:
            for pid, application in self._applications(asked["pids"]):
                if self._silent.get(pid, 0.0) > time.monotonic():
                    silent.append(pid)
                    continue
                try:
                    application.clear_cache()
                    application.get_role_name()
                except self._error:
                    self._silent[pid] = time.monotonic() + SKIP_S
                    silent.append(pid)
                    continue
                self._walk(application, pid, EVERYTHING, nodes, deadline, asked["max_nodes"])
        except OutOfTime:
            is_whole = False
        return {"seq": asked["seq"], "nodes": nodes, "whole": is_whole, "silent": silent}

    def _applications(self, pids: list[int]) -> list[tuple[int, Any]]:
        desktop = self._atspi.get_desktop(0)
        found = []
        for index in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(index)
            if application is None:
                continue
            pid = application.get_process_id()  # the bus answers this, not the application
            if pid in pids:
                found.append((pids.index(pid), pid, application))
        return [(pid, application) for _, pid, application in sorted(found, key=lambda f: f[:2])]

    def _walk(
        self,
        node: Any,
        pid: int,
        clip: Clip,
        nodes: list[dict[str, Any]],
        deadline: float,
        most: int,
    ) -> None:
        if time.monotonic() > deadline or len(nodes) >= most:
            raise OutOfTime
        try:
            inside = self._visit(node, pid, clip, nodes)
            if inside is None:
                return
            for index in range(min(node.get_child_count(), MAX_CHILDREN)):
                child = node.get_child_at_index(index)
                if child is not None:
                    self._walk(child, pid, inside, nodes, deadline, most)
        except self._error:
            return  # it is gone, or does not answer: its siblings are still there

    def _visit(self, node: Any, pid: int, clip: Clip, nodes: list[dict[str, Any]]) -> Clip | None:
        """Note a node that can be acted on, and return what of its children may show."""
        role = node.get_role_name()
        if role == "application":
            return clip
        kinds = self._atspi.StateType
        states = node.get_state_set()
        if not states.contains(kinds.SHOWING):
            return None
        component = node.get_component_iface()
        if component is None:
            return clip
        place = component.get_extents(self._atspi.CoordType.SCREEN)
        box = (
            max(place.x, clip[0]), max(place.y, clip[1]),
            min(place.x + place.width, clip[2]), min(place.y + place.height, clip[3]),
        )  # fmt: skip
        if box[2] <= box[0] or box[3] <= box[1]:
            # A menu's items lie outside of the bar entry that they belong to.
            return EVERYTHING if role == "menu" else None
        if role in ROLES:
            nodes.append(
                {
                    "pid": pid,
                    "role": ROLES[role],
                    "name": node.get_name() or "",
                    "box": box,
                    "states": self._states(role, states),
                }
            )
        return EVERYTHING if role in ("menu", "combo box", "menu bar") else box

    def _states(self, role: str, states: Any) -> list[str]:
        kinds = self._atspi.StateType
        found = []
        if role in WITH_CHECK:
            found.append("checked" if states.contains(kinds.CHECKED) else "unchecked")
        if not states.contains(kinds.SENSITIVE):
            found.append("disabled")
        for name in ("SELECTED", "FOCUSED", "EXPANDED"):
            if states.contains(getattr(kinds, name)):
                found.append(name.lower())
        return found


def main() -> None:
    """Answer questions until stdin ends."""
    import gi  # type: ignore[import-not-found,unused-ignore]

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib  # type: ignore[import-not-found,unused-ignore]

    Atspi.init()
    Atspi.set_timeout(CALL_TIMEOUT_MS, CALL_TIMEOUT_MS)
    # The first question starts the bus, which takes longer than a look may.
    Atspi.get_desktop(0).get_child_count()
    probe = Probe(Atspi, GLib.Error)
    say({"ready": True})
    for line in sys.stdin:
        say(probe.answer(json.loads(line)))


def say(answer: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
