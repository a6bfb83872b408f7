"""Records a screen as a video: true times, sharp text, and next to nothing while nothing changes.

A picture is encoded when it differs from the one before, at the time when it was seen. While it is
written, the file consists of fragments, so that one that is cut off by a kill still plays; at the
end it is rewritten with its index in front, so that players can jump about in it.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from ...memory.errors import ConfigError, DeskhandError, MissingExtraError
from ..desktop.capture import Pixels

try:
    import av
    from av.container import OutputContainer
    from av.video.stream import VideoStream
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "av", extra="media") from error

DEFAULT_FPS = 10.0
MAX_FPS = 60.0
MS = Fraction(1, 1000)
STILL_S = 1.0
"""A picture that stays is written again after this: so much is lost at most of a killed file."""
KEY_FRAME_S = 10.0
"""A player that jumps decodes from a key frame on."""
# Lossy, but text stays readable; no picture waits in the encoder.
X264: dict[str, object] = {"preset": "veryfast", "crf": "20", "tune": "zerolatency"}
GROWING = "frag_keyframe+empty_moov+default_base_moof"
FRAGMENT_US = 500_000
CHECK_EVERY = 20
"""Pictures between two looks at the size of the file."""

OpenGrab = Callable[[], AbstractContextManager[Callable[[], Pixels]]]
Ending = Literal["stopped", "time", "size", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A finished recording."""

    path: Path
    duration_s: float
    frames: int
    """Pictures in the file; while nothing changed there are few."""
    size_wh: tuple[int, int]
    n_bytes: int
    ended: Ending
    """`failed` where the screen went away: what was seen until then is whole."""
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"path": str(self.path)}


