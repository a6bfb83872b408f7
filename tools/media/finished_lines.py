"""Records of a long piece of work on the disk, a line each, so that a killed one goes on with them.

Each is flushed before the next begins. Where another process is at the same work, this one takes
over what is there and adds nothing.
"""

import errno
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from ...memory.errors import ConfigError, MediaError
from ...memory.file_lock import try_lock
from ..models.hashing import sha256_of

logger = logging.getLogger(__name__)

_Record = TypeVar("_Record")

FULL = (errno.ENOSPC, errno.EDQUOT)
"""No room, or no more for this user."""


def user_cache(name: str) -> Path:
    """Return a folder of this program in the user's folder for caches."""
    from platformdirs import user_cache_path

    return user_cache_path("deskhand", appauthor=False) / name


def key_of(settings: Mapping[str, Any]) -> str:
    """Return a name for all that decides what comes out; plain data."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def content_of(path: Path) -> str:
    """Return the digest of a file's bytes.

    Raises:
        MediaError: If it cannot be read.
    """
    try:
        return sha256_of(path)
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}") from error


class FinishedLines(Generic[_Record]):
    """The finished records of one piece of work.

    Nothing is written before there is a first one to keep.

    Args:
        path: Made when there is something to keep, for its owner only; so is its folder.
        kind: Reads and writes a record.
    """

    def __init__(self, path: Path, kind: TypeAdapter[_Record]) -> None:
        self._path = path
        self._kind = kind
        self._descriptor: int | None = None
        self._is_taken = False
        self._has_warned = False
        self._is_full = False
        self.records: tuple[_Record, ...] = ()
        """Those that were there when it was opened."""
        self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def add(self, record: _Record) -> None:
        """Keep a record, flushed to the disk; where that has no room for it, go on without."""
        if self._is_full:
            return
        try:
            if self._descriptor is None and not self._is_taken:
                self._begin()
            if self._is_taken and not self._has_warned:
                logger.warning("another process works on the same file; this one keeps no progress")
                self._has_warned = True
            if self._descriptor is not None:
                _write_all(self._descriptor, self._kind.dump_json(record) + b"\n")
                os.fsync(self._descriptor)
        except OSError as error:
            # The work is worth more than what it could be gone on with. Half a line is no record.
            logger.warning("no progress is kept in %s: %s", self._path.parent, error.strerror)
            self._is_full = True

    def remove(self) -> None:
        """Forget them: the work is done, and its result is elsewhere."""
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            with suppress(OSError):
                self._path.parent.rmdir()  # if it is empty
        self.close()

    def close(self) -> None:
        """Let go of the file; what is in it stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _load(self) -> None:
        try:
            self._descriptor = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error
        is_ours = self._lock()
        whole, records = 0, []
        for line in self._path.read_bytes().splitlines(keepends=True):
            try:
                record = self._kind.validate_json(line)
            except ValidationError:
                break  # the line that was being written when the process was killed
            if not line.endswith(b"\n"):
                break
            records.append(record)
            whole += len(line)
        if is_ours and self._descriptor is not None:
            os.ftruncate(self._descriptor, whole)
            os.lseek(self._descriptor, whole, os.SEEK_SET)
        self.records = tuple(records)

    def _begin(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            if error.errno in FULL:
                raise
            raise self._unusable(error) from error
        if self._lock():
            os.ftruncate(self._descriptor, 0)

    def _lock(self) -> bool:
        assert self._descriptor is not None
        if try_lock(self._descriptor):
            return True
        self._is_taken = True
        self.close()
        return False

    def _unusable(self, error: OSError) -> ConfigError:
        return ConfigError(
            f"finished work cannot be kept in {self._path.parent}: {error.strerror}; "
            "name another folder"
        )


def _write_all(descriptor: int, content: bytes) -> None:
    # A disk that becomes full takes a part and says so only when it is given the rest.
    while content:
        content = content[os.write(descriptor, content) :]
