"""Every coordinate conversion, over random chains of captures, crops and resizes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.memory.errors import BadArgumentError, StaleView
from deskhand.tools.desktop.geometry import Box, Point, View

SIDES = st.integers(1, 4000)
UNITS = st.integers(-8000, 8000)
SCALES = st.sampled_from((1.0, 0.5, 1 / 3, 2 / 3, 0.8, 1.5, 2.0))
"""Desktop units a pixel: whole, retina, and the fractional scales that systems offer."""
EPSILON = 1e-6
"""Of a float's rounding at these sizes; far below a pixel."""


@st.composite
def captures(draw: st.DrawFn) -> View:
    """Return a view as a capture has it: somewhere on the desktop, also left of its origin."""
    scale = draw(SCALES)
    return View(
        width=draw(SIDES), height=draw(SIDES),
        origin_x=draw(UNITS), origin_y=draw(UNITS),
        scale_x=scale, scale_y=draw(st.sampled_from((scale, 1.0))),
    )  # fmt: skip


@st.composite
def boxes_in(draw: st.DrawFn, view: View) -> Box:
    """Return a box that is not empty, inside the view's picture."""
    left, top = draw(st.integers(0, view.width - 1)), draw(st.integers(0, view.height - 1))
    return Box(
        left, top,
        draw(st.integers(left + 1, view.width)), draw(st.integers(top + 1, view.height)),
    )  # fmt: skip


@st.composite
def chains(draw: st.DrawFn) -> list[View]:
    """Return a capture and what was made of it, each from the one before."""
    views = [draw(captures())]
    for is_crop in draw(st.lists(st.booleans(), max_size=5)):
        last = views[-1]
        if is_crop:
            views.append(last.crop(draw(boxes_in(last))))
        else:
            views.append(last.resize(draw(SIDES), draw(SIDES)))
    return views


@st.composite
def points_in(draw: st.DrawFn, view: View) -> Point:
    """Return a point inside the view's picture, by more than a float's rounding."""
    x = draw(st.floats(0, view.width - EPSILON))
    y = draw(st.floats(0, view.height - EPSILON))
    return view.point(x, y)


@given(st.data())
def test_place_survives_every_chain_of_crops_and_resizes(data: st.DataObject) -> None:
    views = data.draw(chains())
    point = data.draw(points_in(views[-1]))
    place = views[-1].to_desktop(point)
    for view in (*views, *reversed(views)):
        there = views[-1].carry(point, view)
        back = view.carry(there, views[-1])
        assert back.view_id == views[-1].id
        assert abs(back.x - point.x) <= EPSILON * views[-1].width + EPSILON
        assert abs(back.y - point.y) <= EPSILON * views[-1].height + EPSILON
        x, y = view.to_desktop(there)
        assert math.isclose(x, place[0], abs_tol=EPSILON * 8000)
        assert math.isclose(y, place[1], abs_tol=EPSILON * 8000)


@given(st.data())
def test_round_trip_through_the_pointer_is_within_half_of_the_coarser_pixel(
    data: st.DataObject,
) -> None:
    view = data.draw(chains())[-1]
    point = data.draw(points_in(view))
    back = view.from_input(*view.to_input(point))
    # The pointer stands on whole units: half a unit, or half a pixel where pixels are larger.
    assert abs(back.x - point.x) * view.scale_x <= 0.5 * max(1.0, view.scale_x) + EPSILON
    assert abs(back.y - point.y) * view.scale_y <= 0.5 * max(1.0, view.scale_y) + EPSILON


@given(st.data(), UNITS, UNITS)
def test_input_units_come_back_exactly(data: st.DataObject, x: int, y: int) -> None:
    view = data.draw(chains())[-1]
    assert view.to_input(view.from_input(x, y)) == (x, y)


@given(st.data())
def test_point_of_the_picture_is_clicked_inside_what_the_picture_shows(
    data: st.DataObject,
) -> None:
    view = data.draw(chains())[-1]
    x, y = view.to_input(data.draw(points_in(view)))
    assert view.box_to_desktop(view.box).contains(x, y)


@given(st.data())
def test_box_is_around_its_points_on_the_desktop_and_back(data: st.DataObject) -> None:
    view = data.draw(chains())[-1]
    box = data.draw(boxes_in(view))
    on_desktop = view.box_to_desktop(box)
    x, y = view.to_desktop(view.point(*box.centre))
    assert on_desktop.left <= x <= on_desktop.right
    assert on_desktop.top <= y <= on_desktop.bottom
    back = view.box_from_desktop(on_desktop)
    assert back is not None
    assert back.union(box) == back
    # Rounded outwards by less than one unit and one pixel on each side.
    slack_x, slack_y = 1 + math.ceil(1 / view.scale_x), 1 + math.ceil(1 / view.scale_y)
    assert back.width <= box.width + 2 * slack_x
    assert back.height <= box.height + 2 * slack_y


@given(st.data())
def test_crop_shows_what_its_box_shows(data: st.DataObject) -> None:
    view = data.draw(chains())[-1]
    box = data.draw(boxes_in(view))
    crop = view.crop(box)
    assert (crop.width, crop.height) == (box.width, box.height)
    corner = view.carry(view.point(box.left, box.top), crop)
    assert math.isclose(corner.x, 0, abs_tol=EPSILON * 8000 / view.scale_x)
    assert math.isclose(corner.y, 0, abs_tol=EPSILON * 8000 / view.scale_y)


