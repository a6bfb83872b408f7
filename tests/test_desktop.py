"""What a desktop shows of each source, and which of its pictures may still be pointed at."""

from dataclasses import replace

import pytest

from deskhand.memory.errors import ActionFailed, BadArgumentError, StaleView
from deskhand.tools.desktop.backend import Monitor, Window
from deskhand.tools.desktop.backend_fake import FakeBackend
from deskhand.tools.desktop.desktop import Desktop, Source
from deskhand.tools.desktop.geometry import Box

MARK = (10, 20, 30)
WINDOW = Window(id=7, title="Notes", app="Notes", pid=1, box=Box(100, 50, 300, 200))


@pytest.fixture
def backend() -> FakeBackend:
    """Two monitors; the second, at negative coordinates, is marked at its own (5, 6)."""
    right = Monitor(index=1, box=Box(0, 0, 640, 480), is_primary=True)
    left = Monitor(index=2, box=Box(-200, -30, 0, 270))
    backend = FakeBackend(monitors=(left, right))
    backend.pixels[6, 5] = MARK
    backend.shown = [WINDOW]
    return backend


@pytest.fixture
def desktop(backend: FakeBackend) -> Desktop:
    return Desktop(backend)


@pytest.mark.parametrize(
    ("source", "box"),
    [
        (None, Box(-200, -30, 640, 480)),
        (1, Box(0, 0, 640, 480)),
        (2, Box(-200, -30, 0, 270)),
        (WINDOW, WINDOW.box),
        (Box(-200, -30, -190, -20), Box(-200, -30, -190, -20)),
        (Box(600, 400, 9000, 9000), Box(600, 400, 640, 480)),
        (Box(-900, -900, -199, -29), Box(-200, -30, -199, -29)),
    ],
)
def test_source_is_clipped_and_placed(desktop: Desktop, source: Source, box: Box) -> None:
    capture = desktop.capture(source)
    assert capture.pixels.shape == (box.height, box.width, 3)
    assert (capture.view.origin_x, capture.view.origin_y) == (box.left, box.top)
    assert desktop.to_input(capture.view.point(0, 0)) == (box.left, box.top)
    assert desktop.to_input(capture.view.point(box.width - 0.5, box.height - 0.5)) == (
        box.right - 1,
        box.bottom - 1,
    )


@pytest.mark.parametrize("source", [None, 2, Box(-200, -30, -100, 0)])
def test_pixels_are_those_of_the_source(desktop: Desktop, source: Source) -> None:
    capture = desktop.capture(source)
    assert tuple(capture.pixels[6, 5]) == MARK
    assert tuple(capture.pixels[5, 6]) == (0, 0, 0)
    assert desktop.to_input(capture.view.point(5.5, 6.5)) == (-195, -24)


def test_pixels_do_not_change_with_the_screen(desktop: Desktop, backend: FakeBackend) -> None:
    before = desktop.capture(2)
    backend.pixels[:] = 255
    assert tuple(before.pixels[6, 5]) == MARK


def test_window_is_captured_where_it_is_now(desktop: Desktop, backend: FakeBackend) -> None:
    backend.shown = [replace(WINDOW, box=Box(-220, 400, -100, 600))]
    assert desktop.capture(WINDOW).view.origin_x == -200
    assert desktop.capture(WINDOW).pixels.shape == (80, 100, 3)


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ([], 'window "Notes" is gone'),
        (
            [replace(WINDOW, is_minimized=True)],
            'window "Notes" is not visible; focus it first',
        ),
        (
            [replace(WINDOW, box=Box(700, 0, 900, 100))],
            'window "Notes" is not visible; focus it first',
        ),
    ],
)
def test_window_that_cannot_be_seen(
    desktop: Desktop, backend: FakeBackend, shown: list[Window], message: str
) -> None:
    backend.shown = shown
    with pytest.raises(ActionFailed) as caught:
        desktop.capture(WINDOW)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (0, "there is no monitor 0; there are [1, 2]"),
        (3, "there is no monitor 3; there are [1, 2]"),
        (
            Box(640, 0, 700, 10),
            "region (640, 0, 700, 10) is outside the desktop (-200, -30, 640, 480)",
        ),
        (
            Box(5, 5, 5, 5),
            "region (5, 5, 5, 5) is outside the desktop (-200, -30, 640, 480)",
        ),
    ],
)
def test_source_there_is_not(desktop: Desktop, source: Source, message: str) -> None:
    with pytest.raises(BadArgumentError) as caught:
        desktop.capture(source)
    assert str(caught.value) == message


def test_more_pixels_than_units() -> None:
    left = Monitor(index=1, box=Box(-200, -30, 0, 270), is_primary=True)
    backend = FakeBackend(monitors=(left,), scale=2)
    backend.pixels[13, 11] = MARK
    desktop = Desktop(backend)
    capture = desktop.capture(1)
    assert (capture.view.width, capture.view.height) == (400, 600)
    assert tuple(capture.pixels[13, 11]) == MARK
    assert desktop.to_input(capture.view.point(11.5, 13.5)) == (-195, -24)


def test_point_of_an_earlier_picture_is_refused(desktop: Desktop) -> None:
    point = desktop.capture().view.point(3, 3)
    desktop.capture(1)
    assert desktop.to_input(point) == (-197, -27)  # another source makes nothing stale
    desktop.capture()
    with pytest.raises(StaleView) as caught:
        desktop.to_input(point)
    assert str(caught.value) == (
        f"view {point.view_id} was replaced by a newer picture of the desktop; look again"
    )


def test_grabbing_makes_nothing_stale(desktop: Desktop) -> None:
    point = desktop.capture().view.point(3, 3)
    assert desktop.grab().shape == (510, 840, 3)
    assert desktop.grab(Box(0, 0, 5, 4)).shape == (4, 5, 3)
    desktop.to_input(point)


def test_point_of_another_desktop_is_refused(desktop: Desktop, backend: FakeBackend) -> None:
    point = Desktop(backend).capture().view.point(3, 3)
    with pytest.raises(StaleView) as caught:
        desktop.to_input(point)
    assert str(caught.value) == f"view {point.view_id} is unknown; look first"


def test_crop_of_a_picture_is_stale_with_it(desktop: Desktop) -> None:
    whole = desktop.capture()
    crop = whole.view.crop(Box(10, 10, 20, 20))
    desktop.views.derive(whole.view, crop)
    assert desktop.to_input(crop.point(1, 1)) == (-189, -19)
    desktop.capture()
    with pytest.raises(StaleView):
        desktop.to_input(crop.point(1, 1))
    with pytest.raises(StaleView, match=r"is not current; look again$"):
        desktop.views.derive(whole.view, crop)


def test_active_window(desktop: Desktop, backend: FakeBackend) -> None:
    assert desktop.active_window() is None
    active = replace(WINDOW, id=8, is_active=True)
    backend.shown = [WINDOW, active]
    assert desktop.active_window() == active


def test_closing(backend: FakeBackend) -> None:
    with Desktop(backend) as desktop:
        assert desktop.backend_name == "fake"
        assert desktop.pointer() == backend.place
    assert backend.is_closed
