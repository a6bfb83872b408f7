"""Whether keys moved a text cursor, told from pictures between which it comes and goes."""

import numpy as np
import pytest

from deskhand.tools.carets import CaretWatch
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.geometry import Box

HERE = Box(40, 20, 42, 38)
THERE = Box(120, 20, 122, 38)
NEXT_LINE = Box(40, 38, 42, 56)
COLON = Box(300, 180, 302, 190)
WINDOW = Box(0, 0, 200, 150)


def picture(*carets: Box) -> Pixels:
    pixels = np.full((200, 320, 3), 255, np.uint8)
    for box in carets:
        pixels[box.top : box.bottom, box.left : box.right] = 0
    return pixels


def watched(
    before: Pixels, *pictures: Pixels, known: tuple[Box, ...] = (), inside: Box | None = WINDOW
) -> CaretWatch:
    watch = CaretWatch(before, known=known, inside=inside, ignore=known)
    for pixels in pictures:
        watch.see(pixels, ())
    return watch


@pytest.mark.parametrize("place", [THERE, NEXT_LINE])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_cursor_that_is_gone_here_and_blinks_there_has_moved(place: Box, is_known: bool) -> None:
    known = (HERE,) if is_known else ()
    watch = watched(picture(HERE), picture(place), picture(), picture(place), known=known)
    moved = watch.moved()
    assert moved is not None
    assert moved == (HERE, place)
    assert watch.places == (place,)


@pytest.mark.parametrize("place", [THERE, NEXT_LINE])
def test_where_it_was_is_known_though_it_was_hidden_right_before(place: Box) -> None:
    watch = watched(picture(), picture(place), picture(), known=(HERE,))
    assert watch.moved() == (HERE, place)


@pytest.mark.parametrize("before", [picture(), picture(HERE)])
@pytest.mark.parametrize("known", [(), (HERE,)])
def test_a_cursor_that_only_blinks_has_not_moved(before: Pixels, known: tuple[Box, ...]) -> None:
    watch = watched(before, picture(HERE), picture(), picture(HERE), picture(), known=known)
    assert watch.moved() is None
    assert watch.stayed(HERE) is bool(known)


def test_of_a_cursor_that_nobody_knew_nothing_is_sure() -> None:
    watch = watched(picture(), picture(THERE), picture())
    assert watch.moved() is None
    assert watch.unsure == (THERE,)


def test_nothing_that_blinks_is_no_cursor() -> None:
    watch = watched(picture(HERE), picture(), picture())
    assert (watch.moved(), watch.unsure) == (None, ())


def test_another_windows_clock_is_no_cursor() -> None:
    watch = watched(picture(HERE), picture(COLON), picture(), picture(COLON))
    assert watch.moved() is None
    everywhere = watched(picture(HERE), picture(COLON), picture(), inside=None)
    assert everywhere.moved() == (HERE, COLON)


def test_a_clock_beside_a_cursor_that_stays_moves_nothing() -> None:
    shown = [picture(HERE, THERE), picture(), picture(HERE), picture(THERE)]
    assert watched(picture(HERE), *shown, known=(HERE,)).moved() is None
    assert watched(picture(HERE), *shown).moved() is None


def test_the_way_to_the_first_picture_is_no_blink() -> None:
    watch = CaretWatch(picture(HERE), known=(HERE,), inside=WINDOW, ignore=(HERE,))
    watch.see(picture(NEXT_LINE), [Box(40, 20, 42, 56)])  # gone here and shown there, in one box
    watch.see(picture(), [NEXT_LINE])
    assert watch.moved() == (HERE, NEXT_LINE)
