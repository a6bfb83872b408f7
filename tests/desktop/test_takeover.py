"""A person takes over while the hands type into a real window: they stop, and stay stopped."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.memory.errors import TakenOver
from deskhand.tools.actions import Pause
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

PATIENCE_S = 30.0
LONG = "some words that take a while to type, over and over again. " * 8
Launch = Callable[..., Window]


def permit() -> Permit:
    return Gate().authorize(Pause(seconds=1), ActionContext())


class Typing:
    """Text being typed on another thread, as in a run."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.error: TakenOver | None = None
        self._thread = threading.Thread(target=self._type)

    def _type(self) -> None:
        try:
            with self.desktop.takeover.watching():
                while True:
                    self.desktop.input.type_text(permit(), LONG)
        except TakenOver as error:
            self.error = error

    def start(self) -> None:
        self._thread.start()
        time.sleep(0.3)
        assert self._thread.is_alive()

    def end(self) -> TakenOver:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the typing went on"
        assert self.error is not None
        return self.error


@pytest.fixture
def typing(desktop: Desktop, launch: Launch) -> Iterator[Typing]:
    window = launch("xterm", "-e", "cat")
    desktop.input.focus_window(permit(), window)
    desktop.input.move(permit(), 640, 400)
    typing = Typing(desktop)
    typing.start()
    yield typing
    desktop.takeover.trip("the test is over")
    typing.end()
    desktop.takeover.resume()


def test_moved_mouse_stops_the_typing(desktop: Desktop, typing: Typing) -> None:
    subprocess.run(["xdotool", "mousemove", "200", "150"], check=True, timeout=PATIENCE_S)
    error = typing.end()
    assert str(error) == "stopped: the mouse was moved by someone else; resume the run to go on"
    with pytest.raises(TakenOver):  # the latch holds
        desktop.input.type_text(permit(), "x")
    with pytest.raises(TakenOver):
        desktop.input.click(permit(), 300, 300)
    assert desktop.pointer() == (200, 150)
    desktop.takeover.resume()
    with desktop.takeover.watching():
        desktop.input.type_text(permit(), "x")
        desktop.input.click(permit(), 300, 300)
    assert desktop.pointer() == (300, 300)


def test_panic_file_stops_the_typing(desktop: Desktop, typing: Typing) -> None:
    panic_file = desktop.takeover._panic_file
    panic_file.touch()
    try:
        error = typing.end()
        assert str(error) == (
            f"stopped: the panic file {panic_file} is there; resume the run to go on"
        )
        with pytest.raises(TakenOver):
            desktop.takeover.resume()
    finally:
        panic_file.unlink()
    desktop.takeover.resume()
    desktop.input.type_text(permit(), "x")


def test_failsafe_corner_stops_the_typing(desktop: Desktop, typing: Typing) -> None:
    subprocess.run(["xdotool", "mousemove", "0", "0"], check=True, timeout=PATIENCE_S)
    try:
        error = typing.end()
        # Ours sees it, or pyautogui's own check between our look and the key: whichever is first.
        assert str(error) in (
            "stopped: the pointer is in the top left corner (failsafe); resume the run to go on",
            "stopped: the pointer is in a corner of the screen (failsafe); resume the run to go on",
        )
        desktop.takeover.resume()
        # Without a watcher, pyautogui's own check still stands, and closes the latch as well.
        with pytest.raises(TakenOver):
            desktop.input.press_keys(permit(), ("x",))
        assert desktop.takeover.reason == "the pointer is in a corner of the screen (failsafe)"
    finally:
        subprocess.run(["xdotool", "mousemove", "640", "400"], check=True, timeout=PATIENCE_S)
    desktop.takeover.resume()
    desktop.input.press_keys(permit(), ("x",))


CHILD = f"""
import os, sys, time
from pathlib import Path
from deskhand.memory.errors import TakenOver
from deskhand.tools.actions import Pause
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.takeover import stopping_on_sigint
from deskhand.tools.safety.gate import Gate
from deskhand.tools.safety.policy import ActionContext

desktop = Desktop.open(panic_file=Path(sys.argv[1]))
permit = Gate().authorize(Pause(seconds=1), ActionContext())
with stopping_on_sigint(desktop.takeover), desktop.takeover.watching():
    try:
        print("typing", flush=True)
        while True:
            desktop.input.type_text(permit, {LONG!r})
    except TakenOver as error:
        print(error, flush=True)
    time.sleep(60)
"""


def test_ctrl_c_stops_the_typing_and_a_second_one_the_program(
    desktop: Desktop, launch: Launch, tmp_path: Path
) -> None:
    desktop.input.focus_window(permit(), launch("xterm", "-e", "cat"))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "panic")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ),
    )  # fmt: skip
    with child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "typing\n"
            time.sleep(0.3)
            child.send_signal(signal.SIGINT)
            assert child.stdout.readline() == "stopped: Ctrl-C; resume the run to go on\n"
            child.send_signal(signal.SIGINT)
            assert child.wait(PATIENCE_S) == -signal.SIGINT
        finally:
            child.kill()
