"""One process at a time writes to a memory, for as long as one operation takes."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ConfigError, MemoryLocked
from .file_lock import try_lock

PATIENCE_S = 30.0
"""Longer than any single operation but forgetting in a very large memory."""
TRY_EVERY_S = 0.02


def try_take(path: Path) -> int | None:
    """Take a lock and return its descriptor, to be closed to let go; None if another has it.

    Raises:
        ConfigError: If the file cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot open {path}: {error.strerror}") from error
    if try_lock(descriptor):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return descriptor
    os.close(descriptor)
    return None


def holder_of(path: Path) -> int | None:
    """Return the number of the process that took a lock last, None if it is not known."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


@contextmanager
def writing(path: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold the lock of a memory.

    It is held for one operation, not for a session: whoever watches a screen and whoever forgets
    take turns, and readers never wait.

    Raises:
        MemoryLocked: If another process still holds it when patience has run out.
    """
    deadline = time.monotonic() + patience_s
    while (descriptor := try_take(path)) is None:
        if time.monotonic() >= deadline:
            holder = holder_of(path)
            name = "another process" if holder is None else f"process {holder}"
            raise MemoryLocked(
                f"the memory {path.parent} is being written by {name} for more than "
                f"{patience_s:g} s; wait for it, or stop it first",
                holder=holder,
            )
        time.sleep(TRY_EVERY_S)
    try:
        yield
    finally:
        os.close(descriptor)
