"""Windows and macOS through mss, pyautogui, pyperclip and pygetwindow.

Untested on real machines: written from the libraries' sources against the same protocol as the X11
backend. Text is pasted, since pyautogui types only what the keyboard layout has; a clipboard that
holds something else than text loses it. Windows are listed on Windows alone: on macOS pygetwindow
tells too little of them.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mss
import pyautogui
import pyperclip  # type: ignore[import-untyped]  # it ships none

from ...memory.errors import ActionFailed, DisplayError, TakenOver
from .backend import Button, Monitor, Popup, SavedClipboard, Window
from .capture import Pixels
from .geometry import Box
from .mss_grab import grab_region

PASTE_SETTLE_S = 0.1
"""After a paste, before the clipboard changes: applications read it when they get to it."""
FOCUS_SETTLE_S = 0.2


class NativeBackend:
    """What the two have in common.

    Args:
        display: Must be None: there is one desktop.

    Raises:
        DisplayError: If a display was named.
    """

    name = "native"
    _paste_modifier = "ctrl"
    _super_key = "win"
    _notch = 1
    """How much pyautogui scrolls by for one notch of a wheel."""

    def __init__(self, display: str | None = None) -> None:
        if display is not None:
            raise DisplayError(f"display {display} cannot be chosen on this system; leave it out")
        pyautogui.PAUSE = 0
        pyautogui.MINIMUM_DURATION = 0
        pyautogui.FAILSAFE = True
        self._mss = mss.MSS()
        self._before_text: SavedClipboard | None = None

    def monitors(self) -> Sequence[Monitor]:
        """Return the screens, the primary one first: its top left is the origin."""
        found = []
        for index, screen in enumerate(self._mss.monitors[1:], 1):
            left, top = screen["left"], screen["top"]
            box = Box(left, top, left + screen["width"], top + screen["height"])
            found.append(Monitor(index=index, box=box, is_primary=(left, top) == (0, 0)))
        return sorted(found, key=lambda monitor: not monitor.is_primary)

    def grab(self, region: Box) -> Pixels:
        """Return the pixels of a region; on a scaled screen more of them than units."""
        return grab_region(self._mss, region)

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is."""
        x, y = pyautogui.position()
        return int(x), int(y)

    def move(self, x: int, y: int) -> None:
        """Put the pointer at a position at once."""
        with _failsafe():
            pyautogui.moveTo(x, y)

    def press_button(self, button: Button) -> None:
        """Press a pointer button where the pointer is."""
        with _failsafe():
            pyautogui.mouseDown(button=button)

    def release_button(self, button: Button) -> None:
        """Release a pointer button, in the failsafe corner as well."""
        with _without_failsafe():
            pyautogui.mouseUp(button=button)

    def scroll(self, dx: int, dy: int) -> None:
        """Turn the wheel by notches; positive is right and down."""
        with _failsafe():
            if dy:
                pyautogui.vscroll(-dy * self._notch)
            if dx:
                pyautogui.hscroll(dx * self._notch)

    def press_key(self, key: str) -> None:
        """Press a key by its name or its one character."""
        with _failsafe():
            pyautogui.keyDown(self._key(key))

    def release_key(self, key: str) -> None:
        """Release a key, in the failsafe corner as well."""
        with _without_failsafe():
            pyautogui.keyUp(self._key(key))

    def prepare_text(self, text: str) -> int:
        """Keep what is on the clipboard; every text can be pasted."""
        self._before_text = self.save_clipboard()
        return len(text)

    def type_chunk(self, text: str) -> None:
        """Paste text; line feed and tab are keys."""
        with _failsafe():
            if text in ("\n", "\t"):
                pyautogui.press("enter" if text == "\n" else "tab")
                return
        self.paste(text)

    def paste(self, text: str) -> None:
        """Put text into what has the keyboard by way of the clipboard."""
        with _failsafe():
            self.set_clipboard(text)
            pyautogui.hotkey(self._paste_modifier, "v")
            time.sleep(PASTE_SETTLE_S)

    def finish_text(self) -> None:
        """Give the clipboard back."""
        if self._before_text is not None:
            self.restore_clipboard(self._before_text)
            self._before_text = None

    def windows(self) -> Sequence[Window]:
        """Return the top-level windows, topmost first; none where the system does not tell."""
        return ()

    def popups(self) -> Sequence[Popup]:
        """Return no popups: these systems do not tell."""
        return ()

    def focus_window(self, window: Window) -> None:
        """Raise a window and give it the keyboard."""
        raise ActionFailed(f'window "{window.title}" cannot be focused on this system; click it')

    def get_clipboard(self) -> str:
        """Return the clipboard's text, empty where it holds none."""
        try:
            return str(pyperclip.paste())
        except pyperclip.PyperclipException as error:
            raise ActionFailed(f"the clipboard cannot be read: {error}") from error

    def set_clipboard(self, text: str) -> None:
        """Put text on the clipboard."""
        try:
            pyperclip.copy(text)
        except pyperclip.PyperclipException as error:
            raise ActionFailed(f"the clipboard cannot be written: {error}") from error

    def save_clipboard(self) -> SavedClipboard:
        """Return the clipboard's text; other kinds are not saved."""
        text = self.get_clipboard()
        return SavedClipboard(
            mime_type="text/plain;charset=utf-8" if text else "", content=text.encode()
        )

    def restore_clipboard(self, saved: SavedClipboard) -> None:
        """Put back what was saved."""
        self.set_clipboard(saved.content.decode())

    def close(self) -> None:
        """Let go of the screen."""
        self._mss.close()

    def _key(self, key: str) -> str:
        """Return pyautogui's name of a key.

        Raises:
            ActionFailed: If this keyboard has none.
        """
        name = {"altgr": "altright", "menu": "apps", "super": self._super_key}.get(key, key)
        if not pyautogui.isValidKey(name):
            raise ActionFailed(f"this keyboard layout has no key {key!r}")
        return name


