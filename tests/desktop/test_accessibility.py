"""Real applications over AT-SPI: one that tells, one that hangs, and no bus at all."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.accessibility import AccessibilityLook, AccessibilitySource, Node
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.parse import load_parser

pytestmark = pytest.mark.desktop

Launch = Callable[..., Window]
Keys = Callable[..., None]
HUNG_APP = Path(__file__).parent.parent / "apps" / "hung_accessible.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has gi
TIMEOUT_S = 1.0
TELLING = {"NO_AT_BRIDGE": "0", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
"""Lets applications tell of themselves, which they do not do in a sandbox by default."""


@pytest.fixture
def keys(sandbox: Sandbox) -> Keys:
    """Press keys beside deskhand's own hands, which are not what is tested here."""

    def press(*names: str) -> None:
        subprocess.run(["xdotool", "key", *names], env=sandbox.env, check=True, timeout=20)

    return press


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[AccessibilitySource]:
    with AccessibilitySource(env=sandbox.env | TELLING) as source:
        yield source


def look_until(source: AccessibilitySource, desktop: Desktop, name: str) -> AccessibilityLook:
    """Return the first whole look with this name while no window or menu came or went."""
    for _ in range(30):
        scene = (desktop.windows(), desktop.popups())
        seen = source.look(*scene, timeout_s=TIMEOUT_S)
        is_whole = seen.status == "ok" and (desktop.windows(), desktop.popups()) == scene
        if is_whole and name in {node.name for node in seen.nodes}:
            return seen
        time.sleep(0.2)
    pytest.fail(f"nobody told of {name!r}: {seen}")


def observe_until(
    source: AccessibilitySource, desktop: Desktop, role: str, text: str
) -> Observation:
    """Return the first look with this element: on a busy machine an application may be late."""
    parser = load_parser()
    for _ in range(10):
        seen = Observer(desktop, parser, source).observe()
        if (role, text) in kinds(seen):
            return seen
        time.sleep(0.2)
    pytest.fail(f"no {role} {text!r}: {kinds(seen)}")


def menu_of(desktop: Desktop) -> Popup:
    """Return the one menu that is open, once it is."""
    for _ in range(30):
        menus = [popup for popup in desktop.popups() if popup.kind == "menu"]
        if menus:
            (menu,) = menus
            return menu
        time.sleep(0.1)
    pytest.fail("no menu has opened")


def kinds(seen: Observation) -> set[tuple[str, str]]:
    return {(element.role, element.text) for element in seen.elements}


def test_a_look_has_what_applications_tell(
    source: AccessibilitySource, launch: Launch, desktop: Desktop
) -> None:
    launch("galculator", env=TELLING)
    look_until(source, desktop, "Calculator")
    plain = Observer(desktop, load_parser()).observe()
    told = observe_until(source, desktop, "menuitem", "File")
    assert ("menuitem", "Help") in kinds(told)
    # What was read is all there still.
    texts = {element.text for element in plain.elements}
    assert texts <= {element.text for element in told.elements}


def test_an_application_that_hangs_hides_no_other(
    source: AccessibilitySource, launch: Launch, desktop: Desktop
) -> None:
    launch("mousepad", "--disable-server", env=TELLING)
    hung = launch("galculator", env=TELLING)
    look_until(source, desktop, "Document")
    assert hung.pid is not None
    os.kill(hung.pid, signal.SIGSTOP)
    try:
        seen = look_until(source, desktop, "Document")
        assert hung.pid in seen.silent
    finally:
        os.kill(hung.pid, signal.SIGCONT)


def test_one_that_hangs_in_the_middle_of_its_answer_hides_no_other(
    source: AccessibilitySource, launch: Launch, desktop: Desktop
) -> None:
    launch("mousepad", "--disable-server", env=TELLING)
    hung = launch(SYSTEM_PYTHON, str(HUNG_APP), env=TELLING)
    look_until(source, desktop, "After")
    assert hung.pid is not None
    os.kill(hung.pid, signal.SIGUSR1)
    for _ in range(3):
        seen = look_until(source, desktop, "Document")
        assert hung.pid in seen.silent


def test_what_its_own_dialog_hides_is_not_there(
    source: AccessibilitySource, launch: Launch, desktop: Desktop, keys: Keys
) -> None:
    launch("featherpad", "--standalone", env=TELLING)
    look_until(source, desktop, "Undo")
    keys("ctrl+shift+s")
    seen = look_until(source, desktop, "Parent Directory")
    dialog, window = (
        next(w for w in desktop.windows() if w.title.startswith(title))
        for title in ("Save as", "Untitled")
    )
    assert [n.name for n in seen.nodes if n.title == window.title and _lies_in(n, dialog)] == []
    told = observe_until(source, desktop, "button", "Parent Directory")
    assert not {"Undo", "Redo", "Reload"} & {e.text for e in told.elements}
    keys("Escape")


def _lies_in(node: Node, window: Window) -> bool:
    return window.box.contains(*node.box.centre)


def test_a_menu_is_told_and_what_it_hides_is_not(
    source: AccessibilitySource, launch: Launch, desktop: Desktop, keys: Keys
) -> None:
    launch("galculator", env=TELLING)
    before = {node.name for node in look_until(source, desktop, "sqrt").nodes}
    assert {*"0123456789", "AC", "sqrt"} <= before
    keys("alt+v")
    menu = menu_of(desktop)  # its items may be told of before it is there
    seen = look_until(source, desktop, "Basic Mode")
    under = {node.name for node in seen.nodes if menu.box.contains(*node.box.centre)}
    assert {"Basic Mode", "Scientific Mode", "Paper Mode"} <= under
    assert not {"C", "AC"} & under
    keys("Escape")


def test_a_menu_bar_is_cut_into_its_menus(
    source: AccessibilitySource, launch: Launch, desktop: Desktop
) -> None:
    launch("mousepad", "--disable-server", env=TELLING)
    look_until(source, desktop, "Document")
    elements = observe_until(source, desktop, "menuitem", "Document").elements
    bar = [element.text for element in elements if element.role == "menuitem"]
    assert bar == ["File", "Edit", "Search", "View", "Document", "Help"]
    assert not [e.text for e in elements if e.role == "text" and "Search" in e.text]


def test_without_a_bus_there_is_only_what_is_seen(launch: Launch, desktop: Desktop) -> None:
    launch("galculator")
    bare = {"PATH": os.environ["PATH"], "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    with AccessibilitySource(env=bare) as source:
        observer = Observer(desktop, load_parser(), source)
        texts = {element.text for element in observer.observe().elements}
        assert "sqrt" in texts
