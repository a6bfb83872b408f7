"""Remembers a screen whenever it has changed, within a share of the processor's time.

Looking costs seconds of the processor, noticing that nothing changed costs milliseconds: the screen
is grabbed once a second, made small, and read only where that differs from what was last read.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

from ...memory.errors import ConfigError, MemoryLocked, TakenOver
from ..desktop.backend import Window
from ..desktop.capture import Pixels
from ..perception.elements import Observation
from .recorder import Recorded, ScreenRecorder

logger = logging.getLogger(__name__)

POLL_S = 1.0
TALL, WIDE, TILE = 9, 16, 10
CHANGED = 3.0
"""Mean difference of gray in a tile of 10 x 10 of 160 x 90 pixels. On a recording with 37 known
changes this found 36; means of the whole screen miss a new line of text."""


class Screen(Protocol):
    """What is watched."""

    def grab(self) -> Pixels:
        """Return the pixels of the desktop."""
        ...

    def active_window(self) -> Window | None:
        """Return the window that has the keyboard."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How often, and at what cost."""

    every_s: float = 10.0
    """At most one look in so many seconds."""
    cpu_share: float = 0.10
    """Of one core, on average since it began."""
    tags: frozenset[str] = frozenset({"watch"})

    def __post_init__(self) -> None:
        if not self.every_s > 0:
            raise ConfigError(f"every must be above 0 seconds, got {self.every_s}")
        if not 0 < self.cpu_share <= 1:
            raise ConfigError(f"cpu must be above 0 and at most 100 %, got {self.cpu_share:.0%}")


@dataclass(slots=True, kw_only=True)
class Watched:
    """What a watch has done so far."""

    kept: int = 0
    seen_again: int = 0
    excluded: int = 0
    cpu_s: float = 0.0
    elapsed_s: float = 0.0


class Watch:
    """Watches one desktop.

    Args:
        screen: The desktop.
        look: Returns what is on it, read.
        recorder: Keeps it.
        settings: How often, and at what cost.
        pause_file: While it exists, nothing is looked at.
        cpu_clock: Seconds of processor time that the watch has used.
        clock: Monotonic seconds.
        sleep: Sleeps; returns True to stop.
        tell: Told of every look that was kept or excluded.
    """

    def __init__(
        self,
        screen: Screen,
        look: Callable[[], Observation],
        recorder: ScreenRecorder,
        settings: WatchSettings,
        *,
        pause_file: Path,
        sleep: Callable[[float], bool],
        cpu_clock: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[Recorded], None] = lambda _recorded: None,
    ) -> None:
        self._screen = screen
        self._look = look
        self._recorder = recorder
        self._settings = settings
        self._pause_file = pause_file
        self._sleep = sleep
        self._cpu_clock = CpuClock() if cpu_clock is None else cpu_clock
        self._clock = clock
        self._tell = tell
        self._last: NDArray[np.float32] | None = None
        self.so_far = Watched()

    def run(self) -> Watched:
        """Watch until `sleep` says to stop, and return what was done."""
        began, cpu_began = self._clock(), self._cpu_clock()
        next_look = began
        while True:
            if self._clock() >= next_look and not self._pause_file.exists():
                if self._step():
                    next_look = self._clock() + self._settings.every_s
            self.so_far.cpu_s = self._cpu_clock() - cpu_began
            self.so_far.elapsed_s = self._clock() - began
            # However dear a look was, the share holds again when the next one may begin.
            rested = began + self.so_far.cpu_s / self._settings.cpu_share
            next_look = max(next_look, rested)
            if self._sleep(POLL_S):
                return self.so_far

    def _step(self) -> bool:
        """Look if there is something new, and tell whether it was looked."""
        active = self._screen.active_window()
        if active is not None and self._recorder.exclusions.reason(active) is not None:
            self._last = None  # what comes after it is new
            return False
        frame = small(self._screen.grab())
        if self._last is not None and not is_changed(self._last, frame):
            return False
        try:
            seen = self._look()
            recorded = self._recorder.record(seen, tags=self._settings.tags)
        except TakenOver:
            return False
        except MemoryLocked as error:
            logger.warning("a screen was not kept: %s", error)
            return True
        self._last = small(seen.capture.pixels)
        if recorded.added is None:
            self.so_far.excluded += 1
        elif recorded.added.is_new:
            self.so_far.kept += 1
        else:
            self.so_far.seen_again += 1
        self._tell(recorded)
        return True


class CpuClock:
    """Processor time of this process and of its children, the dead ones included."""

    def __init__(self) -> None:
        self._process = psutil.Process()

    def __call__(self) -> float:
        """Return seconds."""
        own = self._process.cpu_times()
        return (
            own.user
            + own.system
            + own.children_user
            + own.children_system
            + sum(_seconds(self._process.children(recursive=True)))
        )


def small(pixels: Pixels) -> NDArray[np.float32]:
    """Return a picture in gray, 160 x 90."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    shrunk = cv2.resize(gray, (WIDE * TILE, TALL * TILE), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.float32)


def is_changed(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Tell whether some tile of two small pictures differs visibly."""
    tiles = np.abs(before - after).reshape(TALL, TILE, WIDE, TILE).mean(axis=(1, 3))
    return bool(tiles.max() > CHANGED)


def _seconds(processes: Iterable[psutil.Process]) -> Iterable[float]:
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue  # it has ended since
        yield times.user + times.system