class Recorder:
    """Records in a thread of its own until it is stopped; a context manager.

    Args:
        path: The video, an .mp4; made at once.
        open_grab: Called in that thread, since a connection to a display is for one; gives what
            grabs a picture. `grab_at` makes one for a part of the screen.
        fps: Pictures a second at most.
        max_s: Ends the recording by itself.
        max_bytes: The same, by the size of the file.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        ConfigError: If the path or a number is none that can be used, or the file is there.
    """

    def __init__(
        self,
        path: Path | str,
        open_grab: OpenGrab,
        *,
        fps: float = DEFAULT_FPS,
        max_s: float | None = None,
        max_bytes: int | None = None,
        overwrite: bool = False,
    ) -> None:
        self.path = Path(path)
        if self.path.suffix.casefold() != ".mp4":
            raise ConfigError(f"{str(path)!r} is no name of a recording; expected one with .mp4")
        if not 0 < fps <= MAX_FPS:
            raise ConfigError(f"fps is {fps!r}; expected more than 0 and at most {MAX_FPS:g}")
        if max_s is not None and not max_s > 0:
            raise ConfigError(f"the length is {max_s!r} s; expected more than 0")
        self._open_grab = open_grab
        self._every_s = 1 / fps
        self._max_s, self._max_bytes = max_s, max_bytes
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.began = 0.0
        """When the first picture was taken, on the monotonic clock."""
        self._frames, self._size = 0, (0, 0)
        self._last_s = 0.0
        self._ended: Ending = "stopped"
        self._error: Exception | None = None
        self._result: Recording | None = None
        _claim(self.path, overwrite=overwrite)

    def start(self) -> Self:
        """Begin; returns when the first picture is in the file.

        Raises:
            DisplayError: If there is no screen to see.
            ConfigError: If the file cannot be written.
        """
        self._thread.start()
        self._ready.wait()
        error = self._error
        if error is not None and not self._frames:
            self._thread.join()
            self.path.unlink(missing_ok=True)
            if isinstance(error, DeskhandError):
                raise error
            raise ConfigError(f"cannot write {self.path}: {error}") from error
        return self

    @property
    def elapsed_s(self) -> float:
        """Seconds recorded so far."""
        return time.monotonic() - self.began if self.is_running else self._last_s

    @property
    def is_running(self) -> bool:
        """Whether it still records."""
        return self._thread.is_alive()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended by itself, no longer than told; whether it has."""
        self._thread.join(timeout_s)
        return not self.is_running

    def stop(self) -> Recording:
        """End the recording and return it. Idempotent.

        Raises:
            ConfigError: If the file could not be written to its end; what is there plays.
        """
        if self._result is None:
            self._stop.set()
            self._thread.join()
            error = self._error
            if error is not None and not isinstance(error, DeskhandError):
                told = getattr(error, "strerror", None) or str(error)
                raise ConfigError(
                    f"{self.path} is cut off at {self._last_s:.1f} s: {told}"
                ) from error
            _with_index_in_front(self.path)
            self._result = Recording(
                path=self.path,
                duration_s=round(self._last_s, 3),
                frames=self._frames,
                size_wh=self._size,
                n_bytes=self.path.stat().st_size,
                ended=self._ended,
                why="" if error is None else str(error),
            )
        return self._result

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except ConfigError:
            if error is None:  # else that one is told
                raise

    def _run(self) -> None:
        try:
            with self._open_grab() as grab:
                self._record(grab)
        except (DeskhandError, OSError, av.error.FFmpegError) as error:
            self._error, self._ended = error, "failed"
        finally:
            self._ready.set()

    def _record(self, grab: Callable[[], Pixels]) -> None:
        shown = _even(grab())
        self._size = (shown.shape[1], shown.shape[0])
        options = {"movflags": GROWING, "frag_duration": str(FRAGMENT_US), "flush_packets": "1"}
        with av.open(str(self.path), "w", format="mp4", options=options) as container:
            stream = _video_stream(container, self._size, 1 / self._every_s)
            self.began = time.monotonic()
            self._write(container, stream, shown, 0.0)
            self._ready.set()
            self._follow(container, stream, shown, grab)
            container.mux(stream.encode(None))

    def _follow(
        self,
        container: "OutputContainer",
        stream: "VideoStream",
        shown: Pixels,
        grab: Callable[[], Pixels],
    ) -> None:
        written_s = 0.0
        try:
            while not self._stop.wait(self._pause_s()):
                at_s = time.monotonic() - self.began
                if self._max_s is not None and at_s >= self._max_s:
                    self._ended = "time"
                    break
                now = _even(grab())
                if now.shape != shown.shape:  # the screen became smaller or larger
                    self._ended = "failed"
                    break
                if at_s - written_s >= STILL_S or not np.array_equal(now, shown):
                    shown, written_s = now, at_s
                    self._write(container, stream, shown, at_s)
                    if self._is_too_large():
                        self._ended = "size"
                        break
        except DeskhandError as error:  # the display is gone; what was seen is kept
            self._error, self._ended = error, "failed"
        # The last picture stays until the end.
        self._write(container, stream, shown, time.monotonic() - self.began)

    def _pause_s(self) -> float:
        """Return how long it is until the next picture is due."""
        since_s = time.monotonic() - self.began
        return self._every_s - since_s % self._every_s

    def _write(
        self, container: "OutputContainer", stream: "VideoStream", pixels: Pixels, at_s: float
    ) -> None:
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        # Two pictures never have one time.
        at_ms = max(round(at_s * 1000), round(self._last_s * 1000) + (1 if self._frames else 0))
        frame.pts, frame.time_base = at_ms, MS
        container.mux(stream.encode(frame))
        self._frames += 1
        self._last_s = at_ms / 1000

    def _is_too_large(self) -> bool:
        if self._max_bytes is None or self._frames % CHECK_EVERY:
            return False
        return self.path.stat().st_size >= self._max_bytes


def _claim(path: Path, *, overwrite: bool) -> None:
    """Make an empty file of that name.

    Raises:
        ConfigError: If there is one, or it cannot be made.
    """
    try:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        raise ConfigError(
            f"{path} is there already; name another file (deskhand record --force replaces it)"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error


def _video_stream(
    container: "OutputContainer", size_wh: tuple[int, int], fps: float
) -> "VideoStream":
    stream = container.add_stream("libx264", rate=1000)
    stream.width, stream.height = size_wh
    stream.pix_fmt = "yuv420p"
    stream.gop_size = max(1, round(fps * KEY_FRAME_S))
    stream.codec_context.time_base = MS
    stream.options = X264
    return stream


def _even(pixels: Pixels) -> Pixels:
    """Return the picture with even sides, as the format needs: a last line is shown twice."""
    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _with_index_in_front(path: Path) -> None:
    """Rewrite a finished recording without fragments; it stays as it is where that fails."""
    whole = path.with_name(f".{path.name}.part")
    try:
        with (
            av.open(str(path)) as source,
            av.open(str(whole), "w", format="mp4", options={"movflags": "+faststart"}) as target,
        ):
            stream = source.streams.video[0]
            copied = target.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copied
                    target.mux(packet)
        whole.chmod(0o600)
        whole.replace(path)
    except (OSError, av.error.FFmpegError):
        whole.unlink(missing_ok=True)
