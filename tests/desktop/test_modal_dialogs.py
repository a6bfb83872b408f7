"""Real modal dialogs, of GTK and of Tk: what they block is known, and a click there is refused."""

import time
from collections.abc import Callable, Iterator

import pytest

from deskhand.memory.errors import NotFound
from deskhand.tools.actions import Click, ElementTarget, TextTarget
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.grounding import prepare
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.modality import is_blocked
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.perception.render import render_elements

pytestmark = pytest.mark.desktop

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has gi and tkinter
GTK = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
main = Gtk.Window(title="Ledger")
main.set_default_size(560, 420)
main.move(40, 40)
main.add(Gtk.Fixed())
main.get_child().put(Gtk.Button(label="Archive year"), 30, 20)
main.connect("destroy", Gtk.main_quit)
main.show_all()
dialog = Gtk.Dialog(title="Question", transient_for=main, modal=True)
dialog.set_default_size(300, 120)
dialog.get_content_area().add(Gtk.Label(label="Keep the receipts?"))
dialog.add_buttons("Keep them", 1, "Burn them", 2)
dialog.connect("response", lambda *_: dialog.destroy())
GLib.timeout_add(300, dialog.show_all)
Gtk.main()
"""
TK = """
import tkinter
main = tkinter.Tk(className="ledger")
main.title("Ledger")
main.geometry("560x420+40+40")
tkinter.Button(main, text="Archive year").place(x=30, y=20)
def ask():
    dialog = tkinter.Toplevel(main)
    dialog.title("Question")
    dialog.geometry("300x120+200+260")
    dialog.transient(main)
    tkinter.Label(dialog, text="Keep the receipts?").pack()
    tkinter.Button(dialog, text="Keep them", command=dialog.destroy).pack()
    dialog.wait_visibility()
    dialog.grab_set()
main.after(300, ask)
main.mainloop()
"""


@pytest.fixture
def observer(desktop: Desktop) -> Iterator[Observer]:
    with Observer(desktop, load_parser()) as observer:
        yield observer


def look_with_dialog(observer: Observer, text: str) -> Observation:
    for _ in range(50):
        seen = observer.observe()
        if {"Ledger", "Question"} <= {window.title for window in seen.windows} and any(
            element.text == text for element in seen.elements
        ):
            return seen
        time.sleep(0.1)
    pytest.fail("the dialog did not open")


def test_what_a_gtk_dialog_blocks(
    launch: Callable[..., Window], observer: Observer, desktop: Desktop
) -> None:
    launch(SYSTEM_PYTHON, "-c", GTK)
    seen = look_with_dialog(observer, "Keep them")
    blocked = {element.text for element in seen.elements if is_blocked(seen, element)}
    assert "Archive year" in blocked
    assert not blocked & {"Keep them", "Burn them", "Keep the receipts?"}
    assert 'window "Ledger" (blocked by the dialog "Question"):' in render_elements(seen).text
    why = (
        'in the window "Ledger", which the dialog "Question" blocks; '
        "close the dialog first, or name the window if it takes clicks all the same"
    )
    with pytest.raises(NotFound) as caught:
        prepare(Click(target=TextTarget(text="Archive year")), seen)
    assert str(caught.value) == f'"Archive year" is {why}'
    button = next(element for element in seen.elements if element.text == "Archive year")
    with pytest.raises(NotFound) as caught:
        prepare(Click(target=ElementTarget(id=button.id)), seen)
    assert str(caught.value) == f"element {button.id} is {why}"
    prepared = prepare(Click(target=TextTarget(text="Burn them")), seen)
    assert prepared.window is not None
    assert prepared.window.title == "Question"
    named = prepare(Click(target=TextTarget(text="Archive year", window="Ledger")), seen)
    assert named.place is not None
    assert named.place.element == button


def test_a_tk_grab_is_not_told_to_others_and_blocks_nothing_here(
    launch: Callable[..., Window], observer: Observer
) -> None:
    """Tk keeps a grab to itself: nothing is refused that nobody knows to be blocked."""
    launch(SYSTEM_PYTHON, "-c", TK)
    seen = look_with_dialog(observer, "Keep them")
    dialog = next(window for window in seen.windows if window.title == "Question")
    assert dialog.is_dialog
    assert not dialog.is_modal
    assert not any(is_blocked(seen, element) for element in seen.elements)