class WindowsBackend(NativeBackend):
    """Microsoft Windows."""

    name = "windows"
    _notch = 120  # WHEEL_DELTA; pyautogui hands its number on as it is

    def scroll(self, dx: int, dy: int) -> None:
        """Turn the wheel by notches; only up and down.

        Raises:
            ActionFailed: If it is to turn sideways, which pyautogui turns into up and down here.
        """
        if dx:
            raise ActionFailed("sideways scrolling is not there on Windows; use shift and the keys")
        super().scroll(0, dy)

    def windows(self) -> Sequence[Window]:
        """Return the top-level windows that have a title, in the order the system lists them."""
        return [
            Window(
                id=int(window._hWnd),
                title=window.title,
                app="",
                pid=None,
                box=Box(window.left, window.top, window.right, window.bottom),
                is_active=window.isActive,
                is_minimized=window.isMinimized,
            )
            for window in _listed_windows()
            if window.title and window.visible
        ]

    def focus_window(self, window: Window) -> None:
        """Raise a window and give it the keyboard."""
        for other in _listed_windows():
            if int(other._hWnd) == window.id:
                if other.isMinimized:
                    other.restore()
                other.activate()
                time.sleep(FOCUS_SETTLE_S)
                if other.isActive:
                    return
        raise ActionFailed(f'window "{window.title}" did not take the keyboard')


class MacBackend(NativeBackend):
    """macOS; it must be allowed to record the screen and to control the computer."""

    name = "macos"
    _paste_modifier = "command"
    _super_key = "command"


def _listed_windows() -> Sequence[Any]:  # Any: pygetwindow ships no types
    assert sys.platform == "win32"
    return list(pyautogui.getAllWindows())


@contextmanager
def _failsafe() -> Iterator[None]:
    try:
        yield
    except pyautogui.FailSafeException as error:
        raise TakenOver(
            "stopped: the pointer is in a corner of the screen (failsafe); "
            "move it away and resume the run to go on"
        ) from error


@contextmanager
def _without_failsafe() -> Iterator[None]:
    """Let a press be released wherever the pointer is; it stays pressed otherwise."""
    pyautogui.FAILSAFE = False
    try:
        yield
    finally:
        pyautogui.FAILSAFE = True
