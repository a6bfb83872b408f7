"""Recordings of the screen as tools of an agent: begun, ended, and never outside of one folder."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ..memory.errors import BadArgumentError
from .desktop.desktop import Desktop
from .desktop.mss_grab import grab_at
from .media.recording import Recorder, Recording
from .tool_spec import Result, ToolSpec

MAX_S, MAX_BYTES = 3600.0, 2_000_000_000
"""An agent may forget that it records."""


class StartRecordingArguments(BaseModel):
    """What `start_recording` takes."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str | None = Field(
        default=None,
        pattern=r"^[\w][\w -]{0,60}$",
        description="Name of the video: letters, digits, - and _; else the time.",
    )
    seconds: float = Field(
        default=600.0, gt=0, le=MAX_S, description="It ends by itself after so long."
    )


class StopRecordingArguments(BaseModel):
    """What `stop_recording` takes."""

    model_config = ConfigDict(extra="forbid")


class RecordingTools:
    """Tools that record a desktop, one video at a time.

    Args:
        desktop: The desktop.
        folder: Takes the videos; a model names no path.
    """

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        self._desktop = desktop
        self._folder = folder
        self._recorder: Recorder | None = None

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what there is."""
        return (
            ToolSpec.of(self.start_recording, StartRecordingArguments),
            ToolSpec.of(self.stop_recording, StopRecordingArguments),
        )

    def close(self) -> None:
        """End a recording that nobody ended; its video is whole."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()

    # Each tool's docstring is what the model reads.

    def start_recording(self, name: str | None = None, seconds: float = 600.0) -> Result:
        """Begin to record the screen as a video, until stop_recording or for so many seconds."""
        if self._recorder is not None and self._recorder.is_running:
            raise BadArgumentError("a recording runs already; call stop_recording first")
        stem = name or f"recording {datetime.now():%Y-%m-%d %H-%M-%S}"
        self._recorder = Recorder(
            self._folder / f"{stem}.mp4",
            grab_at(self._desktop.box),
            max_s=seconds,
            max_bytes=MAX_BYTES,
        ).start()
        path = self._recorder.path
        return f"recording to {path} for {seconds:g} s at most", {"path": str(path)}

    def stop_recording(self) -> Result:
        """End the recording and tell where the video is and how long it is."""
        if self._recorder is None:
            raise BadArgumentError("nothing is recorded; call start_recording first")
        recorder, self._recorder = self._recorder, None
        recording = recorder.stop()
        return _said(recording), recording.to_json()


def _said(recording: Recording) -> str:
    width, height = recording.size_wh
    why = {"time": "; its time was over", "size": "; it was as large as it may be"}
    return (
        f"{recording.path}: {recording.duration_s:.1f} s of video, {width}x{height}"
        f"{why.get(recording.ended, '')}{f'; {recording.why}' if recording.why else ''}"
    )
