"""Many channels made one, for listening to speech."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Channels = NDArray[np.float32]
"""`(channels, samples)`, in [-1, 1]."""

CENTRE, FRONT, OTHER = 1.0, 0.7071, 0.5
"""Weights: a film's speech is in the centre, its surroundings are not (ITU-R BS.775 gives those
0.7071 as well; for speech they are turned down further)."""
_WEIGHTS = {"FC": CENTRE, "FL": FRONT, "FR": FRONT, "LFE": 0.0, "LFE2": 0.0}
CANCELLED = 0.1
"""If mixing leaves less than this share of the channels' power, they cancel each other out. Two
channels that have nothing to do with each other leave half of it."""


def mono(channels: Channels, names: Sequence[str]) -> NDArray[np.float32]:
    """Return one channel, `(samples,)`.

    Two channels that cancel each other out, as they do if one was plugged in the wrong way round,
    are not mixed: the louder one is taken.

    Args:
        channels: At least one.
        names: FFmpeg's names of the channels, such as `FL`; unknown ones count as surroundings.
    """
    if len(channels) == 1:
        first: NDArray[np.float32] = channels[0]
        return first
    weights = np.array([_WEIGHTS.get(name, OTHER) for name in names], dtype=np.float32)
    if not weights.any():
        weights = np.ones(len(channels), dtype=np.float32)
    mixed: NDArray[np.float32] = weights @ channels / weights.sum()
    if len(channels) == 2:
        powers = np.mean(channels**2, axis=1)
        if np.mean(mixed**2) < CANCELLED * np.mean(powers):
            mixed = channels[int(np.argmax(powers))]
    return mixed
