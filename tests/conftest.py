"""A virtual desktop for the tests that need one, closed sockets, and guards on what tests leave."""

import atexit
import gc
import importlib
import os
import shutil
import socket
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from deskhand.memory.errors import MissingProgramError, ModelUnavailable
from deskhand.tools.desktop.apps import launch as launch_program
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups
from deskhand.tools.desktop.sandbox import PROGRAMS, Sandbox
from deskhand.tools.models.store import default_root, find_model

FOLDERS = ("agent", "memory", "tools")
NEEDED_BY_MARKER = {"desktop": PROGRAMS, "browser": (("chromium", "chromium"),)}
"""Program and Debian package, whatever process of the test starts it."""
SIZE = (1280, 800)
MODELS = default_root(os.environ)
"""Where the models of whoever runs the tests lie."""
WINDOW_TIMEOUT_S = 60.0
END_PATIENCE_S = 5.0
MARK = "DESKHAND_TEST_SESSION"
"""Every process that a test starts inherits this variable, however it detaches itself."""


class ClosedSocket(AssertionError):
    """A test reached for the network. No OSError, so that no code under test swallows it."""


# --- models


@pytest.fixture(scope="session")
def gguf() -> Path:
    """The local planner's weights; a test that takes them is marked `models`."""
    return pulled("qwen2.5-coder-1.5b")


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """The sentence model's folder; a test that takes it is marked `models`."""
    return pulled("minilm-l6")


@pytest.fixture(scope="session")
def whisper_folder() -> Path:
    """The speech model's folder; a test that takes it is marked `models`."""
    return pulled("whisper-base")


def pulled(name: str) -> Path:
    """Return a model that is here; else skip the test, or fail it where everything must be."""
    try:
        return find_model(name, root=MODELS)
    except ModelUnavailable as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def _no_belongings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no test's outcome hang on what somebody has pulled or seen."""
    monkeypatch.setenv("DESKHAND_MODELS", str(tmp_path / "no models"))
    monkeypatch.setenv("DESKHAND_MEMORY", str(tmp_path / "memory of a test"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state of a test"))


# --- the virtual desktop


def need(error: MissingProgramError) -> None:
    """Skip a test for lack of a program; fail it where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for what a test's markers need before its fixtures start anything."""
    for marker, programs in NEEDED_BY_MARKER.items():
        for program, package in programs:
            if item.get_closest_marker(marker) is not None and shutil.which(program) is None:
                what_for = f"tests marked {marker}"
                need(MissingProgramError(program, debian=package, needed_for=what_for))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The virtual desktop of this session; `os.environ` names it.

    pyautogui takes its display from the environment as it is imported, once a process: every test
    of this process that acts shares this desktop.
    """
    with Sandbox.start(SIZE) as sandbox, pytest.MonkeyPatch.context() as patch:
        for name in ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_SESSION_ID"):
            patch.delenv(name, raising=False)
        for name, value in sandbox.variables.items():
            patch.setenv(name, value)
        yield sandbox


@pytest.fixture(scope="session")
def desktop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """The open desktop of the sandbox."""
    with warnings.catch_warnings():
        # pyautogui's own modules leave pipes to the garbage collector as they are imported.
        warnings.simplefilter("ignore", ResourceWarning)
        importlib.import_module("pyautogui")
        gc.collect()
    panic_file = tmp_path_factory.mktemp("panic") / "panic"
    with Desktop.open(sandbox.display, panic_file=panic_file) as desktop:
        yield desktop


@pytest.fixture
def launch(sandbox: Sandbox, desktop: Desktop) -> Iterator[Callable[..., Window]]:
    """Start a program on the sandbox: `launch("mousepad", "file.txt")` returns its window.

    What was started is ended with the test, whole process groups.
    """
    groups: list[int] = []

    def start(
        *command: str, env: dict[str, str] | None = None, timeout_s: float = WINDOW_TIMEOUT_S
    ) -> Window:
        if shutil.which(command[0]) is None:
            need(MissingProgramError(command[0], debian=command[0], needed_for="this test"))
        return launch_program(
            command,
            env=sandbox.env | (env or {}),
            windows=desktop.windows,
            timeout_s=timeout_s,
            sleep=time.sleep,
            on_start=groups.append,
        )

    known = {window.id for window in desktop.windows()}
    yield start
    end_groups(groups, patience_s=END_PATIENCE_S)
    deadline = time.monotonic() + END_PATIENCE_S
    while {window.id for window in desktop.windows()} - known and time.monotonic() < deadline:
        time.sleep(0.05)
    desktop.takeover.resume()


# --- guards


@pytest.fixture(autouse=True)
def _closed_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach beyond this machine, except where it needs weights from elsewhere."""
    if request.node.get_closest_marker("models") is not None:
        return
    connect = socket.socket.connect
    look_up = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check_loopback(address[0])
        connect(self, address)

    # Any: the signature is passed through unread.
    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        check_loopback(host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


def check_loopback(host: str | bytes | None) -> None:
    """Refuse a host that is not this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and name not in ("localhost", "::1", "") and not name.startswith("127."):
        raise ClosedSocket(f"a test reached for {name!r}; only loopback is open")


def pytest_configure(config: pytest.Config) -> None:
    os.environ[MARK] = uuid.uuid4().hex
    # What pyautogui holds open until the process ends is no leak of a test; all others were told.
    atexit.register(setattr, sys, "unraisablehook", lambda _details: None)
    # python-xlib leaves the authority file to the garbage collector at every connection.
    config.addinivalue_line("filterwarnings", "ignore:unclosed file:ResourceWarning:Xlib.xauth")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when tests left a process running, or imported a folder under its bare name as well."""
    complaints = [f"left running by the tests: {line}" for line in left_running()]
    stray = sorted(name for name in sys.modules if name.split(".")[0] in FOLDERS)
    if stray:
        complaints.append(f"imported under a bare name, not deskhand.*: {', '.join(stray)}")
    if complaints:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        sys.stderr.write("\n" + "\n".join(complaints) + "\n")


def left_running() -> list[str]:
    """Return the processes of this test session that do not end by themselves at once."""
    deadline = time.monotonic() + END_PATIENCE_S
    while (alive := marked_processes()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return alive


def marked_processes() -> list[str]:
    """Return number and command of each process that carries this session's mark."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == os.environ[MARK]:
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
    return found
