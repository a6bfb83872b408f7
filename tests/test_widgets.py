"""Frames, check marks and elements on drawn controls, with the real OCR engine."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture, Pixels
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.check_marks import find_check_marks
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.ink import gradient
from deskhand.tools.perception.observe import observe_image
from deskhand.tools.perception.parse import ScreenParser, load_parser
from deskhand.tools.perception.pixel_keys import PixelCache
from deskhand.tools.perception.reading_order import in_reading_order
from deskhand.tools.perception.widgets import find_frames

GROUND, INK, EDGE = "#e8e8e8", "#202020", "#707070"
FONT = ImageFont.load_default(size=15)
Draw = ImageDraw.ImageDraw


@pytest.fixture(scope="module")
def parser() -> ScreenParser:
    return load_parser()


def drawn(paint: Callable[[Draw], None], size: tuple[int, int] = (480, 240)) -> Pixels:
    image = Image.new("RGB", size, GROUND)
    paint(ImageDraw.Draw(image))
    return np.asarray(image)


def capture(pixels: Pixels) -> Capture:
    height, width = pixels.shape[:2]
    return Capture(pixels=pixels, view=View(width=width, height=height))


def parse(parser: ScreenParser, paint: Callable[[Draw], None]) -> list[Element]:
    return parser.parse(capture(drawn(paint)))


def seen(elements: list[Element]) -> set[tuple[str, str]]:
    return {(element.role, element.text) for element in elements}


def button(draw: Draw, box: Box, text: str, fill: str = "#f6f6f6") -> None:
    edge = (box.left, box.top, box.right - 1, box.bottom - 1)
    draw.rounded_rectangle(edge, 3, fill=fill, outline=EDGE)
    draw.text(box.centre, text, INK, font=FONT, anchor="mm")


def field(draw: Draw, box: Box, text: str = "") -> None:
    draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill="white", outline=EDGE)
    draw.text((box.left + 7, box.centre[1]), text, INK, font=FONT, anchor="lm")


def square(draw: Draw, x: int, y: int, *, tick: bool = False, fill: str = "white") -> None:
    draw.rectangle((x, y, x + 13, y + 13), fill=fill, outline=EDGE)
    if tick:
        colour = "white" if fill != "white" else INK
        draw.line([(x + 3, y + 7), (x + 6, y + 10), (x + 11, y + 3)], fill=colour, width=2)


def circle(draw: Draw, x: int, y: int, *, dot: bool = False) -> None:
    draw.ellipse((x, y, x + 14, y + 14), fill="white", outline=EDGE)
    if dot:
        draw.ellipse((x + 4, y + 4, x + 10, y + 10), fill=INK)


# --- frames and marks


def test_a_drawn_frame_is_found_and_a_blank_page_has_none() -> None:
    box = Box(50, 40, 150, 70)
    frames = find_frames(gradient(drawn(lambda draw: button(draw, box, ""))))
    assert max(frame.box.iou(box) for frame in frames) > 0.9
    assert find_frames(gradient(drawn(lambda _draw: None))) == []


def test_marks_and_what_they_say() -> None:
    def paint(draw: Draw) -> None:
        square(draw, 20, 20)
        square(draw, 60, 20, tick=True)
        square(draw, 100, 20, tick=True, fill="#3584e4")
        circle(draw, 20, 60)
        circle(draw, 60, 60, dot=True)

    pixels = drawn(paint)
    marks = find_check_marks(pixels, find_frames(gradient(pixels)), PixelCache())
    found = sorted((mark.box.top, mark.box.left, mark.shape, mark.is_checked) for mark in marks)
    assert found == [
        (20, 20, "square", False), (20, 60, "square", True), (20, 100, "square", True),
        (60, 20, "round", False), (60, 60, "round", True),
    ]  # fmt: skip


def test_other_small_things_are_no_marks() -> None:
    def paint(draw: Draw) -> None:
        draw.polygon([(20, 20), (28, 20), (30, 23), (36, 23), (36, 36), (20, 36)], fill="#3584e4")
        draw.text((60, 20), "Doo bad", INK, font=FONT)
        draw.polygon([(150, 36), (158, 20), (166, 36)], fill=INK)
        circle(draw, 200, 20)
        draw.line([(203, 27), (211, 27)], fill=INK, width=2)  # an arrow's shaft
        draw.line([(203, 27), (207, 23)], fill=INK, width=2)

    pixels = drawn(paint)
    assert find_check_marks(pixels, find_frames(gradient(pixels)), PixelCache()) == []


# --- elements


def test_buttons_carry_their_text_and_their_own_box(parser: ScreenParser) -> None:
    boxes = [Box(20, 20, 120, 52), Box(140, 20, 240, 52)]

    def paint(draw: Draw) -> None:
        button(draw, boxes[0], "Cancel")
        button(draw, boxes[1], "Save", fill="#3584e4")

    elements = parse(parser, paint)
    assert [(e.id, e.role, e.text) for e in elements] == [
        (1, "button", "Cancel"),
        (2, "button", "Save"),
    ]
    for element, box in zip(elements, boxes, strict=True):
        assert element.box.iou(box) > 0.85


def test_text_without_a_frame_is_never_a_button(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        for number, word in enumerate(("File", "Edit", "View", "Help")):
            draw.text((20 + 60 * number, 20), word, INK, font=FONT)
        draw.line([(0, 48), (479, 48)], fill=EDGE)
        draw.text((20, 90), "A sentence of several words.", INK, font=FONT)

    elements = parse(parser, paint)
    assert [(e.role, e.text) for e in elements] == [
        ("text", "File"), ("text", "Edit"), ("text", "View"), ("text", "Help"),
        ("text", "A sentence of several words."),
    ]  # fmt: skip
    assert all(e.box.height <= 18 for e in elements)


@pytest.mark.parametrize("sign", [*"0123456789", "+", "-", "=", "/", "*", "(", ")", "%", "C"])
def test_a_key_with_a_single_sign_is_read(parser: ScreenParser, sign: str) -> None:
    box = Box(100, 60, 162, 98)
    elements = parse(parser, lambda draw: button(draw, box, sign))
    assert seen(elements) == {("button", sign)}
    assert elements[0].box.iou(box) > 0.85


def test_a_field_is_named_by_the_label_at_its_left(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        draw.text((20, 27), "First name:", INK, font=FONT)
        field(draw, Box(120, 20, 320, 46))
        draw.text((20, 67), "City:", INK, font=FONT)
        field(draw, Box(120, 60, 320, 86), "Zagreb")

    assert seen(parse(parser, paint)) == {
        ("text", "First name:"), ("textbox", "First name:"),
        ("text", "City:"), ("textbox", "City:"), ("text", "Zagreb"),
    }  # fmt: skip


def test_a_field_is_named_by_the_label_above_it_and_not_by_its_neighbour(
    parser: ScreenParser,
) -> None:
    def paint(draw: Draw) -> None:
        for x, label, value in ((20, "Given name", "Ada"), (240, "Family name", "")):
            draw.text((x, 20), label, INK, font=FONT)
            field(draw, Box(x, 44, x + 200, 70), value)

    elements = parse(parser, paint)
    boxes = {e.text: e.box.left for e in elements if e.role == "textbox"}
    assert boxes.keys() == {"Given name", "Family name"}
    assert boxes["Given name"] < 100 < boxes["Family name"]


def test_a_field_without_a_label_is_named_by_its_placeholder(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        field(draw, Box(20, 20, 320, 48), "Search in folder")

    assert seen(parse(parser, paint)) == {("textbox", "Search in folder")}


def test_a_list_with_an_arrow_is_a_combobox_named_like_a_field(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        draw.text((20, 27), "Country:", INK, font=FONT)
        field(draw, Box(100, 20, 300, 46), "Croatia")
        draw.polygon([(280, 30), (290, 30), (285, 36)], fill=INK)

    assert seen(parse(parser, paint)) == {
        ("text", "Country:"), ("combobox", "Country:"), ("text", "Croatia"),
    }  # fmt: skip


def test_check_boxes_and_radio_buttons_have_label_and_state(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        square(draw, 20, 20)
        draw.text((42, 17), "Remember me", INK, font=FONT)
        square(draw, 200, 20, tick=True)
        draw.text((222, 17), "Newsletter", INK, font=FONT)
        circle(draw, 20, 60)
        draw.text((42, 57), "Monthly", INK, font=FONT)
        circle(draw, 200, 60, dot=True)
        draw.text((222, 57), "Yearly", INK, font=FONT)

    elements = parse(parser, paint)
    assert {(e.role, e.text, *e.states) for e in elements} == {
        ("checkbox", "Remember me", "unchecked"), ("checkbox", "Newsletter", "checked"),
        ("radio", "Monthly", "unchecked"), ("radio", "Yearly", "checked"),
    }  # fmt: skip
    # The click goes to the mark, which is in all toolkits a part of the control.
    yearly = next(element for element in elements if element.text == "Yearly")
    assert yearly.click_at == pytest.approx((207, 67), abs=1.5)


def test_cells_of_a_table_are_no_controls(parser: ScreenParser) -> None:
    rows = (("Apple", "Green"), ("Cherry", "Red"), ("Lemon", "Yellow"))

    def paint(draw: Draw) -> None:
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                left, top = 20 + 110 * x, 20 + 30 * y
                draw.rectangle((left, top, left + 108, top + 28), fill="white", outline=EDGE)
                draw.text((left + 8, top + 5), text, INK, font=FONT)

    assert seen(parse(parser, paint)) == {("text", text) for row in rows for text in row}


def test_a_large_bright_area_is_a_field_to_write_in(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        field(draw, Box(20, 20, 420, 200))
        draw.text((30, 30), "a first line", INK, font=FONT)

    elements = parse(parser, paint)
    assert seen(elements) == {("textbox", ""), ("text", "a first line")}


def test_a_menu_over_a_text_is_no_field(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        for top, words in ((20, ("New", "Open")), (80, ("Print", "Export")), (140, ("Quit", ""))):
            draw.rectangle((40, top, 240, top + 60), fill="white", outline=EDGE)
            for number, word in enumerate(words):
                draw.text((60, top + 8 + 26 * number), word, INK, font=FONT)

    assert {e.role for e in parse(parser, paint)} == {"text"}


def test_elements_know_the_topmost_window_they_lie_in(parser: ScreenParser) -> None:
    def paint(draw: Draw) -> None:
        for y, text in ((20, "on top"), (100, "behind"), (200, "desktop")):
            draw.text((30, y), text, INK, font=FONT)

    windows = [
        Window(id=1, title="Hidden", app="", pid=None, box=Box(0, 0, 480, 240), is_minimized=True),
        Window(id=2, title="Dialog", app="", pid=None, box=Box(0, 0, 200, 60)),
        Window(id=3, title="Main", app="", pid=None, box=Box(0, 0, 200, 150)),
    ]
    elements = parser.parse(capture(drawn(paint)), windows)
    assert [(e.text, e.window) for e in elements] == [
        ("on top", "Dialog"), ("behind", "Main"), ("desktop", ""),
    ]  # fmt: skip


def test_windows_are_placed_in_desktop_units(parser: ScreenParser) -> None:
    pixels = drawn(lambda draw: draw.text((300, 20), "left screen", INK, font=FONT))
    view = View(width=480, height=240, origin_x=-480, origin_y=0)
    window = Window(id=1, title="Left", app="", pid=None, box=Box(-240, 0, 0, 240))
    (element,) = parser.parse(Capture(pixels=pixels, view=view), [window])
    assert element.window == "Left"


def test_a_parse_can_be_cancelled(parser: ScreenParser) -> None:
    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parser.parse(capture(drawn(lambda _draw: None)), check=check)


@pytest.mark.parametrize("size", [(1, 1), (8, 300), (300, 8), (33, 31)])
def test_small_and_odd_pictures_are_parsed(parser: ScreenParser, size: tuple[int, int]) -> None:
    assert parser.parse(capture(drawn(lambda _draw: None, size))) == []


def test_noise_makes_no_errors(parser: ScreenParser) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (160, 240, 3), dtype=np.uint8)
    for element in parser.parse(capture(pixels)):
        assert element.box.intersect(Box.of_size(240, 160)) is not None


def test_a_picture_from_a_file_is_observed_without_windows(parser: ScreenParser) -> None:
    pixels = drawn(lambda draw: button(draw, Box(20, 20, 120, 52), "Cancel"))
    observation = observe_image(capture(pixels), parser)
    assert [element.text for element in observation.elements] == ["Cancel"]
    (element,) = observation.elements
    assert observation.element(element.id) is element
    assert observation.element(element.id + 1) is None
    assert observation.windows == ()


def test_reading_order_is_by_rows() -> None:
    def at(x: int, y: int, height: int = 16) -> Element:
        box = Box(x, y, x + 40, y + height)
        return Element(id=0, role="text", text=f"{x},{y}", box=box, score=1, source="ocr")

    mixed = [at(300, 12), at(10, 60), at(10, 10), at(100, 8, 20), at(200, 62)]
    ordered = [element.text for element in in_reading_order(mixed)]
    assert ordered == ["10,10", "100,8", "300,12", "10,60", "200,62"]
    assert in_reading_order([]) == []
