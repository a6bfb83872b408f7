"""The virtual desktop: it starts, outlives its owner, is taken over, and leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from deskhand.memory.errors import ConfigError, DisplayError, MissingProgramError, RunError
from deskhand.tools.desktop.processes import started_at
from deskhand.tools.desktop.sandbox import Sandbox, parse_size

PATIENCE_S = 30.0

OWNER = """
import subprocess, sys, time
from deskhand.tools.desktop.sandbox import Sandbox

sandbox = Sandbox.start((640, 480), grace_s=float(sys.argv[1]))
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
program = subprocess.Popen(["xterm"], env=sandbox.env, start_new_session=True, **quiet)
sandbox.register(program.pid)
print(sandbox.folder, program.pid, flush=True)
time.sleep(600)
"""
ATTACH = """
import sys
from pathlib import Path
from deskhand.tools.desktop.sandbox import Sandbox

with Sandbox.attach(Path(sys.argv[1])) as sandbox:
    print(sandbox.display, sandbox.size)
"""
LOOK = """
from Xlib.display import Display

size = Display().screen().root.get_geometry()
print(size.width, size.height)
"""


def processes_of(folder: Path) -> set[int]:
    """Return the keeper, its children, and every program that was started for the desktop."""
    keeper = json.loads((folder / "lease.json").read_text(encoding="utf-8"))["keeper"]["pid"]
    found = {keeper, *(child.pid for child in psutil.Process(keeper).children(recursive=True))}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get("XAUTHORITY") == str(folder / "client.auth"):
                found.add(process.pid)
    return found


def wait_until_ended(pids: set[int]) -> set[int]:
    """Return those that still run after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while (left := {pid for pid in pids if started_at(pid) is not None}) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    return left


