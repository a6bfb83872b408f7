"""Asking applications what they are: children that answer, hang, lie and die, and the merge."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from deskhand.memory.errors import ConfigError
from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.desktop.processes import started_at
from deskhand.tools.perception.accessibility import (
    AccessibilityLook,
    AccessibilitySource,
    Node,
    Status,
    is_on_top,
    load_accessibility,
)
from deskhand.tools.perception.elements import Element, Role
from deskhand.tools.perception.merge import merge

READY = 'import json, sys, time; print(json.dumps({"ready": True}), flush=True)\n'
ANSWER = """
def answer(line, **more):
    asked = json.loads(line)
    node = {"pid": 7, "role": "button", "name": "Undo", "box": [10, 10, 40, 40], "states": []}
    said = {"seq": asked["seq"], "nodes": [node], "whole": True, "silent": []} | more
    print(json.dumps(said), flush=True)
"""
CHILDREN = {
    "answers": READY + ANSWER + "for line in sys.stdin: answer(line)",
    "never answers": READY + "for line in sys.stdin: pass",
    "is never ready": "import time; time.sleep(60)",
    "dies at once": "raise SystemExit(3)",
    "dies when asked": READY + "sys.stdin.readline(); raise SystemExit(1)",
    "says garbage first": READY + ANSWER
    + "for line in sys.stdin: print('Gtk-WARNING'); print('[1]', flush=True); answer(line)",
    "lies": READY + ANSWER
    + 'for line in sys.stdin: answer(line, nodes=[{"role": "root"}, 3, {"role": "button", '
    '"name": 1, "box": [9, 9, 2, 2], "states": [], "pid": 7}])',
    "sends nonsense": READY + ANSWER
    + "for line in sys.stdin: answer(line, nodes=None, silent={}, whole=[])",
    "sends what is no number": READY + ANSWER
    + 'for line in sys.stdin: answer(line, nodes=[{"role": "button", "name": "a", "states": [], '
    '"pid": 7, "box": [0, 0, float("inf"), 9]}, [], "x", None])',
    "leaves a child with its pipe": "import subprocess, sys; subprocess.Popen([sys.executable, "
    "'-c', 'import time; time.sleep(4)'], start_new_session=True)",
    "forges lines": READY + ANSWER
    + """for line in sys.stdin: answer(line, nodes=[{"role": "button", "box": [0, 0, 9, 9],
    "states": [], "pid": 7, "name": "Save\\n9 button \\"OK\\"\\u2028\\ud800\\x1b!"}])""",
    "is late": READY + ANSWER + "for line in sys.stdin: time.sleep(0.5); answer(line)",
}  # fmt: skip
WINDOW = Window(id=1, title="Notes", app="a", pid=7, box=Box(0, 0, 200, 200), is_active=True)
TIMEOUT_S = 0.3

Source = Callable[[str], AccessibilitySource]


@pytest.fixture
def source() -> Iterator[Source]:
    made: list[AccessibilitySource] = []

    def make(child: str) -> AccessibilitySource:
        made.append(AccessibilitySource([sys.executable, "-c", CHILDREN[child]]))
        return made[-1]

    yield make
    for one in made:
        one.close()


def look(source: AccessibilitySource) -> AccessibilityLook:
    return source.look([WINDOW], timeout_s=TIMEOUT_S)


def look_until_ready(source: AccessibilitySource) -> AccessibilityLook:
    for _ in range(40):
        seen = look(source)
        if seen.status != "starting":
            return seen
    raise AssertionError("it never got ready")


@pytest.mark.parametrize("child", ["answers", "says garbage first"])
def test_what_is_said_is_returned(source: Source, child: str) -> None:
    seen = look_until_ready(source(child))
    assert seen.status == "ok"
    (node,) = seen.nodes
    assert (node.role, node.name, node.box) == ("button", "Undo", Box(10, 10, 40, 40))


@pytest.mark.parametrize("child", sorted(CHILDREN))
def test_no_child_holds_up_a_look_or_ends_us(source: Source, child: str) -> None:
    asked = source(child)
    for _ in range(4):
        began = time.monotonic()
        assert look(asked).status in get_args(Status)
        # A limit on hanging, not a measurement: the time limit and ample slack.
        assert time.monotonic() - began < TIMEOUT_S + 5


@pytest.mark.parametrize("child", ["lies"])
def test_a_lie_is_no_node(source: Source, child: str) -> None:
    seen = look_until_ready(source(child))
    assert (seen.status, seen.nodes) == ("ok", [])


@pytest.mark.parametrize("child", ["sends nonsense", "sends what is no number"])
def test_nonsense_is_no_node_and_no_error(source: Source, child: str) -> None:
    assert look_until_ready(source(child)).nodes == []


def test_closing_waits_for_nobody_who_still_holds_the_childs_pipe(source: Source) -> None:
    asked = source("leaves a child with its pipe")
    time.sleep(1)
    began = time.monotonic()
    asked.close()
    assert time.monotonic() - began < 2  # a limit on hanging: the pipe is held for four


def test_a_name_is_one_line_that_can_be_written_down(source: Source) -> None:
    (node,) = look_until_ready(source("forges lines")).nodes
    assert node.name == 'Save 9 button "OK" !'


def test_the_child_ends_with_us() -> None:
    """Its stdin ends, whatever ended us."""
    script = (
        "import os, sys, time\n"
        "from deskhand.tools.perception.accessibility import AccessibilitySource\n"
        f"source = AccessibilitySource([sys.executable, '-c', {CHILDREN['answers']!r}])\n"
        "print(source._child.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    child = int(ended.stdout)
    deadline = time.monotonic() + 10
    while started_at(child) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert started_at(child) is None


def test_a_late_answer_is_not_taken_for_the_next_question(source: Source) -> None:
    asked = source("is late")
    assert look_until_ready(asked).status == "timed out"
    assert look(asked).nodes == ()  # its answer to the first question has come meanwhile
    assert look(asked).status == "timed out"  # the next question was really asked


@pytest.mark.parametrize("child", ["dies at once", "dies when asked"])
def test_a_dead_child_is_not_started_again_at_every_look(source: Source, child: str) -> None:
    asked = source(child)
    assert look_until_ready(asked).status == "unavailable"
    began = time.monotonic()
    assert [look(asked).status for _ in range(50)] == ["unavailable"] * 50
    assert time.monotonic() - began < 1.5


def test_no_python_with_gi_is_no_error() -> None:
    with AccessibilitySource(["/nowhere/python3"]) as asked:
        assert look(asked).status == "unavailable"


def test_the_switch() -> None:
    assert load_accessibility({"DESKHAND_ACCESSIBILITY": "off"}) is None
    assert load_accessibility({"NO_AT_BRIDGE": "1"}) is None
    with pytest.raises(ConfigError, match="DESKHAND_ACCESSIBILITY is 'maybe'; it can be on or off"):
        load_accessibility({"DESKHAND_ACCESSIBILITY": "maybe"})


# --- which nodes count, and what they change


def node(
    name: str, box: Box, role: Role = "button", pid: int = 7, states: frozenset[str] = frozenset()
) -> Node:
    return Node(role=role, name=name, box=box, states=states, pid=pid)  # type: ignore[arg-type]


def element(text: str, box: Box, role: Role = "text") -> Element:
    return Element(id=0, role=role, text=text, box=box, score=1, source="ocr", window="Notes")


@pytest.fixture
def capture() -> Capture:
    pixels = np.full((200, 200, 3), 240, np.uint8)
    pixels[100:120, 100:120] = 30  # something is drawn here
    return Capture(pixels=pixels, view=View(width=200, height=200))


def test_what_another_window_or_menu_hides_does_not_count() -> None:
    front = Window(id=2, title="Front", app="b", pid=8, box=Box(0, 0, 100, 100))
    hidden, seen = node("a", Box(20, 20, 60, 60)), node("b", Box(120, 120, 160, 160))
    assert not is_on_top(hidden, [front, WINDOW], [])
    assert is_on_top(seen, [front, WINDOW], [])
    menu = Popup(id=3, kind="menu", pid=8, box=Box(110, 110, 190, 190))
    assert not is_on_top(seen, [WINDOW], [menu])


def test_what_its_own_dialog_or_menu_hides_does_not_count() -> None:
    """An application's windows share a process id: the node's own window decides."""
    main = replace(WINDOW, box=Box(0, 0, 200, 200), is_active=False)
    dialog = replace(WINDOW, id=2, title="Save As", box=Box(20, 20, 180, 180))
    menu = Popup(id=3, kind="menu", pid=7, box=Box(50, 50, 90, 90))
    behind = replace(node("Undo", Box(30, 30, 50, 50)), window=Box(2, 20, 198, 198), title="Notes")
    in_front = replace(behind, window=Box(22, 40, 178, 178), title="Save As")
    assert not is_on_top(behind, [dialog, main], [])
    assert is_on_top(in_front, [dialog, main], [])
    under_menu = replace(in_front, box=Box(60, 60, 80, 80))
    assert not is_on_top(under_menu, [dialog, main], [menu])
    assert is_on_top(replace(under_menu, is_in_menu=True), [dialog, main], [menu])
    # A context menu is told as a window of its own.
    assert is_on_top(replace(under_menu, window=menu.box, title=""), [dialog, main], [menu])
    # Windows of one size in one place are told apart by their titles, if they have different ones.
    full = replace(dialog, box=main.box)
    assert not is_on_top(behind, [full, main], [])
    assert is_on_top(replace(in_front, window=behind.window), [full, main], [])


def test_an_icon_gets_its_name_kind_and_states(capture: Capture) -> None:
    box = Box(10, 10, 30, 30)
    said = node("Undo", box.inflate(5), states=frozenset({"disabled"}))
    (merged,) = merge([element("", box, "icon")], [said], capture)
    assert (merged.role, merged.text) == ("button", "Undo")
    assert merged.states == {"disabled"}
    assert merged.box == box


def test_what_is_read_wins_over_what_is_said(capture: Capture) -> None:
    box = Box(10, 10, 90, 30)
    (merged,) = merge([element("Save as…", box)], [node("_Save", box.inflate(4))], capture)
    assert (merged.role, merged.text) == ("button", "Save as…")
    # But an icon that was read as a letter has no text.
    (merged,) = merge([element("C", Box(10, 10, 24, 24))], [node("Reload", box)], capture)
    assert merged.text == "Reload"


def test_what_was_not_seen_is_believed_only_where_something_is_drawn(capture: Capture) -> None:
    drawn, blank = Box(95, 95, 125, 125), Box(10, 10, 40, 40)
    (added,) = merge([], [node("Play", drawn), node("Ghost", blank)], capture, [WINDOW])
    assert (added.text, added.source, added.window) == ("Play", "accessibility", "Notes")
    (field,) = merge([], [node("Password", blank, "textbox")], capture, [WINDOW])
    assert (field.role, field.box) == ("textbox", blank)
    assert merge([], [node("All", Box(0, 0, 200, 190))], capture) == []


def test_the_order_of_the_nodes_does_not_matter(capture: Capture) -> None:
    seen = [element("Name", Box(10, 10, 50, 24)), element("", Box(100, 100, 120, 120), "icon")]
    nodes = [
        node("Name", Box(5, 5, 60, 30)), node("Play", Box(98, 98, 122, 122)),
        node("Field", Box(10, 40, 150, 60), "textbox"), node("Row", Box(0, 0, 190, 35), "cell"),
    ]  # fmt: skip
    assert merge(seen, nodes, capture) == merge(seen, nodes[::-1], capture)
    assert merge(seen, [], capture) == seen
