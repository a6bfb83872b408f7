"""What of a long file is transcribed already, on the disk, so that a killed transcription goes on.

One file for each content and each way to transcribe it, a line for each finished window, flushed
before the next begins. It is removed with the last one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from .finished_lines import FinishedLines, key_of, user_cache
from .transcript import Dropped, Segment

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
    return user_cache("transcriptions")


class FinishedWindows(FinishedLines[FinishedWindow]):
    """The finished windows of one transcription."""

    @classmethod
    def open(cls, folder: Path, settings: Mapping[str, Any]) -> Self:
        """Return what is finished of the transcription with these settings.

        Args:
            folder: Made when there is something to keep, for its owner only.
            settings: All that decides what comes out, the content's hash included; plain data.
        """
        return cls(folder / f"{key_of({'format': FORMAT, **settings})}.jsonl", _WINDOW)

    @property
    def windows(self) -> tuple[FinishedWindow, ...]:
        """Return those that were finished before."""
        return self.records
