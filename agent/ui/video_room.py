"""The videos that the page may search and show: of one folder, and those that are remembered."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ...memory.errors import BadArgumentError
from .recalls import Recalls
from .shelf import Shelf

if TYPE_CHECKING:
    from ...tools.media.moments import Moment, VideoAnswer

SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm")
MAX_VIDEOS = 500
PREFIX = "/videos/"


BEFORE_S = 1.0
"""A video is opened so much before the moment that is looked for."""


def address_at(key: str, start_s: float) -> str:
    """Return the address of a video at a time; the browser itself goes there."""
    return f"{PREFIX}{key}#t={max(0.0, start_s - BEFORE_S):g}"


class Cancelled(Exception):  # no error: a person wanted it
    """Somebody ended the search; what was read is kept, and the next search goes on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A moment with the address of its picture."""

    moment: "Moment"
    picture: str


class VideoRoom:
    """Lists videos, and finds moments in them.

    Args:
        folder: Whose videos may be shown as well; None for none.
        recalls: Knows those that are remembered.
        shelf: Takes the pictures.
    """

    def __init__(self, folder: Path | None, recalls: Recalls, shelf: Shelf) -> None:
        self._folder = folder
        self._recalls = recalls
        self._shelf = shelf
        self._known: dict[str, Path] = {}

    def names(self) -> dict[str, str]:
        """Return what is there: a key that stands for the file, and its name."""
        paths = [Path(one.path) for one in self._recalls.videos()]
        if self._folder is not None:
            paths += sorted(
                path
                for path in self._folder.rglob("*")
                if path.suffix.casefold() in SUFFIXES and path.is_file()
            )
        for path in list(dict.fromkeys(path.resolve() for path in paths))[:MAX_VIDEOS]:
            self.admit(path)
        return {key: path.name for key, path in self._known.items() if path.is_file()}

    def admit(self, path: Path) -> str:
        """Let the page show a video, and return the key that stands for it."""
        key = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        self._known[key] = path
        return key

    def path(self, key: str) -> Path | None:
        """Return the file that a key stands for; None for a key that was never given out."""
        return self._known.get(key)

    def find(
        self,
        key: str,
        query: str,
        *,
        with_speech: bool,
        on_progress: Callable[[float], None],
        cancelled: threading.Event,
    ) -> "tuple[VideoAnswer, Sequence[Shown]]":
        """Return when something is shown or said, each moment with its picture.

        Args:
            key: Which video.
            query: Words, or what they mean.
            with_speech: Search what is said as well.
            on_progress: Told how much of it is read, in [0, 1].
            cancelled: Ends the search when it is set.

        Raises:
            BadArgumentError: If the key stands for no video, or nothing is asked.
            Cancelled: If it was cancelled.
            DeskhandError: If the video cannot be read.
        """
        from ...tools.media.contact_sheet import thumbnails
        from ...tools.media.moments import find_in_video
        from ...tools.media.speech_model import DEFAULT_MODEL

        path = self.path(key)
        if path is None:
            raise BadArgumentError("choose a video first")
        if not query.strip():
            raise BadArgumentError("say what to look for: words that are shown or said")

        def told(done_s: float, total_s: float | None) -> None:
            if cancelled.is_set():
                raise Cancelled
            on_progress(min(1.0, done_s / total_s) if total_s else 0.0)

        answer = find_in_video(
            path,
            query,
            speech_model=DEFAULT_MODEL if with_speech else None,
            on_progress=told,
        )
        pictures = thumbnails(path, answer.moments)
        return answer, [
            Shown(moment=moment, picture=self._shelf.put(Image.fromarray(picture)))
            for moment, picture in zip(answer.moments, pictures, strict=True)
        ]
