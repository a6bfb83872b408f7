"""Keys and text through XTEST, whatever the keyboard layout.

A symbol the layout lacks is mapped onto a spare keycode for as long as a text is typed. All symbols
of a text are mapped before its first key: a client that reads the new map late would otherwise see
the old symbol (this is how `xdotool type` loses characters).

The core protocol's map has the first two levels (plain, with Shift) of the first two layouts in its
first four columns; which layout is in use is in the pointer's state (The X Keyboard Extension,
"Interactions Between XKB and the Core Protocol").
"""

import time
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

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

MODIFIERS = (
    "Control_L", "Control_R", "Alt_L", "Alt_R", "Meta_L", "Meta_R", "Super_L", "Super_R",
    "Shift_L", "Shift_R", "ISO_Level3_Shift",
)  # fmt: skip

GROUP_SHIFT, GROUP_MASK = 13, 3
"""Where the pointer's state has the number of the layout in use."""

XK.load_keysym_group("xkb")


def keysym_of(character: str) -> int:
    """Return the keysym of a character: Latin-1 is itself, the rest is Unicode + 0x01000000."""
    if character == "\n":
        return int(XK.XK_Return)
    if character == "\t":
        return int(XK.XK_Tab)
    code = ord(character)
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else 0x01000000 | code


class _Place(NamedTuple):
    """Where a symbol is on the keyboard."""

    code: int
    is_shifted: bool
    is_letter: bool
    """CapsLock swaps what this key gives with and without Shift."""


