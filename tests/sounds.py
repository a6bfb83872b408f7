"""Sound files and a speech model whose words are known, for the tests of tools/media."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

from deskhand.tools.media.sound import SAMPLE_RATE_HZ, Samples, SoundCondition, open_sound
from deskhand.tools.media.speech_model import Language, RawSegment
from deskhand.tools.media.transcript import Segment, Task, Transcript, Word

SPEECH = Path(__file__).parent / "data" / "speech"
JFK = SPEECH / "jfk.flac"
REFERENCES: dict[str, str] = json.loads((SPEECH / "references.json").read_text(encoding="utf-8"))


def read(path: Path, *, track: int | None = None) -> tuple[Samples, SoundCondition]:
    """Return all of a file's sound, and in what condition it was."""
    with open_sound(path, track=track) as sound:
        blocks = list(sound.blocks())
    return np.concatenate(blocks), sound.condition


def tone(seconds: float, *, rate_hz: int = SAMPLE_RATE_HZ, pitch_hz: float = 440.0) -> Samples:
    """Return a tone."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.3 * np.sin(2 * np.pi * pitch_hz * times)).astype(np.float32)


def silence(seconds: float, *, rate_hz: int = SAMPLE_RATE_HZ) -> Samples:
    return np.zeros(round(seconds * rate_hz), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Track:
    """One audio track to write."""

    channels: NDArray[np.float32]
    """`(channels, samples)`."""
    layout: str = "mono"
    rate_hz: int = SAMPLE_RATE_HZ
    codec: str = "pcm_s16le"
    language: str = ""
    starts_s: float = 0.0


def write(path: Path, *tracks: Track, picture_s: float | None = None) -> Path:
    """Write a file of some tracks, with a moving picture if it has a length."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10) if picture_s is not None else None
        if isinstance(pictures, av.VideoStream):
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        streams: list[av.AudioStream] = []
        for track in tracks:
            # Cast: the name of a codec does not tell a type checker what kind it is of.
            stream = cast(
                av.AudioStream,
                container.add_stream(track.codec, rate=track.rate_hz, layout=track.layout),
            )
            if track.language:
                stream.metadata["language"] = track.language
            streams.append(stream)
        if isinstance(pictures, av.VideoStream) and picture_s is not None:
            for index in range(round(picture_s * 10)):
                shade = np.full((48, 64, 3), index % 256, dtype=np.uint8)
                picture = av.VideoFrame.from_ndarray(shade, format="rgb24")
                container.mux(pictures.encode(picture))
            container.mux(pictures.encode(None))
        for stream, track in zip(streams, tracks, strict=True):
            for frame in _frames(track):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def _frames(track: Track) -> Iterator[av.AudioFrame]:
    """Yield frames of a size that every codec takes."""
    size = 1024
    kind = {"pcm_s16le": "s16", "flac": "s16", "libmp3lame": "s16p", "pcm_mulaw": "s16"}
    resampler = av.AudioResampler(
        format=kind.get(track.codec, "fltp"),
        layout=track.layout,
        rate=track.rate_hz,
        frame_size=1152 if track.codec == "libmp3lame" else size,
    )
    samples = np.ascontiguousarray(track.channels, dtype=np.float32)
    for start in range(0, samples.shape[1], size):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + size].T).reshape(1, -1),
            format="flt",
            layout=track.layout,
        )
        frame.sample_rate = track.rate_hz
        frame.pts = start + round(track.starts_s * track.rate_hz)
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


@dataclass
class KnownWords:
    """A speech model that says `word0 word1 …`, one word each half second of what it is given.

    It says nothing about a sound that is silent, and keeps what it was given.
    """

    name: str = "known-words"
    identity: str = "known-words 1"
    device: str = "cpu"
    compute_type: str = "int8"
    batch_size: int = 1
    languages: Sequence[str] = ("de", "en", "fr")
    detected: Sequence[Language] = (Language("de", 0.9),)
    given: list[float] = field(default_factory=list)
    """Length of each sound, in seconds."""
    told: list[tuple[str, Task]] = field(default_factory=list)
    n_detections: int = 0

    def detect_language(self, sound: Samples) -> Language:
        found = self.detected[min(self.n_detections, len(self.detected) - 1)]
        self.n_detections += 1
        return found

    def transcribe(self, sound: Samples, *, language: str, task: Task) -> Iterator[RawSegment]:
        seconds = len(sound) / SAMPLE_RATE_HZ
        self.given.append(seconds)
        self.told.append((language, task))
        words = tuple(
            Word(text=f" word{n}", start_s=n / 2, end_s=n / 2 + 0.4, probability=0.9)
            for n in range(int(seconds * 2))
        )
        for first in range(0, len(words), 10):
            part = words[first : first + 10]
            yield raw_segment("".join(word.text for word in part), words=part)


def raw_segment(
    text: str,
    *,
    words: Sequence[Word] = (),
    span_s: tuple[float, float] = (0.0, 1.0),
    no_speech: float = 0.01,
    log_probability: float = -0.2,
    compression: float = 1.2,
) -> RawSegment:
    """Return a segment as a model gives it."""
    start_s, end_s = (words[0].start_s, words[-1].end_s) if words else span_s
    return RawSegment(
        start_s=start_s,
        end_s=end_s,
        text=text,
        words=words,
        no_speech_probability=no_speech,
        mean_log_probability=log_probability,
        compression_ratio=compression,
    )


def transcript_of(*segments: Segment) -> Transcript:
    """Return a transcript of some segments."""
    return Transcript(
        segments=segments, task="transcribe", language="en", language_probability=1.0,
        duration_s=segments[-1].end_s if segments else 0.0, truncated=False, damaged_packets=0,
        complete=True, track=1, tracks=1, model="m", device="cpu", compute_type="int8",
        batch_size=1, seconds=0.0,
    )  # fmt: skip


def spoken_at(*said: tuple[float, str]) -> Transcript:
    """Return a transcript of texts by the second at which they begin."""
    return transcript_of(
        *(Segment(start_s=start_s, end_s=start_s + 4, text=text) for start_s, text in said)
    )
