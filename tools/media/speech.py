"""Where in a stretch of sound somebody speaks, by the Silero VAD that comes with faster-whisper."""

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...memory.errors import MissingExtraError
from .sound import SAMPLE_RATE_HZ, Samples

# As in `tools/perception/onnx_model.py`: the detector's runtime collects usage and sends it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

try:
    from faster_whisper.vad import VadOptions, get_speech_timestamps
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "faster_whisper", extra="media") from error

PAUSE_S = 0.3
"""A silence of this length ends a stretch of speech."""
JOINED_S = 2.0
"""Pauses up to this stay in what the model hears: it hears sentences by them (faster-whisper's
default for the same thing)."""
PAD_S = 0.4
"""Kept on either side: the VAD cuts soft beginnings and ends (faster-whisper's default)."""
LONGEST_S = 28.0
"""Of one stretch; with its padding it fits into the 30 s that Whisper hears at once."""
CUT_FROM = 2 / 3
"""A window is cut in its last third."""
QUIET_S = 0.2


class Stretch(NamedTuple):
    """A part of some sound, in samples; the end is exclusive."""

    start: int
    end: int


def find_speech(sound: Samples) -> list[Stretch]:
    """Return the stretches in which somebody speaks, without padding, in order."""
    if not len(sound):
        return []
    options = VadOptions(
        min_silence_duration_ms=round(PAUSE_S * 1000),
        max_speech_duration_s=LONGEST_S,
        speech_pad_ms=0,
    )
    found = get_speech_timestamps(sound, options)
    stretches = [Stretch(int(one["start"]), min(int(one["end"]), len(sound))) for one in found]
    return [stretch for stretch in stretches if stretch.end > stretch.start]


def heard(speech: Sequence[Stretch], n_samples: int) -> list[Stretch]:
    """Return what the model is given: speech with its short pauses and with padding."""
    pad = round(PAD_S * SAMPLE_RATE_HZ)
    parts: list[Stretch] = []
    for stretch in speech:
        start, end = max(0, stretch.start - pad), min(n_samples, stretch.end + pad)
        if parts and stretch.start - (parts[-1].end - pad) < JOINED_S * SAMPLE_RATE_HZ:
            parts[-1] = Stretch(parts[-1].start, end)
        else:
            parts.append(Stretch(start, end))
    return parts


def cut_place(sound: Samples, speech: Sequence[Stretch]) -> int:
    """Return where to cut a window that has sound after it: at its last long pause.

    Without any pause in its last third: where it is most quiet there.
    """
    first = round(CUT_FROM * len(sound))
    ends = [Stretch(0, 0), *speech, Stretch(len(sound), len(sound))]
    pauses = []
    for before, after in zip(ends, ends[1:], strict=False):
        start, end = max(before.end, first), after.start
        if end > start:
            pauses.append(Stretch(start, end))
    if pauses:
        longest = max(pauses, key=lambda pause: pause.end - pause.start)
        return (longest.start + longest.end) // 2
    width = round(QUIET_S * SAMPLE_RATE_HZ)
    tail = sound[first : first + (len(sound) - first) // width * width].reshape(-1, width)
    return first + int(np.argmin(np.mean(tail**2, axis=1))) * width + width // 2


class HeardMap:
    """From times in the sound that the model heard back to times in the sound it was taken from."""

    def __init__(self, parts: Sequence[Stretch]) -> None:
        self.parts = tuple(parts)
        lengths = [part.end - part.start for part in parts]
        self._ends = np.cumsum(lengths) if lengths else np.zeros(0, dtype=np.int64)

    def original_s(self, time_s: float, *, within_s: float) -> float:
        """Return a time in the original, in seconds.

        Args:
            time_s: In what was heard.
            within_s: Another time in what was heard, which says to which part the first belongs:
                the ends of a word belong where its middle is.
        """
        index = int(np.searchsorted(self._ends, within_s * SAMPLE_RATE_HZ, side="right"))
        index = min(index, len(self.parts) - 1)
        part, end = self.parts[index], int(self._ends[index])
        sample = time_s * SAMPLE_RATE_HZ - end + part.end
        return float(min(max(sample, part.start), part.end)) / SAMPLE_RATE_HZ