class X11Keyboard:
    """Presses keys and types text on one display connection."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self._first = display.display.info.min_keycode
        self._n_codes = display.display.info.max_keycode - self._first + 1
        self._mapped: dict[int, int] = {}
        self._held: dict[str, tuple[int, ...]] = {}
        self._was_caps_locked = False
        self._load()

    def press_key(self, key: str) -> None:
        """Press a key by its name, or by its one character with Shift if it takes one.

        Raises:
            ActionFailed: If the layout has no such key.
        """
        self._load()
        codes = self._codes_of(key)
        self._held[key] = codes
        for code in codes:
            self._send(X.KeyPress, code)

    def release_key(self, key: str) -> None:
        """Release a key by the codes it was pressed with."""
        # Keys that a killed process left pressed are not among those we hold.
        codes = self._held.pop(key, ()) or self._codes_of(key)
        for code in reversed(codes):
            self._send(X.KeyRelease, code)

    def release_button(self, number: int) -> None:
        """Release a pointer button."""
        self._send(X.ButtonRelease, number)

    def release_modifiers(self) -> None:
        """Release modifiers that are held: with ctrl down, each letter would be a shortcut.

        They may be a person's, who then presses again, or left down by a process that was killed.
        """
        down = self.display.query_keymap()
        for name in MODIFIERS:
            code = self._codes.get(XK.string_to_keysym(name), 0)
            if down[code >> 3] >> (code & 7) & 1:
                self._send(X.KeyRelease, code)

    def prepare(self, text: str) -> int:
        """Release held modifiers, and map the symbols the layout lacks onto spare keycodes.

        As many symbols are mapped as there are spare keycodes.

        Returns:
            How many characters of the text can be typed now.

        Raises:
            ActionFailed: If a symbol is lacking and there is no spare keycode at all.
        """
        self._load()
        self.release_modifiers()
        if self._state() & X.LockMask and XK.XK_Caps_Lock in self._codes:
            # Toolkits capitalise by themselves what a key without a capital gives under CapsLock.
            self._stroke([self._codes[XK.XK_Caps_Lock]])
            self._was_caps_locked = True
        spare = iter(self._spare)
        n_ready = 0
        for character in text:
            symbol = keysym_of(character)
            if symbol not in self._places and symbol not in self._mapped:
                code = next(spare, None)
                if code is None:
                    break
                # Given once, X would make the capital of a letter its second level.
                self.display.change_keyboard_mapping(code, [[symbol, symbol]])
                self._mapped[symbol] = code
            n_ready += 1
        if text and not n_ready:
            raise ActionFailed(
                f"the keyboard layout lacks {_name(text[0])} and has no spare key for it; "
                "put the text on the clipboard and press ctrl+v"
            )
        if self._mapped:
            self.display.sync()
            time.sleep(MAP_SETTLE_S)
        return n_ready

    def type(self, text: str) -> None:
        """Type characters whose symbols are on the layout or were prepared."""
        for character in text:
            symbol = keysym_of(character)
            if symbol in self._mapped:
                self._stroke([self._mapped[symbol]])
            elif symbol in self._places:
                code, is_shifted, is_letter = self._places[symbol]
                if is_letter and self._state() & X.LockMask:
                    is_shifted = not is_shifted
                self._stroke([self._shift, code] if is_shifted else [code])
            else:
                raise ActionFailed(f"{_name(character)} was not prepared for typing")
            time.sleep(KEY_GAP_S)

    def finish(self) -> None:
        """Give the spare keycodes back, and CapsLock."""
        if self._was_caps_locked:
            self._stroke([self._codes[XK.XK_Caps_Lock]])
            self._was_caps_locked = False
        if not self._mapped:
            return
        time.sleep(RESTORE_SETTLE_S)
        for code in self._mapped.values():
            self.display.change_keyboard_mapping(code, [[X.NoSymbol, X.NoSymbol]])
        self.display.sync()
        self._mapped = {}

    def _load(self) -> None:
        """Read the layout; the lowest keycode of a symbol wins, so that `<` is not typed as `>`."""
        rows = self.display.get_keyboard_mapping(self._first, self._n_codes)
        group = self._state() >> GROUP_SHIFT & GROUP_MASK
        self._codes: dict[int, int] = {}
        self._places: dict[int, _Place] = {}
        self._spare: list[int] = []
        for offset, row in enumerate(rows):
            code = self._first + offset
            if not any(row) or _is_left_over(row):
                self._spare.append(code)
                continue
            for symbol in filter(None, row):
                self._codes.setdefault(symbol, code)
            # A third or fourth layout is not in the core map: all it types is mapped to spare keys.
            plain, shifted = row[2 * group : 2 * group + 2] if group < 2 else (0, 0)
            is_letter = _is_case_pair(plain, shifted)
            if plain:
                self._places.setdefault(plain, _Place(code, False, is_letter))
            if shifted:
                self._places.setdefault(shifted, _Place(code, True, is_letter))
        self._shift = self._codes[XK.XK_Shift_L]

    def _codes_of(self, key: str) -> tuple[int, ...]:
        """Return the keycodes to press for a key, in order."""
        name = NAMED.get(key)
        symbol = keysym_of(key) if name is None else XK.string_to_keysym(name)
        place = self._places.get(symbol) if name is None else None
        if place is not None:
            # Without its Shift, `+` would be `=`. Shift that is held already stays held.
            needs_shift = place.is_shifted and "shift" not in self._held
            return (self._shift, place.code) if needs_shift else (place.code,)
        if symbol not in self._codes:
            raise ActionFailed(f"this keyboard layout has no key {key!r}")
        return (self._codes[symbol],)

    def _state(self) -> int:
        """Return modifiers, buttons and layout as they are now."""
        return int(self.display.screen().root.query_pointer().mask)

    def _stroke(self, codes: Sequence[int]) -> None:
        for code in codes:
            fake_input(self.display, X.KeyPress, code)
        for code in reversed(codes):
            fake_input(self.display, X.KeyRelease, code)
        self.display.sync()

    def _send(self, event: int, detail: int) -> None:
        fake_input(self.display, event, detail)
        self.display.sync()


def _is_left_over(row: Sequence[int]) -> bool:
    """Tell whether a process that was killed while it typed left this row as `prepare` makes them.

    Layouts write one symbol to a key as `[s, 0, s, 0]`, `prepare` as `[s, s, s, s]`; what remains
    of the latter, such as BackSpace, are no characters.
    """
    symbol = row[0]
    is_character = 0xA0 <= symbol <= 0xFF or symbol >> 24 == 1
    return is_character and set(row[:4]) == {symbol} and not any(row[4:])


def _is_case_pair(plain: int, shifted: int) -> bool:
    """Tell whether two keysyms are a letter and its capital by their Unicode values.

    The keysyms older than Unicode that some layouts have are left out: `keysym_of` gives none, so
    no text is typed through them.
    """
    lower, upper = _character(plain), _character(shifted)
    return lower is not None and lower != upper and lower.upper() == upper


def _character(symbol: int) -> str | None:
    if 0x20 <= symbol <= 0x7E or 0xA0 <= symbol <= 0xFF:
        return chr(symbol)
    return chr(symbol & 0xFFFFFF) if symbol >> 24 == 1 and symbol & 0xFFFFFF < 0x110000 else None


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}")
