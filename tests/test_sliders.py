import numpy as np
import pytest
from PIL import Image, ImageDraw

from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.ink import gradient
from deskhand.tools.perception.layout import BoxSet
from deskhand.tools.perception.ocr import TextLine
from deskhand.tools.perception.runs import find_runs
from deskhand.tools.perception.sliders import with_sliders

LABEL = TextLine(text="Volume", box=Box(20, 42, 70, 56), score=0.99, centres=())


def sliders_in(picture: Image.Image) -> list[tuple[str, str, tuple[float, float]]]:
    edges = gradient(np.asarray(picture))
    found = with_sliders(edges, find_runs(edges), [], [LABEL], BoxSet([]))
    return [(element.role, element.text, element.click_at) for element in found]


def track(*, thumb_at: int | None) -> Image.Image:
    picture = Image.new("RGB", (320, 100), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((90, 47, 249, 51), fill=(190, 190, 190))
    if thumb_at is not None:
        draw.ellipse((thumb_at - 9, 40, thumb_at + 9, 58), fill=(30, 100, 200))
    return picture


@pytest.mark.parametrize("at", [140, 190, 247])
def test_a_slider_is_clicked_on_its_thumb_and_named_by_the_text_before_it(at: int) -> None:
    ((role, text, (x, y)),) = sliders_in(track(thumb_at=at))

    assert (role, text) == ("slider", "Volume")
    assert abs(x - at) <= 2
    assert abs(y - 49) <= 2


def test_a_line_without_a_thumb_is_no_slider() -> None:
    assert sliders_in(track(thumb_at=None)) == []
