"""Every family's answers, from the picture it saw back to the pixel; and the mistakes of others."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.memory.errors import BadArgumentError, ConfigError, ModelOutputError, StaleView
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Point, View
from deskhand.tools.models.coordinates.families import (
    FAMILIES,
    UI_TARS_15,
    family,
)
from deskhand.tools.models.coordinates.pictures import (
    carry_back,
    draw_at,
    locate,
    picture_for,
    zoom_box,
    zoom_for,
    zoom_size,
)

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.truth.grounding_answers import PERFECT, quantum

SCREENS = {
    "1280x800": View(width=1280, height=800),
    "1920x1080": View(width=1920, height=1080),
    "3840x2160": View(width=3840, height=2160, scale_x=0.5, scale_y=0.5),
    "second monitor": View(width=1920, height=1200, origin_x=-1920, origin_y=-240),
    "from a file": View(width=1366, height=768, on_desktop=False),
}
FRACTION = st.floats(0, 1, exclude_max=True)
few = settings(max_examples=40)  # for each of some thirty families


def at(text: str, name: str, view: View) -> tuple[float, float] | None:
    point = locate(text, family(name), view)
    return None if point is None else (point.x, point.y)


def check(name: str, screen: View, sent: View, x: float, y: float) -> None:
    """Let a perfect model point at a place of the picture sent, and find it on the screen."""
    size = (sent.width, sent.height)
    point = locate(PERFECT[name](x, y, size), FAMILIES[name], sent)
    assert point is not None
    step_x, step_y = quantum(name, size)
    assert abs(point.x - x) <= step_x + 1e-6
    assert abs(point.y - y) <= step_y + 1e-6
    found = carry_back(point, sent, screen)
    true = screen.from_desktop(sent.origin_x + x * sent.scale_x, sent.origin_y + y * sent.scale_y)
    assert abs(found.x - true.x) <= step_x * sent.scale_x / screen.scale_x + 1e-6
    assert abs(found.y - true.y) <= step_y * sent.scale_y / screen.scale_y + 1e-6
    assert found.view_id == screen.id
    if screen.on_desktop:
        assert screen.to_input(found) == tuple(map(math.floor, screen.to_desktop(found)))


def test_every_family_has_its_perfect_answer() -> None:
    assert set(PERFECT) == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
@few
@given(screen=st.sampled_from(sorted(SCREENS)), across=FRACTION, down=FRACTION)
def test_an_answer_lands_on_its_pixel(name: str, screen: str, across: float, down: float) -> None:
    view = SCREENS[screen]
    sent = view.resize(*FAMILIES[name].resize.size(view.width, view.height))
    check(name, view, sent, across * sent.width, down * sent.height)


@pytest.mark.parametrize("name", FAMILIES)
@few
@given(
    screen=st.sampled_from(sorted(SCREENS)),
    around=st.tuples(FRACTION, FRACTION),
    across=FRACTION,
    down=FRACTION,
)
def test_an_answer_lands_on_its_pixel_through_a_zoom(
    name: str, screen: str, around: tuple[float, float], across: float, down: float
) -> None:
    view = SCREENS[screen]
    part = view.crop(zoom_box(view, view.point(around[0] * view.width, around[1] * view.height)))
    sent = part.resize(*zoom_size(FAMILIES[name], part))
    check(name, view, sent, across * sent.width, down * sent.height)


# --- mistakes of others


WIDE = View(width=1920, height=1080)
SQUARE = View(width=1000, height=1000)


def test_axes_are_not_swapped() -> None:
    """As trycua/cua's `_unnormalize_coordinate(args, (height, width))` did."""
    assert at("[500,250]", "ui-venus-1.5", WIDE) == (960, 270)


def test_y_comes_first_for_gemini_only() -> None:
    assert at('[{"box_2d": [0, 500, 200, 1000], "label": "it"}]', "gemini", WIDE) == (1440, 108)
    assert at('{"point": [250, 500]}', "gemini", WIDE) == (960, 270)
    assert at('{"point_2d": [250, 500]}', "qwen3-vl", WIDE) == (480, 540)


