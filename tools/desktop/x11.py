"""The X11 backend: mss looks, pyautogui points, Xlib types and knows the windows."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import mss
import Xlib.error
from Xlib.display import Display

from ...memory.errors import DisplayError, TakenOver
from .backend import Button, Monitor, Popup, SavedClipboard, Window
from .capture import Pixels
from .clipboard_x11 import ClipboardX11
from .geometry import Box
from .mss_grab import grab_region
from .x11_connection import ANSWER_TIMEOUT_S, limit_waits, on_display, open_display
from .x11_keyboard import X11Keyboard
from .x11_paste import X11Paste
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
        answer_timeout_s: How long the server may take for an answer.

    Raises:
        DisplayError: If the display cannot be opened, or is another one than this process uses.
    """

    name = "x11"

    def __init__(
        self, display: str | None = None, *, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        wanted = os.environ.get("DISPLAY") if display is None else display
        if not wanted:
            raise DisplayError("no display: set DISPLAY, or use --sandbox")
        if os.environ.get("DISPLAY") != wanted:
            os.environ["DISPLAY"] = wanted
        if not os.path.exists(os.environ.get("XAUTHORITY", os.path.expanduser("~/.Xauthority"))):
            # Without any file python-xlib raises instead of trying without a cookie.
            os.environ["XAUTHORITY"] = os.devnull
        # Each guards connections for as long as they are used; the watcher of the pointer must not
        # wait while a text is typed.
        self._lock = threading.RLock()
        self._pointer_lock = threading.Lock()
        with ExitStack() as opened, on_display():
            self._pointer_display = open_display(wanted, opened, timeout_s=answer_timeout_s)
            self._pyautogui = _load_pyautogui()
            acting = self._pyautogui.platformModule._display
            held = acting.get_display_name()
            if held.split(".")[0] != wanted.split(".")[0]:
                raise DisplayError(
                    f"this process uses display {held} already; a process has one desktop, "
                    f"use another process for {wanted}"
                )
            limit_waits(acting, answer_timeout_s)
            self._display = open_display(wanted, opened, timeout_s=answer_timeout_s)
            self._windows = X11Windows(self._display)
            self._keyboard = X11Keyboard(open_display(wanted, opened, timeout_s=answer_timeout_s))
            self._clipboard = ClipboardX11(wanted, self._clipboard_owner)
            self._paste = X11Paste(open_display(wanted, opened, timeout_s=answer_timeout_s))
            self._mss = opened.enter_context(mss.MSS())
            self._size = self._read_size()
            self._told = (acting, self._display, self._keyboard.display)
            self._opened = opened.pop_all()

    def monitors(self) -> Sequence[Monitor]:
        """Return the screens, the primary one first."""
        if (size := self._read_size()) != self._size:
            # mss reads the screens once; they were changed since.
            self._mss.close()
            self._mss = self._opened.enter_context(mss.MSS())
            self._size = size
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
                is_primary=bool(screen.get("is_primary")),
            )
            for index, screen in enumerate(listed, 1)
        ]
        monitors.sort(key=lambda monitor: not monitor.is_primary)
        # Without RandR, or with no primary chosen, the first one stands for it.
        return [replace(monitors[0], is_primary=True), *monitors[1:]]

    def grab(self, region: Box) -> Pixels:
        """Return the pixels of a region, one pixel a unit."""
        return grab_region(self._mss, region)

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is; from any thread, on a connection of its own."""
        with self._pointer_lock, on_display():
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
        with self._using():
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
        with self._using():
            self._keyboard.release_key(key)

    def prepare_text(self, text: str) -> int:
        """Map symbols the layout lacks onto spare keys; return how many characters are ready."""
        with self._using():
            return self._keyboard.prepare(text)

    def type_chunk(self, text: str) -> None:
        """Type text whose symbols were prepared."""
        with self._failsafe():
            self._pyautogui.failSafeCheck()
            self._keyboard.type(text)

    def finish_text(self) -> None:
        """Give the spare keys back."""
        with self._using():
            self._keyboard.finish()
            # Every connection is told of every change of the map, and keeps it until it is read.
            for display in self._told:
                _forget_events(display)
        with self._pointer_lock, on_display():
            _forget_events(self._pointer_display)

    def paste(self, text: str) -> None:
        """Offer the text on the clipboard, press ctrl+v, and wait until it was taken."""
        active = next((window for window in self.windows() if window.is_active), None)
        with self._using():
            self._keyboard.release_modifiers()
            self._paste.paste(
                text, client=None if active is None else active.client, press=self._press_paste
            )

    def windows(self) -> Sequence[Window]:
        """Return the top-level windows, topmost first."""
        with self._using():
            return self._windows.list()

    def popups(self) -> Sequence[Popup]:
        """Return the open menus, lists and tooltips, topmost first."""
        with self._using():
            return self._windows.popups()

    def focus_window(self, window: Window) -> None:
        """Raise a window and give it the keyboard."""
        with self._using():
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
        """Let go of the display. Idempotent."""
        self._opened.close()

    def _press_paste(self) -> None:
        self.press_key("ctrl")
        try:
            self.press_key("v")
            self.release_key("v")
        finally:
            self.release_key("ctrl")

    def _read_size(self) -> tuple[int, int]:
        with self._using():
            root = self._display.screen().root.get_geometry()
        return root.width, root.height

    def _clipboard_owner(self) -> int:
        with self._using():
            return self._windows.clipboard_owner()

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Hold all connections but the pointer's for this thread; blocks may nest."""
        with self._lock, on_display():
            yield

    @contextmanager
    def _failsafe(self) -> Iterator[None]:
        try:
            with self._using():
                yield
        except self._pyautogui.FailSafeException as error:
            raise TakenOver("the pointer is in a corner of the screen (failsafe)") from error


def _forget_events(display: Display) -> None:
    while display.pending_events():
        display.next_event()
