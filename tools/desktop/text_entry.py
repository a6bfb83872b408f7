"""How a text gets into an application: key by key, with what the layout lacks mapped for a while.

Keys are the default because every application takes them, and because they leave the clipboard
alone. A text with more new symbols than the layout has spare keys is typed in pieces: each new map
costs a quarter of a second, and still every character arrives.
"""

import unicodedata
from collections.abc import Callable

from ...memory.errors import BadArgumentError
from .backend import Backend

UNTYPABLE = ("Cc", "Cs")
"""Unicode categories no key can have: control characters and halves of surrogate pairs."""


def enter_text(
    backend: Backend,
    text: str,
    *,
    before_event: Callable[[], None],
) -> None:
    """Type text into what has the keyboard.

    Args:
        backend: Where to type.
        text: Any script; line feed is Return and tab is Tab, as is every other kind of line end.
        before_event: Called before every character; what it raises stops the typing.

    Raises:
        BadArgumentError: If the text holds a control character; nothing was typed.
    """
    left = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in left:
        if unicodedata.category(character) in UNTYPABLE and character not in "\n\t":
            raise BadArgumentError(
                f"the text holds U+{ord(character):04X}, which no keyboard types; "
                "press keys such as escape or backspace by their names"
            )
    while left:
        try:
            n_ready = backend.prepare_text(left)
            for character in left[:n_ready]:
                before_event()
                backend.type_chunk(character)
        finally:
            backend.finish_text()
        left = left[n_ready:]