@given(st.data(), SIDES, SIDES)
def test_resized_picture_shows_the_same_part_of_the_desktop(
    data: st.DataObject, width: int, height: int
) -> None:
    view = data.draw(chains())[-1]
    point = data.draw(points_in(view))
    resized = view.resize(width, height)
    there = view.carry(point, resized)
    assert (resized.width, resized.height) == (width, height)
    assert math.isclose(there.x / width, point.x / view.width, abs_tol=EPSILON)
    assert math.isclose(there.y / height, point.y / view.height, abs_tol=EPSILON)


@given(st.data())
def test_point_of_another_view_is_refused(data: st.DataObject) -> None:
    views = [*data.draw(chains()), data.draw(captures())]
    point = data.draw(points_in(views[0]))
    for view in views[1:]:
        with pytest.raises(StaleView) as caught:
            view.to_input(point)
        assert str(caught.value) == (
            f"the point belongs to view {views[0].id}, not to {view.id}; look again"
        )


@pytest.mark.parametrize(("x", "y"), [(100, 10), (10, 50), (-0.5, 10), (10, -1), (1e9, 1e9)])
def test_point_outside_the_picture_is_refused_and_not_clamped(x: float, y: float) -> None:
    with pytest.raises(BadArgumentError) as caught:
        View(width=100, height=50).point(x, y)
    assert str(caught.value) == f"point ({x:g}, {y:g}) is outside the 100x50 picture"


@pytest.mark.parametrize(("x", "y"), [(math.nan, 1), (1, math.nan), (math.inf, 1), (1, -math.inf)])
def test_point_without_two_numbers_is_refused(x: float, y: float) -> None:
    with pytest.raises(BadArgumentError) as caught:
        View(width=100, height=50).point(x, y)
    assert str(caught.value) == f"a point needs two finite numbers, got ({x}, {y})"


def test_corners_of_the_picture_are_inside_up_to_its_last_pixel() -> None:
    view = View(width=100, height=50, origin_x=-1920, origin_y=-30)
    assert view.to_input(view.point(0, 0)) == (-1920, -30)
    assert view.to_input(view.point(99.999, 49.999)) == (-1821, 19)


def test_picture_at_twice_the_resolution_is_clicked_in_units() -> None:
    view = View(width=200, height=100, origin_x=-100, scale_x=0.5, scale_y=0.5)
    assert view.to_input(view.point(199, 99)) == (-1, 49)
    assert view.box_to_desktop(Box(1, 1, 3, 3)) == Box(-100, 0, -98, 2)


def test_picture_from_a_file_cannot_be_clicked() -> None:
    view = View(width=100, height=50, on_desktop=False)
    for other in (view, view.crop(Box(0, 0, 10, 10)), view.resize(10, 5)):
        with pytest.raises(BadArgumentError) as caught:
            other.to_input(other.point(1, 1))
        assert str(caught.value) == (
            "this picture is not of the live desktop; nothing can be clicked"
        )


@pytest.mark.parametrize("box", [Box(100, 0, 120, 10), Box(-20, 0, 0, 10), Box(5, 5, 5, 9)])
def test_crop_of_nothing_is_refused(box: Box) -> None:
    with pytest.raises(BadArgumentError) as caught:
        View(width=100, height=50).crop(box)
    assert str(caught.value) == f"crop {box.xyxy} is outside the 100x50 picture"


def test_crop_over_the_edge_is_clipped() -> None:
    crop = View(width=100, height=50, origin_x=10, origin_y=20).crop(Box(-5, 40, 30, 90))
    assert (crop.width, crop.height) == (30, 10)
    assert crop.to_input(crop.point(0, 0)) == (10, 60)


@pytest.mark.parametrize(
    ("size", "scale"), [((0, 5), (1, 1)), ((5, -1), (1, 1)), ((5, 5), (0, 1)), ((5, 5), (1, -1))]
)
def test_view_of_nothing_is_refused(size: tuple[int, int], scale: tuple[float, float]) -> None:
    with pytest.raises(BadArgumentError) as caught:
        View(width=size[0], height=size[1], scale_x=scale[0], scale_y=scale[1])
    assert str(caught.value) == (
        f"a view needs a positive size and scale, got {size[0]}x{size[1]} at {scale[0]}, {scale[1]}"
    )


def test_box_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadArgumentError) as caught:
        Box(5, 0, 4, 1)
    assert str(caught.value) == "box ends before it begins: (5, 0, 4, 1)"


@given(st.data())
def test_overlap_of_boxes_is_the_same_from_both_sides(data: st.DataObject) -> None:
    view = data.draw(captures())
    first, second = data.draw(boxes_in(view)), data.draw(boxes_in(view))
    assert first.iou(second) == second.iou(first)
    assert first.iou(first) == 1.0
    common = first.intersect(second)
    assert common == second.intersect(first)
    assert (
        first.area + second.area - (0 if common is None else common.area)
        <= first.union(second).area
    )
