"""A desktop in memory for tests: it has windows and pixels, and writes down what is done to it."""

from collections.abc import Callable, Sequence

import numpy as np

from .backend import Button, Monitor, Popup, SavedClipboard, Window
from .capture import Pixels
from .geometry import Box

Event = tuple[str | int, ...]
"""What was done and with what, such as `("move", 10, 20)`."""

ONE_MONITOR = (Monitor(index=1, box=Box(0, 0, 640, 480), is_primary=True),)
N_SPARE_KEYS = 19  # of a US layout


def _no_accident(_event: Event) -> None:
    """Let every event through."""


class FakeBackend:
    """Eyes and hands of a desktop that is not there.

    Args:
        monitors: The screens; one of 640x480 by default.
        windows: The windows, topmost first.
        scale: Picture pixels a desktop unit, as on a screen of high density.
        on_event: Called with each event before it takes effect; may raise, or act as a person.
    """

    name = "fake"

    def __init__(
        self,
        *,
        monitors: Sequence[Monitor] = ONE_MONITOR,
        windows: Sequence[Window] = (),
        scale: int = 1,
        on_event: Callable[[Event], None] = _no_accident,
    ) -> None:
        self.screens = list(monitors)
        self.shown = list(windows)
        self.open_popups: list[Popup] = []
        self.on_event = on_event
        self.events: list[Event] = []
        self.place = (0, 0)
        """Where the pointer is; a test that sets it is a person who moves the mouse."""
        self.clipboard = SavedClipboard(mime_type="", content=b"")
        self.is_closed = False
        self._scale = scale
        self._box = self.screens[0].box
        for monitor in self.screens[1:]:
            self._box = self._box.union(monitor.box)
        self.pixels: Pixels = np.zeros(
            (self._box.height * scale, self._box.width * scale, 3), np.uint8
        )
        """What the screens show, the top left one at the beginning; tests draw on it."""

    @property
    def typed(self) -> str:
        """The characters that were typed, in order."""
        return "".join(str(event[1]) for event in self.events if event[0] == "type")

    def monitors(self) -> Sequence[Monitor]:
        """Return the screens, the primary one first."""
        return sorted(self.screens, key=lambda monitor: not monitor.is_primary)

    def grab(self, region: Box) -> Pixels:
        """Return a copy of the pixels of a region."""
        inside = region.shift(-self._box.left, -self._box.top)
        left, top, right, bottom = (side * self._scale for side in inside.xyxy)
        return self.pixels[top:bottom, left:right].copy()

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is."""
        return self.place

    def move(self, x: int, y: int) -> None:
        """Put the pointer at a position."""
        self._do("move", x, y)
        self.place = (x, y)

    def press_button(self, button: Button) -> None:
        """Press a pointer button."""
        self._do("press", button)

    def release_button(self, button: Button) -> None:
        """Release a pointer button."""
        self._do("release", button)

    def scroll(self, dx: int, dy: int) -> None:
        """Turn the wheel by notches."""
        self._do("scroll", dx, dy)

    def press_key(self, key: str) -> None:
        """Press a key."""
        self._do("key down", key)

    def release_key(self, key: str) -> None:
        """Release a key."""
        self._do("key up", key)

    def prepare_text(self, text: str) -> int:
        """Make room for as many symbols outside ASCII as a layout has spare keys."""
        self._do("prepare")
        symbols: set[str] = set()
        for position, character in enumerate(text):
            if not character.isascii():
                symbols.add(character)
            if len(symbols) > N_SPARE_KEYS:
                return position
        return len(text)

    def type_chunk(self, text: str) -> None:
        """Type text."""
        self._do("type", text)

    def finish_text(self) -> None:
        """Undo what `prepare_text` changed."""
        self._do("finish")

    def paste(self, text: str) -> None:
        """Put text into what has the keyboard by way of the clipboard."""
        self._do("paste", text)
        self.clipboard = SavedClipboard(mime_type="", content=b"")

    def windows(self) -> Sequence[Window]:
        """Return the windows, topmost first."""
        return list(self.shown)

    def popups(self) -> Sequence[Popup]:
        """Return the open popups, topmost first."""
        return list(self.open_popups)

    def focus_window(self, window: Window) -> None:
        """Give a window the keyboard."""
        self._do("focus", window.id)

    def get_clipboard(self) -> str:
        """Return the clipboard's text, empty where it holds something else."""
        is_text = self.clipboard.mime_type == "UTF8_STRING"
        return self.clipboard.content.decode("utf-8") if is_text else ""

    def set_clipboard(self, text: str) -> None:
        """Put text on the clipboard."""
        self._do("clipboard", text)
        self.clipboard = SavedClipboard(mime_type="UTF8_STRING", content=text.encode("utf-8"))

    def save_clipboard(self) -> SavedClipboard:
        """Return what is on the clipboard."""
        return self.clipboard

    def restore_clipboard(self, saved: SavedClipboard) -> None:
        """Put back what was saved."""
        self._do("restore clipboard", saved.mime_type)
        self.clipboard = saved

    def close(self) -> None:
        """Let go of the display."""
        self.is_closed = True

    def _do(self, *event: str | int) -> None:
        self.on_event(event)
        self.events.append(event)
