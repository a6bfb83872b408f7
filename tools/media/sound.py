"""The sound of any audio or video file, as 16 kHz mono in blocks; nothing is held but one block.

Decoded packet by packet: junk inside a file loses the packets it hits and not the rest. What is
missing is silence of the same length where the file's times tell, so that what follows keeps its
time.
"""

from collections.abc import Iterable, Iterator
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
from .downmix import Channels, mono

try:
    import av
    from av.audio.resampler import AudioResampler
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "av", extra="media") from error

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Samples = NDArray[np.float32]
"""Mono, in [-1, 1]."""

SAMPLE_RATE_HZ = 16_000
"""What Whisper's mel front end and the Silero VAD take."""
GROUP_S = 0.5
"""So much is mixed down and resampled at once."""
GAP_S = 0.1
"""A hole in the times of this length or more is filled with silence."""
UNREADABLE_PLANES = 8
BLOCK_LIMIT_S = 30.0
"""No block of silence is longer."""


@dataclass(slots=True, kw_only=True)
class SoundCondition(FileCondition):
    """In what condition a track was found; filled while it is read."""

    track: int
    """Counted from 1."""
    tracks: int
    languages: tuple[str, ...]
    """Of each track as the file says it; empty where it does not."""


class Sound:
    """One audio track of an open file; `blocks` can be read once."""

    def __init__(self, container: "InputContainer", stream: "AudioStream", track: int) -> None:
        streams = container.streams.audio
        self._container = container
        self._stream = stream
        begins_s = start_s(container)
        self.condition = SoundCondition(
            track=track,
            tracks=len(streams),
            languages=tuple(str(one.language or "") for one in streams),
            start_s=begins_s,
            stated_s=stated_s(container, begins_s),
            is_reckoned=container.format.name in RECKONED,
        )

    def blocks(self) -> Iterator[Samples]:
        """Yield the sound in order; what is not there is silence.

        Raises:
            MediaError: At the end, if there should be sound and none could be decoded.
        """
        resampler, group = _Resampler(), _Group()
        for frame in self._frames():
            if not group.takes(frame):
                yield self._counted(resampler.resample(*group.empty()))
            hole_s = self._hole_s(frame, group.seconds)
            if hole_s >= GAP_S:
                yield self._counted(resampler.resample(*group.empty()))
                while hole_s > 0:
                    part_s = min(hole_s, BLOCK_LIMIT_S)
                    yield self._counted(np.zeros(round(part_s * SAMPLE_RATE_HZ), dtype=np.float32))
                    hole_s -= part_s
            group.add(frame)
        yield self._counted(resampler.resample(*group.empty()))
        yield self._counted(resampler.end())
        condition = self.condition
        if not condition.duration_s and (condition.damaged_packets or condition.stated_s):
            raise MediaError(
                f"{Path(self._container.name).name} is damaged: none of its sound can be decoded"
            )

    def _frames(self) -> "Iterator[AudioFrame]":
        for packet in packets_of(self._container, self.condition):
            if packet.stream.index != self._stream.index:
                continue
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                self.condition.damaged_packets += 1
                continue
            for frame in frames:
                if isinstance(frame, av.AudioFrame) and frame.samples:
                    yield frame

    def _hole_s(self, frame: "AudioFrame", grouped_s: float) -> float:
        """Return how long nothing was before a frame; negative where times overlap."""
        if frame.time is None:
            return 0.0
        hole_s = frame.time - self.condition.start_s - self.condition.duration_s - grouped_s
        stated_s = self.condition.stated_s
        # A damaged time can be anything; no hole is longer than what is left of the file.
        if stated_s is not None and self.condition.duration_s + hole_s > stated_s + SHORT_S:
            return 0.0
        return hole_s

    def _counted(self, block: Samples) -> Samples:
        self.condition.duration_s += len(block) / SAMPLE_RATE_HZ
        return block


@contextmanager
def open_sound(path: Path, *, track: int | None = None) -> Iterator[Sound]:
    """Open a file for its sound.

    Only files are opened, also where a file of a playlist names something else.

    Args:
        path: Any file that FFmpeg reads.
        track: Which audio track, from 1; None for the one the file calls its default, else the
            first.

    Raises:
        MediaError: If it is not there, cannot be read, is no such file, or has no such track.
    """
    with open_container(path) as container:
        yield Sound(container, *_chosen(container, path, track))


