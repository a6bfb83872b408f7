"""Waits until the screen has come to rest, by watching it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..desktop.capture import Pixels
from ..desktop.geometry import Box

QUIET_S = 0.25
"""In a 22-step session the last change after an action came 0.05 s later at the median and 0.36 s
at most; animations change every frame until they end."""
TIMEOUT_S = 4.0
POLL_S = 0.03
CARET_WIDTH_PX = 3
CARET_HEIGHT_PX = 60
SPINNER_S = 0.8
SPINNER_SHARE = 0.02
"""Of the screen's area: what keeps moving in so small a place is a spinner, not an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How the screen came to rest."""

    pixels: Pixels
    moving: tuple[Box, ...]
    """Where it was still changing: carets and spinners."""
    settled: bool
    """False if it was still changing when patience ran out."""
    waited_s: float


def changed_box(before: Pixels, after: Pixels) -> Box | None:
    """Return the smallest box around every pixel that differs, None if none does."""
    if before.shape != after.shape:
        return Box.of_size(after.shape[1], after.shape[0])
    rows = np.flatnonzero((before != after).reshape(before.shape[0], -1).any(1))
    if len(rows) == 0:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero((before[top:bottom] != after[top:bottom]).any(axis=(0, 2)))
    return Box(int(columns[0]), top, int(columns[-1]) + 1, bottom)


def is_caret(box: Box) -> bool:
    """Tell whether a change has a text cursor's form."""
    return box.width <= CARET_WIDTH_PX and box.height <= CARET_HEIGHT_PX


def settle(
    grab: Callable[[], Pixels],
    *,
    quiet_s: float = QUIET_S,
    timeout_s: float = TIMEOUT_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    check: Callable[[], None] = lambda: None,
) -> Settled:
    """Watch until nothing has changed for a while, carets and spinners aside.

    Args:
        grab: Returns the screen now.
        quiet_s: How long nothing may change.
        timeout_s: Patience.
        sleep: Sleeps; may raise to cancel.
        clock: Monotonic seconds.
        check: Called at every poll; may raise to cancel.
    """
    began = quiet_since = clock()
    last = grab()
    screen_area = last.shape[0] * last.shape[1]
    moving: list[Box] = []
    restless: Box | None = None  # around all changes since `restless_since`
    restless_since = began
    while True:
        now = clock()
        if now - quiet_since >= quiet_s:
            return Settled(pixels=last, moving=tuple(moving), settled=True, waited_s=now - began)
        if restless is not None and now - restless_since >= SPINNER_S:
            return Settled(
                pixels=last, moving=(*moving, restless), settled=True, waited_s=now - began
            )
        if now - began >= timeout_s:
            boxes = moving if restless is None else [*moving, restless]
            return Settled(pixels=last, moving=tuple(boxes), settled=False, waited_s=now - began)
        check()
        sleep(POLL_S)
        frame = grab()
        box = changed_box(last, frame)
        last = frame
        if box is None:
            continue
        if is_caret(box):
            if box not in moving:
                moving.append(box)
            continue
        quiet_since = clock()
        grown = box if restless is None else restless.union(box)
        if grown.area <= SPINNER_SHARE * screen_area:
            if restless is None:
                restless_since = quiet_since
            restless = grown
        else:
            restless, restless_since = None, quiet_since
