"""Starting applications and waiting for their window."""

import difflib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from ...memory.errors import ActionFailed
from .backend import Window

POLL_S = 0.05


def launch(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None,
    windows: Callable[[], Sequence[Window]],
    timeout_s: float,
    sleep: Callable[[float], None],
    on_start: Callable[[int], None] = lambda _pid: None,
) -> Window:
    """Start a program and return its window once it is there.

    Args:
        command: Program and arguments; no shell reads them.
        env: The program's environment; None for this process's own.
        windows: Lists the windows.
        timeout_s: How long to wait for a window.
        sleep: Sleeps, or raises when the hands are stopped.
        on_start: Told the process id, which is also its process group.

    Raises:
        ActionFailed: If the program does not exist, ends early, or shows no window in time. A
            program that showed no window is ended.
    """
    program = shutil.which(command[0], path=(os.environ if env is None else env).get("PATH"))
    if program is None:
        near = difflib.get_close_matches(command[0], _programs(), n=3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ActionFailed(f"there is no program {command[0]!r} on PATH{hint}")
    known = {window.id for window in windows()}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [program, *command[1:]],
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
        on_start(process.pid)
        window = _wait_for_window(process, known, windows, timeout_s, sleep)
        if window is not None:
            return window
        status = process.poll()
        log.seek(0)
        said = log.read().decode("utf-8", "replace").strip().splitlines()
    if status is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        raise ActionFailed(f"{command[0]} showed no window in {timeout_s:g} s and was ended")
    last = f": {said[-1]}" if said else ""
    raise ActionFailed(f"{command[0]} ended with exit code {status} and no window{last}")


def _wait_for_window(
    process: subprocess.Popen[bytes],
    known: set[int],
    windows: Callable[[], Sequence[Window]],
    timeout_s: float,
    sleep: Callable[[float], None],
) -> Window | None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        new = [window for window in windows() if window.id not in known]
        if new:
            own = _family(process.pid)
            # A launcher that hands over to a running instance has no window of its own.
            return next((window for window in new if window.pid in own), new[0])
        if process.poll() not in (None, 0):
            return None
        sleep(POLL_S)
    return None


def _family(pid: int) -> frozenset[int]:
    """Return the process and all its descendants."""
    try:
        process = psutil.Process(pid)
        return frozenset({pid, *(child.pid for child in process.children(recursive=True))})
    except psutil.NoSuchProcess:
        return frozenset({pid})


def _programs() -> list[str]:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    names: set[str] = set()
    for folder in folders:
        with suppress(OSError):
            names.update(path.name for path in folder.iterdir())
    return sorted(names)
