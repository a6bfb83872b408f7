"""What a desktop must offer to be looked at and acted on: one protocol, one leaf a platform.

All coordinates here are desktop input units (see `geometry`). A backend does what it is told and
decides nothing: policy, takeover and verification lie above it, in `input` and `hands`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .capture import Pixels
from .geometry import Box

Button = Literal["left", "middle", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One screen of the desktop."""

    index: int
    """Counts from 1, in the order the system lists them."""
    box: Box
    """Place in desktop units; negative left of or above the primary screen."""
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One top-level window."""

    id: int
    title: str
    app: str
    """The application's class name, such as `Mousepad`; empty where the window tells none."""
    pid: int | None
    client: int | None = None
    """What its program's connection to the display is known by; windows of one program share it."""
    box: Box
    """The window with its frame, in desktop units."""
    is_active: bool = False
    is_minimized: bool = False
    is_dialog: bool = False
    """True for dialogs and for windows that belong to another window."""
    is_modal: bool = False
    """True if the window it belongs to takes no input until this one is closed."""
    owner: int | None = None
    """The id of the window it belongs to."""


PopupKind = Literal["menu", "tooltip", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Popup:
    """A menu, list or tooltip that is open: a window that no window manager manages."""

    id: int
    kind: PopupKind
    client: int | None = None
    """As a window's `client`: a popup belongs to the windows of the same program."""
    pid: int | None = None
    box: Box
    """In desktop units."""


class Backend(Protocol):
    """Eyes and hands of one desktop. Not thread safe unless a method says so."""

    name: str
    """Such as `x11`; named in results and by `deskhand doctor`."""

    def monitors(self) -> Sequence[Monitor]:
        """Return the screens, the primary one first."""
        ...

    def grab(self, region: Box) -> Pixels:
        """Return the pixels of a region of the desktop.

        The picture may have more pixels than the region has units (display scale).
        """
        ...

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is. Safe to call from any thread."""
        ...

    def move(self, x: int, y: int) -> None:
        """Put the pointer at a position at once."""
        ...

    def press_button(self, button: Button) -> None:
        """Press a pointer button where the pointer is."""
        ...

    def release_button(self, button: Button) -> None:
        """Release a pointer button."""
        ...

    def scroll(self, dx: int, dy: int) -> None:
        """Turn the wheel by notches; positive is right and down."""
        ...

    def press_key(self, key: str) -> None:
        """Press a key by its name in `keys.KEY_NAMES` or by its one character."""
        ...

    def release_key(self, key: str) -> None:
        """Release a key."""
        ...

    def type_chunk(self, text: str) -> None:
        """Type a short piece of text in any script, whatever the keyboard layout.

        Line feed is Return and tab is Tab. `prepare_text` has made every symbol of it ready.
        """
        ...

    def prepare_text(self, text: str) -> int:
        """Make ready to type the text, or as much of its beginning as there is room for.

        Returns:
            How many characters are ready, at least one of a text that is not empty.
        """
        ...

    def finish_text(self) -> None:
        """Undo what `prepare_text` changed; always called after it."""
        ...

    def paste(self, text: str) -> None:
        """Put text into what has the keyboard by way of the clipboard.

        Returns once the application has taken it; the clipboard is then for the caller to restore.
        """
        ...

    def windows(self) -> Sequence[Window]:
        """Return the top-level windows, topmost first."""
        ...

    def popups(self) -> Sequence[Popup]:
        """Return the open menus, lists and tooltips, topmost first."""
        ...

    def focus_window(self, window: Window) -> None:
        """Raise a window and give it the keyboard."""
        ...

    def get_clipboard(self) -> str:
        """Return the clipboard's text, empty where it holds none."""
        ...

    def set_clipboard(self, text: str) -> None:
        """Put text on the clipboard."""
        ...

    def save_clipboard(self) -> "SavedClipboard":
        """Return what is on the clipboard, whatever its kind, to be put back later."""
        ...

    def restore_clipboard(self, saved: "SavedClipboard") -> None:
        """Put back what `save_clipboard` returned."""
        ...

    def close(self) -> None:
        """Let go of the display. Idempotent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedClipboard:
    """What lay on the clipboard: one kind of content, or nothing."""

    mime_type: str
    """Empty for an empty clipboard."""
    content: bytes
