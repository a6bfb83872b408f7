"""Pixels through mss, for every platform that it knows."""

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
