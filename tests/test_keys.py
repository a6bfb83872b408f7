"""Names of keys as people write them."""

import pytest

from deskhand.memory.errors import BadArgumentError
from deskhand.tools.desktop.keys import ALIASES, KEY_NAMES, MODIFIERS, key_name, parse_keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ctrl+shift+s", ("ctrl", "shift", "s")),
        ("Ctrl + S", ("ctrl", "s")),
        ("ctrl++", ("ctrl", "+")),
        ("+", ("+",)),
        ("ctrl+-", ("ctrl", "-")),
        ("Cmd+Return", ("super", "enter")),
        ("Page Down", ("pagedown",)),
        ("PgUp", ("pageup",)),
        ("esc", ("escape",)),
        ("F12", ("f12",)),
        ("f24", ("f24",)),
        ("ctrl+ß", ("ctrl", "ß")),
        ("ctrl+É", ("ctrl", "é")),
        ("ctrl+,", ("ctrl", ",")),
    ],
)
def test_keys_are_understood(text: str, keys: tuple[str, ...]) -> None:
    assert parse_keys(text) == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ctrl+entr", "there is no key 'entr'; did you mean 'enter'?"),
        ("", "there is no key ''; expected names such as ctrl, enter, f5"),
        ("ctrl+", "there is no key ''; expected names such as ctrl, enter, f5"),
        ("ctrl+qqqqq", "there is no key 'qqqqq'; expected names such as ctrl, enter, f5"),
        ("\x1b", "there is no key '\\x1b'; expected names such as ctrl, enter, f5"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_there_is(text: str, message: str) -> None:
    with pytest.raises(BadArgumentError) as caught:
        parse_keys(text)
    assert str(caught.value) == message


def test_every_alias_leads_to_a_key() -> None:
    for alias, name in ALIASES.items():
        assert key_name(alias) == name
        assert name in KEY_NAMES or len(name) == 1
    assert set(MODIFIERS) <= set(KEY_NAMES)
