"""What applications tell of themselves over AT-SPI: a process of its own, asked line by line.

Runs under any Python that has `gi`, by path and not as a part of deskhand: without a session bus
AT-SPI ends the process that asks, and an application that hangs blocks it. Answers each line
`{"seq": 1, "pids": [10], "budget_s": 0.2, "max_nodes": 2000}` on stdin with one line on stdout.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any  # gi ships no types

CALL_TIMEOUT_MS = 25
"""Of one question on the bus. libatspi asks up to four times for one call, and for most calls then
returns an empty answer and no error: only the time tells (version 2.46, measured)."""
REST_S = (0.5, 8.0)
"""First and longest time for which an application that did not answer is not asked again; doubled
each time. Most were busy for a moment only."""
MAX_CHILDREN = 300
MAX_NAME_CHARS = 200
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
Rectangle = tuple[int, int, int, int]
EVERYTHING = (-(10**6), -(10**6), 10**6, 10**6)


class OutOfTime(Exception):
    """The budget is used up."""


class Slow(Exception):
    """A call took as long as a call may take."""


@dataclass(frozen=True)
class Place:
    """Where something can show; handed down from what holds it."""

    clip: Rectangle = EVERYTHING
    window: Rectangle | None = None
    """The window of its application that it belongs to."""
    title: str = ""
    is_in_menu: bool = False
    """True for what opens in front of its window."""
    depth: int = 0


class Probe:
    """Walks the trees of applications.

    Args:
        atspi: The `Atspi` namespace of gi.
        error: What its calls raise.
        clock: Seconds, for all time limits.
    """

    def __init__(
        self,
        atspi: Any,
        error: type[Exception],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._atspi = atspi
        # A name need not be UTF-8, which gi takes it for.
        self._errors = (error, UnicodeError)
        self._clock = clock
        self._rests: dict[int, tuple[float, float]] = {}
        """Until when, and for how long, each application that did not answer is left alone."""

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the nodes of the applications asked for."""
        nodes: list[dict[str, Any]] = []
        deadline = self._clock() + asked["budget_s"]
        silent: list[int] = []
        is_whole = True
        try:
            for pid, application in self._applications(asked["pids"]):
                until, rest_s = self._rests.get(pid, (0.0, 0.0))
                if self._clock() < until:
                    silent.append(pid)
                    continue
                try:
                    self._check_alive(application)
                    self._walk(application, pid, nodes, deadline, asked["max_nodes"])
                except (Slow, *self._errors):
                    rest_s = min(max(REST_S[0], 2 * rest_s), REST_S[1])
                    self._rests[pid] = self._clock() + rest_s, rest_s
                    silent.append(pid)
                else:
                    self._rests.pop(pid, None)
        except OutOfTime:
            is_whole = False
        return {"seq": asked["seq"], "nodes": nodes, "whole": is_whole, "silent": silent}

    def _applications(self, pids: list[int]) -> list[tuple[int, Any]]:
        desktop = self._atspi.get_desktop(0)
        found = []
        for index in range(desktop.get_child_count()):
            try:
                application = desktop.get_child_at_index(index)
                # The bus answers this, not the application.
                pid = None if application is None else application.get_process_id()
            except self._errors:
                continue  # it has ended meanwhile
            if pid in pids:
                found.append((pids.index(pid), pid, application))
        return [(pid, application) for _, pid, application in sorted(found, key=lambda f: f[:2])]

    def _check_alive(self, application: Any) -> None:
        """Raise if an application does not answer."""
        # Else it is answered from memory.
        application.clear_cache()
        self._timed(application.get_role_name)

    def _timed(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call, and raise `Slow` if it took too long: some calls then return an empty answer."""
        began = self._clock()
        try:
            answer = call(*arguments)
        except self._errors:
            if self._clock() - began >= CALL_TIMEOUT_MS / 1000:
                raise Slow from None
            raise
        if self._clock() - began >= CALL_TIMEOUT_MS / 1000:
            raise Slow
        return answer

    def _walk(
        self, application: Any, pid: int, nodes: list[dict[str, Any]], deadline: float, most: int
    ) -> None:
        """Note what an application shows, in the order of its tree.

        Raises:
            OutOfTime: At the deadline, or with the last node that is wanted.
            Slow: If the application does not answer; what it has said is noted.
        """
        # No recursion: a page can nest its parts as deep as it likes.
        left: list[tuple[Any, int | None, Place]] = [(application, None, Place())]
        while left:
            if self._clock() > deadline or len(nodes) >= most:
                raise OutOfTime
            holder, index, place = left.pop()
            try:
                node = holder if index is None else self._timed(holder.get_child_at_index, index)
                inside = None if node is None else self._visit(node, pid, place, nodes)
                if inside is None:
                    continue
                count = min(self._timed(node.get_child_count), MAX_CHILDREN)
            except self._errors:
                continue  # it is gone: its siblings are still there
            left += [(node, index, inside) for index in reversed(range(count))]

    def _visit(
        self, node: Any, pid: int, place: Place, nodes: list[dict[str, Any]]
    ) -> Place | None:
        """Note a node that can be acted on; return where its children show, None for nowhere."""
        role = self._timed(node.get_role_name)
        below = replace(place, depth=place.depth + 1)
        if role == "application":
            return below
        kinds = self._atspi.StateType
        states = self._timed(node.get_state_set)
        if not states.contains(kinds.SHOWING):
            return None
        component = node.get_component_iface()
        if component is None:
            return below
        extents = self._timed(component.get_extents, self._atspi.CoordType.SCREEN)
        whole = (extents.x, extents.y, extents.x + extents.width, extents.y + extents.height)
        if place.depth == 1:
            below = replace(below, window=whole, title=self._name(node))
        box = (
            max(whole[0], place.clip[0]), max(whole[1], place.clip[1]),
            min(whole[2], place.clip[2]), min(whole[3], place.clip[3]),
        )  # fmt: skip
        # What a menu or list holds opens in front, outside of what it belongs to.
        opens = role in ("menu", "combo box")
        if box[2] <= box[0] or box[3] <= box[1]:
            return replace(below, clip=EVERYTHING, is_in_menu=True) if role == "menu" else None
        if role in ROLES:
            nodes.append(
                {
                    "pid": pid,
                    "role": ROLES[role],
                    "name": self._name(node),
                    "box": box,
                    "states": self._states(role, states),
                    "window": below.window,
                    "title": below.title,
                    "is_in_menu": place.is_in_menu,
                }
            )
        if opens:
            return replace(below, clip=EVERYTHING, is_in_menu=True)
        return replace(below, clip=EVERYTHING if role == "menu bar" else box)

    def _name(self, node: Any) -> str:
        return (self._timed(node.get_name) or "")[:MAX_NAME_CHARS]

    def _states(self, role: str, states: Any) -> list[str]:
        kinds = self._atspi.StateType
        found = []
        if role in WITH_CHECK and states.contains(kinds.INDETERMINATE):
            found.append("mixed")
        elif role in WITH_CHECK:
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
