"""The pictures of a video with their exact times, as the file has them.

A time is never counted from frames: recordings of screens have a frame when something changes, and
none for minutes. Decoded packet by packet: junk inside a file loses what it hits and not the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...memory.errors import MediaError, MissingExtraError
from .container import (
    RECKONED,
    SHORT_S,
    FileCondition,
    holds_only,
    open_container,
    packets_of,
    start_s,
    stated_s,
)

try:
    import av
    from av.video.reformatter import VideoReformatter
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "av", extra="media") from error

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Picture = NDArray[np.uint8]
"""RGB, `(height, width, 3)`."""
Grey = NDArray[np.uint8]
"""`(height, width)`."""

LATE_SHARE = 0.1
"""A frame later than the file's length by more than this share of it has a damaged time: lengths
that files state are wrong by some per cent at most."""
MAX_THREADS = 2


@dataclass(slots=True, kw_only=True)
class VideoCondition(FileCondition):
    """In what condition a video was found; filled while it is read."""

    frames: int = 0
    frames_without_time: int = 0
    """That were left out: nobody knows when they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture, not yet in colours that can be read; valid as long as the video is open."""

    time_s: float
    """When it appears, from the start of the file as a player counts."""
    decoded: "VideoFrame"
    reformatter: VideoReformatter

    @property
    def size_wh(self) -> tuple[int, int]:
        """Return width and height as shown, turned if the file says so."""
        width, height = self.decoded.width, self.decoded.height
        return (height, width) if self.quarter_turns % 2 else (width, height)

    def rgb(self, *, size_wh: tuple[int, int] | None = None) -> Picture:
        """Return the picture as it is shown, turned if the file says so.

        Args:
            size_wh: Width and height as shown; None for its own.
        """
        width, height = self.size_wh if size_wh is None else size_wh
        if self.quarter_turns % 2:
            width, height = height, width
        drawn = self.reformatter.reformat(self.decoded, width, height, "rgb24")
        return np.ascontiguousarray(np.rot90(drawn.to_ndarray(), self.quarter_turns))

    def grey(self, width: int, height: int) -> Grey:
        """Return it small and grey and not turned, which is quick: for comparing it."""
        drawn = self.reformatter.reformat(self.decoded, width, height, "gray")
        return np.asarray(drawn.to_ndarray(), dtype=np.uint8)

    @property
    def quarter_turns(self) -> int:
        """Return how often it is turned against the clock to be shown."""
        # Counted against the clock by FFmpeg as by numpy.
        return round(self.decoded.rotation / 90) % 4


class Video:
    """The picture track of an open file."""

    def __init__(self, container: "InputContainer", stream: "VideoStream") -> None:
        self._container = container
        self._stream = stream
        begins_s = start_s(container)
        self._begin = round(begins_s * av.time_base)
        self._reformatter = VideoReformatter()
        self.name = Path(container.name).name
        self.has_sound = bool(container.streams.audio)
        self.condition = VideoCondition(
            start_s=begins_s,
            stated_s=stated_s(container, begins_s),
            is_reckoned=container.format.name in RECKONED,
        )

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in order; can be read once.

        Raises:
            MediaError: At the end, if there was none.
        """
        yield from self._frames()
        if not self.condition.frames:
            raise MediaError(self._why_none())

    def frame_at(self, time_s: float) -> Frame:
        """Return the frame that is shown at a time, exactly.

        It decodes from the key frame before, which may be seconds away; for many times, read the
        frames in order instead.

        Raises:
            MediaError: If there is none: the time is outside of the video.
        """
        if time_s >= 0:
            offset = self._begin + round(time_s * av.time_base)
            for at in (offset, self._begin):
                found = self._last_until(time_s, at)
                if found is not None:
                    return found
        length = max(self.condition.stated_s or 0.0, self.condition.duration_s)
        raise MediaError(f"{self.name} has no picture at {time_s:g} s; it is {length:.1f} s long")

    def _last_until(self, time_s: float, seek_to: int) -> Frame | None:
        """Return the last frame up to a time, None if there is none or the video ends long before.

        Args:
            time_s: As a player counts.
            seek_to: Where to decode from, in FFmpeg's microseconds.
        """
        try:
            self._container.seek(seek_to, backward=True)
        except av.error.FFmpegError:
            return None  # a file that cannot seek is read from where it is
        found = None
        for frame in self._frames():
            if frame.time_s > time_s + 1e-6:
                # Sound may begin before the first picture: players show that one meanwhile.
                return frame if found is None and seek_to == self._begin else found
            found = frame
        end_s = max(self.condition.stated_s or 0.0, self.condition.seen_s)
        return found if time_s <= end_s + SHORT_S else None

    def _frames(self) -> Iterator[Frame]:
        last_s = -1.0
        for packet in packets_of(self._container, self.condition):
            if packet.stream.index != self._stream.index:
                continue
            try:
                decoded = packet.decode()
            except av.error.FFmpegError:
                self.condition.damaged_packets += 1
                continue
            for one in decoded:
                if not isinstance(one, av.VideoFrame):
                    continue
                time_s = self._time_s(one)
                if time_s is None or time_s <= last_s:
                    self.condition.frames_without_time += 1
                    continue
                last_s = time_s
                self.condition.frames += 1
                self.condition.duration_s = max(self.condition.duration_s, time_s)
                yield Frame(time_s=time_s, decoded=one, reformatter=self._reformatter)

    def _time_s(self, frame: "VideoFrame") -> float | None:
        """Return when a frame appears, None where the file does not say it or says nonsense."""
        if frame.time is None:
            return None
        time_s = frame.time - self.condition.start_s
        stated = self.condition.stated_s
        if stated is not None and time_s > stated * (1 + LATE_SHARE) + SHORT_S:
            return None
        return max(time_s, 0.0)

    def _why_none(self) -> str:
        condition = self.condition
        if condition.frames_without_time:
            return f"{self.name} has pictures without times; put it into a container such as mkv"
        if condition.damaged_packets:
            return f"{self.name} is damaged: none of its pictures can be decoded"
        return f"{self.name} has a picture track without a single picture"


@contextmanager
def open_video(path: Path, *, keyframes_only: bool = False) -> Iterator[Video]:
    """Open a file for its pictures; a cover of an album is none.

    Args:
        path: Any file that FFmpeg reads.
        keyframes_only: Decode only those pictures that need no other, which costs next to nothing.
            A recording of a screen may have one in 25 seconds.

    Raises:
        MediaError: If it is not there, cannot be read, is no such file, or has no pictures.
    """
    with open_container(path) as container:
        cover = av.stream.Disposition.attached_pic
        streams = [one for one in container.streams.video if not one.disposition & cover]
        if not streams:
            has = "its only picture is a cover" if container.streams.video else ""
            raise MediaError(f"{path.name} has no video; {has or holds_only(container)}")
        stream = next(
            (one for one in streams if one.disposition & av.stream.Disposition.default), streams[0]
        )
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = MAX_THREADS
        if keyframes_only:
            stream.codec_context.skip_frame = "NONKEY"
        yield Video(container, stream)
