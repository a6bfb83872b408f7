"""Puts what is shown and said in a recording into the memory, secrets taken out."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...memory.recording_rows import Moment, RememberedRecording
from ...memory.recordings import NewRecording, RecordingMemory
from ..media.finished_lines import content_of
from .redact import redact_text

if TYPE_CHECKING:
    from ..media.passages import Passage
    from ..media.transcript import Transcript
    from ..media.video_index import VideoIndex


def remember_recording(
    memory: RecordingMemory,
    path: Path,
    *,
    index: "VideoIndex | None" = None,
    transcript: "Transcript | None" = None,
) -> RememberedRecording:
    """Keep what is shown (of a video) and said (of any recording), each line with its times.

    Args:
        memory: Where.
        path: The file; it stays where it is.
        index: What can be read in it; None for sound alone.
        transcript: What is said in it, if anything.

    Raises:
        MediaError: If the file cannot be read.
        MemoryLocked: If another process writes for too long.
        ConfigError: If the disk does not take it.
    """
    from ..media.passages import said, seen

    passages: list[Passage] = []
    duration_s = 0.0
    if index is not None:
        passages += seen(index.looks, index.end.end_s)
        duration_s = index.end.end_s
    if transcript is not None:
        passages += said(transcript)
        duration_s = max(duration_s, transcript.duration_s)
    return memory.add(
        NewRecording(
            content=content_of(path),
            path=str(path.resolve()),
            kind="audio" if index is None else "video",
            duration_s=round(duration_s, 3),
            time=datetime.fromtimestamp(path.stat().st_mtime, UTC),
            moments=tuple(_moments(passages)),
        )
    )


def _moments(passages: "Iterable[Passage]") -> Iterable[Moment]:
    for one in sorted(passages, key=lambda one: (one.start_s, one.source)):
        text = " ".join(redact_text(one.text).split())
        if text:
            yield Moment(
                start_s=round(one.start_s, 3),
                end_s=round(one.end_s, 3),
                source=one.source,
                text=text,
            )