def test_an_answer_is_scaled_by_the_picture_that_was_sent() -> None:
    """88plug/screen-mcp shrank the picture and kept the scale; clicks were five times off."""
    screen = View(width=3840, height=2160)
    sent = screen.resize(*UI_TARS_15.size(3840, 2160))
    assert (sent.width, sent.height) == (3836, 2156)
    small = screen.resize(768, 432)
    for view in (sent, small):
        point = locate("(700,400)", family("gta1"), view)
        assert point is not None
        back = carry_back(point, view, screen)
        assert back.x == pytest.approx(700 * 3840 / view.width)
        assert back.y == pytest.approx(400 * 2160 / view.height)


def test_fractions_are_not_taken_apart_into_whole_numbers() -> None:
    r"""`re.findall(r"\d+", "(0.45, 0.30)")` is 0, 45, 0, 30: a click in the corner."""
    assert at("(0.45, 0.30)", "seeclick", SQUARE) == (450, 300)
    with pytest.raises(ModelOutputError) as caught:
        at("[[0.45, 0.30, 0.55, 0.40]]", "internvl", SQUARE)
    assert str(caught.value) == (
        "expected a whole number from 0 to 1000, got 0.45 in '[[0.45, 0.30, 0.55, 0.40]]'"
    )


def test_a_coordinate_of_zero_is_a_coordinate() -> None:
    """`if x and y` loses it."""
    assert at("(0, 0)", "uground-v1-qwen2", WIDE) == (0, 0)
    assert at("(0, 500)", "uground-v1-qwen2", WIDE) == (0, 540)
    assert at('<point x="0" y="0.0">it</point>', "molmo", WIDE) == (0, 0)
    assert at('{"points": [{"x": 0, "y": 0}]}', "moondream", WIDE) == (0, 0)


def test_the_far_edge_is_the_last_pixel() -> None:
    point = locate("(1000,1000)", family("uground-v1-qwen2"), WIDE)
    assert point is not None
    assert WIDE.to_input(point) == (1919, 1079)


OUTSIDE = [
    ("ui-venus-1.5", "[1001,5]", "expected a number from 0 to 1000, got 1001 in '[1001,5]'"),
    ("ui-venus-1.5", "[5,-3]", "expected a number from 0 to 1000, got -3 in '[5,-3]'"),
    ("step-gui", "point:1000,3", "expected a number from 0 to 999, got 1000 in 'point:1000,3'"),
    ("gta1", "(1920,5)", "expected a pixel from 0 to 1919, got 1920 in '(1920,5)'"),
    ("gta1", "(1921,5)", "expected a number from 0 to 1920, got 1921 in '(1921,5)'"),
    ("seeclick", "(1.01, 0.5)", "expected a number from 0 to 1, got 1.01 in '(1.01, 0.5)'"),
    ("seeclick", "(500, 250)", "expected a number from 0 to 1, got 500 in '(500, 250)'"),
    (
        "molmo",
        '<point x="100.1" y="5">x</point>',
        'expected a number from 0 to 100, got 100.1 in \'<point x="100.1" y="5">x</point>\'',
    ),
    (
        "gui-g2",
        "[9,9,5,20]",
        "expected a box, got one that ends before it begins: (9, 5) in '[9,9,5,20]'",
    ),
]


@pytest.mark.parametrize(("name", "text", "message"), OUTSIDE)
def test_a_value_outside_its_space_is_refused_never_clamped(
    name: str, text: str, message: str
) -> None:
    with pytest.raises(ModelOutputError) as caught:
        at(text, name, WIDE)
    assert str(caught.value) == message


