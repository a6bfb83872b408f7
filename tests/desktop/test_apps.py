"""Starting programs and waiting for their windows, on the virtual desktop."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from deskhand.memory.errors import ActionFailed, BadArgumentError, TakenOver
from deskhand.tools.desktop.apps import launch as launch_program
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.processes import started_at
from deskhand.tools.desktop.sandbox import Sandbox

Launch = Callable[..., Window]


def start(
    command: Sequence[str],
    *,
    env: dict[str, str] | None = None,
    windows: Callable[[], Sequence[Window]] = tuple,
    timeout_s: float = 30,
    sleep: Callable[[float], None] = time.sleep,
    on_start: Callable[[int], None] = lambda _pid: None,
) -> Window:
    """Launch without a desktop, or with one's windows."""
    return launch_program(
        command, env=env, windows=windows, timeout_s=timeout_s, sleep=sleep, on_start=on_start
    )


def script(folder: Path, name: str, body: str) -> str:
    """Write a shell script that can be run, and return its path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.desktop
@pytest.mark.parametrize(
    ("program", "app"),
    [("mousepad", "Mousepad"), ("featherpad", "FeatherPad"), ("xterm", "XTerm")],
)
def test_window_of_a_started_program_is_returned(launch: Launch, program: str, app: str) -> None:
    window = launch(program)
    assert window.app.lower() == app.lower()
    assert window.box.width > 100


@pytest.mark.desktop
def test_window_that_tells_no_process_is_found(launch: Launch, tmp_path: Path) -> None:
    code = "import tkinter; root = tkinter.Tk(); root.title('Tk here'); root.mainloop()"
    window = launch("/usr/bin/python3", "-c", code)
    assert window.title == "Tk here"


@pytest.mark.desktop
def test_arguments_reach_the_program_as_they_are(launch: Launch) -> None:
    # A shell would expand, split or execute every one of these.
    title = "$HOME `id`; a b * 'c' >x"
    assert launch("xterm", "-T", title).title == title


@pytest.mark.desktop
def test_file_of_a_program_that_runs_already_opens_in_its_new_window(
    launch: Launch, desktop: Desktop, tmp_path: Path
) -> None:
    first = launch("mousepad")
    note = tmp_path / "second.txt"
    note.write_text("second", encoding="utf-8")
    # The second process hands its file to the first and ends with 0.
    second = launch("mousepad", "--opening-mode=window", str(note))
    assert second.id != first.id
    assert second.pid == first.pid
    assert "second.txt" in second.title
    assert {first.id, second.id} <= {window.id for window in desktop.windows()}


@pytest.mark.desktop
def test_windows_open_fully_on_the_screen(launch: Launch, desktop: Desktop) -> None:
    for _ in range(4):
        box = launch("xterm").box
        assert box.intersect(desktop.box) == box


@pytest.mark.desktop
def test_program_without_a_window_is_ended(sandbox: Sandbox, desktop: Desktop) -> None:
    pids: list[int] = []
    with pytest.raises(ActionFailed) as caught:
        start(
            ["sleep", "600"], env=sandbox.env, windows=desktop.windows, timeout_s=0.5,
            on_start=pids.append,
        )  # fmt: skip
    assert str(caught.value) == "sleep showed no window in 0.5 s and was ended"
    assert started_at(pids[0]) is None


def test_program_that_does_not_exist_names_what_is_near(tmp_path: Path) -> None:
    script(tmp_path, "mousepad", "exit 0")
    with pytest.raises(ActionFailed) as caught:
        start(["mousepda"], env={"PATH": str(tmp_path)})
    assert str(caught.value) == ("there is no program 'mousepda' on PATH; did you mean 'mousepad'?")


def test_program_that_is_like_no_other_is_just_missing(tmp_path: Path) -> None:
    with pytest.raises(ActionFailed) as caught:
        start(["mousepad"], env={"PATH": str(tmp_path)})
    assert str(caught.value) == "there is no program 'mousepad' on PATH"


@pytest.mark.parametrize("command", [[], [""]])
def test_command_without_a_program_is_refused(command: list[str]) -> None:
    with pytest.raises(BadArgumentError) as caught:
        start(command)
    assert str(caught.value) == "launch needs the name of a program"


def test_program_that_ends_early_says_its_code_and_last_word(tmp_path: Path) -> None:
    broken = script(tmp_path, "broken", "echo starting >&2; echo no such display >&2; exit 3")
    with pytest.raises(ActionFailed) as caught:
        start([broken])
    assert str(caught.value) == f"{broken} ended with exit code 3 and no window: no such display"


def test_file_that_is_no_program_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"\x7fELF and no more")
    path.chmod(0o755)
    with pytest.raises(ActionFailed) as caught:
        start([str(path)])
    assert str(caught.value).startswith(f"{path} cannot be started: ")


def test_hands_that_are_stopped_stop_the_waiting() -> None:
    def stopped(_seconds: float) -> None:
        raise TakenOver("stopped: the panic file")

    pids: list[int] = []
    with pytest.raises(TakenOver):
        start(["sleep", "600"], sleep=stopped, on_start=pids.append)
    os.killpg(pids[0], signal.SIGKILL)


# --- which window is the program's: real processes, scripted windows


class Screen:
    """Shows one list of windows after another, the last one for good."""

    def __init__(self, *lists: Sequence[Window]) -> None:
        self._lists = list(lists)
        self.pid = 0

    def start(self, pid: int) -> None:
        self.pid = pid

    def windows(self) -> Sequence[Window]:
        shown = self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]
        return [replace(window, pid=self.pid) if window.pid == 0 else window for window in shown]


def window(number: int, *, pid: int | None, app: str = "Other") -> Window:
    """Return a window; process 0 stands for the launched program's own."""
    return Window(id=number, title=f"window {number}", app=app, pid=pid, box=Box(0, 0, 100, 100))


OLD = window(1, pid=None)
FOREIGN = window(2, pid=1)
ANONYMOUS = window(3, pid=None)
OWN = window(4, pid=0)
NAMED = window(5, pid=1, app="Sleep")


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([[OLD], [OLD], [OLD, OWN]], OWN),
        ([[OLD], [FOREIGN, OLD], [OWN, FOREIGN, OLD]], OWN),
        ([[OLD], [ANONYMOUS], [ANONYMOUS, OWN]], OWN),
        ([[OLD], [FOREIGN], [NAMED, FOREIGN]], NAMED),
        ([[OLD], [ANONYMOUS, OLD]], ANONYMOUS),
        ([[OLD], [FOREIGN, OLD]], FOREIGN),  # the best there is when time is up
    ],
)
def test_own_window_is_preferred(lists: list[list[Window]], expected: Window) -> None:
    screen = Screen(*lists)
    found = start(["sleep", "600"], windows=screen.windows, timeout_s=1.5, on_start=screen.start)
    os.killpg(screen.pid, signal.SIGKILL)
    assert found.id == expected.id


def test_window_of_a_running_instance_counts_once_the_launcher_left() -> None:
    screen = Screen([OLD], [OLD], [OLD], [OLD, FOREIGN])
    assert start(["true"], windows=screen.windows) == FOREIGN


def test_launcher_that_left_and_showed_nothing_is_told() -> None:
    with pytest.raises(ActionFailed) as caught:
        start(["true"], windows=lambda: [OLD], timeout_s=0.3)
    assert str(caught.value) == "true ended with exit code 0 and no window"
