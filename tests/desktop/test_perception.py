"""Looking at real applications of four toolkits: what must be found, with its kind and state."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from deskhand.memory.errors import NotFound
from deskhand.tools.actions import TextTarget
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.ground import find, sees
from deskhand.tools.perception.ink import Ink
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.ocr import OcrEngine, TextLine
from deskhand.tools.perception.parse import ScreenParser, load_parser

pytestmark = pytest.mark.desktop

Launch = Callable[..., Window]
Keys = Callable[..., None]

FORM = """
import tkinter as tk
from tkinter import ttk
root = tk.Tk()
root.title("Form")
for row, name in enumerate(("Name", "E-mail")):
    tk.Label(root, text=name).grid(row=row, column=0, padx=8, pady=6, sticky="w")
    entry = tk.Entry(root)
    entry.grid(row=row, column=1, padx=8)
    entry.insert(0, "ada@example.org" if row else "")
states = []
for number, name in enumerate(("Newsletter", "Reminders", "Backups", "Sounds")):
    states.append(tk.IntVar(value=number % 2))
    tk.Checkbutton(root, text=name, variable=states[-1]).grid(
        row=2 + number, column=0, padx=8, sticky="w")
plan = tk.IntVar(value=1)
for number, name in enumerate(("Monthly", "Yearly", "Never")):
    tk.Radiobutton(root, text=name, variable=plan, value=number).grid(
        row=2 + number, column=1, padx=8, sticky="w")
for number, name in enumerate(("Register", "Cancel")):
    tk.Button(root, text=name).grid(row=7, column=number, pady=12)
root.mainloop()
"""


class CountingOcr:
    """Counts how often whole pictures are read."""

    def __init__(self, ocr: OcrEngine) -> None:
        self._ocr = ocr
        self.reads = 0

    def read(
        self, pixels: Pixels, ink: Ink | None = None, *, check: Callable[[], None] = lambda: None
    ) -> Sequence[TextLine]:
        self.reads += 1
        return self._ocr.read(pixels, ink, check=check)

    def read_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[TextLine]:
        return self._ocr.read_boxes(pixels, boxes)

    def can_read(self, character: str) -> bool:
        return self._ocr.can_read(character)


@pytest.fixture(scope="module")
def parser() -> ScreenParser:
    return load_parser()


@pytest.fixture
def observer(desktop: Desktop, parser: ScreenParser) -> Observer:
    return Observer(desktop, parser)


@pytest.fixture
def keys(sandbox: Sandbox) -> Keys:
    """Press keys beside deskhand's own hands, which are not what is tested here."""

    def press(*names: str) -> None:
        subprocess.run(["xdotool", "key", *names], env=sandbox.env, check=True, timeout=20)

    return press


def look_until(observer: Observer, text: str) -> Observation:
    """Look until a text is there; an application may still be drawing its first picture."""
    for _ in range(10):
        observation = observer.observe()
        if sees(observation, text):
            return observation
    raise AssertionError(f"{text!r} is not there: {[e.text for e in observation.elements]}")


def kind_of(observation: Observation, text: str) -> tuple[str, ...]:
    element = find(observation, TextTarget(text=text))
    return element.role, *sorted(element.states)


def test_a_gtk_calculators_keys_are_all_found(launch: Launch, observer: Observer) -> None:
    launch("galculator")
    screen = look_until(observer, "sqrt")
    keys = "0 1 2 3 4 5 6 7 8 9 + - * / = . ( ) % C AC sqrt +/- MS".split()
    missing = [
        key for key in keys if ("button", key) not in {(e.role, e.text) for e in screen.elements}
    ]
    assert missing == []
    seven, eight, equals = (find(screen, TextTarget(text=key)).box for key in "78=")
    assert seven.right <= eight.left
    assert equals.height > seven.height


def test_a_gtk_menu_is_cut_into_its_items(launch: Launch, observer: Observer, keys: Keys) -> None:
    launch("mousepad", "--disable-server")
    look_until(observer, "Document")
    keys("alt+f")
    screen = look_until(observer, "Save As")
    texts = {element.text for element in screen.elements}
    assert {"File", "Edit", "Search", "View", "Document", "Help"} <= texts
    assert {"New", "Open...", "Save", "Print...", "Close Tab", "Quit", "Ctrl+S"} <= texts
    assert find(screen, TextTarget(text="Save")).text == "Save"
    assert find(screen, TextTarget(text="Save As")).text == "Save As..."
    keys("Escape")


