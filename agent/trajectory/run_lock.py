"""One process at a time on a run: a lock on a file that ends with the process, however it ends."""

import os
import time
from pathlib import Path

from ...memory.errors import RunError
from ...memory.file_lock import try_lock

TRIES = 5
TRY_EVERY_S = 0.02  # `is_locked` holds the lock for an instant to find out


class RunLock:
    """A lock that this process holds."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, run: str) -> "RunLock":
        """Take the lock.

        Args:
            path: The lock's file; made if it is not there.
            run: The run's id, for the message.

        Raises:
            RunError: If another process holds it (named in the message), or the file cannot be
                opened.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RunError(f"cannot open {path}: {error.strerror}") from error
        for _ in range(TRIES):
            if try_lock(descriptor):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return cls(descriptor)
            time.sleep(TRY_EVERY_S)
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise RunError(f"run {run} is being run by process {holder}; wait for it, or stop it first")

    def release(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)
