"""Starting processes that may outlive us, and ending them, whole groups at a time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

END_POLL_S = 0.02


def spawn(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, log: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program in a session and process group of its own, number the process id.

    It shares no pipe or terminal with us, so that neither side hangs on the other, and Ctrl-C in
    our terminal does not reach it. It is reaped when it ends, whether anybody waits for it or not.

    Args:
        command: Program and arguments; no shell reads them.
        env: Its environment; None for this process's own.
        log: Takes its standard error; None for nowhere.
    """
    process = subprocess.Popen(
        command,
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if log is None else log,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name=f"reap {process.pid}", daemon=True).start()
    return process


def end_groups(groups: Iterable[int], *, patience_s: float) -> None:
    """End process groups: asked first, killed when they are still there after `patience_s`."""
    left = {group for group in groups if _signal(group, signal.SIGTERM)}
    deadline = time.monotonic() + patience_s
    while left and time.monotonic() < deadline:
        time.sleep(END_POLL_S)
        left = {group for group in left if has_members(group)}
    for group in left:
        _signal(group, signal.SIGKILL)


def end_processes(processes: Sequence[psutil.Process], *, patience_s: float) -> None:
    """End processes one by one: asked first, killed when they still run after `patience_s`."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    deadline = time.monotonic() + patience_s
    left = list(processes)
    while left and time.monotonic() < deadline:
        # Not `wait_procs`: it waits for zombies too, until their parent looks after them.
        left = [process for process in left if started_at(process.pid) is not None]
        time.sleep(END_POLL_S if left else 0)
    for process in left:
        with suppress(psutil.Error):
            process.kill()


def has_members(group: int) -> bool:
    """Tell whether a process group has a process that still runs."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def family(pid: int) -> frozenset[int]:
    """Return the ids of the process and all its descendants."""
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return frozenset({pid})
    return frozenset({pid, *(child.pid for child in children)})


def started_at(pid: int) -> int | None:
    """Return when a process started, in clock ticks after boot; None if it has ended.

    With the id it tells a process from a later one of the same id. psutil's `create_time` does not:
    it moves with the system clock.
    """
    try:
        record = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # proc(5): the second field, the name, is in parentheses and may hold anything.
    fields = record.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _signal(group: int, number: signal.Signals) -> bool:
    """Signal a process group; tell whether there was one."""
    try:
        if sys.platform == "win32":
            psutil.Process(group).terminate()  # there are no groups: the first process alone
        else:
            os.killpg(group, number)
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False
    return True
