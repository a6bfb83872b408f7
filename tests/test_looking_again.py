"""Looking again sees what new eyes would: random and adversarial sessions."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Capture, Pixels
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.ink import Ink
from deskhand.tools.perception.numbering import Numbering
from deskhand.tools.perception.ocr import TextLine, load_ocr
from deskhand.tools.perception.parse import ScreenParser, load_parser
from deskhand.tools.perception.regions import regions_of

SIZE = (640, 420)
FONT = ImageFont.load_default(size=14)
WORDS = ("Save", "Open file", "Total: 41", "Cancel", "notes.txt", "Dear Ada", "3,5", "Quit")


class CountingOcr:
    """Counts the pictures that are read."""

    def __init__(self) -> None:
        self._ocr = load_ocr()
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


class Screen:
    """Windows with rows of text, one above the other, that can be changed and drawn."""

    def __init__(self, ground: str = "#3b4252") -> None:
        self.ground = ground
        self.popups: list[tuple[Box, list[str]]] = []
        self.windows: list[tuple[str, Box, str, list[str]]] = [
            ("Notes", Box(20, 30, 340, 400), "#fdfdfd", ["Dear Ada", "Total: 41", "see you"]),
            ("Form", Box(300, 60, 620, 380), "#e8e8e8", ["First name", "Last name", "Cancel"]),
        ]
        """Topmost first: title, box, colour, rows."""

    def draw(self) -> Pixels:
        image = Image.new("RGB", SIZE, self.ground)
        pen = ImageDraw.Draw(image)
        layers = [*self.windows[::-1], *(("", box, "#ffffff", rows) for box, rows in self.popups)]
        for title, box, colour, rows in layers:
            pen.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), colour, "#555")
            if title:
                pen.rectangle((box.left, box.top, box.right - 1, box.top + 20), "#cccccc")
                pen.text((box.left + 8, box.top + 2), title, "#202020", font=FONT)
            for number, row in enumerate(rows):
                top = box.top + (34 if title else 8) + 30 * number
                pen.text((box.left + 16, top), row, "#202020", font=FONT)
        return np.asarray(image)

    def parse(self, parser: ScreenParser) -> list[Element]:
        width, height = SIZE
        capture = Capture(pixels=self.draw(), view=View(width=width, height=height))
        windows = [
            Window(id=n, title=title, app="test", pid=None, client=1, box=box, is_active=n == 0)
            for n, (title, box, _, _) in enumerate(self.windows)
        ]
        popups = [Popup(id=90, kind="menu", client=1, box=box) for box, _ in self.popups]
        return parser.parse(capture, windows, popups)


def unnumbered(elements: Sequence[Element]) -> list[Element]:
    return [replace(element, id=0) for element in elements]


def ids(elements: Sequence[Element]) -> dict[str, int]:
    return {element.text: element.id for element in elements if element.text}


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture(scope="module")
def again() -> ScreenParser:
    """A parser that has seen all the tests before."""
    return load_parser()


def check_against_new(screen: Screen, again: ScreenParser) -> list[Element]:
    elements = screen.parse(again)
    assert unnumbered(elements) == unnumbered(screen.parse(load_parser()))
    return elements


def change(screen: Screen, chance: random.Random) -> None:
    """Change something at random, as people and applications do."""
    what = chance.randrange(7)
    title, box, colour, rows = screen.windows[0]
    if what == 0:
        rows[chance.randrange(len(rows))] = chance.choice(WORDS)
    elif what == 1:  # scroll
        rows.append(rows.pop(0))
    elif what == 2:  # move
        dx = chance.randint(-box.left, SIZE[0] - box.right)
        dy = chance.randint(-box.top, SIZE[1] - box.bottom)
        screen.windows[0] = title, box.shift(dx, dy), colour, rows
    elif what == 3:
        screen.windows.reverse()
    elif what == 4:
        is_open = bool(screen.popups)
        screen.popups = [] if is_open else [(Box(90, 80, 220, 190), ["New", "Open file", "Quit"])]
    elif what == 5:
        shade = chance.choice(("#fdfdfd", "#fdfdfe", "#e8e8e8", "#202a30"))
        screen.windows[0] = title, box, shade, rows
    else:
        rows[0] = rows[0] + chance.choice("abc .,1")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_is_seen_as_by_new_eyes(again: ScreenParser, seed: int) -> None:
    chance = random.Random(seed)
    screen = Screen()
    for _ in range(12):
        change(screen, chance)
        check_against_new(screen, again)


def test_one_digit_of_a_small_number(screen: Screen, again: ScreenParser) -> None:
    screen.parse(again)
    screen.windows[0][3][1] = "Total: 47"
    assert "Total: 47" in {element.text for element in check_against_new(screen, again)}


def test_a_theme_that_changes_by_one_shade_in_one_pixel(again: ScreenParser) -> None:
    screen = Screen("#3b4252")
    screen.parse(again)
    check_against_new(Screen("#3b4253"), again)
    pixels = screen.draw().copy()
    pixels[100, 100] ^= 1
    view = View(width=SIZE[0], height=SIZE[1])
    changed = Capture(pixels=pixels, view=view)
    assert unnumbered(again.parse(changed)) == unnumbered(load_parser().parse(changed))


def test_what_did_not_change_is_not_read_again_wherever_it_moved() -> None:
    ocr = CountingOcr()
    parser = ScreenParser(ocr)
    screen = Screen()
    screen.parse(parser)
    assert ocr.reads == 2  # two windows; the bare desktop has nothing to read
    screen.parse(parser)
    title, box, colour, rows = screen.windows[0]
    screen.windows[0] = title, box.shift(-5, 7), colour, rows
    screen.windows[1] = screen.windows[1][0], Box(345, 60, 635, 380), *screen.windows[1][2:]
    before = ocr.reads
    screen.parse(parser)
    assert ocr.reads == before + 1  # the window in front moved, the other one was uncovered


def test_numbers_stay_with_what_they_name(screen: Screen, again: ScreenParser) -> None:
    before = ids(screen.parse(again))
    rows = screen.windows[0][3]
    rows.insert(0, "a new line on top")
    after = ids(screen.parse(again))
    assert {text: after[text] for text in before} == before  # what was pushed down as well
    assert after["a new line on top"] > max(before.values())
    rows[2] = "Total: 42"  # a new value in the old one's place
    assert ids(screen.parse(again))["Total: 42"] == before["Total: 41"]


def test_a_number_is_never_used_for_something_else() -> None:
    def at(text: str, left: int) -> Element:
        box = Box(left, 10, left + 40, 26)
        return Element(id=0, role="text", text=text, box=box, score=1, source="ocr")

    numbering = Numbering()
    first = numbering.number([at("a", 0), at("b", 100)])
    numbering.number([first[1]])
    assert [e.id for e in numbering.number([at("c", 300), at("b", 100)])] == [3, 2]


def test_a_menu_belongs_to_its_window_and_covers_what_is_below(
    screen: Screen, again: ScreenParser
) -> None:
    screen.popups = [(Box(90, 80, 220, 190), ["New", "Open file", "Quit"])]
    elements = check_against_new(screen, again)
    assert [(e.role, e.text, e.window) for e in elements[:3]] == [
        ("menuitem", "New", "Notes"), ("menuitem", "Open file", "Notes"),
        ("menuitem", "Quit", "Notes"),
    ]  # fmt: skip
    assert all(e.box.top < 190 for e in elements[:3])


def test_regions_cover_each_other_and_the_hidden_ones_are_left_out() -> None:
    view = View(width=100, height=80)

    def window(number: int, box: Box) -> Window:
        return Window(id=number, title=str(number), app="", pid=None, box=box)

    front, behind, hidden = Box(0, 0, 50, 50), Box(20, 20, 90, 70), Box(5, 5, 20, 20)
    regions = regions_of(view, [window(1, front), window(2, behind), window(3, hidden)], [])
    assert [region.box for region in regions] == [front, behind, view.box]
    assert regions[1].covers_within == (Box(0, 0, 30, 30),)
    assert regions[1].is_covered(Box(0, 0, 20, 20))
    assert not regions[1].is_covered(Box(25, 25, 60, 45))