def _chosen(
    container: "InputContainer", path: Path, track: int | None
) -> "tuple[AudioStream, int]":
    streams = container.streams.audio
    if not streams:
        raise MediaError(f"{path.name} has no sound; {holds_only(container)}")
    if track is None:
        is_default = [
            bool(stream.disposition & av.stream.Disposition.default) for stream in streams
        ]
        index = is_default.index(True) if True in is_default else 0
    elif 1 <= track <= len(streams):
        index = track - 1
    else:
        tracks = "1 audio track" if len(streams) == 1 else f"{len(streams)} audio tracks"
        raise MediaError(f"{path.name} has {tracks}; expected one of them, got track {track}")
    return streams[index], index + 1


class _Group:
    """Frames of one kind, until there are enough to mix down and resample at once."""

    def __init__(self) -> None:
        self._frames: list[AudioFrame] = []
        self._samples = 0

    @property
    def seconds(self) -> float:
        return self._samples / self._frames[0].sample_rate if self._frames else 0.0

    def takes(self, frame: "AudioFrame") -> bool:
        """Tell whether a frame is of the same kind and there is room for it."""
        if not self._frames:
            return True
        first = self._frames[0]
        is_same = (first.sample_rate, first.layout, first.format.name) == (
            frame.sample_rate,
            frame.layout,
            frame.format.name,
        )
        return is_same and self.seconds < GROUP_S

    def add(self, frame: "AudioFrame") -> None:
        self._frames.append(frame)
        self._samples += frame.samples

    def empty(self) -> tuple[Samples, int]:
        """Return what is in it as mono, with its rate, and begin anew."""
        frames, self._frames, self._samples = self._frames, [], 0
        if not frames:
            return np.zeros(0, dtype=np.float32), SAMPLE_RATE_HZ
        channels = np.concatenate([_channels(frame) for frame in _readable(frames)], axis=1)
        names = [channel.name for channel in frames[0].layout.channels]
        return mono(channels, names), frames[0].sample_rate


def _readable(frames: "list[AudioFrame]") -> "Iterable[AudioFrame]":
    """Return frames of one kind in a form whose samples PyAV can read.

    Of frames with a plane for each of eight or more channels it reads one more plane than there
    is, and crashes (seen with PyAV 18.1); these are interleaved first.
    """
    first = frames[0]
    if not first.format.is_planar or first.layout.nb_channels < UNREADABLE_PLANES:
        return frames
    interleaver = AudioResampler(
        format=first.format.packed.name, layout=first.layout, rate=first.sample_rate
    )
    for frame in frames:
        frame.pts = None
    return [ready for frame in (*frames, None) for ready in interleaver.resample(frame)]


def _channels(frame: "AudioFrame") -> Channels:
    """Return the samples of a frame, whatever their number format."""
    array = frame.to_ndarray()
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    floats: Channels = array.astype(np.float32)
    if array.dtype.kind == "f":
        floats[~np.isfinite(floats)] = 0
        return floats
    if array.dtype.kind == "u":
        floats -= 128  # only 8 bits come without a sign
    floats /= 2 ** (8 * array.dtype.itemsize - 1)
    return floats


class _Resampler:
    """Brings mono of any rate to ours; keeps what it needs of one block for the next."""

    def __init__(self) -> None:
        self._rate_hz = SAMPLE_RATE_HZ
        self._resampler: AudioResampler | None = None

    def resample(self, samples: Samples, rate_hz: int) -> Samples:
        if not len(samples):
            return samples
        tail = np.zeros(0, dtype=np.float32)
        if rate_hz != self._rate_hz:
            tail = self.end()
            self._rate_hz = rate_hz
        if rate_hz == SAMPLE_RATE_HZ:
            return np.concatenate([tail, samples])
        if self._resampler is None:
            self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples)[np.newaxis], format="flt", layout="mono"
        )
        frame.sample_rate = rate_hz
        return np.concatenate([tail, *(_flat(one) for one in self._resampler.resample(frame))])

    def end(self) -> Samples:
        """Return what is left in it."""
        resampler, self._resampler = self._resampler, None
        left = [] if resampler is None else resampler.resample(None)
        return np.concatenate([np.zeros(0, dtype=np.float32), *(_flat(one) for one in left)])


def _flat(frame: "AudioFrame") -> Samples:
    return np.asarray(frame.to_ndarray()[0], dtype=np.float32)
