"""The user wins: a latch that stops the hands when a person takes over.

A watcher thread looks every 20 ms whether the pointer is where we put it. If it is somewhere else,
if it is in pyautogui's failsafe corner, if the panic file exists or Ctrl-C was pressed, the latch
closes: every later event raises `TakenOver` until a person resumes.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ...memory.errors import TakenOver

POLL_S = 0.02
TOLERANCE_PX = 6
"""A pointer that is this close to where we put it was not moved by a person: some window managers
and applications nudge it by a pixel or two."""
RECENT_S = 0.2
"""A place we left this short a time ago may still be what the watcher read."""


def default_panic_file() -> Path:
    """Return the file that stops the hands by being there: one `touch` away on any terminal."""
    return Path.home() / ".deskhand" / "panic"


class Takeover:
    """The latch and its watcher.

    Args:
        pointer: Returns where the pointer is, from any thread.
        panic_file: Stops the hands while it exists.
        tolerance_px: How far the pointer may be from where we put it.
    """

    def __init__(
        self,
        pointer: Callable[[], tuple[int, int]],
        *,
        panic_file: Path | None = None,
        tolerance_px: int = TOLERANCE_PX,
    ) -> None:
        self._pointer = pointer
        self._panic_file = default_panic_file() if panic_file is None else panic_file
        self._tolerance_px = tolerance_px
        self._lock = threading.Lock()
        self._expected: list[tuple[float, int, int]] = []
        self._latched = threading.Event()
        self._reason = ""
        self._watchers = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def reason(self) -> str:
        """Why the hands are stopped; empty while they are not."""
        return self._reason

    def expect(self, x: int, y: int) -> None:
        """Say that we are about to put the pointer here; where it just was is fine as well."""
        now = time.monotonic()
        with self._lock:
            recent = [place for place in self._expected[:-1] if now - place[0] < RECENT_S]
            # The newest place counts as left only now, however long the pointer was there.
            left = [(now, px, py) for _, px, py in self._expected[-1:]]
            self._expected = [*recent, *left, (now, x, y)]

    def trip(self, reason: str) -> None:
        """Close the latch. The first reason stays."""
        with self._lock:
            if not self._latched.is_set():
                self._reason = reason
                self._latched.set()

    def check(self) -> None:
        """Raise if the hands are stopped.

        Raises:
            TakenOver: With the reason and how to go on.
        """
        if self._latched.is_set():
            raise TakenOver(f"stopped: {self._reason}; resume the run to go on")

    def sleep(self, seconds: float) -> None:
        """Sleep, but wake and raise as soon as the hands are stopped."""
        if self._latched.wait(seconds):
            self.check()

    def resume(self) -> None:
        """Open the latch again; a person said so.

        Raises:
            TakenOver: If the panic file is still there.
        """
        if self._panic_file.exists():
            raise TakenOver(f"the panic file is still there; delete {self._panic_file} to go on")
        with self._lock:
            self._expected = []
            self._reason = ""
            self._latched.clear()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs; blocks may nest."""
        with self._lock:
            self._watchers += 1
            is_first = self._watchers == 1
        if is_first:
            self._begin()
        try:
            yield
        finally:
            with self._lock:
                self._watchers -= 1
                is_last = self._watchers == 0
            if is_last:
                self._stop.set()
                assert self._thread is not None
                self._thread.join()

    def _begin(self) -> None:
        with self._lock:
            # Where the pointer is now is where the user left it.
            self._expected = [(time.monotonic(), *self._pointer())]
        self._stop.clear()
        self._look()
        self._thread = threading.Thread(target=self._watch, name="takeover", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(POLL_S):
            self._look()

    def _look(self) -> None:
        if self._panic_file.exists():
            self.trip(f"the panic file {self._panic_file} is there")
            return
        # Expected places are read after the pointer: a move of ours in between adds its place
        # before it moves, so that it is never taken for a person's.
        x, y = self._pointer()
        with self._lock:
            expected = list(self._expected)
        if expected and not any(
            max(abs(x - ex), abs(y - ey)) <= self._tolerance_px for _, ex, ey in expected
        ):
            self.trip("the mouse was moved by someone else")


@contextmanager
def stopping_on_sigint(takeover: Takeover) -> Iterator[None]:
    """Make the first Ctrl-C stop the hands and the second one interrupt the program."""

    def on_sigint(number: int, frame: FrameType | None) -> None:
        if takeover.reason:
            signal.default_int_handler(number, frame)
        takeover.trip("Ctrl-C")

    before = signal.signal(signal.SIGINT, on_sigint)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
