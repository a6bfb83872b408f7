"""Secrets are taken out of text and pixels together, before anything is kept."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from deskhand.tools.actions import SECRET_SHOWN
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation, Role, Source
from deskhand.tools.remembering.redact import redact, redact_text
from deskhand.tools.safety.redaction import Redaction
from tests.secret_samples import WORD, drawn

SIZE = (800, 600)
PAPER = 200


def element(
    text: str, left: int, top: int, *, role: Role = "text", width: int | None = None,
    height: int = 20, source: Source = "ocr",
) -> Element:  # fmt: skip
    right = left + (8 * max(1, len(text)) if width is None else width)
    box = Box(left, top, right, top + height)
    return Element(id=1, role=role, text=text, box=box, score=1.0, source=source)


def screen(elements: Sequence[Element], title: str = "Mail") -> Observation:
    wide, tall = SIZE
    pixels = np.full((tall, wide, 3), PAPER, np.uint8)
    window = Window(
        id=1, title=title, app="Mail", pid=None, box=Box(0, 0, wide, tall), is_active=True
    )
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=wide, height=tall)),
        elements=[replace(e, id=n, window=title) for n, e in enumerate(elements, start=1)],
        windows=[window],
    )


def test_text_and_pixels_of_a_secret_are_gone_and_the_rest_stays() -> None:
    line = element("Card number 4111 1111 1111 1111 expires 09/29 and so on", 40, 100)
    seen = screen([element("Total 12.00", 40, 60), line])
    kept = redact(seen)
    assert kept.lines == ("Total 12.00", f"Card number {SECRET_SHOWN} expires 09/29 and so on")
    assert kept.hidden == {"card number": 1}
    middle = kept.pixels[110]
    start, end = 40 + 8 * 12, 40 + 8 * 31  # of the number, at 8 px a character
    assert middle[start:end].max() == 0
    assert middle[40 : 40 + 8 * 9].min() == PAPER  # "Card numb"
    assert middle[end + 40 : line.box.right].min() == PAPER
    assert kept.pixels[70].min() == PAPER
    assert seen.capture.pixels.min() == PAPER  # what was given is as it was


def test_what_is_more_than_a_line_is_painted_over_whole() -> None:
    note = element("Password: hunter22 and more", 40, 100, height=80, width=300)
    kept = redact(screen([note]))
    assert kept.pixels[100:180, 40:340].max() == 0
    assert kept.lines == (f"Password: {SECRET_SHOWN} and more",)


@pytest.mark.parametrize("label", ["Password", "Passwort", "API key", "PIN", "密码"])
def test_a_field_beside_or_below_a_label_for_secrets_is_hidden(label: str) -> None:
    beside = [element(label, 40, 100), element("sunshine", 200, 96, role="textbox", width=200)]
    below = [element(label, 40, 100), element("sunshine", 40, 126, role="textbox", width=200)]
    for elements in (beside, below):
        kept = redact(screen([*elements, element("Log in", 40, 200, role="button")]))
        assert "sunshine" not in " ".join(kept.lines)
        assert "Log in" in kept.lines
        box = elements[1].box
        assert kept.pixels[box.top : box.bottom, box.left : box.right].max() == 0


def test_a_field_for_something_else_is_left() -> None:
    elements = [element("Name", 40, 100), element("sunshine", 200, 96, role="textbox", width=200)]
    kept = redact(screen(elements))
    assert kept.lines == ("Name  sunshine",)
    assert kept.hidden == {}


def test_dots_in_a_field_are_a_password_whatever_its_label() -> None:
    kept = redact(screen([element("••••••••", 40, 100, role="textbox", width=200)]))
    assert kept.lines == (SECRET_SHOWN,)
    assert kept.pixels[110, 41:239].max() == 0  # their number is nobody's business


def test_a_code_is_known_by_the_words_above_it() -> None:
    kept = redact(
        screen([element("Enter this code to sign in", 40, 60), element("482 913", 40, 90)])
    )
    assert kept.lines == ("Enter this code to sign in", SECRET_SHOWN)
    kept = redact(screen([element("Rows in the table", 40, 60), element("482 913", 40, 90)]))
    assert kept.lines == ("Rows in the table", "482 913")


def test_a_card_number_in_four_fields_is_one_where_words_say_card() -> None:
    cells = [element(text, 200 + 90 * n, 100) for n, text in enumerate(("4111", *["1111"] * 3))]
    kept = redact(screen([element("Card number", 40, 100), *cells]))
    assert "1111" not in " ".join(kept.lines)
    assert all(
        kept.pixels[c.box.top : c.box.bottom, c.box.left : c.box.right].max() == 0 for c in cells
    )
    kept = redact(screen([element("Sold", 40, 100), *cells]))
    assert kept.lines == ("Sold  4111  1111  1111  1111",)


def test_a_private_key_is_hidden_to_its_end() -> None:
    body = [element(drawn(n, 60, WORD + "+/"), 40, 120 + 20 * n, width=500) for n in range(3)]
    after = element("Dear Ada, this is the key of the shed", 40, 230, width=400)
    head = element("-----BEGIN PRIVATE KEY-----", 40, 100)
    sidebar = element("Inbox 3", 600, 130, width=80)
    kept = redact(screen([head, body[0], sidebar, *body[1:], after]))
    text = "\n".join(kept.lines)
    assert all(line.text not in text for line in body)
    assert "Inbox 3" in text
    assert after.text in text


def test_a_secret_is_hidden_wherever_else_it_shows() -> None:
    between = [element(f"Line {n} of the mail", 40, 100 + 40 * n) for n in range(5)]
    code, copied = (
        element("Your verification code is 482913", 40, 60),
        element("482913 copied", 40, 400),
    )
    kept = redact(screen([code, *between, copied], title="482913 is your code - Mail"))
    assert "482913" not in " ".join((*kept.lines, kept.window))
    assert kept.window == f"{SECRET_SHOWN} is your code - Mail"
    assert kept.pixels[410, 40 : copied.box.right].max() == 0


def test_known_secrets_are_hidden_however_they_read() -> None:
    known = Redaction(values=("correct-horse-battery",))
    kept = redact(screen([element("it was correct horse-battery, she said", 40, 60)]), known)
    assert kept.lines == (SECRET_SHOWN,)
    assert kept.pixels[70, 42:300].max() == 0
    assert kept.hidden == {"secret": 1}


def test_of_an_excluded_place_nothing_is_kept() -> None:
    elements = [element("Inbox", 40, 60), element("Vault entry", 420, 310)]
    kept = redact(screen(elements), without=[Box(400, 300, 900, 700)])
    assert kept.lines == ("Inbox",)
    assert kept.pixels[300:, 400:].max() == 0
    assert kept.pixels[299, 399].min() == PAPER


def test_boxes_beyond_the_picture_are_cut_off() -> None:
    kept = redact(screen([element("password: hunter22", -60, -8, height=80)]))
    assert kept.pixels[0, 0].max() == 0
    assert kept.pixels.shape == (600, 800, 3)


def test_a_text_without_a_picture_is_redacted_too() -> None:
    assert redact_text("a PIN: 4821 b token=x") == f"a PIN: {SECRET_SHOWN} b token=x"
