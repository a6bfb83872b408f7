"""Opening a display: one a process, and one line where there is none."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.memory.errors import DisplayError
from deskhand.tools.actions import PressKeys
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11 import X11Backend
from deskhand.tools.safety.gate import Gate
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

EVENT_LOG = Path(__file__).parent.parent / "apps" / "event_log.py"
SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE_S = 20.0
CONTROL = 4


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
    code = """
from deskhand.memory.errors import DisplayError
from deskhand.tools.desktop.x11 import X11Backend
try:
    X11Backend()
except DisplayError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"DISPLAY": display, "PATH": "/usr/bin"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"display {display} cannot be opened: ")
    assert line.endswith("; check DISPLAY, or use --sandbox")
    assert "b'" not in line


def test_a_sandbox_that_forbids_us_is_one_line(sandbox: Sandbox) -> None:
    code = "from deskhand.tools.desktop.x11 import X11Backend; X11Backend()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DISPLAY": sandbox.display, "PATH": "/usr/bin", "XAUTHORITY": "/dev/null"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == (
        f"deskhand.memory.errors.DisplayError: display {sandbox.display} cannot be opened: "
        "Authorization required, but no authorization protocol specified; "
        "check DISPLAY, or use --sandbox"
    )


@pytest.fixture
def layout() -> Iterator[Callable[[str], None]]:
    """Set the layout of the keyboard; it is the American one again afterwards."""

    def set_layout(name: str) -> None:
        subprocess.run(["setxkbmap", "-layout", name], check=True, timeout=PATIENCE_S)

    yield set_layout
    set_layout("us")


@pytest.mark.parametrize("name", ["us", "de", "fr", "us,ru"])
def test_a_shortcut_is_the_key_that_has_the_letter(
    name: str,
    layout: Callable[[str], None],
    launch: Callable[..., Window],
    desktop: Desktop,
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.jsonl"
    path.touch()
    layout(name)
    launch(SYSTEM_PYTHON, str(EVENT_LOG), str(path))

    def events() -> list[list[object]]:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def wait_for(event: list[object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while event not in events():
            assert time.monotonic() < deadline, events()
            time.sleep(0.02)

    wait_for(["focus"])
    permit = Gate().authorize(PressKeys(keys=("ctrl", "z")), ActionContext())
    desktop.input.press_keys(permit, ("ctrl", "z"))
    wait_for(["key", "z", CONTROL])
