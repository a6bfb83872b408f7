"""Spin buttons, pale and dark fields, and the labels that name fields, on drawn controls."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.parse import ScreenParser, load_parser

INK, EDGE = "#202020", "#707070"
FONT = ImageFont.load_default(size=15)
Draw = ImageDraw.ImageDraw


@pytest.fixture(scope="module")
def parser() -> ScreenParser:
    return load_parser()


def parse(
    parser: ScreenParser, paint: Callable[[Draw], None], ground: str = "#e8e8e8"
) -> list[Element]:
    image = Image.new("RGB", (560, 260), ground)
    paint(ImageDraw.Draw(image))
    pixels = np.asarray(image)
    return parser.parse(Capture(pixels=pixels, view=View(width=560, height=260)))


def field(
    draw: Draw, box: Box, text: str = "", *, fill: str = "white", edge: str = EDGE, ink: str = INK
) -> None:
    draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=fill, outline=edge)
    draw.text((box.left + 8, box.centre[1]), text, ink, font=FONT, anchor="lm")


def label(draw: Draw, x: int, y: int, text: str, ink: str = INK) -> None:
    draw.text((x, y), text, ink, font=FONT, anchor="lm")


def arrow(draw: Draw, x: int, y: int, *, up: bool, ink: str = INK) -> None:
    tip = -1 if up else 1
    for row in range(4):
        draw.line([(x - 3 + row, y + tip * row), (x + 3 - row, y + tip * row)], fill=ink)


def named(elements: list[Element], text: str) -> Element:
    (found,) = [e for e in elements if e.text == text and e.role != "text"]
    return found


def test_a_field_with_two_small_arrows_is_a_spin_button(parser: ScreenParser) -> None:
    box = Box(100, 40, 190, 68)

    def paint(draw: Draw) -> None:
        label(draw, 30, 54, "Copies")
        field(draw, box, "3")
        arrow(draw, 179, 50, up=True)
        arrow(draw, 179, 58, up=False)

    elements = parse(parser, paint)
    found = named(elements, "Copies")
    assert (found.role, found.states) == ("spinbutton", frozenset())
    assert found.click_at[0] < 165  # in the number, not on an arrow
    assert [e.text for e in elements if e.role == "text"] == ["Copies", "3"]


def test_a_field_with_minus_and_plus_is_a_spin_button_and_two_buttons(
    parser: ScreenParser,
) -> None:
    def paint(draw: Draw) -> None:
        label(draw, 30, 54, "Copies")
        field(draw, Box(100, 36, 160, 72), "3")
        for left, sign in ((159, "-"), (195, "+")):
            field(draw, Box(left, 36, left + 37, 72))
            draw.text((left + 18, 54), sign, INK, font=ImageFont.load_default(22), anchor="mm")

    elements = parse(parser, paint)
    assert named(elements, "Copies").role == "spinbutton"
    assert {e.text for e in elements if e.role == "button"} == {"-", "+"}


def test_an_arrow_alone_in_its_own_frame_makes_a_list(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        field(draw, Box(60, 40, 190, 66), "Vienna", fill="#d9d9d9")
        field(draw, Box(172, 40, 190, 66), fill="#d9d9d9")
        arrow(draw, 181, 51, up=False)

    assert named(parse(parser, paint, "#d9d9d9"), "Vienna").role == "combobox"


def test_a_pale_field_with_a_label_is_a_disabled_field(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        label(draw, 30, 54, "Street")
        field(draw, Box(100, 40, 260, 68))
        label(draw, 30, 104, "Town")
        field(draw, Box(100, 90, 260, 118), fill="#dedede")
        field(draw, Box(400, 150, 520, 178), fill="#dedede")  # nothing names it: a panel

    elements = parse(parser, paint)
    found = [(e.role, e.text, sorted(e.states)) for e in elements if e.role != "text"]
    assert found == [("textbox", "Street", []), ("textbox", "Town", ["disabled"])]


def test_fields_are_fields_on_a_dark_page_and_a_fainter_border_is_disabled(
    parser: ScreenParser,
) -> None:
    def paint(draw: Draw) -> None:
        for y, text, edge in ((54, "Street", "#858585"), (104, "Town", "#5a5a5a")):
            label(draw, 30, y, text, "white")
            field(draw, Box(100, y - 14, 260, y + 14), fill="#3b3b3b", edge=edge)

    elements = parse(parser, paint, "#121212")
    found = [(e.role, e.text, sorted(e.states)) for e in elements if e.role != "text"]
    assert found == [("textbox", "Street", []), ("textbox", "Town", ["disabled"])]


def test_a_label_is_read_apart_from_what_the_field_beside_it_holds(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        label(draw, 30, 54, "Quantity:")
        field(draw, Box(102, 42, 240, 66), "3 boxes")

    elements = parse(parser, paint)
    assert [(e.role, e.text) for e in elements] == [
        ("text", "Quantity:"), ("textbox", "Quantity:"), ("text", "3 boxes"),
    ]  # fmt: skip


def test_labels_in_one_column_name_the_controls_far_at_their_right(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        for y, text, value in ((54, "Workspace name", "Home office"), (104, "Owner", "Anna")):
            label(draw, 20, y, text)
            field(draw, Box(400, y - 15, 540, y + 15), value)

    elements = parse(parser, paint)
    assert named(elements, "Workspace name").role == named(elements, "Owner").role == "textbox"
    texts = [e.text for e in elements if e.role == "text"]
    assert texts == ["Workspace name", "Home office", "Owner", "Anna"]


def test_one_text_far_at_the_left_names_nothing(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        label(draw, 20, 54, "Overview")
        field(draw, Box(400, 39, 540, 69), "Search")

    assert named(parse(parser, paint), "Search").role == "textbox"
