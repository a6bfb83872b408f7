"""Scroll bars, drawn as toolkits draw them, and what only looks like one."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.ink import gradient
from deskhand.tools.perception.layout import BoxSet
from deskhand.tools.perception.scrollbars import with_scrollbars
from deskhand.tools.perception.widgets import find_frames

Paint = Callable[[ImageDraw.ImageDraw], None]


def bars(paint: Paint, elements: list[Element] | None = None) -> list[Element]:
    picture = Image.new("RGB", (400, 300), "white")
    paint(ImageDraw.Draw(picture))
    pixels = np.asarray(picture)
    frames = BoxSet(frame.box for frame in find_frames(gradient(pixels)))
    return with_scrollbars(pixels, elements or [], frames)


def tracked(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((380, 20, 393, 280), fill="#d0d0d0")
    draw.rectangle((382, 60, 391, 120), fill="#606060")


def lying(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((20, 280, 360, 293), fill="#d0d0d0")
    draw.rectangle((20, 282, 120, 291), fill="#606060")


def with_arrows(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((380, 60, 389, 120), 4, fill="#8b8b8b")
    draw.polygon([(384, 20), (380, 25), (389, 25)], fill="#8b8b8b")
    draw.polygon([(384, 285), (380, 280), (389, 280)], fill="#8b8b8b")


@pytest.mark.parametrize(
    ("paint", "thumb"),
    [
        pytest.param(tracked, (387, 90), id="a track of its own colour"),
        pytest.param(lying, (70, 287), id="lying, at its left end"),
        pytest.param(with_arrows, (385, 90), id="no track to see, arrows at its ends"),
    ],
)
def test_a_thumb_in_a_track(paint: Paint, thumb: tuple[int, int]) -> None:
    (bar,) = bars(paint)
    assert bar.role == "scrollbar"
    assert bar.click_at == pytest.approx(thumb, abs=2)
    assert max(bar.box.width, bar.box.height) > 200


@pytest.mark.parametrize(
    "paint",
    [
        pytest.param(
            lambda d: d.rectangle((200, 80, 210, 140), fill="#606060"), id="a slender box"
        ),
        pytest.param(
            lambda d: [d.rectangle((20, y, 380, y + 12), outline="#888") for y in (40, 80, 120)],
            id="long fields",
        ),
        pytest.param(lambda d: d.line((200, 0, 200, 300), fill="#888"), id="a divider"),
    ],
)
def test_what_is_none(paint: Paint) -> None:
    assert bars(paint) == []


def test_what_was_taken_for_something_else_within_it_is_gone() -> None:
    icon = Element(id=0, role="icon", text="", box=Box(382, 60, 392, 121), score=0.5, source="icon")
    assert [element.role for element in bars(tracked, [icon])] == ["scrollbar"]
