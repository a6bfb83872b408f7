"""A stream of sound in windows that are cut where nobody speaks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .sound import SAMPLE_RATE_HZ, Samples
from .speech import Stretch, cut_place, find_speech

WINDOW_S = 120.0
"""Of one window at most: what a killed transcription has to hear again. Longer ones save little: a
model hears half minutes, and the last of a window is seldom full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of sound with where in it somebody speaks."""

    start: int
    """In samples from the start of the file."""
    sound: Samples
    speech: tuple[Stretch, ...]
    is_last: bool

    @property
    def end(self) -> int:
        """Return where the next window begins."""
        return self.start + len(self.sound)


def windows(blocks: Iterable[Samples], *, skip: int = 0) -> Iterator[Window]:
    """Yield the windows of a stream; where they are cut hangs on nothing but the sound in them.

    Args:
        blocks: The sound, in order.
        skip: Samples to leave out at the start: an end of an earlier window, so that those that
            follow are the same as they were or would have been.
    """
    length = round(WINDOW_S * SAMPLE_RATE_HZ)
    start, held = skip, np.zeros(0, dtype=np.float32)
    waiting: list[Samples] = []
    n_waiting = 0
    for block in blocks:
        left_out = min(skip, len(block))
        skip -= left_out
        waiting.append(block[left_out:])
        n_waiting += len(block) - left_out
        # One sample more than a window: so it is known that it is not the last.
        while len(held) + n_waiting > length:
            held, waiting, n_waiting = np.concatenate([held, *waiting]), [], 0
            sound = held[:length]
            speech = find_speech(sound)
            end = cut_place(sound, speech)
            before = (Stretch(one.start, min(one.end, end)) for one in speech if one.start < end)
            yield Window(start=start, sound=held[:end], speech=tuple(before), is_last=False)
            start, held = start + end, held[end:].copy()
    last = np.concatenate([held, *waiting])
    if len(last):
        yield Window(start=start, sound=last, speech=tuple(find_speech(last)), is_last=True)
