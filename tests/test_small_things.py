"""Links, lone icons, greyed-out controls and menu bars, drawn and found."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.desktop.capture import Capture, Pixels
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.disabled import with_disabled
from deskhand.tools.perception.elements import Element, Role
from deskhand.tools.perception.icons import find_icons
from deskhand.tools.perception.ink import gradient
from deskhand.tools.perception.menus import as_menu, with_menu_bar
from deskhand.tools.perception.parse import ScreenParser, load_parser
from deskhand.tools.perception.pixel_keys import PixelCache

FONT = ImageFont.load_default(size=15)
SIZE = (480, 140)
Draw = ImageDraw.ImageDraw


@pytest.fixture(scope="module")
def parser() -> ScreenParser:
    return load_parser()


def drawn(paint: Callable[[Draw], None], ground: str = "white") -> Pixels:
    image = Image.new("RGB", SIZE, ground)
    paint(ImageDraw.Draw(image))
    return np.asarray(image)


def words(draw: Draw, parts: list[tuple[str, str, bool]], left: int = 20, top: int = 30) -> None:
    """Write one line in parts: text, colour, underlined."""
    for text, colour, is_underlined in parts:
        draw.text((left, top), text, colour, font=FONT)
        width = round(FONT.getlength(text))
        if is_underlined:
            draw.line((left, top + 18, left + width - 1, top + 18), colour)
        left += width + 5


def seen(parser: ScreenParser, pixels: Pixels) -> set[tuple[Role, str]]:
    view = View(width=SIZE[0], height=SIZE[1])
    return {(e.role, e.text) for e in parser.parse(Capture(pixels=pixels, view=view))}


def element(text: str, box: Box, role: Role = "text") -> Element:
    return Element(id=0, role=role, text=text, box=box, score=1, source="ocr")


@pytest.mark.parametrize(
    ("ground", "ink", "link"), [("white", "#222222", "#0645ad"), ("#1b1e24", "#dddddd", "#8ab4f8")]
)
def test_blue_words_in_a_line_are_links(
    parser: ScreenParser, ground: str, ink: str, link: str
) -> None:
    line = [("See the", ink, False), ("terms of use", link, False), ("before you go", ink, False)]
    found = seen(parser, drawn(lambda draw: words(draw, line), ground))
    assert found == {("text", "See the terms of use before you go"), ("link", "terms of use")}


def test_underlined_words_are_links_of_their_own(parser: ScreenParser) -> None:
    line = [("Edit", "black", True), ("Remove", "black", True), ("later", "black", False)]
    found = seen(parser, drawn(lambda draw: words(draw, line)))
    assert {("link", "Edit"), ("link", "Remove")} <= found
    assert not any("later" in text for role, text in found if role == "link")


def test_a_line_that_is_a_link_is_nothing_else(parser: ScreenParser) -> None:
    found = seen(parser, drawn(lambda draw: words(draw, [("Help and contact", "#0645ad", False)])))
    assert found == {("link", "Help and contact")}


def test_the_border_of_a_field_is_no_underline(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        draw.rectangle((10, 26, 300, 52), "white", "#555555")
        draw.text((20, 30), "Zagreb", "black", font=FONT)

    assert "link" not in {role for role, _ in seen(parser, drawn(paint))}


def test_lone_icons_are_found_and_parts_of_texts_are_not() -> None:
    def paint(draw: Draw) -> None:
        draw.polygon([(40, 20), (48, 40), (32, 40)], outline="black")
        draw.ellipse((80, 20, 100, 40), outline="black")
        draw.line((120, 30, 200, 30), "black")  # a rule
        draw.rectangle((220, 20, 300, 110), outline="black")  # a pane

    boxes = find_icons(gradient(drawn(paint)), known=[])
    assert len(boxes) == 2
    assert boxes[0].contains(40, 32)
    assert boxes[1].contains(90, 30)
    assert (
        find_icons(gradient(drawn(paint)), known=[Box(30, 18, 50, 44), Box(78, 18, 104, 44)]) == []
    )


def test_faint_controls_are_disabled() -> None:
    def paint(draw: Draw) -> None:
        for number, colour in enumerate(("#202020", "#202020", "#a8a8a8")):
            draw.text((20 + 120 * number, 30), "Button", colour, font=FONT)

    boxes = [Box(15 + 120 * n, 25, 90 + 120 * n, 55) for n in range(3)]
    buttons = [element("Button", box, "button") for box in boxes]
    found = with_disabled(drawn(paint), buttons, PixelCache())
    assert [sorted(e.states) for e in found] == [[], [], ["disabled"]]
    # Grey text is a caption: only what can be clicked can be disabled.
    texts = [element("Button", box) for box in boxes]
    assert with_disabled(drawn(paint), texts, PixelCache()) == texts


def test_texts_in_a_row_with_one_gap_are_a_menu_bar() -> None:
    lefts = (10, 54, 98, 160)
    bar = [element(f"M{x}", Box(x, 32, x + 28 + 18 * (x == 98), 46)) for x in lefts]
    below = element("Dear Ada", Box(10, 120, 90, 134))
    found = with_menu_bar([*bar, below])
    assert [e.role for e in found] == ["menuitem"] * 4 + ["text"]
    uneven = [element("a", Box(x, 32, x + 20, 46)) for x in (10, 40, 110)]
    assert with_menu_bar(uneven) == uneven


def test_a_menus_rows_begin_with_their_items() -> None:
    rows = [
        element("Save", Box(10, 10, 50, 24)), element("Ctrl+S", Box(150, 10, 200, 24)),
        element("Quit", Box(10, 40, 50, 54)),
    ]  # fmt: skip
    assert [e.role for e in as_menu(rows)] == ["menuitem", "text", "menuitem"]
