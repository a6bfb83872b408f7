"""The X11 backend: mss looks, pyautogui points, Xlib types and knows the windows."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mss
import numpy as np
import Xlib.error
from mss.exception import ScreenShotError
from Xlib.display import Display

from ...memory.errors import DisplayError, TakenOver
from .backend import Button, Monitor, SavedClipboard, Window
from .capture import Pixels
from .clipboard_x11 import ClipboardX11
from .geometry import Box
from .x11_keyboard import X11Keyboard
from .x11_windows import X11Windows


def _load_pyautogui() -> Any:  # Any: pyautogui ships no types
    """Import pyautogui, which opens the display of `DISPLAY` as it is imported.

    Raises:
        DisplayError: If it cannot; python-xlib and mouseinfo raise half a dozen kinds of things.
    """
    try:
        import pyautogui
    except SystemExit as error:
        # mouseinfo exits the whole program where tkinter is missing.
        raise DisplayError("pyautogui needs tkinter here; install python3-tk") from error
    except (KeyError, OSError, Xlib.error.DisplayError, Xlib.error.XauthError) as error:
        raise DisplayError(f"the display cannot be used for input: {error}") from error
    pyautogui.PAUSE = 0
    pyautogui.MINIMUM_DURATION = 0
    pyautogui.FAILSAFE = True
    return pyautogui


class X11Backend:
    """Eyes and hands of one X11 display.

    Args:
        display: Such as `:0`; None for the environment's. pyautogui holds one display a process,
            so it must be the one in `DISPLAY`.

    Raises:
        DisplayError: If the display cannot be opened, or is another one than this process uses.
    """

    name = "x11"

    def __init__(self, display: str | None = None) -> None:
        wanted = os.environ.get("DISPLAY") if display is None else display
        if not wanted:
            raise DisplayError("no display: set DISPLAY, or use --sandbox")
        if os.environ.get("DISPLAY") != wanted:
            os.environ["DISPLAY"] = wanted
        if not os.path.exists(os.environ.get("XAUTHORITY", os.path.expanduser("~/.Xauthority"))):
            # Without any file python-xlib raises instead of trying without a cookie.
            os.environ["XAUTHORITY"] = os.devnull
        self._pointer_lock = threading.Lock()
        self._pointer_display = _open(wanted)
        self._pyautogui = _load_pyautogui()
        held = self._pyautogui.platformModule._display.get_display_name()
        if held.split(".")[0] != wanted.split(".")[0]:
            raise DisplayError(
                f"this process uses display {held} already; a process has one desktop, "
                f"use another process for {wanted}"
            )
        self._display = _open(wanted)
        self._windows = X11Windows(self._display)
        self._keyboard = X11Keyboard(_open(wanted))
        self._clipboard = ClipboardX11(wanted)
        self._mss = mss.MSS()

    def monitors(self) -> Sequence[Monitor]:
        """Return the screens, the primary one first."""
        whole, *screens = self._mss.monitors
        listed = screens or [whole]
        monitors = [
            Monitor(
                index=index,
                box=Box(
                    screen["left"],
                    screen["top"],
                    screen["left"] + screen["width"],
                    screen["top"] + screen["height"],
                ),
                is_primary=bool(screen.get("is_primary")) or len(listed) == 1,
            )
            for index, screen in enumerate(listed, 1)
        ]
        return sorted(monitors, key=lambda monitor: not monitor.is_primary)

    def grab(self, region: Box) -> Pixels:
        """Return the pixels of a region, one pixel a unit."""
        area = {
            "left": region.left, "top": region.top, "width": region.width, "height": region.height
        }  # fmt: skip
        try:
            shot = self._mss.grab(area)
        except ScreenShotError as error:
            raise DisplayError(f"the screen cannot be read: {error}") from error
        bgra = np.frombuffer(shot.bgra, np.uint8).reshape(shot.height, shot.width, 4)
        return np.ascontiguousarray(bgra[:, :, 2::-1])

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is; from any thread, on a connection of its own."""
        with self._pointer_lock:
            place = self._pointer_display.screen().root.query_pointer()
        return place.root_x, place.root_y

    def move(self, x: int, y: int) -> None:
        """Put the pointer at a position at once."""
        with self._failsafe():
            self._pyautogui.moveTo(x, y)

    def press_button(self, button: Button) -> None:
        """Press a pointer button where the pointer is."""
        with self._failsafe():
            self._pyautogui.mouseDown(button=button)

    def release_button(self, button: Button) -> None:
        """Release a pointer button, in the failsafe corner as well."""
        self._keyboard.release_button({"left": 1, "middle": 2, "right": 3}[button])

    def scroll(self, dx: int, dy: int) -> None:
        """Turn the wheel by notches; positive is right and down."""
        with self._failsafe():
            if dy:
                self._pyautogui.vscroll(-dy)
            if dx:
                self._pyautogui.hscroll(dx)

    def press_key(self, key: str) -> None:
        """Press a key by its name or its one character."""
        with self._failsafe():
            self._pyautogui.failSafeCheck()
        self._keyboard.press_key(key)

    def release_key(self, key: str) -> None:
        """Release a key."""
        self._keyboard.release_key(key)

    def prepare_text(self, text: str) -> None:
        """Map every symbol the layout lacks onto a spare key."""
        self._keyboard.prepare(text)

    def type_chunk(self, text: str) -> None:
        """Type text whose symbols were prepared."""
        with self._failsafe():
            self._pyautogui.failSafeCheck()
        self._keyboard.type(text)

    def finish_text(self) -> None:
        """Give the spare keys back."""
        self._keyboard.finish()

    def windows(self) -> Sequence[Window]:
        """Return the top-level windows, topmost first."""
        return self._windows.list()

    def focus_window(self, window: Window) -> None:
        """Raise a window and give it the keyboard."""
        self._windows.focus(window)

    def get_clipboard(self) -> str:
        """Return the clipboard's text, empty where it holds none."""
        return self._clipboard.get_text()

    def set_clipboard(self, text: str) -> None:
        """Put text on the clipboard."""
        self._clipboard.set_text(text)

    def save_clipboard(self) -> SavedClipboard:
        """Return what is on the clipboard, whatever its kind."""
        return self._clipboard.save()

    def restore_clipboard(self, saved: SavedClipboard) -> None:
        """Put back what was saved."""
        self._clipboard.restore(saved)

    def close(self) -> None:
        """Let go of the display."""
        if self._mss is None:
            return
        self._mss.close()
        for display in (self._display, self._pointer_display, self._keyboard.display):
            display.close()
        self._mss = None  # type: ignore[assignment]  # closed; any later use is a mistake

    @contextmanager
    def _failsafe(self) -> Iterator[None]:
        try:
            yield
        except self._pyautogui.FailSafeException as error:
            raise TakenOver(
                "stopped: the pointer is in a corner of the screen (failsafe); "
                "move it away and resume the run to go on"
            ) from error


def _open(display: str) -> Display:
    try:
        return Display(display)
    except (Xlib.error.DisplayError, Xlib.error.XauthError, OSError) as error:
        raise DisplayError(
            f"display {display} cannot be opened: {error}; check DISPLAY, or use --sandbox"
        ) from error