def test_a_gtk_file_dialog(launch: Launch, observer: Observer, keys: Keys, tmp_path: Path) -> None:
    launch("mousepad", "--disable-server")
    look_until(observer, "Document")
    keys("ctrl+shift+s")
    screen = look_until(observer, "Encoding")
    assert kind_of(screen, "Name field") == ("textbox",)
    assert kind_of(screen, "Cancel") == ("button",)
    assert find(screen, TextTarget(text="Cancel")).window == "Save As"
    assert not any(element.role in ("checkbox", "radio") for element in screen.elements)
    with pytest.raises(NotFound, match=r'^no window matches "Gimp"; open windows: "Save As", '):
        find(screen, TextTarget(text="Cancel", window="Gimp"))
    keys("Escape")


def test_a_qt_dialog(launch: Launch, observer: Observer, keys: Keys) -> None:
    launch("featherpad", "--standalone")
    look_until(observer, "Encoding")
    keys("ctrl+shift+s")
    screen = look_until(observer, "Files of type")
    assert kind_of(screen, "File name") == ("textbox",)
    assert kind_of(screen, "Save button") == ("button",)
    assert find(screen, TextTarget(text="Cancel", role="button")).role == "button"
    keys("Escape")


def test_a_tk_form_with_its_states(launch: Launch, observer: Observer) -> None:
    launch("/usr/bin/python3", "-c", FORM)
    screen = look_until(observer, "Register")
    expected = {
        "Name": ("textbox",), "E-mail": ("textbox",),
        "Newsletter": ("checkbox", "unchecked"), "Reminders": ("checkbox", "checked"),
        "Backups": ("checkbox", "unchecked"), "Sounds": ("checkbox", "checked"),
        "Monthly": ("radio", "unchecked"), "Yearly": ("radio", "checked"),
        "Never": ("radio", "unchecked"), "Register": ("button",), "Cancel": ("button",),
        "ada@example.org": ("text",),
    }  # fmt: skip
    assert {text: kind_of(screen, text) for text in expected} == expected


@pytest.mark.browser
def test_a_page_in_chromium(launch: Launch, observer: Observer, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><meta charset=utf-8><title>Sign-up</title>"
        "<style>body{font:15px sans-serif}p{margin:14px}</style>"
        "<p>First name <input value=Ada><p>Last name <input><p>Notes<br>"
        "<textarea rows=4 cols=50></textarea>"
        "<p><input type=checkbox checked> Send the newsletter"
        "<p><input type=checkbox> I accept the terms"
        "<p><input type=radio name=p checked> Free plan <input type=radio name=p> Paid plan"
        "<p><button>Reset form</button> <button>Create account</button>"
        "<table border=1 cellpadding=4><tr><td>Apple<td>3<tr><td>Banana<td>12</table>",
        encoding="utf-8",
    )
    launch(
        "chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", "--test-type",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--window-size=900,700", f"--user-data-dir={tmp_path / 'profile'}",
        f"--app={page.as_uri()}",
    )  # fmt: skip
    screen = look_until(observer, "Create account")
    expected = {
        "First name": ("textbox",), "Last name": ("textbox",), "Notes": ("textbox",),
        "Send the newsletter": ("checkbox", "checked"),
        "I accept the terms": ("checkbox", "unchecked"),
        "Free plan": ("radio", "checked"), "Paid plan": ("radio", "unchecked"),
        "Reset form": ("button",), "Create account": ("button",),
        "Apple": ("text",), "12": ("text",),
    }  # fmt: skip
    assert {text: kind_of(screen, text) for text in expected} == expected


def test_an_unchanged_screen_is_not_read_again(
    launch: Launch, desktop: Desktop, parser: ScreenParser
) -> None:
    launch("galculator")
    ocr = CountingOcr(parser.ocr)
    observer = Observer(desktop, ScreenParser(ocr))
    look_until(observer, "sqrt")
    first = observer.observe()
    reads = ocr.reads
    second = observer.observe()
    assert ocr.reads == reads
    assert second.elements == first.elements
    assert second.capture.view.id != first.capture.view.id
