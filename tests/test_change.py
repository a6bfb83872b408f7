"""What is different between two pictures, and what it means; expectations and arrived text."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.actions import Expectation
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture, Pixels
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.change import (
    changed_regions,
    is_caret_like,
    is_frame_only,
    moved_to,
    same_patch,
)
from deskhand.tools.perception.elements import Element, Observation
from deskhand.tools.perception.expect import check_expectations, text_arrived

BUTTON = Box(60, 50, 160, 82)


def screen(
    text: str = "Save",
    box: Box | None = BUTTON,
    *,
    ground: str = "#f0f0f0",
    ring: str | None = None,
) -> Pixels:
    """Draw a button on a grey screen."""
    image = Image.new("RGB", (320, 200), "#d9d9d9")
    draw = ImageDraw.Draw(image)
    if box is not None:
        edge = (box.left, box.top, box.right - 1, box.bottom - 1)
        draw.rectangle(edge, fill=ground, outline="#777777")
        if ring is not None:
            draw.rectangle(edge, outline=ring, width=2)
        font = ImageFont.load_default(size=15)
        draw.text(box.centre, text, "#101010", font=font, anchor="mm")
    return np.asarray(image)


def with_box(pixels: Pixels, box: Box, value: int = 0) -> Pixels:
    changed = pixels.copy()
    changed[box.top : box.bottom, box.left : box.right] = value
    return changed


def test_nothing_changed() -> None:
    assert changed_regions(screen(), screen()) == []


def test_each_region_is_tight_and_near_ones_are_one() -> None:
    boxes = [Box(0, 0, 4, 4), Box(10, 0, 14, 4), Box(300, 190, 320, 200)]
    after = screen()
    for box in boxes:
        after = with_box(after, box)
    found = sorted(changed_regions(screen(), after), key=lambda box: box.left)
    assert found == [Box(0, 0, 14, 4), Box(300, 190, 320, 200)]


def test_invisible_noise_is_no_change() -> None:
    assert changed_regions(screen(), screen() ^ np.uint8(1)) == []


def test_what_moves_anyway_is_left_out() -> None:
    caret = Box(200, 100, 202, 116)
    after = with_box(with_box(screen(), caret), Box(20, 150, 60, 170))
    assert changed_regions(screen(), after, ignore=[caret]) == [Box(20, 150, 60, 170)]


def test_another_size_changes_all() -> None:
    assert changed_regions(screen(), np.zeros((50, 60, 3), np.uint8)) == [Box(0, 0, 60, 50)]


def test_a_caret_is_thin() -> None:
    assert is_caret_like(Box(10, 10, 12, 28))
    assert not is_caret_like(Box(10, 10, 18, 28))


def test_a_focus_ring_changes_the_frame_only() -> None:
    before, after = screen(), screen(ring="#3584e4")
    (region,) = changed_regions(before, after)
    assert is_frame_only(before, after, region)


def test_another_text_is_more_than_a_frame() -> None:
    before, after = screen("Save"), screen("Done", ring="#3584e4")
    (region,) = changed_regions(before, after)
    assert not is_frame_only(before, after, region)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (screen(), True),
        (screen(ground="#ffffff"), True),  # hovered
        (screen(ring="#3584e4"), True),  # focused
        (screen(ground="#cfe3ff", ring="#3584e4"), True),
        (screen("Quit"), False),
        (screen("Delete all"), False),
        (screen(box=None), False),
        (screen(box=BUTTON.shift(0, 60)), False),
        (screen(box=BUTTON.shift(14, 0)), False),
    ],
)
def test_whether_a_place_shows_the_same_thing(after: Pixels, expected: bool) -> None:
    assert same_patch(screen(), after, BUTTON) is expected


def test_a_thing_that_moved_is_found_where_it_is() -> None:
    for shift in ((0, 60), (90, 0), (-50, 90)):
        assert moved_to(screen(), screen(box=BUTTON.shift(*shift)), BUTTON) == BUTTON.shift(*shift)


def test_a_thing_that_moved_and_is_hovered_is_found() -> None:
    moved = BUTTON.shift(40, 60)
    assert moved_to(screen(), screen(box=moved, ground="#fafafa"), BUTTON) == moved


def test_a_thing_that_is_there_or_gone_did_not_move() -> None:
    assert moved_to(screen(), screen(ring="#3584e4"), BUTTON) is None
    assert moved_to(screen(), screen(box=None), BUTTON) is None
    assert moved_to(screen(), screen("Quit"), BUTTON) is None


# --- expectations


def look(*texts: str, windows: tuple[str, ...] = ("Editor",)) -> Observation:
    elements = [
        Element(
            id=number, role="text", text=text, box=Box(10, 30 * number, 200, 30 * number + 16),
            score=1.0, source="ocr",
        )
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    return Observation(
        capture=Capture(pixels=np.zeros((400, 400, 3), np.uint8), view=View(width=400, height=400)),
        elements=elements,
        windows=[
            Window(id=number, title=title, app="", pid=None, box=Box(0, 0, 400, 400))
            for number, title in enumerate(windows)
        ],
    )


def checked(kind: str, text: str, before: Observation, after: Observation) -> tuple[bool, str]:
    expectation = Expectation.model_validate({"kind": kind, "text": text})
    (check,) = check_expectations([expectation], before, after)
    assert check.expectation == expectation
    return check.met, check.evidence


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (look(), look("Saved"), (True, '"Saved" is there')),
        (look("Ready"), look("Ready", "File was saved"), (True, '"saved" is there')),
        (look("Saved"), look("Saved", "Saved"), (True, '"Saved" is there')),
        (look("Saved"), look("Saved"), (False, '"Saved" was there before')),
        (look("Saved", "Saved"), look("Saved"), (False, '"Saved" was there before')),
        (look("Ready"), look("Ready"), (False, '"Saved" did not appear')),
        (look(), look("Saved 3"), (True, '"Saved" is there')),
    ],
)
def test_text_appears(before: Observation, after: Observation, expected: tuple[bool, str]) -> None:
    text = "saved" if "saved" in expected[1] else "Saved"
    assert checked("text_appears", text, before, after) == expected


def test_a_text_in_several_parts_of_a_row_appears() -> None:
    row = [
        Element(id=i, role="text", text=text, box=Box(60 * i, 10, 60 * i + 50, 26), score=1.0,
                source="ocr")
        for i, text in enumerate(("Second", "line here"), 1)
    ]  # fmt: skip
    after = Observation(capture=look().capture, elements=row)
    assert checked("text_appears", "Second line", look(), after)[0]


def test_text_gone() -> None:
    assert checked("text_gone", "Draft", look("Draft"), look()) == (True, '"Draft" is gone')
    assert checked("text_gone", "Draft", look("Draft"), look("My draft")) == (
        False,
        '"Draft" is still there',
    )


def test_windows_open_and_close() -> None:
    one, two = look(), look(windows=("Editor", "Save As"))
    assert checked("window_opened", "save as", one, two) == (True, 'window "Save As" is there')
    assert checked("window_opened", "Save As", two, two) == (
        False,
        'no new window "Save As" is there',
    )
    assert checked("window_closed", "Save As", two, one) == (True, 'window "Save As" is gone')
    assert checked("window_closed", "Save As", one, two) == (
        False,
        'window "Save As" is still there',
    )


# --- typed text


def latin_and_cjk(character: str) -> bool:
    return not "\u0590" <= character <= "\u0eff"


CHANGED = [Box(0, 0, 300, 300)]


@pytest.mark.parametrize(
    ("typed", "read", "least", "most"),
    [
        ("Hello world", ["Hello world"], 1, 1),
        ("Ein Gruß, 你好 €", ["Ein Gruß,你好€"], 1, 1),
        ("one\ntwo\nthree", ["one", "two", "three"], 1, 1),
        ("Hello", ["say Hello now"], 1, 1),
        ("Hello world", ["Hel1o world"], 0.85, 0.99),
        ("Hello world", ["zzzz"], 0, 0.3),
        ("one\ntwo\nthree", ["one"], 0, 0.6),
        ("Hello world", [], 0, 0),
        ("abc مرحبا", ["abc"], 0, 1),
    ],
)
def test_how_much_of_typed_text_arrived(
    typed: str, read: list[str], least: float, most: float
) -> None:
    arrived = text_arrived(typed, look(*read).elements, CHANGED, latin_and_cjk)
    if typed.startswith("abc"):
        assert arrived is None
    else:
        assert arrived is not None
        assert least <= arrived <= most


def test_what_stands_elsewhere_did_not_arrive() -> None:
    assert text_arrived("Hello", look("Hello").elements, [Box(0, 200, 50, 300)], latin_and_cjk) == 0


@pytest.mark.parametrize("typed", ["مرحبا", "שלום", "สวัสดี", "   ", "\n"])
def test_what_cannot_be_read_is_not_judged(typed: str) -> None:
    assert text_arrived(typed, look("x").elements, CHANGED, latin_and_cjk) is None
