"""What of a long file is transcribed already, on the disk, so that a killed transcription goes on.

One file for each content and each way to transcribe it, a line for each finished window, flushed
before the next begins. It is removed with the last one.
"""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ...memory.errors import ConfigError
from ...memory.file_lock import try_lock
from .transcript import Dropped, Segment

logger = logging.getLogger(__name__)

FORMAT = 1
"""Goes up whenever the same sound and settings give other windows."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class FinishedWindow:
    """What came of one window."""

    end: int
    """Where the next begins, in samples from the start of the file."""
    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...] = ()
    language: str | None = None
    """Of the whole file, as far as it is known by then."""
    language_probability: float | None = None


_WINDOW = TypeAdapter(FinishedWindow)


def default_folder() -> Path:
    """Return where they lie unless told otherwise: in the user's folder for caches."""
    from platformdirs import user_cache_path

    return user_cache_path("deskhand", appauthor=False) / "transcriptions"


class FinishedWindows:
    """The finished windows of one transcription.

    Nothing is written before there is a first window to keep. Where another process is at the same
    transcription, this one keeps nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._is_taken = False
        self.windows: tuple[FinishedWindow, ...] = ()

    @classmethod
    def open(cls, folder: Path, settings: Mapping[str, Any]) -> Self:
        """Return what is finished of the transcription with these settings.

        Args:
            folder: Made when there is something to keep, for its owner only.
            settings: All that decides what comes out, the content's hash included; plain data.
        """
        text = json.dumps({"format": FORMAT, **settings}, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        finished = cls(folder / f"{key}.jsonl")
        finished._load()
        return finished

    def add(self, window: FinishedWindow) -> None:
        """Keep a window, flushed to the disk."""
        if self._descriptor is None and not self._is_taken:
            self._begin()
        if self._descriptor is not None:
            line = _WINDOW.dump_json(window) + b"\n"
            os.write(self._descriptor, line)
            os.fsync(self._descriptor)

    def remove(self) -> None:
        """Forget them: the transcription is done."""
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
            raise _unusable(self._path, error) from error
        if not self._lock():
            return
        whole, windows = 0, []
        for line in self._path.read_bytes().splitlines(keepends=True):
            try:
                windows.append(_WINDOW.validate_json(line))
            except ValidationError:
                break  # the line that was being written when the process was killed
            if not line.endswith(b"\n"):
                windows.pop()
                break
            whole += len(line)
        os.ftruncate(self._descriptor, whole)
        os.lseek(self._descriptor, whole, os.SEEK_SET)
        self.windows = tuple(windows)

    def _begin(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(self._path, error) from error
        if self._lock():
            os.ftruncate(self._descriptor, 0)

    def _lock(self) -> bool:
        assert self._descriptor is not None
        if try_lock(self._descriptor):
            return True
        logger.warning("another process transcribes the same file; this one keeps no progress")
        self._is_taken = True
        self.close()
        return False


def _unusable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"finished windows cannot be kept in {path.parent}: {error.strerror}; name another folder"
    )
