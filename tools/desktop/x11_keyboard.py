"""Keys and text through XTEST, whatever the keyboard layout.

A symbol the layout lacks is mapped onto a spare keycode for as long as a text is typed. All symbols
of a text are mapped before its first key: a client that reads the new map late would otherwise see
the old symbol (this is how `xdotool type` loses characters).
"""

import time
import unicodedata
from collections.abc import Iterable

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext.xtest import fake_input

from ...memory.errors import ActionFailed

MAP_SETTLE_S = 0.05
"""After a change of the map: clients re-read it before the first key comes."""
RESTORE_SETTLE_S = 0.2
"""Before the map is changed back: clients translate queued keys with the map as it is then."""
KEY_GAP_S = 0.002

NAMED = {
    "enter": "Return", "escape": "Escape", "tab": "Tab", "space": "space",
    "backspace": "BackSpace", "delete": "Delete", "insert": "Insert", "home": "Home",
    "end": "End", "pageup": "Prior", "pagedown": "Next", "up": "Up", "down": "Down",
    "left": "Left", "right": "Right", "ctrl": "Control_L", "alt": "Alt_L",
    "altgr": "ISO_Level3_Shift", "shift": "Shift_L", "super": "Super_L",
    "capslock": "Caps_Lock", "numlock": "Num_Lock", "printscreen": "Print", "pause": "Pause",
    "menu": "Menu", **{f"f{number}": f"F{number}" for number in range(1, 25)},
}  # fmt: skip

XK.load_keysym_group("xkb")


def keysym_of(character: str) -> int:
    """Return the keysym of a character: Latin-1 is itself, the rest is Unicode + 0x01000000."""
    if character == "\n":
        return int(XK.XK_Return)
    if character == "\t":
        return int(XK.XK_Tab)
    code = ord(character)
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else 0x01000000 | code


class X11Keyboard:
    """Presses keys and types text on one display connection."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self._first = display.display.info.min_keycode
        self._n_codes = display.display.info.max_keycode - self._first + 1
        self._mapped: dict[int, int] = {}
        self._load()

    def press_key(self, key: str) -> None:
        """Press a key by its name or its one character."""
        self._send(X.KeyPress, self._code_of(key))

    def release_key(self, key: str) -> None:
        """Release a key."""
        self._send(X.KeyRelease, self._code_of(key))

    def release_button(self, number: int) -> None:
        """Release a pointer button."""
        self._send(X.ButtonRelease, number)

    def prepare(self, text: str) -> None:
        """Map the symbols the layout lacks onto spare keycodes.

        Raises:
            ActionFailed: If there are more of them than spare keycodes.
        """
        self._load()
        needed = [s for s in dict.fromkeys(map(keysym_of, text)) if s not in self._places]
        if len(needed) > len(self._spare):
            raise ActionFailed(
                f"{len(needed)} symbols are not on the keyboard layout and it has "
                f"{len(self._spare)} spare keys"
            )
        for code, symbol in zip(self._spare, needed, strict=False):
            # The same symbol with and without Shift, so that CapsLock changes nothing.
            self.display.change_keyboard_mapping(code, [[symbol, symbol]])
            self._mapped[symbol] = code
        if needed:
            self.display.sync()
            time.sleep(MAP_SETTLE_S)

    def type(self, text: str) -> None:
        """Type characters whose symbols are on the layout or were prepared."""
        for character in text:
            symbol = keysym_of(character)
            if symbol in self._mapped:
                self._stroke([self._mapped[symbol]])
            elif symbol in self._places:
                code, shifted = self._places[symbol]
                if character.isalpha() and self._is_caps_locked():
                    shifted = not shifted
                self._stroke([self._shift, code] if shifted else [code])
            else:
                raise ActionFailed(
                    f"{unicodedata.name(character, repr(character))} was not prepared for typing"
                )
            time.sleep(KEY_GAP_S)

    def finish(self) -> None:
        """Give the spare keycodes back."""
        if not self._mapped:
            return
        time.sleep(RESTORE_SETTLE_S)
        self._unmap(self._mapped.values())
        self._mapped = {}

    def _unmap(self, codes: Iterable[int]) -> None:
        for code in codes:
            self.display.change_keyboard_mapping(code, [[X.NoSymbol, X.NoSymbol]])
        self.display.sync()

    def _load(self) -> None:
        """Read the layout; the lowest keycode of a symbol wins, so that `<` is not typed as `>`."""
        rows = self.display.get_keyboard_mapping(self._first, self._n_codes)
        self._places: dict[int, tuple[int, bool]] = {}
        self._spare: list[int] = []
        for offset, row in enumerate(rows):
            code = self._first + offset
            if not any(row):
                self._spare.append(code)
            for level, symbol in enumerate(row[:2]):
                if symbol:
                    self._places.setdefault(symbol, (code, level == 1))
        self._shift = self._places[XK.XK_Shift_L][0]

    def _code_of(self, key: str) -> int:
        name = NAMED.get(key)
        symbol = XK.string_to_keysym(name) if name is not None else keysym_of(key)
        if symbol == X.NoSymbol and name == "ISO_Level3_Shift":
            symbol = 0xFE03
        place = self._places.get(symbol)
        if place is None:
            code = self.display.keysym_to_keycode(symbol)
            if not code:
                raise ActionFailed(f"this keyboard layout has no key {key!r}")
            return int(code)
        return place[0]

    def _is_caps_locked(self) -> bool:
        return bool(self.display.screen().root.query_pointer().mask & X.LockMask)

    def _stroke(self, codes: list[int]) -> None:
        for code in codes:
            fake_input(self.display, X.KeyPress, code)
        for code in reversed(codes):
            fake_input(self.display, X.KeyRelease, code)
        self.display.sync()

    def _send(self, event: int, detail: int) -> None:
        fake_input(self.display, event, detail)
        self.display.sync()
