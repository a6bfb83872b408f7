"""What can be read in a video and when, and what is said in it, kept so that it is found out once.

Kept by the content of the file in the user's folder for caches, for its owner only: a line for each
picture that was read, so that a killed indexing goes on after the last of them.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from ...memory.errors import ConfigError, MediaError, MissingExtraError, ModelUnavailable
from ..perception.ocr import MODEL_FILES, OcrEngine, load_ocr
from .finished_lines import FinishedLines, content_of, key_of, user_cache
from .speech_model import SpeechModel
from .transcript import Transcript

if TYPE_CHECKING:
    from .changes import Kept
    from .frames import Video

logger = logging.getLogger(__name__)

Sampling = Literal["changes", "seconds", "key frames"]
"""Which pictures are read: those with something new, one a second, or those that need no other to
be decoded, which is quick and misses most of what happens on a screen."""

FORMAT = 2
"""Goes up whenever the same video gives another index."""
MIN_SCORE = 0.5
"""Of a line: what is read with less confidence is mostly none."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class SeenLine:
    """A line of text in a picture."""

    text: str
    xyxy: tuple[int, int, int, int]
    """In pixels of the picture as it is shown."""


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Look:
    """One picture that was read."""

    start_s: float
    """When what is new in it began to appear."""
    at_s: float
    """When the picture itself appears."""
    lines: tuple[SeenLine, ...]
    """From the top down."""
    size_wh: tuple[int, int]
    since_s: tuple[tuple[float, ...], ...]
    """When each tile of the picture last changed, row by row; empty if not known."""

    def changed_at(self, xyxy: tuple[int, int, int, int], after_s: float) -> float:
        """Return when a place of the picture became what it is, if that is after some time.

        Where it is not, the change was too faint to be dated by its place: then when anything did.
        """
        if not self.since_s:
            return self.start_s
        rows, columns = len(self.since_s), len(self.since_s[0])
        (left, top, right, bottom), (width, height) = xyxy, self.size_wh
        times = [
            self.since_s[y][x]
            for y in range(top * rows // height, min(rows, (bottom - 1) * rows // height + 1))
            for x in range(
                left * columns // width, min(columns, (right - 1) * columns // width + 1)
            )
        ]
        later = sorted(time_s for time_s in times if time_s > after_s)
        # Early ones: a pointer that passes over it later changes some tiles once more.
        return later[len(later) // 4] if later else self.start_s


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class VideoEnd:
    """What is known once the last picture was seen."""

    end_s: float
    truncated: bool
    damaged_packets: int
    has_sound: bool


_RECORD: TypeAdapter[Look | VideoEnd] = TypeAdapter(Look | VideoEnd)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoIndex:
    """What can be read in a video."""

    key: str
    """Names the content and the way it was indexed."""
    folder: Path
    """Where it is kept."""
    looks: tuple[Look, ...]
    end: VideoEnd
    newly_read: int
    """Pictures that were read now; the others were known."""


def index_video(
    path: Path | str,
    *,
    sampling: Sampling = "changes",
    ocr: OcrEngine | None = None,
    on_progress: Callable[[float, float | None], None] = lambda _done_s, _total_s: None,
    kept_in: Path | None = None,
) -> VideoIndex:
    """Return what can be read in a video; what is known of it is not read again.

    Args:
        path: Any video file that FFmpeg reads.
        sampling: Which pictures are read.
        ocr: Reads the pictures; None for the engine that comes with the package.
        on_progress: Told after each picture how far it is, and how long the file says it is.
        kept_in: Folder of indexes; None for one in the user's folder for caches.

    Raises:
        MediaError: If the file cannot be read or has no pictures.
        MissingExtraError: If the extra `media` is not installed.
    """
    from .frames import open_video

    path = Path(path)
    folder = user_cache("videos") if kept_in is None else kept_in
    with open_video(path, keyframes_only=sampling == "key frames") as video:
        settings = {"format": FORMAT, "ocr": MODEL_FILES, "sampling": sampling}
        key = key_of({**settings, "content": content_of(path)})
        with FinishedLines(folder / f"{key}.jsonl", _RECORD) as finished:
            known = [one for one in finished.records if isinstance(one, Look)]
            for record in finished.records:
                if isinstance(record, VideoEnd):
                    return VideoIndex(
                        key=key, folder=folder, looks=tuple(known), end=record, newly_read=0
                    )
            looks = list(known)
            read = _Reader(ocr)
            for kept in _unknown(_sampled(video, sampling), known):
                look = read.look(kept)
                finished.add(look)
                looks.append(look)
                on_progress(look.at_s, video.condition.stated_s)
            end = _end(video)
            finished.add(end)
    newly_read = len(looks) - len(known)
    return VideoIndex(key=key, folder=folder, looks=tuple(looks), end=end, newly_read=newly_read)


def said_in(
    path: Path, index: VideoIndex, model: str | Path | SpeechModel
) -> tuple[Transcript | None, str]:
    """Return what is said in a video, or None and why not; what is known is not heard again."""
    if not index.end.has_sound:
        return None, "the video has no sound"
    named = model.identity if isinstance(model, SpeechModel) else str(model)
    kept = index.folder / f"{index.key}.{key_of({'model': named})[:16]}.said.json"
    if kept.is_file():
        try:
            return Transcript.from_json(kept.read_text(encoding="utf-8")), ""
        except (ConfigError, OSError, UnicodeDecodeError):
            kept.unlink(missing_ok=True)  # written by another version
    try:
        from .transcribe import transcribe

        transcript = transcribe(path, model=model)
    except (MediaError, MissingExtraError, ModelUnavailable) as error:
        return None, f"what is said was left out: {error}"
    keep_private(kept, TypeAdapter(Transcript).dump_json(transcript))
    return transcript, ""


def keep_private(path: Path, content: bytes) -> None:
    """Write a file for its owner only, all of it or nothing; where that fails, warn and go on.

    What is kept saves work, and is not worth losing the work that was just done.
    """
    whole = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        whole.replace(path)
    except OSError as error:
        with suppress(OSError):
            whole.unlink(missing_ok=True)
        logger.warning("%s is not kept: %s", path, error.strerror)


class _Reader:
    """Reads pictures; the engine is loaded with the first."""

    def __init__(self, ocr: OcrEngine | None) -> None:
        self._ocr = ocr

    def look(self, kept: "Kept") -> Look:
        if self._ocr is None:
            self._ocr = load_ocr()
        found = [one for one in self._ocr.read(kept.frame.rgb()) if one.score >= MIN_SCORE]
        found.sort(key=lambda one: (one.box.top, one.box.left))
        return Look(
            start_s=round(kept.start_s, 3),
            at_s=round(kept.frame.time_s, 3),
            size_wh=kept.frame.size_wh,
            since_s=()
            if kept.since_s is None
            else tuple(tuple(round(float(one), 3) for one in row) for row in kept.since_s),
            lines=tuple(
                SeenLine(text=text, xyxy=one.box.xyxy)
                for one in found
                if (text := " ".join(one.text.split()))
            ),
        )


def _sampled(video: "Video", sampling: Sampling) -> "Iterator[Kept]":
    from .changes import changes, uniform

    if sampling == "seconds":
        return uniform(video.frames())
    return changes(video.frames())


def _unknown(kept: "Iterator[Kept]", known: list[Look]) -> "Iterator[Kept]":
    """Yield the pictures after the known ones: the same content has the same changes."""
    known_until_s = known[-1].at_s if known else -1.0
    for one in kept:
        if round(one.frame.time_s, 3) > known_until_s:
            yield one


def _end(video: "Video") -> VideoEnd:
    condition = video.condition
    # The last picture stays up to the end, which only the file's own length tells.
    stated = 0.0 if condition.truncated or condition.stated_s is None else condition.stated_s
    return VideoEnd(
        end_s=round(max(stated, condition.duration_s), 3),
        truncated=condition.truncated,
        damaged_packets=condition.damaged_packets,
        has_sound=video.has_sound,
    )
