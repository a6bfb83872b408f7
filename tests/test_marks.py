"""Pictures with marks: numbers beside what they mark, targets for reports."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Role
from deskhand.tools.perception.marks import annotate, mark_elements, mark_target
from deskhand.tools.perception.tag_places import REACH_PX, TAG_HEIGHT_PX, TagPlaces

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


# --- which elements have marks


def column(*roles: Role) -> list[Element]:
    return [
        element(n, Box(60, 2 + 16 * n, 100, 12 + 16 * n), role) for n, role in enumerate(roles, 1)
    ]


def test_controls_come_first_and_plain_text_last() -> None:
    elements = column("text", "icon", "button", "text", "link")
    marked = mark_elements(capture(), elements, max_marks=3)
    assert (marked.shown, marked.left_out) == ((3, 5, 2), 2)
    assert mark_elements(capture(), elements).shown == (3, 5, 2, 1, 4)
    assert mark_elements(capture(), elements, max_marks=0).left_out == 5


def test_only_some_kinds_are_marked() -> None:
    elements = column("text", "icon", "button")
    marked = mark_elements(capture(), elements, roles=("icon", "button"))
    assert (marked.shown, marked.left_out) == ((3, 2), 1)


def test_what_has_no_mark_is_not_covered_either() -> None:
    elements = column("text", "button", "text")
    marked = np.asarray(mark_elements(capture(), elements, max_marks=1).picture)
    for one in elements:
        box = one.box
        assert (marked[box.top : box.bottom, box.left : box.right] == 255).all(), one.id


def test_the_rest_of_a_row_at_the_edge_does_not_crowd() -> None:
    """Scraps of letters of which a window's edge shows no more than their heads."""
    bottom = SIZE[1]
    scraps = [element(n, Box(60 + 6 * n, bottom - 5, 64 + 6 * n, bottom)) for n in range(1, 20)]
    button = element(90, Box(2, bottom - 14, 50, bottom), "button")
    words = element(91, Box(2, bottom - 30, 50, bottom - 20))
    marked = mark_elements(capture(), [*scraps, button, words])
    assert (marked.shown, marked.left_out) == ((90, 91), 19)


def test_a_line_of_links_has_no_mark_of_its_own() -> None:
    line = element(1, Box(60, 40, 130, 52))
    line = replace(line, text="Edit | Remove")
    links = [replace(element(n, box, "link"), text=text) for n, box, text in (
        (2, Box(60, 40, 85, 52), "Edit"), (3, Box(92, 40, 130, 52), "Remove"))]  # fmt: skip
    assert mark_elements(capture(), [line, *links]).shown == (2, 3)
    more = replace(line, text="Edit | Remove | or else do something")
    assert mark_elements(capture(), [more, *links]).shown == (2, 3, 1)


# --- where numbers stand


def is_free(tag: Box, others: list[Box]) -> bool:
    return all(tag.intersect(other) is None for other in others)


def any_free(box: Box, width: int, others: list[Box], screen: Box) -> bool:
    """Look at every single place within reach, by sums over all rectangles of a picture."""
    covered = np.zeros((screen.bottom, screen.right), np.int64)
    for other in others:
        covered[other.top : other.bottom, other.left : other.right] = 1
    sums = np.pad(covered.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    high = TAG_HEIGHT_PX
    inside = sums[high:, width:] - sums[:-high, width:] - sums[high:, :-width]
    inside += sums[:-high, :-width]
    rim_x, rim_y = width + REACH_PX - 1, high + REACH_PX - 1
    near = inside[
        max(0, box.top - rim_y) : box.bottom + rim_y - high + 1,
        max(0, box.left - rim_x) : box.right + rim_x - width + 1,
    ]
    return bool((near == 0).any())


layouts = st.lists(
    st.builds(
        lambda x, y, w, h: Box(x, y, min(x + w, 160), min(y + h, 110)),
        st.integers(0, 150), st.integers(0, 100), st.integers(3, 60), st.integers(3, 25),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@given(layouts, st.integers(9, 30))
def test_a_number_covers_nothing_where_any_place_within_reach_is_free(
    boxes: list[Box], width: int
) -> None:
    screen = Box.of_size(160, 110)
    places = TagPlaces(screen, boxes)
    taken = list(boxes)
    for box in boxes:
        tag = places.place(box, width)
        assert tag.intersect(screen) == tag
        assert is_free(tag, taken) == any_free(box, width, taken, screen)
        taken.append(tag)
