"""Settling on scripted frames and an injected clock."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.settle import POLL_S, changed_box, is_caret, settle

SIZE = (200, 300)


class Film:
    """A screen that plays a picture for each poll; the clock moves as it sleeps."""

    def __init__(self, frame_at: Callable[[int], Pixels]) -> None:
        self.now = 100.0
        self.polls = 0
        self._frame_at = frame_at

    def grab(self) -> Pixels:
        frame = self._frame_at(self.polls)
        self.polls += 1
        return frame

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def blank(*boxes: Box, value: int = 255) -> Pixels:
    pixels = np.full((*SIZE, 3), 200, np.uint8)
    for box in boxes:
        pixels[box.top : box.bottom, box.left : box.right] = value
    return pixels


def run(
    frame_at: Callable[[int], Pixels], *, quiet_s: float = 0.25, timeout_s: float = 4
) -> tuple[Film, Pixels, Sequence[Box], bool, float]:
    film = Film(frame_at)
    settled = settle(
        film.grab, sleep=film.sleep, clock=film.clock, quiet_s=quiet_s, timeout_s=timeout_s
    )
    return film, settled.pixels, settled.moving, settled.settled, settled.waited_s


def test_a_still_screen_settles_after_the_quiet_time() -> None:
    _, _, moving, settled, waited = run(lambda _: blank())
    assert (settled, list(moving)) == (True, [])
    assert 0.25 <= waited <= 0.25 + 2 * POLL_S


def test_waits_until_a_change_is_over_and_returns_the_last_picture() -> None:
    def frame(poll: int) -> Pixels:
        return blank(Box(0, 0, 5 + 20 * min(poll, 6), 100))

    _, pixels, _, settled, waited = run(frame, quiet_s=0.2)
    assert settled
    assert np.array_equal(pixels, frame(6))
    assert waited >= 0.2 + 5 * POLL_S


def test_a_blinking_caret_does_not_keep_it_waiting() -> None:
    caret = Box(50, 40, 52, 58)

    def frame(poll: int) -> Pixels:
        return blank(caret, value=0) if poll % 4 < 2 else blank()

    _, _, moving, settled, waited = run(frame)
    assert (settled, list(moving)) == (True, [caret])
    assert waited <= 0.25 + 2 * POLL_S


def test_a_spinner_is_settled_with_activity() -> None:
    spinner = Box(10, 10, 40, 40)  # 1.5 % of the screen

    def frame(poll: int) -> Pixels:
        return blank(spinner, value=poll % 200)

    _, _, moving, settled, waited = run(frame)
    assert (settled, list(moving)) == (True, [spinner])
    assert waited < 2


def test_a_video_is_never_settled_and_time_is_bounded() -> None:
    video = Box(10, 10, 200, 150)

    def frame(poll: int) -> Pixels:
        return blank(video, value=poll % 200)

    _, _, _, settled, waited = run(frame, timeout_s=2)
    assert not settled
    assert 2 <= waited <= 2 + 2 * POLL_S


def test_a_spinner_beside_a_growing_window_waits_for_the_window() -> None:
    def frame(poll: int) -> Pixels:
        return blank(Box(10, 10, 30, 30), Box(100, 0, 110 + 10 * min(poll, 15), 180), value=poll)

    film, pixels, _, _, _ = run(frame)
    assert film.polls > 15
    assert (pixels[5, 105 + 150 - 1] != 200).all()


def test_a_screen_of_another_size_is_a_change() -> None:
    assert changed_box(blank(), np.zeros((50, 60, 3), np.uint8)) == Box(0, 0, 60, 50)


def test_every_poll_can_be_cancelled() -> None:
    film = Film(lambda poll: blank(Box(0, 0, 100, 100), value=poll))

    def check() -> None:
        if film.polls == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        settle(film.grab, sleep=film.sleep, clock=film.clock, check=check)
    assert film.polls == 3


def test_the_changed_box_is_tight() -> None:
    assert changed_box(blank(), blank()) is None
    assert changed_box(blank(), blank(Box(0, 0, 1, 1))) == Box(0, 0, 1, 1)
    both = blank(Box(3, 4, 10, 20), Box(200, 150, 300, 200))
    assert changed_box(blank(), both) == Box(3, 4, 300, 200)


@pytest.mark.parametrize(
    ("box", "expected"),
    [(Box(0, 0, 1, 15), True), (Box(0, 0, 3, 60), True), (Box(0, 0, 4, 15), False),
     (Box(0, 0, 2, 61), False)],
)  # fmt: skip
def test_what_a_caret_looks_like(box: Box, expected: bool) -> None:
    assert is_caret(box) is expected
