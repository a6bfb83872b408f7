"""Text arrives whatever the keyboard is set to, and the keyboard stays as it was."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from Xlib.display import Display

from deskhand.tools.actions import Pause
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11 import X11Backend
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

TK_APP = Path(__file__).parents[1] / "apps" / "tk_text.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has tkinter
PATIENCE_S = 20.0
SHIFT, LOCK, BUTTON_1 = 1 << 0, 1 << 1, 1 << 8
"""Bits of the pointer's state in X11."""

Launch = Callable[..., Window]


def permit() -> Permit:
    return Gate().authorize(Pause(seconds=1), ActionContext())


@pytest.fixture
def state(sandbox: Sandbox, desktop: Desktop) -> Iterator[Callable[[], int]]:
    """Tell which modifiers and buttons are down, as the server has it."""
    display = Display(sandbox.display)
    yield lambda: int(display.screen().root.query_pointer().mask)
    display.close()


@pytest.fixture
def field(desktop: Desktop, launch: Launch) -> Window:
    """A text field that has the keyboard."""
    window = launch(SYSTEM_PYTHON, str(TK_APP))
    # Tk takes the keyboard some time after the window manager gave it.
    deadline = time.monotonic() + PATIENCE_S
    is_ready = False
    while not is_ready:
        assert time.monotonic() < deadline, "the field takes no keys"
        desktop.input.press_keys(permit(), ("x",))
        is_ready = typed(desktop, patience_s=0.5).startswith("x")
    desktop.input.press_keys(permit(), ("delete",))
    return window


def typed(desktop: Desktop, *, patience_s: float = PATIENCE_S) -> str:
    """Return what the field holds, by its own copy, or that there was nothing to copy."""
    marker = f"nothing copied {time.monotonic()}"
    desktop.input.set_clipboard(permit(), marker)
    desktop.input.press_keys(permit(), ("ctrl", "a"))
    desktop.input.press_keys(permit(), ("ctrl", "c"))
    deadline = time.monotonic() + patience_s
    while (text := desktop.get_clipboard()) == marker and time.monotonic() < deadline:
        time.sleep(0.02)
    return text


def keyboard_map() -> bytes:
    """Return the keyboard's map as the server has it."""
    return subprocess.run(
        ["xkbcomp", os.environ["DISPLAY"], "-"],
        capture_output=True, timeout=PATIENCE_S, check=True,
    ).stdout  # fmt: skip


MANY = "".join(map(chr, range(0x4E00, 0x4E00 + 45)))
"""More new symbols than a layout has spare keys."""


@pytest.mark.parametrize(
    "text",
    [
        "plain <ASCII> \"with\" 'all' ~`!@#$%^&*()_+-=[]{}\\|;:,./?",
        "naïve – 你好 € ñ Ж ß",
        "first\tsecond\n\nfourth",
        f"before {MANY} between {MANY[::-1]} after",
    ],
)
def test_text_arrives_and_the_map_is_as_it_was(desktop: Desktop, field: Window, text: str) -> None:
    before = keyboard_map()
    desktop.input.type_text(permit(), text)
    assert typed(desktop) == text
    assert keyboard_map() == before


def test_text_arrives_under_caps_lock_which_is_put_back(
    desktop: Desktop, field: Window, state: Callable[[], int]
) -> None:
    text = "Mixed CASE, éÉ ñ жЖ λΛ ß 1+1=2"
    desktop.input.press_keys(permit(), ("capslock",))
    try:
        assert state() & LOCK
        desktop.input.type_text(permit(), text)
        assert state() & LOCK
    finally:
        desktop.input.press_keys(permit(), ("capslock",))
    assert not state() & LOCK
    assert typed(desktop) == text


@pytest.mark.parametrize(
    ("layouts", "n_switches"),
    [("de", 0), ("us,ru", 0), ("us,ru", 1), ("ru,us", 0), ("us,ru,gr", 2)],
)
def test_text_arrives_whatever_layout_is_in_use(
    desktop: Desktop, field: Window, state: Callable[[], int], layouts: str, n_switches: int
) -> None:
    text = 'Latin "and" Кириллица, ёЁ № @#? äß'
    subprocess.run(
        ["setxkbmap", "-layout", layouts, "-option", "grp:menu_toggle"],
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    try:
        for _ in range(n_switches):
            desktop.input.press_keys(permit(), ("menu",))
        assert state() >> 13 == n_switches
        desktop.input.type_text(permit(), text)
        assert state() >> 13 == n_switches
    finally:
        subprocess.run(
            ["setxkbmap", "-layout", "us", "-option", ""], check=True, timeout=PATIENCE_S
        )
    assert typed(desktop) == text


KILLED = """
import os, sys
from deskhand.tools.desktop.x11 import X11Backend
X11Backend().prepare_text(sys.argv[1])
os.kill(os.getpid(), 9)
"""


def test_keys_a_killed_process_left_mapped_are_used_again(desktop: Desktop, field: Window) -> None:
    before = keyboard_map()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, MANY],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == -9
    assert keyboard_map() != before
    text = MANY[:3] + MANY[-25:]
    desktop.input.type_text(permit(), text)
    assert typed(desktop) == text
    assert keyboard_map() == before


def test_what_a_killed_process_left_pressed_is_released(
    desktop: Desktop, state: Callable[[], int]
) -> None:
    subprocess.run(
        ["xdotool", "mousemove", "5", "700", "mousedown", "1", "keydown", "shift"],
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert state() == SHIFT | BUTTON_1
    desktop.input.release_everything()
    assert state() == 0


def test_closing_twice_is_nothing_and_the_other_lives_on(
    desktop: Desktop, sandbox: Sandbox
) -> None:
    backend = X11Backend(sandbox.display)
    backend.grab(Box(0, 0, 5, 5))
    backend.close()
    backend.close()
    assert desktop.pointer() == desktop.pointer()
    assert desktop.grab(Box(0, 0, 5, 4)).shape == (4, 5, 3)


def test_monitors(desktop: Desktop, sandbox: Sandbox) -> None:
    (monitor,) = desktop.monitors()
    assert (monitor.index, monitor.box) == (1, Box.of_size(*sandbox.size))
    assert monitor.is_primary  # also where the server, as this one, chose none
