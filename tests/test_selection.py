"""Highlighted rows, heads of columns and icons read as signs, on drawn lists and bars."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.headers import with_headers
from deskhand.tools.perception.layout import BoxSet
from deskhand.tools.perception.menus import as_menu
from deskhand.tools.perception.ocr import TextLine
from deskhand.tools.perception.parse import ScreenParser, load_parser

FONT = ImageFont.load_default(size=15)
ROWS = ("Violin", "Cello", "Trumpet", "Clarinet", "Bassoon")
Draw = ImageDraw.ImageDraw


@pytest.fixture(scope="module")
def parser() -> ScreenParser:
    return load_parser()


def parse(parser: ScreenParser, paint: Callable[[Draw], None]) -> list[Element]:
    image = Image.new("RGB", (480, 260), "white")
    paint(ImageDraw.Draw(image))
    pixels = np.asarray(image)
    return parser.parse(Capture(pixels=pixels, view=View(width=480, height=260)))


def rows(draw: Draw, fills: Sequence[str]) -> None:
    for number, (text, fill) in enumerate(zip(ROWS, fills, strict=True)):
        top = 40 + 25 * number
        draw.rectangle((20, top, 400, top + 24), fill=fill)
        ink = "white" if fill == "#3584e4" else "black"
        draw.text((28, top + 12), text, ink, font=FONT, anchor="lm")
        draw.text((300, top + 12), f"{number + 1}kg", ink, font=FONT, anchor="lm")


def selected(elements: Sequence[Element]) -> list[tuple[str, str]]:
    return [(e.role, e.text) for e in elements if "selected" in e.states]


@pytest.mark.parametrize("colour", ["#3584e4", "#cfcfcf"])
def test_the_highlighted_row_is_selected_with_all_that_stands_in_it(
    parser: ScreenParser, colour: str
) -> None:
    fills = ["white", "white", colour, "white", "white"]
    elements = parse(parser, lambda draw: rows(draw, fills))
    assert selected(elements) == [("option", "Trumpet"), ("text", "3kg")]


def test_the_first_row_is_selected_only_in_a_strong_colour(parser: ScreenParser) -> None:
    def first(colour: str) -> list[tuple[str, str]]:
        fills = [colour, "white", "white", "white", "white"]
        return selected(parse(parser, lambda draw: rows(draw, fills)))

    assert first("#3584e4") == [("option", "Violin"), ("text", "1kg")]
    assert first("#e4e4e4") == []  # the head of a table


def test_stripes_are_no_selection(parser: ScreenParser) -> None:
    fills = ["white", "#dfe8f5", "white", "#dfe8f5", "white"]
    assert selected(parse(parser, lambda draw: rows(draw, fills))) == []


def test_a_solid_button_below_texts_is_no_selection(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        for y, text in ((50, "I accept the terms"), (150, "Read the terms")):
            draw.text((28, y), text, "black", font=FONT, anchor="lm")
        draw.rounded_rectangle((20, 80, 180, 116), 5, fill="#3584e4")
        draw.text((100, 98), "Create account", "white", font=FONT, anchor="mm")

    elements = parse(parser, paint)
    assert selected(elements) == []
    assert ("button", "Create account") in {(e.role, e.text) for e in elements}


def test_frames_that_touch_in_a_row_are_the_heads_of_columns(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        for left, right, text in ((20, 180, "Name"), (180, 300, "Size"), (300, 440, "Modified")):
            draw.rectangle((left, 30, right, 56), outline="#b0b0b0")
            draw.text((left + 8, 43), text, "black", font=FONT, anchor="lm")
        for number, text in enumerate(ROWS):
            draw.text((28, 76 + 25 * number), text, "black", font=FONT, anchor="lm")

    elements = parse(parser, paint)
    assert [e.text for e in elements if e.role == "button"] == ["Name", "Size", "Modified"]
    assert [e.text for e in elements if e.role == "text"] == list(ROWS)


def test_tabs_are_no_heads_of_columns() -> None:
    boxes = [Box(20, 30, 120, 56), Box(120, 30, 220, 56), Box(220, 30, 320, 56)]
    lines = [
        TextLine(box=Box(box.left + 8, 36, box.left + 40, 50), text=text, score=1.0, centres=())
        for box, text in zip(boxes, ROWS, strict=False)
    ]
    tabs = [
        Element(id=0, role="tab", text=line.text, box=line.box, score=1.0, source="ocr")
        for line in lines
    ]
    assert with_headers(tabs, lines, BoxSet(boxes)) == tabs
    texts = [replace(tab, role="text") for tab in tabs]
    assert {e.role for e in with_headers(texts, lines, BoxSet(boxes))} == {"button"}


def test_signs_among_icons_are_icons_and_keep_their_letter(parser: ScreenParser) -> None:
    large = ImageFont.load_default(size=22)

    def paint(draw: Draw) -> None:
        draw.rectangle((30, 40, 48, 58), fill="#505050")
        draw.polygon([(80, 58), (89, 40), (98, 58)], fill="#505050")
        draw.text((138, 49), "U", "black", font=large, anchor="mm")
        draw.text((40, 140), "U", "black", font=large, anchor="mm")  # alone, it is a letter

    elements = parse(parser, paint)
    signs = [(e.role, e.text) for e in elements if e.text]
    assert signs == [("icon", "U"), ("text", "U")]


def test_a_highlighted_item_of_a_menu_is_an_item(parser: ScreenParser) -> None:
    fills = ["white", "white", "#3584e4", "white", "white"]
    items = as_menu(parse(parser, lambda draw: rows(draw, fills)))
    assert [e.text for e in items if e.role == "menuitem"] == list(ROWS)
    assert ("menuitem", "Trumpet") in selected(items)