NOT_ANSWERS = [
    ("ui-venus-1.5", "The button is at [500,250]"),
    ("ui-venus-1.5", "[500,250] or [600,250]"),
    ("ui-venus-1.5", "[500,250"),
    ("ui-venus-1.5", "[500 250]"),
    ("ui-venus-1.5", "[٥٠٠,٢٥٠]"),
    ("ui-venus-1.5", "[0500,1]"),
    ("ui-venus-1.5", "[1e2,1]"),
    ("ui-venus-1.5", "[__import__('os').getpid(),1]"),
    ("ui-venus-1.5", "<think>[1,2]</think><think>[3,4]</think>[5,6]"),
    ("gta1", "<think>left</think>(5,5)"),
    ("gta1", ""),
    ("qwen3-vl", '{"point_2d": [true, false]}'),
    ("qwen3-vl", '{"point_2d": ["1", "2"]}'),
    ("qwen3-vl", '{"point_2d": [1, 2, 3]}'),
    ("qwen3-vl", '{"point_2d": [1, NaN]}'),
    ("qwen3-vl", '{"point_2d": [1, 2], "point_2d": [3, 4]}'),
    ("qwen3-vl", '{"point_2d": [1, 2], "run": "rm"}'),
    ("qwen3-vl", "[" * 5000),
    ("ui-tars-1.5", "Action: click(start_box=__import__('os').system('true'))"),
    ("ui-tars-1.5", "Action: left_double(point='<point>1 2</point>')"),
    ("qwen2.5-vl", '<tool_call>{"name":"bash","arguments":{"action":"left_click"}}</tool_call>'),
    ("opencua", "import os; pyautogui.click(x=1, y=2)"),
    ("florence-2", "it<loc_1><loc_2>"),
    ("openai-computer", '{"type": "click", "button": "right", "x": 1, "y": 2}'),
]


@pytest.mark.parametrize(("name", "text"), NOT_ANSWERS)
def test_what_is_not_wholly_an_answer_is_refused(name: str, text: str) -> None:
    with pytest.raises(ModelOutputError) as caught:
        at(text, name, WIDE)
    assert str(caught.value).startswith(f"expected an answer as {name} gives it, got ")


def test_two_places_are_not_one() -> None:
    two = '[{"point_2d": [1, 2]}, {"point_2d": [3, 4]}]'
    with pytest.raises(ModelOutputError) as caught:
        at(two, "qwen3-vl", WIDE)
    assert str(caught.value) == f"expected one place, got 2 in {two!r}"


LONG = 99_000
SLOW = [
    "<s>" + " " * LONG + "x", "<point x=\"1\" y=\"2\">" + " " * LONG, "Thought:" + " " * LONG + "x",
    "Thought:" + "\n" * LONG + "x", "```\n" + " " * LONG + "x", "<think>" + " " * LONG,
    "(" + " " * LONG + "1", "<ref>" + " " * LONG, "[" * LONG, "'" * LONG, "1" * LONG,
]  # fmt: skip


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_no_answer_takes_long_to_refuse(text: str) -> None:
    """A grammar that tries again and again would take minutes for these, and hang the agent."""
    for name in FAMILIES:
        with pytest.raises(ModelOutputError):
            at(text, name, WIDE)


def test_an_endless_answer_is_refused() -> None:
    with pytest.raises(ModelOutputError, match=r"^expected an answer, got 100001 characters in "):
        at("1" * 100_001, "gta1", WIDE)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ui-venus-1.5", "[-1,-1]"),
        ("kimi-k2.5", "(-1,-1)"),
        ("qwen3-vl", "[]"),
        ("qwen3-vl", "```json\n[]\n```"),
        ("moondream", '{"points": []}'),
        ("moondream", '{"objects": []}'),
    ],
)
def test_a_refusal_is_an_answer(name: str, text: str) -> None:
    assert at(text, name, WIDE) is None


