"""Text in pieces no larger than the keyboard has room for."""

import pytest

from deskhand.memory.errors import ActionFailed, BadArgumentError
from deskhand.tools.desktop.backend_fake import N_SPARE_KEYS, FakeBackend
from deskhand.tools.desktop.text_entry import enter_text

HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 40)))


def nothing() -> None:
    return None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "naïve – €",
        "tab\tand\nline",
        "ctrl+s {enter} %s \\n <escape>",
        HAN,
        HAN + "plain" + HAN,
        "👍🏽 👩‍👩‍👧‍👦",
        "e\u0301",
        "שלום مرحبا",
        "\ue000 private use",
    ],
)
def test_what_arrives_is_what_was_given(text: str) -> None:
    backend = FakeBackend()
    enter_text(backend, text, before_event=nothing)
    assert backend.typed == text


def test_every_kind_of_line_end_is_return() -> None:
    backend = FakeBackend()
    enter_text(backend, "a\r\nb\rc\n", before_event=nothing)
    assert backend.typed == "a\nb\nc\n"


def test_pieces_are_as_large_as_there_is_room_for() -> None:
    backend = FakeBackend()
    enter_text(backend, HAN, before_event=nothing)
    kinds = "".join(str(event[0])[0] for event in backend.events)  # prepare, type, finish
    full = "p" + "t" * N_SPARE_KEYS + "f"
    assert kinds == full + full + "p" + "t" * (len(HAN) - 2 * N_SPARE_KEYS) + "f"


def test_each_character_is_asked_for() -> None:
    asked: list[str] = []
    backend = FakeBackend()
    enter_text(backend, "abc", before_event=lambda: asked.append(backend.typed))
    assert asked == ["", "a", "ab"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("a\x1b[2J", "U+001B"), ("\x00", "U+0000"), ("back\x08", "U+0008"), ("half \ud83d", "U+D83D")],
)
def test_control_characters_are_refused_before_anything_is_typed(text: str, code: str) -> None:
    backend = FakeBackend()
    with pytest.raises(BadArgumentError) as caught:
        enter_text(backend, text, before_event=nothing)
    assert str(caught.value) == (
        f"the text holds {code}, which no keyboard types; "
        "press keys such as escape or backspace by their names"
    )
    assert backend.events == []


def test_keys_are_given_back_when_preparing_fails() -> None:
    class Full(FakeBackend):
        def prepare_text(self, text: str) -> int:
            super().prepare_text(text)
            raise ActionFailed("no spare key")

    backend = Full()
    with pytest.raises(ActionFailed, match=r"^no spare key$"):
        enter_text(backend, "é", before_event=nothing)
    assert backend.events[-1] == ("finish",)
