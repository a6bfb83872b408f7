"""A desktop to look at, with its guarded hands."""

import os
from collections.abc import Sequence
from pathlib import Path

from ...memory.errors import ActionFailed, BadArgumentError
from .backend import Backend, Monitor, Popup, Window
from .capture import Capture, Pixels
from .geometry import Box, Point, View
from .input import Input
from .probe import open_backend
from .takeover import Takeover
from .views import Views

Source = None | int | Window | Box
"""What to capture: the whole desktop (None), a monitor by its index, a window, or a region in
desktop units."""


class Desktop:
    """One desktop: its screens, windows and clipboard to look at, and `input` to act on it.

    Acting needs a permit for every action; use `deskhand.tools.hands.Hands`, which gets them.

    Args:
        backend: The platform's eyes and hands.
        panic_file: Stops the hands while it exists; the default is `~/.deskhand/panic`.
    """

    def __init__(self, backend: Backend, *, panic_file: Path | None = None) -> None:
        self._backend = backend
        self.takeover = Takeover(backend.pointer, panic_file=panic_file)
        self.input = Input(backend, self.takeover)
        self.views = Views()

    @classmethod
    def open(cls, display: str | None = None, *, panic_file: Path | None = None) -> "Desktop":
        """Return the desktop of this session.

        Args:
            display: An X11 display such as `:0`; None for what the environment names.
            panic_file: See the class.

        Raises:
            DisplayError: If there is no screen that we may use.
        """
        return cls(open_backend(os.environ, display), panic_file=panic_file)

    @property
    def backend_name(self) -> str:
        """Such as `x11`."""
        return self._backend.name

    @property
    def box(self) -> Box:
        """The smallest box around all monitors, in desktop units."""
        first, *others = self._backend.monitors()
        box = first.box
        for monitor in others:
            box = box.union(monitor.box)
        return box

    def monitors(self) -> Sequence[Monitor]:
        """Return the screens, the primary one first."""
        return self._backend.monitors()

    def windows(self) -> Sequence[Window]:
        """Return the top-level windows, topmost first."""
        return self._backend.windows()

    def popups(self) -> Sequence[Popup]:
        """Return the open menus, lists and tooltips, topmost first."""
        return self._backend.popups()

    def active_window(self) -> Window | None:
        """Return the window that has the keyboard."""
        return next((window for window in self.windows() if window.is_active), None)

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is, in desktop units."""
        return self._backend.pointer()

    def get_clipboard(self) -> str:
        """Return the clipboard's text, empty where it holds none."""
        return self._backend.get_clipboard()

    def grab(self, region: Box | None = None) -> Pixels:
        """Return pixels to compare with others; no view is registered for them."""
        return self._backend.grab(self.box if region is None else region)

    def capture(self, source: Source = None) -> Capture:
        """Take a picture. Points of an earlier picture of the same source are refused afterwards.

        Args:
            source: What to look at; it is clipped to the desktop.

        Raises:
            BadArgumentError: If there is no such monitor, or the region is off the desktop.
            ActionFailed: If the window is minimized or gone.
        """
        key, box = self._place_of(source)
        pixels = self._backend.grab(box)
        height, width = pixels.shape[:2]
        view = View(
            width=width,
            height=height,
            origin_x=box.left,
            origin_y=box.top,
            scale_x=box.width / width,
            scale_y=box.height / height,
        )
        self.views.register(key, view)
        return Capture(pixels=pixels, view=view)

    def place(self, source: Source = None) -> Box:
        """Return where something is now, clipped to the desktop, in desktop units.

        Raises:
            BadArgumentError: If there is no such monitor, or the region is off the desktop.
            ActionFailed: If the window is minimized or gone.
        """
        return self._place_of(source)[1]

    def to_input(self, point: Point) -> tuple[int, int]:
        """Return a point of a current picture in the units the pointer takes.

        Raises:
            StaleView: If its picture is unknown or was replaced by a newer one.
        """
        return self.views.resolve(point).to_input(point)

    def close(self) -> None:
        """Let go of the display. Idempotent."""
        self._backend.close()

    def __enter__(self) -> "Desktop":
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def _place_of(self, source: Source) -> tuple[str, Box]:
        match source:
            case None:
                return "desktop", self.box
            case int():
                monitors = {monitor.index: monitor for monitor in self.monitors()}
                if source not in monitors:
                    raise BadArgumentError(
                        f"there is no monitor {source}; there are {sorted(monitors)}"
                    )
                return f"monitor {source}", monitors[source].box
            case Window():
                return f"window {source.id}", self._window_box(source)
            case Box():
                inside = source.intersect(self.box)
                if inside is None:
                    raise BadArgumentError(
                        f"region {source.xyxy} is outside the desktop {self.box.xyxy}"
                    )
                return f"region {inside.xyxy}", inside

    def _window_box(self, window: Window) -> Box:
        now = next((other for other in self.windows() if other.id == window.id), None)
        if now is None:
            raise ActionFailed(f'window "{window.title}" is gone')
        inside = None if now.is_minimized else now.box.intersect(self.box)
        if inside is None:
            raise ActionFailed(f'window "{window.title}" is not visible; focus it first')
        return inside
