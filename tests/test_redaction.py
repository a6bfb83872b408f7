"""Secrets stay out of pictures and of what was read."""

import numpy as np
import pytest

from deskhand.tools.actions import SECRET_SHOWN
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.elements import Element, Role
from deskhand.tools.safety.redaction import Redaction, blackened


def element(role: Role, text: str, box: Box) -> Element:
    return Element(id=1, role=role, text=text, box=box, score=1.0, source="ocr")


LABEL = element("text", "Password", Box(0, 0, 60, 20))
FIELD = element("textbox", "Password", Box(80, 0, 200, 20))
SHOWN = element("text", "hunter2", Box(84, 2, 140, 18))
NAME = element("textbox", "Name", Box(80, 40, 200, 60))


def test_what_a_secret_field_holds_is_hidden() -> None:
    hidden = Redaction().elements([LABEL, FIELD, SHOWN, NAME])
    assert [e.text for e in hidden] == ["Password", "Password", SECRET_SHOWN, "Name"]
    assert Redaction().boxes([LABEL, FIELD, SHOWN, NAME]) == (FIELD.box,)


@pytest.mark.parametrize(
    ("read", "is_hidden"),
    [
        ("hunter2-very-secret", True),
        ("hunter2 very-secret", True),
        ("hunter2-vary-secref", True),  # as OCR reads it
        ("Your password: hunter2-very-secret", True),
        ("hunter", False),
        ("very", False),
        ("", False),
    ],
)
def test_a_known_secret_is_hidden_wherever_it_shows(read: str, is_hidden: bool) -> None:
    shown = element("text", read, Box(300, 300, 400, 320))
    redaction = Redaction(values=("hunter2-very-secret",))
    assert bool(redaction.boxes([shown])) is is_hidden
    assert (redaction.elements([shown])[0].text == SECRET_SHOWN) is is_hidden


def test_short_secrets_do_not_black_out_the_screen() -> None:
    assert Redaction(values=("12",)).boxes([element("text", "12:30", Box(0, 0, 9, 9))]) == ()


def test_blackening_leaves_the_picture_it_was_given() -> None:
    pixels = np.full((10, 10, 3), 200, np.uint8)
    hidden = blackened(pixels, [Box(2, 2, 4, 4)])
    assert hidden[2:4, 2:4].max() == 0
    assert hidden[5, 5, 0] == pixels[2, 2, 0] == 200
