"""Accessibility (AT-SPI) as a source of elements: asked in a child process, bounded in time.

Whatever the child meets (no bus, no `gi`, an application that hangs, a crash in a library) costs a
look at most its time limit and never ends deskhand.
"""

import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

from ...memory.errors import BadArgumentError, ConfigError
from ..desktop.backend import Popup, Window
from ..desktop.geometry import Box
from .elements import Role, State

SWITCH = "DESKHAND_ACCESSIBILITY"
PROBE = Path(__file__).with_name("accessibility_probe.py")
TIMEOUT_S = 0.3
BUDGET_SHARE = 0.6
"""Of the time limit, for walking; the rest is for a last call that hangs, and the answer's way."""
MAX_NODES = 2000
START_S = 10.0
"""Patience with a child that loads its libraries; looks do not wait for it."""
HUNG_S = 2.0
"""A child that answers no question for so long is ended."""
RESTART_S = (2.0, 60.0)
"""First and longest pause before a child that failed is started again; doubled each time."""
SAME_WINDOW_IOU = 0.5
SYSTEM_PYTHON = "/usr/bin/python3"

Status = Literal["ok", "partial", "starting", "timed out", "unavailable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What an application says of one of its controls."""

    role: Role
    name: str
    box: Box
    """In desktop units."""
    states: frozenset[State]
    pid: int
    window: Box | None = None
    """The window of its application that it belongs to, in desktop units, without a frame; None
    where that is not told."""
    title: str = ""
    """Of that window."""
    is_in_menu: bool = False
    """True for what opens in front of its window: items of a menu or a drop-down list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessibilityLook:
    """What came of asking."""

    nodes: Sequence[Node] = ()
    status: Status
    silent: Sequence[int] = ()
    """Process ids of applications that did not answer."""


class AccessibilitySource:
    """Asks the applications on a display.

    Args:
        command: Starts the child; by default the probe under a Python that has `gi`.
        env: The child's environment; ours if None.
    """

    def __init__(
        self, command: Sequence[str] | None = None, *, env: Mapping[str, str] | None = None
    ) -> None:
        self._command = list(command or probe_command())
        self._env = None if env is None else dict(env)
        self._child: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._is_ready = False
        self._late_since: float | None = None
        self._started_at = 0.0
        self._next_start = 0.0
        self._pause_s = RESTART_S[0]
        self._seq = 0
        self._start()

    def look(
        self,
        windows: Sequence[Window],
        popups: Sequence[Popup] = (),
        *,
        timeout_s: float = TIMEOUT_S,
        max_nodes: int = MAX_NODES,
    ) -> AccessibilityLook:
        """Return what the owners of the windows say is showing. Never raises.

        Args:
            windows: Topmost first; the active one's application is asked first.
            popups: Topmost first.
            timeout_s: It takes no longer than this and a few milliseconds.
            max_nodes: No more are returned.
        """
        if self._child is None:
            self._start()
        if not self._await_ready(timeout_s):
            return AccessibilityLook(status="unavailable" if self._child is None else "starting")
        shown = [window for window in windows if not window.is_minimized and window.pid]
        pids = [w.pid for w in sorted(shown, key=lambda window: not window.is_active)]
        self._seq += 1
        asked = {
            "seq": self._seq, "pids": list(dict.fromkeys(pids)),
            "budget_s": timeout_s * BUDGET_SHARE, "max_nodes": max_nodes,
        }  # fmt: skip
        answer = self._ask(asked, timeout_s)
        if answer is None:
            return AccessibilityLook(status="unavailable" if self._child is None else "timed out")
        self._pause_s = RESTART_S[0]
        return AccessibilityLook(
            nodes=[
                node
                for record in _listed(answer.get("nodes"))
                if (node := _as_node(record)) and is_on_top(node, windows, popups)
            ],
            status="ok" if answer.get("whole") else "partial",
            silent=tuple(p for p in _listed(answer.get("silent")) if isinstance(p, int)),
        )

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        self._is_ready, self._late_since = False, None
        if child is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdin is not None:
            with suppress(OSError):
                child.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def _start(self) -> None:
        if time.monotonic() < self._next_start:
            return
        try:
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._env,
                text=True,
                start_new_session=True,
            )
        except OSError:
            self._fail()
            return
        self._child = child
        self._started_at = time.monotonic()
        # Of its own: what an earlier child still says is for nobody.
        self._answers = queue.Queue()
        threading.Thread(target=_collect, args=(child, self._answers), daemon=True).start()

    def _fail(self) -> None:
        self.close()
        self._next_start = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, RESTART_S[1])

    def _await_ready(self, timeout_s: float) -> bool:
        if self._child is None:
            return False
        if self._is_ready:
            return True
        try:
            said = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            if time.monotonic() - self._started_at > START_S:
                self._fail()
            return False
        if said is None or not said.get("ready"):
            self._fail()
            return False
        self._is_ready = True
        return True

    def _ask(self, asked: Mapping[str, Any], timeout_s: float) -> dict[str, Any] | None:
        """Return the answer to this very question; None if it does not come in time.

        A child that is late with an earlier one is not asked until it has answered that, which it
        may do at a later look; in the end it counts as hung.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            if self._late_since is None and not self._send(asked):
                return None
            try:
                said = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                if time.monotonic() - (self._late_since or deadline) > HUNG_S:
                    self._fail()
                return None
            if said is None:
                self._fail()
                return None
            if "seq" in said:
                self._late_since = None
                # What was true at an earlier question need not be true now.
                if said["seq"] == asked["seq"]:
                    return said

    def _send(self, asked: Mapping[str, Any]) -> bool:
        assert self._child is not None
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(asked) + "\n")
            self._child.stdin.flush()
        except (OSError, ValueError):
            self._fail()
            return False
        self._late_since = time.monotonic()
        return True


