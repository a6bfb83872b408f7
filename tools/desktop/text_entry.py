"""How a text gets into an application: key by key, with what the layout lacks mapped for a while.

Keys are the default because every application takes them. A text with more new symbols than the
layout has spare keys is typed in pieces; one with very many different symbols in a row would need a
new map every few characters, which is slower than it is safe, and still arrives.
"""

from collections.abc import Callable, Iterator

from .backend import Backend

MAX_NEW_SYMBOLS = 16
"""Different characters outside ASCII in one piece; a US layout has 19 spare keys."""


def pieces(text: str) -> Iterator[str]:
    """Cut text so that no piece has more than `MAX_NEW_SYMBOLS` different non-ASCII characters.

    >>> [len(piece) for piece in pieces("".join(map(chr, range(0x4E00, 0x4E00 + 40))))]
    [16, 16, 8]
    """
    start = 0
    new: set[str] = set()
    for position, character in enumerate(text):
        if not character.isascii() and character not in new:
            if len(new) == MAX_NEW_SYMBOLS:
                yield text[start:position]
                start, new = position, set()
            new.add(character)
    if start < len(text):
        yield text[start:]


def enter_text(
    backend: Backend,
    text: str,
    *,
    before_event: Callable[[], None],
) -> None:
    """Type text into what has the keyboard.

    Args:
        backend: Where to type.
        text: Any script; line feed is Return and tab is Tab. Carriage returns are dropped.
        before_event: Called before every character; what it raises stops the typing.
    """
    for piece in pieces(text.replace("\r\n", "\n").replace("\r", "\n")):
        backend.prepare_text(piece)
        try:
            for character in piece:
                before_event()
                backend.type_chunk(character)
        finally:
            backend.finish_text()
