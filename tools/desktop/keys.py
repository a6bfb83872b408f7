"""The names of keys as people write them, and as the hands send them."""

import difflib
import re

from ...memory.errors import BadArgumentError

ALIASES = {
    "return": "enter", "esc": "escape", "del": "delete", "ins": "insert", "control": "ctrl",
    "option": "alt", "cmd": "super", "command": "super", "win": "super", "windows": "super",
    "meta": "super", "pgup": "pageup", "page up": "pageup", "page_up": "pageup",
    "pgdn": "pagedown", "pgdown": "pagedown", "page down": "pagedown", "page_down": "pagedown",
    "spacebar": "space", "back": "backspace", "prtsc": "printscreen", "print": "printscreen",
    "caps lock": "capslock", "num lock": "numlock", "arrow up": "up", "arrow down": "down",
    "arrow left": "left", "arrow right": "right", "context": "menu", "plus": "+", "minus": "-",
    "comma": ",", "semicolon": ";",
}  # fmt: skip

KEY_NAMES = (
    "enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup",
    "pagedown", "up", "down", "left", "right", "ctrl", "alt", "altgr", "shift", "super",
    "capslock", "numlock", "printscreen", "pause", "menu",
    *(f"f{number}" for number in range(1, 25)),
)  # fmt: skip

MODIFIERS = ("ctrl", "alt", "altgr", "shift", "super")


def parse_keys(text: str) -> tuple[str, ...]:
    """Return the keys of text such as `ctrl+shift+s`, by their names in `KEY_NAMES`.

    >>> parse_keys("Ctrl + S")
    ('ctrl', 's')
    >>> parse_keys("ctrl++")
    ('ctrl', '+')

    Raises:
        BadArgumentError: If a key has no such name, with the nearest name there is.
    """
    # A plus alone, or after another one, is the plus key itself.
    marked = re.sub(r"(^|\+)\s*\+$", r"\1plus", text.strip())
    return tuple(key_name(part) for part in marked.split("+"))


def key_name(text: str) -> str:
    """Return the one name of a key.

    Raises:
        BadArgumentError: If there is no such key.
    """
    given = text.strip()
    name = ALIASES.get(given.lower(), given.lower())  # casefold would make two keys of ß
    if name in KEY_NAMES:
        return name
    if len(name) == 1 and name.isprintable():
        return name
    near = difflib.get_close_matches(name, (*KEY_NAMES, *ALIASES), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "; expected names such as ctrl, enter, f5"
    raise BadArgumentError(f"there is no key {given!r}{hint}")
