"""How a text gets into an application: key by key, or pasted where keys would not do it right.

Keys are the default: every application takes them, they leave the clipboard alone, and a person who
takes over stops them at any character. A text with more new symbols than the layout has spare keys
is typed in pieces: each new map costs a quarter of a second, and still every character arrives.

Two kinds of text are pasted, with the clipboard put back afterwards. One has indented lines: an
editor that indents by itself (every programming editor) would indent them twice. The other is so
long that a person would have to keep the hands off the mouse for many seconds. A secret is never
pasted, since other programs may read the clipboard, and neither is anything into a terminal or a
modal editor, where ctrl+v is no paste and Return is meant to run a line.
"""

import re
import unicodedata
from collections.abc import Callable

from ...memory.errors import ActionFailed, BadArgumentError, MissingProgramError
from .backend import Backend, SavedClipboard

UNTYPABLE = ("Cc", "Cs")
"""Unicode categories no key can have: control characters and halves of surrogate pairs."""

LONG_CHARS = 500
"""At 2 ms a character of the layout and up to 20 ms of any other, one to ten seconds of typing."""
MAX_PASTED_CHARS = 50_000  # at most four bytes each: what one X11 property holds
KEYS_ONLY = re.compile(r"term|konsole|kitty|alacritty|rxvt|tilix|guake|yakuake|tilda|emacs|vim")
"""Applications (class name in lower case) whose ctrl+v is not paste."""


def enter_text(
    backend: Backend,
    text: str,
    *,
    before_event: Callable[[], None],
    is_secret: bool = False,
) -> None:
    """Type text into what has the keyboard.

    Args:
        backend: Where to type.
        text: Any script; line feed is Return and tab is Tab, as is every other kind of line end.
        before_event: Called before every character; what it raises stops the typing.
        is_secret: Whether it must not pass through the clipboard.

    Raises:
        BadArgumentError: If the text holds a control character; nothing was typed.
        ActionFailed: If the application did not take it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in text:
        if unicodedata.category(character) in UNTYPABLE and character not in "\n\t":
            raise BadArgumentError(
                f"the text holds U+{ord(character):04X}, which no keyboard types; "
                "press keys such as escape or backspace by their names"
            )
    saved = None
    if not is_secret and _is_better_pasted(text) and _takes_paste(backend):
        saved = _save_clipboard(backend)
    if saved is None:
        _type(backend, text, before_event)
        return
    before_event()
    try:
        backend.paste(text)
    finally:
        now = _save_clipboard(backend)
        # What a person copied meanwhile stays.
        if now is not None and now.content in (b"", text.encode("utf-8")):
            backend.restore_clipboard(saved)


def _type(backend: Backend, text: str, before_event: Callable[[], None]) -> None:
    left = text
    while left:
        try:
            n_ready = backend.prepare_text(left)
            for character in left[:n_ready]:
                before_event()
                backend.type_chunk(character)
        finally:
            backend.finish_text()
        left = left[n_ready:]


def _is_better_pasted(text: str) -> bool:
    is_long = len(text) > LONG_CHARS
    return (is_long or re.search(r"\n[ \t]", text) is not None) and len(text) <= MAX_PASTED_CHARS


def _takes_paste(backend: Backend) -> bool:
    active = next((window for window in backend.windows() if window.is_active), None)
    return active is not None and KEYS_ONLY.search(active.app.lower()) is None


def _save_clipboard(backend: Backend) -> SavedClipboard | None:
    """Return what is on the clipboard; None where it cannot be had, and so must not be replaced."""
    try:
        return backend.save_clipboard()
    except (ActionFailed, MissingProgramError):
        return None