class Owner:
    """A process that owns a desktop with a program on it, and is killed."""

    def __init__(self, grace_s: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(grace_s)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        folder, program = self.process.stdout.readline().split()
        self.folder, self.program = Path(folder), int(program)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Iterator[Owner]:
    owner = Owner(request.param)
    yield owner
    owner.kill()
    with suppress(RunError):
        Sandbox.attach(owner.folder).close()


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_desktop_has_the_size_asked_for_and_its_own_key() -> None:
    with Sandbox.start((800, 600)) as virtual:
        look = [sys.executable, "-c", LOOK]
        seen = subprocess.run(look, env=virtual.env, capture_output=True, text=True, check=True)
        assert seen.stdout.split() == ["800", "600"]
        keyless = virtual.env | {"XAUTHORITY": os.devnull}
        assert subprocess.run(look, env=keyless, capture_output=True, check=False).returncode != 0
        assert virtual.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_programs_on_the_desktop_are_led_to_nothing_of_the_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus")
    with Sandbox.start((640, 480)) as virtual:
        assert "WAYLAND_DISPLAY" not in virtual.env
        assert virtual.env["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={virtual.folder / 'bus'}"
        assert virtual.env["DISPLAY"] == virtual.display
        assert virtual.env["PATH"] == os.environ["PATH"]


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_nothing_runs_after_close() -> None:
    virtual = Sandbox.start((640, 480))
    # A shell that ignores TERM, registered with nobody, in a session of its own.
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
        env=virtual.env, start_new_session=True,
    )  # fmt: skip
    program = subprocess.Popen(["mousepad"], env=virtual.env, start_new_session=True)
    virtual.register(program.pid)
    # A program shows its environment from its exec on.
    deadline = time.monotonic() + PATIENCE_S
    while not {stubborn.pid, program.pid} < (pids := processes_of(virtual.folder)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(pids) >= 6  # and the keeper with Xvfb, openbox, the bus
    virtual.close()
    virtual.close()
    stubborn.wait(PATIENCE_S)
    program.wait(PATIENCE_S)
    assert wait_until_ended(pids) == set()
    assert not virtual.folder.exists()


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_other_programs_of_the_same_job_are_left_alone() -> None:
    # As in `deskhand run … | tee log`: what serves the clipboard is in the pipeline's group.
    virtual = Sandbox.start((640, 480))
    leader = subprocess.Popen(["sleep", "600"], process_group=0)
    member = subprocess.Popen(["sleep", "600"], env=virtual.env, process_group=leader.pid)
    virtual.close()
    assert member.wait(PATIENCE_S) == -signal.SIGTERM
    assert leader.poll() is None
    leader.kill()
    leader.wait()


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("owner", [600.0], indirect=True)
def test_desktop_of_a_killed_owner_is_attached_and_closed_by_another(owner: Owner) -> None:
    owner.kill()
    pids = processes_of(owner.folder)
    assert owner.program in pids
    attach = [sys.executable, "-c", ATTACH, str(owner.folder)]
    said = subprocess.run(attach, capture_output=True, text=True, check=True).stdout
    assert said.endswith(" (640, 480)\n")
    assert wait_until_ended(pids) == set()


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("owner", [1.0], indirect=True)
def test_desktop_ends_when_its_owner_is_dead_for_the_grace_time(owner: Owner) -> None:
    pids = processes_of(owner.folder)
    owner.kill()
    assert wait_until_ended(pids) == set()
    with pytest.raises(RunError) as caught:
        Sandbox.attach(owner.folder)
    assert str(caught.value) == (f"the virtual desktop {owner.folder} is gone; start the task anew")


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("owner", [600.0], indirect=True)
def test_desktop_of_a_living_owner_is_not_attached(owner: Owner) -> None:
    with pytest.raises(RunError) as caught:
        Sandbox.attach(owner.folder)
    assert str(caught.value) == (
        f"the virtual desktop {owner.folder} is in use by process {owner.process.pid}"
    )


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_nothing_runs_after_its_keeper_is_killed() -> None:
    virtual = Sandbox.start((640, 480))
    keeper = json.loads((virtual.folder / "lease.json").read_text(encoding="utf-8"))["keeper"]
    pids = processes_of(virtual.folder)
    os.kill(keeper["pid"], signal.SIGKILL)
    assert wait_until_ended(pids) == set()
    assert not virtual.is_alive
    virtual.close()
    assert not virtual.folder.exists()


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_display_that_ends_takes_the_rest_along() -> None:
    virtual = Sandbox.start((640, 480))
    pids = processes_of(virtual.folder)
    names = {psutil.Process(pid).name(): pid for pid in pids}
    os.kill(names["Xvfb"], signal.SIGKILL)
    assert wait_until_ended(pids) == set()
    virtual.close()


@pytest.mark.desktop
@pytest.mark.usefixtures("sandbox")
def test_display_that_does_not_come_up_is_one_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "Xvfb"
    broken.write_text("#!/bin/sh\necho no memory for a screen >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    with pytest.raises(DisplayError) as caught:
        Sandbox.start()
    assert str(caught.value) == (
        "the virtual desktop did not start: Xvfb ended before it had a display"
    )
    assert list((tmp_path / "runtime").iterdir()) == []


def test_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingProgramError) as caught:
        Sandbox.start()
    assert str(caught.value) == (
        "'Xvfb' is not installed, needed for --sandbox; install it with: apt-get install xvfb"
    )


def test_folder_that_is_no_desktop_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        Sandbox.attach(tmp_path)
    assert str(caught.value) == f"the virtual desktop {tmp_path} is gone; start the task anew"


@pytest.mark.parametrize(("text", "size"), [("1280x800", (1280, 800)), ("1920X1080", (1920, 1080))])
def test_size_is_read(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "1280", "1280x", "x800", "12 80x800", "-1x5", "１２８０x800"])
def test_size_that_reads_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_size(text)
    assert str(caught.value) == (
        f"size is {text!r}; expected WIDTHxHEIGHT in pixels, such as 1280x800"
    )


@pytest.mark.parametrize("text", ["0x0", "319x240", "7681x4320"])
def test_size_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_size(text)
    assert str(caught.value) == f"size is {text}; expected between 320x240 and 7680x4320"
