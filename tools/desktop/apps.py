"""Starting applications and waiting for their window."""

import difflib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from ...memory.errors import ActionFailed, BadArgumentError
from .backend import Window
from .processes import end_groups, family, spawn

POLL_S = 0.05
END_PATIENCE_S = 2.0
ANONYMOUS_PATIENCE_S = 0.5
"""How long a new window that tells no process id waits for one that is surely the program's: a
dialog of something that was running already may come up first."""


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
        BadArgumentError: If the command is empty.
        ActionFailed: If the program does not exist, cannot be started, ends early, or shows no
            window in time. A program that showed no window is ended.
    """
    program = _find_program(command, os.environ if env is None else env)
    known = {window.id for window in windows()}
    with tempfile.TemporaryFile() as log:
        try:
            process = spawn([program, *command[1:]], env=env, log=log)
        except (OSError, ValueError) as error:
            raise ActionFailed(f"{command[0]} cannot be started: {error}") from error
        on_start(process.pid)
        window = _wait_for_window(process, command[0], known, windows, timeout_s, sleep)
        if window is not None:
            return window
        status = process.poll()
        end_groups([process.pid], patience_s=END_PATIENCE_S)
        how = (
            f"showed no window in {timeout_s:g} s and was ended"
            if status is None
            else f"ended with exit code {status} and no window"
        )
        raise ActionFailed(f"{command[0]} {how}{_last_line(log)}")


def _find_program(command: Sequence[str], env: Mapping[str, str]) -> str:
    if not command or not command[0]:
        raise BadArgumentError("launch needs the name of a program")
    path = env.get("PATH", os.defpath)
    program = shutil.which(command[0], path=path)
    if program is None:
        near = difflib.get_close_matches(command[0], _programs(path), n=3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ActionFailed(f"there is no program {command[0]!r} on PATH{hint}")
    return program


def _wait_for_window(
    process: subprocess.Popen[bytes],
    name: str,
    known: set[int],
    windows: Callable[[], Sequence[Window]],
    timeout_s: float,
    sleep: Callable[[float], None],
) -> Window | None:
    """Return the program's own new window, else one that may be its own, else None."""
    start = time.monotonic()
    seen_at: float | None = None
    new: list[Window] = []
    while (now := time.monotonic()) < start + timeout_s:
        # Asked before the windows: a program that ended may have shown one just before.
        status = process.poll()
        new = [window for window in windows() if window.id not in known]
        if new:
            pids = family(process.pid)
            seen_at = now if seen_at is None else seen_at
            for window in new:
                if window.pid in pids or _is_named(window, name):
                    return window
            # Handed over to a running instance; or a toolkit, as Tk, that tells no process id.
            if status == 0 or (new[0].pid is None and now - seen_at > ANONYMOUS_PATIENCE_S):
                return new[0]
        if status is not None and status != 0:
            return None
        sleep(POLL_S)
    return new[0] if new else None


def _is_named(window: Window, program: str) -> bool:
    """Tell whether the window's class is the program's name: `XTerm` for `/usr/bin/xterm`."""
    return bool(window.app) and window.app.lower() == Path(program).stem.lower()


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].strip()}" if lines else ""


def _programs(path: str) -> list[str]:
    names: set[str] = set()
    for folder in filter(None, path.split(os.pathsep)):
        with suppress(OSError):
            names.update(entry.name for entry in Path(folder).iterdir())
    return sorted(names)
