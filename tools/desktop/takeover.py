"""The user wins: a latch that stops the hands when a person takes over.

A watcher thread looks every 20 ms whether the pointer is where we put it, and the hands look once
more right before each event. If it is somewhere else, if it is in pyautogui's failsafe corner, if
the panic file exists or Ctrl-C was pressed, the latch closes: every later event raises `TakenOver`
until a person resumes.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from ...memory.errors import DisplayError, TakenOver

POLL_S = 0.02
FAILSAFE_CORNER = (0, 0)
"""pyautogui.FAILSAFE_POINTS of 0.9.54: it acts on nothing while the pointer is there."""
TOLERANCE_PX = 6
"""A pointer that is this close to where we put it was not moved by a person: some window managers
and applications nudge it by a pixel or two."""
RECENT_S = 0.2
"""A place we left this short a time before the watcher asked may still be what it is told."""
INTERRUPTED = "Ctrl-C"
REMEMBERED_S = 10.0
"""Places are kept for longer: on a busy machine the watcher may stand still between its question
and its comparison."""


def default_panic_file() -> Path:
    """Return the file that stops the hands by being there: one `touch` away on any terminal."""
    return Path.home() / ".deskhand" / "panic"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place we put the pointer to, and when we left it; `inf` for where it is now."""

    x: int
    y: int
    left_at: float = math.inf


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
        self._expected: list[_Place] = []
        self._latched = threading.Event()
        self._reason = ""
        self._interrupted = False
        self._watchers = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def reason(self) -> str:
        """Why the hands are stopped; empty while they are not."""
        if self._latched.is_set():
            return self._reason
        return INTERRUPTED if self._interrupted else ""

    def expect(self, x: int, y: int) -> None:
        """Say that we are about to put the pointer here; where it just was is fine as well."""
        now = time.monotonic()
        with self._lock:
            kept = [place for place in self._expected if place.left_at > now - REMEMBERED_S]
            # The newest place counts as left only now, however long the pointer was there.
            kept[-1:] = [replace(place, left_at=now) for place in kept[-1:]]
            self._expected = [*kept, _Place(x, y)]

    def trip(self, reason: str) -> None:
        """Close the latch. The first reason stays."""
        with self._lock:
            if not self._latched.is_set():
                self._reason = reason
                self._latched.set()

    def interrupt(self) -> None:
        """Close the latch from a signal handler, which must not wait for any lock.

        The thread it interrupted may hold that very lock; so the handler only leaves a note, which
        the watcher and every check read.
        """
        self._interrupted = True

    def check(self) -> None:
        """Raise if the hands are stopped.

        Raises:
            TakenOver: With the reason and how to go on.
        """
        self._notice_interrupt()
        if self._latched.is_set():
            raise TakenOver(f"stopped: {self._reason}; resume the run to go on")

    def check_now(self) -> None:
        """Look at the pointer and the panic file at this moment, then `check`.

        For right before an event: a press must not land where a person has just put the pointer.
        """
        if self._watchers:
            self._look()
        self.check()

    def sleep(self, seconds: float) -> None:
        """Sleep, but wake and raise as soon as the hands are stopped."""
        self._latched.wait(seconds)
        self.check()

    def resume(self) -> None:
        """Open the latch again; a person said so.

        Raises:
            TakenOver: If the panic file is still there.
        """
        if self._panic_file.exists():
            raise TakenOver(f"the panic file is still there; delete {self._panic_file} to go on")
        with self._lock:
            self._expected = self._here() if self._watchers else []
            self._interrupted = False
            self._latched.clear()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs; blocks may nest."""
        with self._lock:
            if self._watchers == 0:
                self._begin()
            self._watchers += 1
        try:
            self._look()
            yield
        finally:
            with self._lock:
                self._watchers -= 1
                ended = self._thread if self._watchers == 0 else None
                if ended is not None:
                    self._stop.set()
            if ended is not None:
                ended.join()

    def _begin(self) -> None:
        self._expected = self._here()
        # Each thread has a stop of its own: a new one may begin while the last one still ends.
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._watch, args=(self._stop,), name="takeover", daemon=True
        )
        self._thread.start()

    def _here(self) -> list[_Place]:
        """Return where the pointer is: that is where the user left it."""
        return [_Place(*self._pointer())]

    def _watch(self, stop: threading.Event) -> None:
        while not stop.wait(POLL_S):
            self._look()

    def _notice_interrupt(self) -> None:
        if self._interrupted and not self._latched.is_set():
            self.trip(INTERRUPTED)

    def _look(self) -> None:
        self._notice_interrupt()
        if self._panic_file.exists():
            self.trip(f"the panic file {self._panic_file} is there")
            return
        # Expected places are read after the pointer: a move of ours in between adds its place
        # before it moves, so that it is never taken for a person's.
        asked_at = time.monotonic()
        try:
            x, y = self._pointer()
        except DisplayError as error:
            # Nobody could stop us any more by moving the mouse.
            self.trip(str(error))
            return
        with self._lock:
            expected = [place for place in self._expected if place.left_at > asked_at - RECENT_S]
        if (x, y) == FAILSAFE_CORNER:
            self.trip("the pointer is in the top left corner (failsafe)")
        elif expected and not any(
            max(abs(x - place.x), abs(y - place.y)) <= self._tolerance_px for place in expected
        ):
            self.trip("the mouse was moved by someone else")


@contextmanager
def stopping_on_sigint(takeover: Takeover) -> Iterator[None]:
    """Make the first Ctrl-C stop the hands and the second one interrupt the program."""

    def on_sigint(number: int, frame: FrameType | None) -> None:
        if takeover.reason:
            signal.default_int_handler(number, frame)
        takeover.interrupt()

    before = signal.signal(signal.SIGINT, on_sigint)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
