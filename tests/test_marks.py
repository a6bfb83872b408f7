"""Pictures with marks: numbers beside what they mark, targets for reports."""

import numpy as np
import pytest

from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Role
from deskhand.tools.perception.marks import annotate, mark_target

SIZE = (200, 120)


def capture() -> Capture:
    pixels = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    return Capture(pixels=pixels, view=View(width=SIZE[0], height=SIZE[1]))


def element(number: int, box: Box, role: Role = "text") -> Element:
    return Element(id=number, role=role, text="x", box=box, score=1, source="ocr")


def test_no_elements_no_marks() -> None:
    before = capture()
    assert np.array_equal(np.asarray(annotate(before, [])), before.pixels)


def test_what_is_marked_is_not_covered() -> None:
    boxes = [Box(60, 40, 110, 54), Box(60, 60, 110, 74), Box(112, 40, 170, 54)]
    elements = [element(n, box) for n, box in enumerate(boxes, 1)]
    before = capture()
    marked = np.asarray(annotate(before, elements))
    for box in boxes:
        inside = marked[box.top : box.bottom, box.left : box.right]
        assert (inside == 255).all(), box
        assert (marked[box.top - 1, box.left : box.right] != 255).any()
    assert (before.pixels == 255).all()  # the capture itself stays as it was


@pytest.mark.parametrize(
    "box", [Box(0, 0, 40, 14), Box(160, 106, 200, 120), Box(0, 106, 30, 120), Box(170, 0, 200, 14)]
)
def test_a_mark_at_the_edge_stays_on_the_picture(box: Box) -> None:
    marked = np.asarray(annotate(capture(), [element(12, box)]))
    inside = marked[box.top + 1 : box.bottom - 1, box.left + 1 : box.right - 1]
    assert (inside == 255).all()
    outside = marked.copy()
    outside[box.top : box.bottom, box.left : box.right] = 255
    assert (outside != 255).any()


def test_a_box_as_large_as_the_picture_gets_its_number_inside() -> None:
    marked = np.asarray(annotate(capture(), [element(1, Box.of_size(*SIZE), "textbox")]))
    assert (marked != 255).any()


def test_kinds_have_colours_of_their_own() -> None:
    box = Box(60, 40, 110, 60)
    pictures = {
        np.asarray(annotate(capture(), [element(1, box, role)])).tobytes()
        for role in ("text", "button", "textbox", "checkbox", "icon")
    }
    assert len(pictures) == 5


def test_the_target_of_a_click_is_marked() -> None:
    marked = np.asarray(mark_target(capture(), Box(60, 40, 110, 60), (85.0, 50.0)))
    assert tuple(marked[50, 85]) == (255, 59, 48)
    assert tuple(marked[38, 80]) == (255, 59, 48)  # the frame, outside of the target
    assert (marked[45, 65] == 255).all()
    only_box = np.asarray(mark_target(capture(), Box(60, 40, 110, 60), None))
    assert (only_box[50, 85] == 255).all()
    only_point = np.asarray(mark_target(capture(), None, (85.0, 50.0)))
    assert (only_point[38, 80] == 255).all()