def load_accessibility(env: Mapping[str, str] | None = None) -> AccessibilitySource | None:
    """Return the source for this desktop; None where it is switched off or there is none.

    `DESKHAND_ACCESSIBILITY=off` switches it off.

    Raises:
        ConfigError: If the switch says neither on nor off.
    """
    own = os.environ if env is None else env
    switch = own.get(SWITCH, "on").lower()
    if switch not in ("on", "off"):
        raise ConfigError(f"{SWITCH} is {switch!r}; it can be on or off")
    if switch == "off" or sys.platform != "linux" or own.get("NO_AT_BRIDGE") == "1":
        return None
    return AccessibilitySource(env=env)


def probe_python() -> str:
    """Return a Python that has `gi`: this one, else the system's."""
    return sys.executable if importlib.util.find_spec("gi") is not None else SYSTEM_PYTHON


def probe_command() -> list[str]:
    """Return the command that starts the probe."""
    python = probe_python()
    # Variables and packages that are meant for this Python are not for the system's.
    isolated = ["-I"] if python == SYSTEM_PYTHON else []
    return [python, *isolated, str(PROBE)]


def is_on_top(node: Node, windows: Sequence[Window], popups: Sequence[Popup]) -> bool:
    """Tell whether a node's middle is seen: AT-SPI calls showing what another window hides.

    The window or menu in front may be the same application's.
    """
    x, y = node.box.centre
    for popup in popups:
        if popup.box.contains(x, y):
            is_its_window = node.window is None or node.window.iou(popup.box) > SAME_WINDOW_IOU
            return popup.pid in (None, node.pid) and (node.is_in_menu or is_its_window)
    for window in windows:
        if not window.is_minimized and window.box.contains(x, y):
            return window == owner_of(node, windows)
    return False


def owner_of(node: Node, windows: Sequence[Window]) -> Window | None:
    """Return the window that a node belongs to, None if it is not among these.

    Args:
        node: The node.
        windows: Topmost first.
    """
    own = [window for window in windows if window.pid == node.pid and not window.is_minimized]
    x, y = node.box.centre

    def fit(window: Window) -> tuple[bool, float]:
        if node.window is None:
            return window.box.contains(x, y), float(window.is_active)
        return bool(node.title) and window.title == node.title, window.box.iou(node.window)

    return max(own, key=fit, default=None)


def _collect(child: "subprocess.Popen[str]", answers: "queue.Queue[dict[str, Any] | None]") -> None:
    """Pass on what a child says, None once it has ended; what is no answer is dropped.

    The pipe is closed here and not by `close`, which would wait for whoever else holds it open.
    """
    assert child.stdout is not None
    with suppress(OSError, ValueError), child.stdout:
        for line in child.stdout:
            with suppress(ValueError, RecursionError):
                said = json.loads(line)
                if isinstance(said, dict):
                    answers.put(said)
    answers.put(None)


def _as_node(record: Any) -> Node | None:
    """Return a node, None for what is none: the child's words are no more trusted than a screen."""
    try:
        if record["role"] not in get_args(Role):
            return None
        window = record.get("window")
        return Node(
            role=record["role"],
            name=_one_line(record["name"]),
            box=_as_box(record["box"]),
            states=frozenset(s for s in record["states"] if s in get_args(State)),
            pid=int(record["pid"]),
            window=None if window is None else _as_box(window),
            title=str(record.get("title", "")),
            is_in_menu=record.get("is_in_menu") is True,
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, BadArgumentError):
        return None


def _as_box(sides: Any) -> Box:
    left, top, right, bottom = (int(side) for side in sides)
    return Box(left, top, right, bottom)


def _one_line(name: Any) -> str:
    """Return a name as it could stand on a screen: one line that can be shown and written down."""
    blank = (c if c.isprintable() else " " for c in str(name))
    return " ".join("".join(blank).split())


def _listed(value: Any) -> Sequence[Any]:
    """Return a list the child was to send, empty if it is none."""
    return value if isinstance(value, list) else ()
