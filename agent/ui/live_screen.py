"""The virtual desktop of a run that is watched, as it is now.

A desktop of the user's own is not shown this way: the page may be on it, and a page that shows the
screen it is on changes with every look, so that the screen would never come to rest for the run.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image

from ...memory.errors import DisplayError
from ...tools.desktop.capture import Pixels
from ...tools.desktop.geometry import Box
from ...tools.desktop.mss_grab import grab_at
from ...tools.desktop.sandbox import desktop_variables
from ...tools.environment import in_environment
from ..trajectory.run_info import DesktopPlace

_connecting = threading.Lock()
"""The way to a display leads through the environment, of which a process has one."""


class LiveScreen:
    """Looks at a virtual desktop without owning it, from one thread at a time.

    Args:
        place: The desktop.
    """

    def __init__(self, place: DesktopPlace) -> None:
        self._place = place
        self._opened = ExitStack()
        self._grab: Callable[[], Pixels] | None = None
        self._last: tuple[Pixels, Image.Image] | None = None
        self._lock = threading.Lock()

    def picture(self) -> Image.Image | None:
        """Return what is on it, the very same picture while nothing changes.

        None where it is no virtual desktop, or it is gone.
        """
        with self._lock:
            try:
                if self._grab is None:
                    self._grab = self._connect()
                if self._grab is None:
                    return None
                pixels = self._grab()
            except (DisplayError, OSError):
                self._disconnect()
                return None
            if self._last is None or not np.array_equal(pixels, self._last[0]):
                self._last = pixels, Image.fromarray(pixels)
            return self._last[1]

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._disconnect()

    def _connect(self) -> Callable[[], Pixels] | None:
        place = self._place
        if place.sandbox_folder is None or place.size is None:
            return None
        way = desktop_variables(Path(place.sandbox_folder), place.display)
        with _connecting, in_environment({name: way[name] for name in ("DISPLAY", "XAUTHORITY")}):
            everything = Box(0, 0, *place.size)
            return self._opened.enter_context(grab_at(everything, place.display)())

    def _disconnect(self) -> None:
        self._grab = None
        try:
            self._opened.close()
        except (DisplayError, OSError):
            pass
        self._opened = ExitStack()
