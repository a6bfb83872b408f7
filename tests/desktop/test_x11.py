"""The X11 backend on the virtual desktop: what it sees is there, and what it does arrives."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.memory.errors import ActionFailed
from deskhand.tools.actions import Pause
from deskhand.tools.desktop.backend import Button, SavedClipboard, Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11 import X11Backend
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

APPS = Path(__file__).parents[1] / "apps"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has tkinter
PATIENCE_S = 15.0
SHIFT, LOCK, CONTROL = 1, 2, 4
"""Bits of an event's state in X11."""

Launch = Callable[..., Window]


def permit() -> Permit:
    return Gate().authorize(Pause(seconds=1), ActionContext())


def wait_until(is_so: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


class EventLog:
    """The window that writes down its events."""

    def __init__(self, desktop: Desktop, window: Window, path: Path) -> None:
        self.desktop = desktop
        self.window = window
        self._path = path
        wait_until(lambda: bool(self.of("placed")))
        _, self.left, self.top = self.of("placed")[-1]
        """Where the canvas begins, in desktop units, as the toolkit tells it."""
        wait_until(lambda: bool(self.of("focus")))

    def all(self) -> list[tuple[object, ...]]:
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return [tuple(json.loads(line)) for line in lines]

    def of(self, *kinds: str) -> list[tuple[object, ...]]:
        return [event for event in self.all() if event[0] in kinds]

    def expect(self, *events: tuple[object, ...]) -> None:
        """Wait until exactly these events of their kinds were logged."""
        kinds = [str(event[0]) for event in events]
        wait_until(lambda: len(self.of(*kinds)) >= len(events), lambda: self.all())
        assert self.of(*kinds) == list(events)

    def at(self, x: int, y: int) -> tuple[int, int]:
        assert isinstance(self.left, int)
        assert isinstance(self.top, int)
        return self.left + x, self.top + y


@pytest.fixture
def log(desktop: Desktop, launch: Launch, tmp_path: Path) -> EventLog:
    path = tmp_path / "events.jsonl"
    path.touch()
    window = launch(SYSTEM_PYTHON, str(APPS / "event_log.py"), str(path))
    return EventLog(desktop, window, path)


# --- eyes


def test_capture_is_what_is_drawn(desktop: Desktop, log: EventLog) -> None:
    left, top = log.at(0, 0)
    expected = np.full((120, 120, 3), 255, np.uint8)
    for colour, x, y in (
        ((255, 0, 0), 0, 0),
        ((0, 255, 0), 60, 0),
        ((0, 0, 255), 0, 60),
        ((0x12, 0x34, 0x56), 60, 60),
    ):
        expected[y : y + 60, x : x + 60] = colour
    region = Box(left, top, left + 120, top + 120)
    wait_until(lambda: np.array_equal(desktop.grab(region), expected))
    whole = desktop.capture()
    assert np.array_equal(whole.pixels[top : top + 120, left : left + 120], expected)
    assert np.array_equal(desktop.capture(region).pixels, expected)
    window = desktop.capture(log.window)
    inside = window.view.box_from_desktop(region)
    assert inside is not None
    assert np.array_equal(window.crop(inside).pixels, expected)


def test_one_monitor_is_the_primary_one(desktop: Desktop, sandbox: Sandbox) -> None:
    (monitor,) = desktop.monitors()
    assert (monitor.index, monitor.box, monitor.is_primary) == (
        1,
        Box.of_size(*sandbox.size),
        True,
    )


def test_window_is_described(desktop: Desktop, log: EventLog) -> None:
    (window,) = (window for window in desktop.windows() if window.id == log.window.id)
    assert (window.title, window.app) == ("Event log – ünïcode", "Eventlog")
    assert (window.is_active, window.is_minimized, window.is_dialog) == (True, False, False)
    left, top = log.at(0, 0)
    assert window.box.intersect(Box(left, top, left + 420, top + 320)) == Box(
        left, top, left + 420, top + 320
    )
    assert window.box.top < top  # the title bar is part of it


def test_dialog_is_known_as_one(desktop: Desktop, log: EventLog) -> None:
    desktop.input.press_keys(permit(), ("f2",))
    wait_until(lambda: any(window.title == "A dialog" for window in desktop.windows()))
    dialog = next(window for window in desktop.windows() if window.title == "A dialog")
    assert dialog.is_dialog
    assert dialog.client == log.window.client


def test_minimized_window_is_focused_again(desktop: Desktop, log: EventLog) -> None:
    def now() -> Window:
        return next(window for window in desktop.windows() if window.id == log.window.id)

    desktop.input.press_keys(permit(), ("f3",))
    wait_until(lambda: now().is_minimized)
    with pytest.raises(ActionFailed) as caught:
        desktop.capture(log.window)
    assert str(caught.value) == ('window "Event log – ünïcode" is not visible; focus it first')
    desktop.input.focus_window(permit(), log.window)
    assert (now().is_active, now().is_minimized) == (True, False)


def test_focus_raises_a_window(desktop: Desktop, log: EventLog, launch: Launch) -> None:
    other = launch("xterm")
    wait_until(lambda: desktop.active_window() is not None)
    for window in (log.window, other, log.window):
        desktop.input.focus_window(permit(), window)
        assert desktop.windows()[0].id == window.id


def test_focus_of_a_closed_window(desktop: Desktop, log: EventLog, launch: Launch) -> None:
    other = launch("xterm")
    subprocess.run(["xdotool", "windowkill", str(other.id)], check=True, timeout=PATIENCE_S)
    wait_until(lambda: all(window.id != other.id for window in desktop.windows()))
    with pytest.raises(ActionFailed, match=r"did not take the keyboard$"):
        desktop.input.focus_window(permit(), other)


# --- hands


@pytest.mark.parametrize(("button", "number"), [("left", 1), ("middle", 2), ("right", 3)])
def test_click_arrives(desktop: Desktop, log: EventLog, button: Button, number: int) -> None:
    place = log.at(33, 44)
    desktop.input.click(permit(), *place, button=button)
    log.expect(("press", number, *place), ("release", number))
    assert desktop.pointer() == place


def test_double_click_arrives(desktop: Desktop, log: EventLog) -> None:
    place = log.at(10, 10)
    desktop.input.click(permit(), *place, count=2)
    log.expect(("double", *place))
    assert len(log.of("press", "double")) == 2  # Tk tells the second press as the double one


def test_drag_arrives(desktop: Desktop, log: EventLog) -> None:
    start, end = log.at(20, 20), log.at(300, 200)
    desktop.input.drag(permit(), start, end)
    wait_until(lambda: bool(log.of("release")), log.all)
    events = log.of("press", "drag", "release")
    assert events[0] == ("press", 1, *start)
    assert events[-1] == ("release", 1)
    assert events[-2] == ("drag", *end)
    assert len(log.of("drag")) > 5  # a jump is no drag for most toolkits


@pytest.mark.parametrize(
    ("dx", "dy", "buttons"),
    [(0, 3, [5, 5, 5]), (0, -2, [4, 4]), (2, 0, [7, 7]), (-1, 0, [6]), (1, 1, [7, 5])],
)
def test_scroll_arrives(
    desktop: Desktop, log: EventLog, dx: int, dy: int, buttons: list[int]
) -> None:
    place = log.at(50, 50)
    desktop.input.scroll(permit(), dx, dy, at=place)
    log.expect(*(("press", button, *place) for button in buttons))


@pytest.mark.parametrize(
    ("keys", "events"),
    [
        (("a",), [("a", 0)]),
        (("ctrl", "s"), [("Control_L", 0), ("s", CONTROL)]),
        (("ctrl", "shift", "s"),
         [("Control_L", 0), ("Shift_L", CONTROL), ("S", SHIFT | CONTROL)]),
        # The plus is on the key of `=`: without its Shift it would be another key.
        (("+",), [("Shift_L", 0), ("plus", SHIFT)]),
        (("ctrl", "+"), [("Control_L", 0), ("Shift_L", CONTROL), ("plus", SHIFT | CONTROL)]),
        (("shift", "+"), [("Shift_L", 0), ("plus", SHIFT)]),
        (("<",), [("Shift_L", 0), ("less", SHIFT)]),
        (("pagedown",), [("Next", 0)]),
        (("f5",), [("F5", 0)]),
    ],
)  # fmt: skip
def test_keys_arrive(
    desktop: Desktop, log: EventLog, keys: tuple[str, ...], events: list[tuple[str, int]]
) -> None:
    desktop.input.press_keys(permit(), keys)
    log.expect(*(("key", *event) for event in events))
    wait_until(lambda: len(log.of("key up")) == len(events), log.all)


def test_key_the_layout_lacks(desktop: Desktop, log: EventLog) -> None:
    with pytest.raises(ActionFailed, match=r"^this keyboard layout has no key 'ж'$"):
        desktop.input.press_keys(permit(), ("ctrl", "ж"))
    log.expect(("key", "Control_L", 0), ("key up", "Control_L"))


def test_what_a_killed_process_left_pressed_is_released(desktop: Desktop, log: EventLog) -> None:
    subprocess.run(
        ["xdotool", "mousemove", *map(str, log.at(30, 30)), "mousedown", "1", "keydown", "shift"],
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    wait_until(lambda: bool(log.of("press")) and bool(log.of("key")), log.all)
    desktop.input.release_everything()
    wait_until(lambda: bool(log.of("release")) and bool(log.of("key up")), log.all)
    # Nothing else was let go of, for nothing else was down.
    assert log.of("release") == [("release", 1)]
    assert log.of("key up") == [("key up", "Shift_L")]


# --- text


@pytest.fixture
def field(desktop: Desktop, launch: Launch) -> Iterator[Window]:
    window = launch(SYSTEM_PYTHON, str(APPS / "tk_text.py"))
    wait_until(lambda: (active := desktop.active_window()) is not None and active.id == window.id)
    time.sleep(0.3)  # Tk takes the keyboard a little after the window manager gave it
    yield window


def typed(desktop: Desktop) -> str:
    """Return what the field holds, by its own copy."""
    marker = f"nothing copied {time.monotonic()}"
    desktop.input.set_clipboard(permit(), marker)
    desktop.input.press_keys(permit(), ("ctrl", "a"))
    desktop.input.press_keys(permit(), ("ctrl", "c"))
    wait_until(lambda: desktop.get_clipboard() != marker)
    return desktop.get_clipboard()


def mapping(desktop: Desktop) -> bytes:
    """Return the keyboard's map as the server has it, from outside of this process."""
    return subprocess.run(
        ["xkbcomp", os.environ["DISPLAY"], "-"], capture_output=True, timeout=PATIENCE_S, check=True
    ).stdout


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
def test_text_arrives(desktop: Desktop, field: Window, text: str) -> None:
    before = mapping(desktop)
    desktop.input.type_text(permit(), text)
    assert typed(desktop) == text
    assert mapping(desktop) == before


def test_text_arrives_under_caps_lock(desktop: Desktop, field: Window) -> None:
    text = "Mixed CASE, éÉ ñ жЖ λΛ ß 1+1=2"
    desktop.input.press_keys(permit(), ("capslock",))
    try:
        desktop.input.type_text(permit(), text)
    finally:
        desktop.input.press_keys(permit(), ("capslock",))
    assert typed(desktop) == text


def test_caps_lock_is_put_back(desktop: Desktop, log: EventLog) -> None:
    desktop.input.press_keys(permit(), ("capslock",))
    try:
        desktop.input.type_text(permit(), "ab")
        desktop.input.press_keys(permit(), ("c",))
    finally:
        desktop.input.press_keys(permit(), ("capslock",))
    letters = [event for event in log.of("key") if len(str(event[1])) == 1]
    assert letters == [("key", "a", 0), ("key", "b", 0), ("key", "C", LOCK)]


@pytest.mark.parametrize(
    ("layouts", "n_switches"), [("us,ru", 0), ("us,ru", 1), ("ru,us", 0), ("us,ru,gr", 2), ("de", 0)]
)
def test_text_arrives_whatever_layout_is_in_use(
    desktop: Desktop, field: Window, layouts: str, n_switches: int
) -> None:
    text = 'Latin "and" Кириллица, ёЁ № @#? äß'
    switching = ["-option", "", "-option", "grp:menu_toggle"]
    subprocess.run(
        ["setxkbmap", "-layout", layouts, *switching], check=True, timeout=PATIENCE_S
    )
    try:
        for _ in range(n_switches):
            subprocess.run(["xdotool", "key", "ISO_Next_Group"], check=True, timeout=PATIENCE_S)
        desktop.input.type_text(permit(), text)
    finally:
        subprocess.run(
            ["setxkbmap", "-layout", "us", "-option", ""], check=True, timeout=PATIENCE_S
        )
    assert typed(desktop) == text


def test_keys_a_killed_process_left_mapped_are_used_again(desktop: Desktop, field: Window) -> None:
    before = mapping(desktop)
    killed = """
import os, sys
from deskhand.tools.desktop.x11 import X11Backend
backend = X11Backend(os.environ["DISPLAY"])
backend.prepare_text(sys.argv[1])
os.kill(os.getpid(), 9)
"""
    done = subprocess.run(
        [sys.executable, "-c", killed, MANY],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == -9
    assert mapping(desktop) != before
    text = MANY[:3] + MANY[-25:]
    desktop.input.type_text(permit(), text)
    assert typed(desktop) == text
    assert mapping(desktop) == before


# --- clipboard


@pytest.mark.parametrize("text", ["", "plain", "naïve – 你好\n\t😀", "x" * 300_000])
def test_clipboard_text(desktop: Desktop, text: str) -> None:
    desktop.input.set_clipboard(permit(), text)
    assert desktop.get_clipboard() == text


@pytest.fixture
def backend(sandbox: Sandbox, desktop: Desktop) -> Iterator[X11Backend]:
    """A second one on the same display, for what only the text entry asks of it."""
    backend = X11Backend(sandbox.display)
    yield backend
    backend.close()
    backend.close()  # again is nothing


def test_clipboard_text_is_saved_and_restored(backend: X11Backend) -> None:
    backend.set_clipboard("mine – é")
    saved = backend.save_clipboard()
    backend.set_clipboard("ours")
    backend.restore_clipboard(saved)
    assert backend.get_clipboard() == "mine – é"


def test_clipboard_picture_is_saved_and_restored(backend: X11Backend) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), (1, 2, 3)).save(buffer, "PNG")
    picture = SavedClipboard(mime_type="image/png", content=buffer.getvalue())
    backend.restore_clipboard(picture)
    assert backend.get_clipboard() == ""
    assert backend.save_clipboard() == picture
    backend.set_clipboard("ours")
    backend.restore_clipboard(picture)
    assert backend.save_clipboard() == picture


def test_owner_of_the_clipboard_that_does_not_answer(
    desktop: Desktop, launch: Launch, backend: X11Backend
) -> None:
    owner = launch(SYSTEM_PYTHON, str(APPS / "clipboard_owner.py"))
    wait_until(lambda: backend.get_clipboard() == "owned")
    pid = int(owner.title.rpartition(" ")[2])
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(ActionFailed) as caught:
            backend.get_clipboard()
        assert str(caught.value) == (
            "the application that owns the clipboard did not answer in 3 s"
        )
    finally:
        os.kill(pid, signal.SIGCONT)
