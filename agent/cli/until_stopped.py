"""Work without an end: Ctrl-C asks it to finish what it does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and a polite kill set; a second Ctrl-C interrupts."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            signal.default_int_handler(number, frame)
        stopped.set()

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
