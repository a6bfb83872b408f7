"""What can be read in a video and when, and what is said in it, kept so that it is found out once.

Kept by the content of the file in the user's folder for caches, for its owner only: a line for each
picture that was read, so that a killed indexing goes on after the last of them. Secrets are taken
out before anything is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from ...memory.errors import ConfigError, MediaError, MissingExtraError, ModelUnavailable
from ..perception.ocr import MODEL_FILES, OcrEngine, load_ocr
from .finished_lines import FinishedLines, content_of, key_of
from .speech_model import SpeechModel
from .transcript import Transcript
from .video_cache import (
    default_folder,
    index_key,
    keep_private,
    limit_bytes,
    make_room,
    mark_used,
)

if TYPE_CHECKING:
    from .changes import Kept
    from .frames import Video

Sampling = Literal["changes", "seconds", "key frames", "scenes"]
"""Which pictures are read: those with something new, one every so many seconds, those that need no
other to be decoded, which is quick and misses most of what happens on a screen, or one of each
scene, which is for films."""

FORMAT = 3
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
    every_s: float = 1.0,
    ocr: OcrEngine | None = None,
    on_progress: Callable[[float, float | None], None] = lambda _done_s, _total_s: None,
    kept_in: Path | None = None,
) -> VideoIndex:
    """Return what can be read in a video; what is known of it is not read again.

    Where all indexes need more room than `DESKHAND_MEDIA_CACHE_MB`, others are removed.

    Args:
        path: Any video file that FFmpeg reads.
        sampling: Which pictures are read.
        every_s: With "seconds", how many lie between two pictures.
        ocr: Reads the pictures; None for the engine that comes with the package.
        on_progress: Told after each picture how far it is, and how long the file says it is.
        kept_in: Folder of indexes; None for one in the user's folder for caches.

    Raises:
        ConfigError: If `every_s` is no number above 0, or the room for indexes is no number.
        MediaError: If the file cannot be read or has no pictures.
        MissingExtraError: If the extra `media` is not installed.
    """
    from .frames import open_video

    path, room_bytes = Path(path), limit_bytes()
    folder = default_folder() if kept_in is None else kept_in
    way: dict[str, object] = {"format": FORMAT, "ocr": MODEL_FILES, "sampling": sampling}
    if sampling == "seconds":
        way["every_s"] = float(every_s)
    with open_video(path, keyframes_only=sampling == "key frames") as video:
        key = index_key(content_of(path), way)
        kept_at = folder / f"{key}.jsonl"
        mark_used(kept_at)
        with FinishedLines(kept_at, _RECORD) as finished:
            known = [one for one in finished.records if isinstance(one, Look)]
            for record in finished.records:
                if isinstance(record, VideoEnd):
                    return VideoIndex(
                        key=key, folder=folder, looks=tuple(known), end=record, newly_read=0
                    )
            looks = list(known)
            read = _Reader(ocr)
            for kept in _unknown(_sampled(video, sampling, every_s), known, read):
                look = read.look(kept)
                finished.add(look)
                looks.append(look)
                on_progress(look.at_s, video.condition.stated_s)
            end = _end(video)
            finished.add(end)
    make_room(folder, key, room_bytes=room_bytes)
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
    transcript = _without_secrets(transcript)
    keep_private(kept, TypeAdapter(Transcript).dump_json(transcript))
    return transcript, ""


def _without_secrets(transcript: Transcript) -> Transcript:
    """Return what was said with the secrets in it replaced."""
    from ..remembering.redact import redact_text

    segments = []
    for one in transcript.segments:
        text = redact_text(one.text)
        # Its words hold the secret as well.
        segments.append(one if text == one.text else replace(one, text=text, words=()))
    dropped = tuple(replace(one, text=redact_text(one.text)) for one in transcript.dropped)
    return replace(transcript, segments=tuple(segments), dropped=dropped)


class _Reader:
    """Reads pictures; the engine is loaded with the first that is not known."""

    def __init__(self, ocr: OcrEngine | None) -> None:
        from .steady import SteadyPicture

        self._ocr = ocr
        self._steady = SteadyPicture()

    def pass_over(self, kept: "Kept") -> None:
        """See a picture that is known, so that the next is read as if this one had been."""
        self._steady.show(kept.frame.rgb())

    def look(self, kept: "Kept") -> Look:
        from ..remembering.redact import redact_lines

        if self._ocr is None:
            self._ocr = load_ocr()
        picture = self._steady.show(kept.frame.rgb())
        found = [one for one in self._ocr.read(picture) if one.score >= MIN_SCORE]
        found.sort(key=lambda one: (one.box.top, one.box.left))
        texts = redact_lines([(one.text, one.box) for one in found])
        return Look(
            start_s=round(kept.start_s, 3),
            at_s=round(kept.frame.time_s, 3),
            size_wh=kept.frame.size_wh,
            since_s=()
            if kept.since_s is None
            else tuple(tuple(round(float(one), 3) for one in row) for row in kept.since_s),
            lines=tuple(
                SeenLine(text=text, xyxy=one.box.xyxy)
                for one, clean in zip(found, texts, strict=True)
                if (text := " ".join(clean.split()))
            ),
        )


def _sampled(video: "Video", sampling: Sampling, every_s: float) -> "Iterator[Kept]":
    from .changes import changes, uniform

    match sampling:
        case "seconds":
            return uniform(video.frames(), every_s=every_s)
        case "scenes":
            from .scenes import scenes

            return scenes(video.frames())
        case "changes" | "key frames":
            return changes(video.frames())
        case _:
            assert_never(sampling)


def _unknown(kept: "Iterator[Kept]", known: list[Look], read: "_Reader") -> "Iterator[Kept]":
    """Yield the pictures after the known ones: the same content has the same changes."""
    known_until_s = known[-1].at_s if known else -1.0
    for one in kept:
        if round(one.frame.time_s, 3) > known_until_s:
            yield one
        else:
            read.pass_over(one)


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