def test_other_forms_of_an_answer() -> None:
    assert at("click(start_box='(100,200)')", "ui-tars-1.5", WIDE) == (100, 200)
    assert at("(100,200)", "ui-tars-1.5", WIDE) == (100, 200)
    assert at('{"bbox_2d": [100, 200, 300, 400]}', "qwen2.5-vl", WIDE) == (200, 300)
    assert at("(100,200),(300,400)", "qwen2-vl", SQUARE) == (200, 300)
    quad = "".join(f"<loc_{n}>" for n in (100, 100, 299, 100, 299, 199, 100, 199))
    assert at(f"</s>{quad}</s>".removeprefix("</s>"), "florence-2", SQUARE) == (200, 150)
    assert at("It is blue.</think>\n[500,250]", "ui-venus-1.5", WIDE) == (960, 270)


# --- pictures and their views


def capture(width: int, height: int) -> Capture:
    return Capture(
        pixels=np.zeros((height, width, 3), np.uint8),
        view=View(width=width, height=height, origin_x=-300, origin_y=40),
    )


def test_the_picture_has_the_size_its_family_sees() -> None:
    whole = capture(640, 480)
    sent = picture_for(family("qwen2.5-vl"), whole)
    assert sent.pixels.shape == (476, 644, 3)
    assert (sent.view.width, sent.view.height, sent.view.origin_x) == (644, 476, -300)
    assert picture_for(family("gta1"), draw_at(whole, 644, 476)).pixels.shape == (476, 644, 3)


def test_a_picture_of_the_right_size_is_sent_as_it_is() -> None:
    whole = capture(640, 480)
    assert picture_for(family("qwen3-vl"), whole) is whole


def test_a_zoom_stays_inside() -> None:
    view = View(width=640, height=480)
    assert zoom_box(view, view.point(0, 0)).xyxy == (0, 0, 320, 240)
    assert zoom_box(view, view.point(639, 479)).xyxy == (320, 240, 640, 480)
    assert zoom_box(view, view.point(320, 240)).xyxy == (160, 120, 480, 360)
    assert zoom_box(View(width=1, height=1, id="v"), Point(0, 0, "v")).xyxy == (0, 0, 1, 1)


def test_a_zoom_is_drawn_larger() -> None:
    whole = capture(640, 480)
    part = zoom_for(family("gta1"), whole, whole.view.point(0, 0))
    assert (part.view.width, part.view.height) == (1428, 1092)


def test_a_zoom_round_a_point_of_another_picture_is_refused() -> None:
    whole = capture(640, 480)
    with pytest.raises(StaleView):
        zoom_for(family("gta1"), whole, capture(640, 480).view.point(1, 1))


def test_an_answer_for_another_picture_is_refused() -> None:
    sent = WIDE.resize(1932, 1092)
    point = sent.point(1, 1)
    with pytest.raises(StaleView):
        carry_back(point, WIDE.resize(1932, 1092), WIDE)
    elsewhere = View(width=10, height=10, origin_x=500)
    with pytest.raises(BadArgumentError, match=r"^point \(-499\.006, .*\) is outside the 10x10 "):
        carry_back(point, sent, elsewhere)


def test_a_picture_from_a_file_has_no_place_on_the_desktop() -> None:
    file = View(width=100, height=100, on_desktop=False)
    with pytest.raises(BadArgumentError) as caught:
        file.carry(file.point(1, 1), WIDE)
    assert str(caught.value) == "a picture from a file has no place on the desktop"


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^there is no model family 'gpt2'; expected one of: "):
        family("gpt2")


# --- prompts


def test_a_prompt_declares_the_size_of_the_picture_sent() -> None:
    system, text = family("qwen2.5-vl").prompt.fill("the {width} key", (1932, 1092))
    assert "resolution is 1932x1092." in system
    assert text == "Left-click: the {width} key"


def test_a_published_prompt_is_as_published() -> None:
    _, text = family("ui-venus-1.5").prompt.fill("Save", (10, 10))
    assert text == (
        "Output the center point of the position corresponding to the following instruction: \n"
        "Save. \n\nThe output should just be the coordinates of a point, in the format [x,y]. "
        "Additionally, if the task is infeasible (e.g., the task is not related to the image), the "
        "output should be [-1,-1]."
    )
