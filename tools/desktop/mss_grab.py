"""Pixels through mss, for every platform that it knows."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import mss
import numpy as np
from mss.exception import ScreenShotError

from ...memory.errors import DisplayError
from .capture import Pixels
from .geometry import Box


def grab_region(screen: mss.MSS, region: Box) -> Pixels:
    """Return the pixels of a region; on a scaled screen there are more of them than units.

    Raises:
        DisplayError: If the system does not let us look.
    """
    area = {
        "left": region.left, "top": region.top, "width": region.width, "height": region.height
    }  # fmt: skip
    try:
        shot = screen.grab(area)
    except ScreenShotError as error:
        raise DisplayError(f"the screen cannot be read: {error}") from error
    bgra = np.frombuffer(shot.bgra, np.uint8).reshape(shot.height, shot.width, 4)
    return np.ascontiguousarray(bgra[:, :, 2::-1])


def grab_at(
    region: Box, display: str | None = None
) -> Callable[[], AbstractContextManager[Callable[[], Pixels]]]:
    """Return what opens a connection of its own that sees a region again and again.

    On X11 the pointer is in the pictures, since it is what a person follows in a video.

    Args:
        region: In desktop units.
        display: An X11 display such as `:0`; None for what the environment names.
    """

    @contextmanager
    def opened() -> Iterator[Callable[[], Pixels]]:
        try:
            is_x11 = sys.platform == "linux"
            screen = mss.MSS(display=display, with_cursor=True) if is_x11 else mss.MSS()
        except ScreenShotError as error:
            raise DisplayError(f"the screen cannot be read: {error}") from error
        with screen:
            yield lambda: grab_region(screen, region)

    return opened
