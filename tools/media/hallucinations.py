"""What a speech model writes where nobody speaks, and which of it is not believed.

The first guard is the VAD: the model never hears silence. These are for what it lets through, such
as music and noise.
"""

from collections.abc import Iterable, Sequence

from .speech_model import RawSegment
from .transcript import Reason

NO_SPEECH, UNSURE = 0.6, -0.5
"""Probability of no speech from which, with a mean log-probability up to which, a segment is not
believed. Whisper's own rule asks for -1.0 and lets noise through that scores -0.63."""
LOOPING = 2.4
"""Compression ratio from which text is a loop (openai/whisper, transcribe.py), even after
decoding anew."""
REPEATS = 3
"""The same segment so many times on end is believed; one time more is a loop."""


def judge(segments: Iterable[RawSegment]) -> list[tuple[RawSegment, Reason | None]]:
    """Return each segment with why it is not believed, None for those that are.

    Of a loop of equal segments, the first is believed.
    """
    found = list(segments)
    reasons: list[Reason | None] = [_reason(segment) for segment in found]
    for start, end in _runs([segment.text.strip().casefold() for segment in found]):
        if end - start > REPEATS:
            reasons[start + 1 : end] = ["repetition"] * (end - start - 1)
    return list(zip(found, reasons, strict=True))


def _reason(segment: RawSegment) -> Reason | None:
    if segment.no_speech_probability > NO_SPEECH and segment.mean_log_probability < UNSURE:
        return "no speech"
    return "repetition" if segment.compression_ratio > LOOPING else None


def _runs(texts: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Yield start and end of each run of equal texts."""
    start = 0
    for end in range(1, len(texts) + 1):
        if end == len(texts) or texts[end] != texts[start]:
            yield start, end
            start = end
