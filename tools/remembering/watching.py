"""One watch a memory: the lock it holds, and the file that pauses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...memory.errors import MemoryLocked
from ...memory.file_lock import is_locked, try_lock

LOCK = "watch.lock"
PAUSE = "watch.paused"


def pause_file(folder: Path) -> Path:
    """Return the file that pauses the watch of a memory while it exists."""
    return folder / PAUSE


def is_running(folder: Path) -> bool:
    """Tell whether a watch keeps screens in this memory."""
    return is_locked(folder / LOCK)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of the watch of a memory; it ends with this process.

    Raises:
        MemoryLocked: If another watch has it.
    """
    with (folder / LOCK).open("ab") as file:
        if not try_lock(file.fileno()):
            raise MemoryLocked(f"another watch keeps screens in {folder} already")
        yield
