"""Which texts are pasted instead of typed, and what becomes of the clipboard."""

from collections.abc import Callable

import pytest

from deskhand.memory.errors import ActionFailed, MissingProgramError
from deskhand.tools.desktop.backend import SavedClipboard, Window
from deskhand.tools.desktop.backend_fake import Event, FakeBackend
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.text_entry import LONG_CHARS, enter_text

INDENTED = "def f():\n    return 1"
PICTURE = SavedClipboard(mime_type="image/png", content=b"\x89PNG")


def backend(
    app: str = "Mousepad", *, on_event: Callable[[Event], None] | None = None
) -> FakeBackend:
    window = Window(id=1, title="", app=app, pid=None, box=Box(0, 0, 9, 9), is_active=True)
    made = FakeBackend(windows=(window,), on_event=on_event or (lambda _event: None))
    made.clipboard = PICTURE
    return made


def enter(backend: FakeBackend, text: str, *, is_secret: bool = False) -> None:
    enter_text(
        backend, text, before_event=lambda: backend.events.append(("ask",)), is_secret=is_secret
    )


@pytest.mark.parametrize("text", [INDENTED, "a\n\tb", "x" * (LONG_CHARS + 1), "a\r\n\tb"])
def test_indented_and_long_texts_are_pasted(text: str) -> None:
    desktop = backend()
    enter(desktop, text)
    pasted = text.replace("\r\n", "\n")
    assert desktop.events == [("ask",), ("paste", pasted), ("restore clipboard", "image/png")]
    assert desktop.clipboard == PICTURE


@pytest.mark.parametrize(
    "text", ["short", "two\nlines", "name\tvalue\t", "x" * LONG_CHARS, "a\n\nb"]
)
def test_other_texts_leave_the_clipboard_alone(text: str) -> None:
    desktop = backend()
    enter(desktop, text)
    assert desktop.typed == text
    assert not [event for event in desktop.events if event[0] in ("paste", "restore clipboard")]


@pytest.mark.parametrize(
    "app", ["XTerm", "Gnome-terminal", "konsole", "kitty", "URxvt", "Emacs", "Gvim"]
)
def test_nothing_is_pasted_where_ctrl_v_is_no_paste(app: str) -> None:
    desktop = backend(app)
    enter(desktop, INDENTED)
    assert desktop.typed == INDENTED


def test_nothing_is_pasted_where_nobody_knows_what_has_the_keyboard() -> None:
    desktop = FakeBackend()
    enter(desktop, INDENTED)
    assert desktop.typed == INDENTED


def test_a_secret_never_passes_through_the_clipboard() -> None:
    desktop = backend()
    enter(desktop, INDENTED, is_secret=True)
    assert desktop.typed == INDENTED


def test_what_a_person_copies_meanwhile_stays() -> None:
    copied = SavedClipboard(mime_type="text/html", content=b"<b>")

    class Copying(FakeBackend):
        def paste(self, text: str) -> None:
            self.clipboard = copied

    desktop = Copying(windows=backend().windows())
    enter(desktop, INDENTED)
    assert desktop.clipboard == copied


def test_the_clipboard_comes_back_when_nobody_took_the_text() -> None:
    def nobody(event: Event) -> None:
        if event[0] == "paste":
            raise ActionFailed("the application took no pasted text in 4 s")

    desktop = backend(on_event=nobody)
    with pytest.raises(ActionFailed, match=r"^the application took no pasted text in 4 s$"):
        enter(desktop, INDENTED)
    assert desktop.clipboard == PICTURE


@pytest.mark.parametrize(
    "error",
    [
        ActionFailed("the application that owns the clipboard did not answer in 3 s"),
        MissingProgramError("xclip", debian="xclip", needed_for="the clipboard"),
    ],
)
def test_a_clipboard_that_cannot_be_saved_is_not_replaced(error: Exception) -> None:
    class Stuck(FakeBackend):
        def save_clipboard(self) -> SavedClipboard:
            raise error

    desktop = Stuck(windows=backend().windows())
    enter(desktop, INDENTED)
    assert desktop.typed == INDENTED
