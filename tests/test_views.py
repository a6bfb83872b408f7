"""A point is good for the newest picture of its source only."""

import pytest

from deskhand.memory.errors import StaleView
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.desktop.views import MAX_REMEMBERED, Views


def picture() -> View:
    return View(width=100, height=80)


def test_a_point_of_the_newest_picture_is_resolved() -> None:
    views, view = Views(), picture()
    views.register("desktop", view)
    assert views.resolve(view.point(0, 0)) is view


def test_a_newer_picture_of_the_same_source_replaces_the_older() -> None:
    views, old, new = Views(), picture(), picture()
    views.register("desktop", old)
    views.register("desktop", new)
    with pytest.raises(StaleView) as caught:
        views.resolve(old.point(5, 5))
    assert str(caught.value) == (
        f"view {old.id} was replaced by a newer picture of the desktop; look again"
    )
    assert views.resolve(new.point(5, 5)) is new


def test_pictures_of_other_sources_stay() -> None:
    views, desktop, window = Views(), picture(), picture()
    views.register("window 7", window)
    views.register("desktop", desktop)
    assert views.resolve(window.point(1, 1)) is window


def test_a_picture_nobody_took_is_unknown() -> None:
    views, view = Views(), picture()
    with pytest.raises(StaleView) as caught:
        views.resolve(view.point(1, 1))
    assert str(caught.value) == f"view {view.id} is unknown; look first"


def test_what_was_cut_or_resized_lives_and_dies_with_its_picture() -> None:
    views, view = Views(), picture()
    views.register("desktop", view)
    crop = view.crop(Box(10, 10, 50, 50))
    small = crop.resize(20, 20)
    views.derive(view, crop)
    views.derive(crop, small)
    assert views.resolve(small.point(3, 3)).to_input(small.point(3, 3)) == (16, 16)
    views.register("desktop", picture())
    with pytest.raises(StaleView, match=r"was replaced by a newer picture of the desktop"):
        views.resolve(small.point(3, 3))


def test_nothing_is_derived_from_a_stale_picture() -> None:
    views, old = Views(), picture()
    views.register("desktop", old)
    views.register("desktop", picture())
    with pytest.raises(StaleView, match=rf"^view {old.id} is not current; look again$"):
        views.derive(old, old.resize(10, 10))


def test_the_ledger_does_not_grow_for_ever() -> None:
    views, first = Views(), picture()
    views.register("region 0", first)
    for number in range(1, MAX_REMEMBERED + 1):
        views.register(f"region {number}", picture())
    with pytest.raises(StaleView):
        views.resolve(first.point(1, 1))
