"""What the guarded hands send is what a real window gets."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.memory.errors import ActionFailed, DisplayError
from deskhand.tools.actions import PressKeys
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11 import X11Backend
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

APP = Path(__file__).parent.parent / "apps" / "event_log.py"
SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE_S = 20.0


def permit() -> Permit:
    return Gate().authorize(PressKeys(keys=("a",)), ActionContext())


class Log:
    """The events that the window got."""

    def __init__(self, path: Path, window: Window) -> None:
        self.path = path
        self.window = window

    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()[1:]

    def wait(self, is_there: Callable[[list[str]], object]) -> list[str]:
        deadline = time.monotonic() + PATIENCE_S
        while not is_there(self.lines()):
            assert time.monotonic() < deadline, f"waited in vain; the window got {self.lines()}"
            time.sleep(0.02)
        return self.lines()


@pytest.fixture
def log(launch: Callable[..., Window], desktop: Desktop, tmp_path: Path) -> Iterator[Log]:
    path = tmp_path / "events"
    path.touch()
    window = launch(SYSTEM_PYTHON, str(APP), str(path))
    log = Log(path, window)
    deadline = time.monotonic() + PATIENCE_S
    while path.read_text(encoding="utf-8") != "ready\n":
        assert time.monotonic() < deadline, "the window did not come up"
        time.sleep(0.02)
    desktop.input.focus_window(permit(), window)
    yield log
    subprocess.run(["setxkbmap", "us"], check=True, timeout=10)


def test_clicks_arrive_where_they_were_aimed(log: Log, desktop: Desktop) -> None:
    desktop.input.click(permit(), 320, 260)
    desktop.input.click(permit(), 450, 300, button="right")
    lines = log.wait(lambda lines: "release 3 450 300" in lines)
    assert lines == [
        "press 1 320 260", "release 1 320 260", "press 3 450 300", "release 3 450 300"
    ]  # fmt: skip


def test_a_double_click_is_taken_for_one(log: Log, desktop: Desktop) -> None:
    desktop.input.click(permit(), 320, 260, count=2)
    log.wait(lambda lines: "double 1 320 260" in lines)


def test_a_drag_passes_through_the_places_between(log: Log, desktop: Desktop) -> None:
    desktop.input.drag(permit(), (300, 250), (500, 400))
    lines = log.wait(lambda lines: "release 1 500 400" in lines)
    assert lines[0] == "press 1 300 250"
    places = [tuple(map(int, line.split()[1:])) for line in lines if line.startswith("drag")]
    assert places[-1] == (500, 400)
    assert places == sorted(places)
    assert any(310 < x < 490 for x, _ in places)


def test_the_wheel_turns_in_all_four_directions(log: Log, desktop: Desktop) -> None:
    desktop.input.scroll(permit(), 0, 2, at=(320, 260))
    desktop.input.scroll(permit(), 0, -1)
    desktop.input.scroll(permit(), 1, 0)
    desktop.input.scroll(permit(), -1, 0)
    lines = log.wait(lambda lines: len([line for line in lines if line.startswith("rel")]) == 5)
    assert [line.split()[1] for line in lines if line.startswith("press")] == list("55476")


def test_keys_are_held_together_and_released(log: Log, desktop: Desktop) -> None:
    desktop.input.press_keys(permit(), ("ctrl", "shift", "s"))
    lines = log.wait(lambda lines: "up Control_L" in lines)
    assert [line.split()[1] for line in lines] == [
        "Control_L", "Shift_L", "S", "S", "Shift_L", "Control_L"
    ]  # fmt: skip
    assert lines[2] == "down S 5"  # Shift is 1, Control is 4


@pytest.mark.parametrize(
    ("key", "keysym"),
    [
        ("+", "plus"), ("=", "equal"), ("<", "less"), ("?", "question"), ("f12", "F12"),
        ("pageup", "Prior"), ("delete", "Delete"), ("menu", "Menu"),
    ],
)  # fmt: skip
def test_a_key_arrives_as_the_one_that_was_named(
    log: Log, desktop: Desktop, key: str, keysym: str
) -> None:
    desktop.input.press_keys(permit(), ("ctrl", key))
    lines = log.wait(lambda lines: "up Control_L" in lines)
    pressed = [line.split()[1:] for line in lines if line.startswith("down")]
    assert pressed[-1][0] == keysym
    assert int(pressed[-1][1]) & 4  # Control


@pytest.mark.parametrize("layout", ["us", "de", "fr", "ru", "us,ru"])
def test_a_shortcut_is_the_same_on_every_layout(
    log: Log, desktop: Desktop, layout: str
) -> None:
    """Pressed is the key that has the letter, wherever the layout puts it."""
    subprocess.run(["setxkbmap", layout], check=True, timeout=10)
    time.sleep(0.3)
    if layout == "ru":
        with pytest.raises(ActionFailed, match=r"^this keyboard layout has no key 'z'$"):
            desktop.input.press_keys(permit(), ("ctrl", "z"))
        log.wait(lambda lines: "up Control_L" in lines)
        return
    desktop.input.press_keys(permit(), ("ctrl", "z"))
    lines = log.wait(lambda lines: "up Control_L" in lines)
    assert "down z 4" in lines


def test_a_process_has_one_display(sandbox: Sandbox, desktop: Desktop) -> None:
    with Sandbox.start((320, 240)) as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAUTHORITY", other.variables["XAUTHORITY"])
        patch.setenv("DISPLAY", sandbox.display)
        with pytest.raises(DisplayError) as caught:
            X11Backend(other.display)
    assert str(caught.value) == (
        f"this process uses display {sandbox.display} already; a process has one desktop, "
        f"use another process for {other.display}"
    )


@pytest.mark.parametrize("display", [":93", "nonsense", "localhost:93"])
def test_a_display_that_is_not_there_is_one_line(display: str) -> None:
    code = (
        "from deskhand.tools.desktop.x11 import X11Backend\n"
        "from deskhand.memory.errors import DisplayError\n"
        "try:\n    X11Backend()\nexcept DisplayError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"DISPLAY": display, "PATH": "/usr/bin"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"display {display} cannot be opened: ")
    assert line.endswith("; check DISPLAY, or use --sandbox")
    assert "b'" not in line
