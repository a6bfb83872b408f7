"""A desktop in memory with a form on it: a field, two buttons and a line that says what was saved.

What a model does is really done to it: text goes where the keyboard is, a click on Save saves.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.backend_fake import Event, FakeBackend
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.observe import Observer, Scene
from deskhand.tools.perception.ocr_fake import BlindOcr
from deskhand.tools.perception.parse import ScreenParser

WINDOW = Window(id=1, title="Form", app="form", pid=1, box=Box(0, 0, 640, 480), is_active=True)
FIELD = Box(150, 80, 450, 110)
SAVE = Box(150, 160, 250, 190)
DEAD = Box(300, 160, 400, 190)
SAID = Box(150, 240, 600, 260)


class FormScreen(FakeBackend):
    """The form, and `desktop` to look at it and act on it. `notice` stands on it as well."""

    def __init__(self, folder: Path) -> None:
        super().__init__(windows=[WINDOW], on_event=self._react)
        self.desktop = Desktop(self, panic_file=folder / "panic")
        self.notice = ""
        self.value = ""
        self.saved = ""
        self.has_keyboard = False
        self.place = (320, 400)
        self.draw()

    def elements(self) -> list[Element]:
        """Return what is on it."""

        def element(number: int, role: Any, text: str, box: Box, *states: Any) -> Element:
            return Element(
                id=number, role=role, text=text, box=box, score=1.0, source="ocr",
                states=frozenset(states), window="Form",
            )  # fmt: skip

        states = ("focused",) if self.has_keyboard else ()
        found = [
            element(1, "text", "Name", Box(80, 80, 140, 110)),
            element(2, "textbox", self.value or "Name", FIELD, *states),
            element(3, "button", "Save", SAVE),
            element(4, "button", "Dead", DEAD),
        ]
        if self.saved:
            found.append(element(5, "text", f"saved {self.saved}", SAID))
        if self.notice:
            found.append(element(6, "text", self.notice, Box(20, 300, 620, 320)))
        return found

    def _react(self, event: Event) -> None:
        match event:
            case ("press", _):
                self.has_keyboard = FIELD.contains(*self.place)
                if SAVE.contains(*self.place):
                    self.saved = self.value
            case ("type", str() as text) if self.has_keyboard:
                self.value += text
        self.draw()

    def draw(self) -> None:
        """Show what is on it."""
        picture = Image.new("RGB", (640, 480), "white")
        draw = ImageDraw.Draw(picture)
        for element in self.elements():
            if element.role != "text":
                draw.rectangle(element.box.xyxy, outline="black")
            draw.text((element.box.left + 5, element.box.top + 5), element.text, fill="black")
        self.pixels[:] = np.asarray(picture)


class FormObserver(Observer):
    """Looks at the form: real captures, settling and windows; the elements are the form's own."""

    def __init__(self, screen: FormScreen) -> None:
        super().__init__(screen.desktop, ScreenParser(BlindOcr()))
        self._screen = screen

    def _elements(self, capture: Capture, scene: Scene) -> list[Element]:
        return self._screen.elements()
