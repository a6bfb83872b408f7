import numpy as np
import pytest
from PIL import Image, ImageDraw

from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.layout import BoxSet
from deskhand.tools.perception.ocr import TextLine
from deskhand.tools.perception.switches import with_switches

PILL = Box(40, 40, 88, 64)
LABEL = TextLine(text="Wi-Fi", box=Box(98, 45, 140, 59), score=0.99, centres=())


def switches_in(picture: Image.Image) -> list[tuple[str, str, frozenset[str]]]:
    found = with_switches(np.asarray(picture), [], [LABEL], BoxSet([PILL]))
    return [(element.role, element.text, frozenset(element.states)) for element in found]


def pill(*, knob: str | None, colour: tuple[int, int, int], radius: int = 12) -> Image.Image:
    picture = Image.new("RGB", (200, 100), "white")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((40, 40, 87, 63), radius=radius, fill=colour)
    if knob is not None:
        left = 42 if knob == "left" else 66
        draw.ellipse((left, 42, left + 19, 61), fill="white")
    return picture


@pytest.mark.parametrize(
    ("knob", "colour", "state"),
    [("right", (30, 100, 200), "checked"), ("left", (150, 150, 150), "unchecked")],
)
def test_the_knob_tells_the_state(knob: str, colour: tuple[int, int, int], state: str) -> None:
    assert switches_in(pill(knob=knob, colour=colour)) == [("switch", "Wi-Fi", frozenset({state}))]


def test_a_pill_without_a_knob_is_no_switch() -> None:
    assert switches_in(pill(knob=None, colour=(30, 100, 200))) == []


def test_square_corners_are_no_switch() -> None:
    assert switches_in(pill(knob="left", colour=(150, 150, 150), radius=0)) == []
