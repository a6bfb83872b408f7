"""The latch: what closes it, what does not, and who opens it."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deskhand.memory.errors import DisplayError, TakenOver
from deskhand.tools.desktop import takeover as module
from deskhand.tools.desktop.takeover import Takeover, stopping_on_sigint

PATIENCE_S = 10.0
MOVED = "stopped: the mouse was moved by someone else; resume the run to go on"


class Mouse:
    """A pointer that says how often it was asked."""

    def __init__(self) -> None:
        self.place = 100, 100
        self.asked = 0

    def __call__(self) -> tuple[int, int]:
        self.asked += 1
        return self.place


@pytest.fixture
def mouse() -> Mouse:
    return Mouse()


@pytest.fixture
def panic_file(tmp_path: Path) -> Path:
    return tmp_path / "panic"


@pytest.fixture
def takeover(mouse: Mouse, panic_file: Path) -> Takeover:
    return Takeover(mouse, panic_file=panic_file)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def look_again(mouse: Mouse, n_looks: int = 3) -> None:
    """Wait until the watcher has surely looked at the place the pointer has now."""
    asked = mouse.asked
    wait_until(lambda: mouse.asked >= asked + n_looks)


def test_pointer_left_alone_is_no_takeover(takeover: Takeover, mouse: Mouse) -> None:
    with takeover.watching():
        look_again(mouse)
        takeover.check_now()
    assert takeover.reason == ""


def test_place_we_put_it_to_is_no_takeover(takeover: Takeover, mouse: Mouse) -> None:
    with takeover.watching():
        for x in (0, 300, 5, 900):
            takeover.expect(x, 7)
            look_again(mouse)  # the watcher may look before the move arrives
            mouse.place = x, 7
            look_again(mouse)
            takeover.check_now()


@pytest.mark.parametrize("nudge", [(6, 0), (0, -6), (-6, 6)])
def test_nudge_of_a_few_pixels_is_no_takeover(
    takeover: Takeover, mouse: Mouse, nudge: tuple[int, int]
) -> None:
    with takeover.watching():
        mouse.place = 100 + nudge[0], 100 + nudge[1]
        takeover.check_now()


@pytest.mark.parametrize("place", [(107, 100), (100, 93), (0, 100), (-500, 2000)])
def test_pointer_moved_by_a_person_is_seen_by_the_watcher(
    takeover: Takeover, mouse: Mouse, place: tuple[int, int]
) -> None:
    with takeover.watching():
        mouse.place = place
        wait_until(lambda: takeover.reason != "")
        with pytest.raises(TakenOver) as caught:
            takeover.check()
    assert str(caught.value) == MOVED


def test_pointer_moved_by_a_person_is_seen_right_before_an_event(
    takeover: Takeover, mouse: Mouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_S", 1000.0)
    with takeover.watching():
        mouse.place = 300, 300
        takeover.check()
        with pytest.raises(TakenOver):
            takeover.check_now()


def test_place_we_left_long_ago_is_a_person(
    takeover: Takeover, mouse: Mouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECENT_S", 0.0)
    with takeover.watching():
        takeover.expect(500, 500)
        mouse.place = 500, 500
        takeover.check_now()
        time.sleep(0.001)
        mouse.place = 100, 100
        with pytest.raises(TakenOver):
            takeover.check_now()


def test_watcher_that_stood_still_after_asking_blames_nobody(panic_file: Path) -> None:
    """It is told the place of now, and compares only when we are two moves further."""
    asked, go_on = threading.Event(), threading.Event()
    place = [(100, 100)]
    stalls = [False]

    def pointer() -> tuple[int, int]:
        told = place[0]
        if stalls[0] and threading.current_thread().name == "takeover":
            asked.set()
            go_on.wait(PATIENCE_S)
        return told

    takeover = Takeover(pointer, panic_file=panic_file)
    with takeover.watching():
        stalls[0] = True
        assert asked.wait(PATIENCE_S)
        takeover.expect(500, 500)
        place[0] = 500, 500
        time.sleep(module.RECENT_S * 1.5)
        takeover.expect(700, 700)
        place[0] = 700, 700
        stalls[0] = False
        go_on.set()
    takeover.check()


def test_nobody_watches_outside_a_run(takeover: Takeover, mouse: Mouse) -> None:
    with takeover.watching():
        pass
    mouse.place = 900, 900
    takeover.check_now()
    with takeover.watching():  # where the pointer is now is where the user left it
        look_again(mouse)
        takeover.check_now()


def test_nested_watching_goes_on_until_the_outer_block_ends(
    takeover: Takeover, mouse: Mouse
) -> None:
    with takeover.watching():
        with takeover.watching():
            look_again(mouse)
        mouse.place = 300, 300
        wait_until(lambda: takeover.reason != "")
    assert not [thread for thread in threading.enumerate() if thread.name == "takeover"]


def test_watching_ends_when_the_block_raises(takeover: Takeover) -> None:
    with pytest.raises(ZeroDivisionError), takeover.watching():
        raise ZeroDivisionError
    assert not [thread for thread in threading.enumerate() if thread.name == "takeover"]


def test_failsafe_corner(takeover: Takeover, mouse: Mouse) -> None:
    with takeover.watching():
        mouse.place = 0, 0
        wait_until(lambda: takeover.reason != "")
    assert takeover.reason == "the pointer is in the top left corner (failsafe)"


def test_panic_file_stops_and_stays(takeover: Takeover, panic_file: Path) -> None:
    with takeover.watching():
        panic_file.touch()
        wait_until(lambda: takeover.reason != "")
        with pytest.raises(TakenOver) as caught:
            takeover.check()
        assert str(caught.value) == (
            f"stopped: the panic file {panic_file} is there; resume the run to go on"
        )
        with pytest.raises(TakenOver) as caught:
            takeover.resume()
        assert str(caught.value) == (f"the panic file is still there; delete {panic_file} to go on")
        panic_file.unlink()
        with pytest.raises(TakenOver):
            takeover.check()
        takeover.resume()
        takeover.check_now()


def test_panic_file_from_before_stops_the_first_event(takeover: Takeover, panic_file: Path) -> None:
    panic_file.touch()
    with takeover.watching(), pytest.raises(TakenOver):
        takeover.check()


def test_latch_stays_closed_and_keeps_the_first_reason(takeover: Takeover, mouse: Mouse) -> None:
    with takeover.watching():
        takeover.trip("one")
        takeover.trip("two")
        mouse.place = 300, 300
        look_again(mouse, 1)
    assert takeover.reason == "one"
    takeover.resume()
    assert takeover.reason == ""
    takeover.check()


def test_after_resuming_the_pointer_is_where_the_person_left_it(
    takeover: Takeover, mouse: Mouse
) -> None:
    with takeover.watching():
        mouse.place = 300, 300
        wait_until(lambda: takeover.reason != "")
        takeover.resume()
        takeover.check_now()
        mouse.place = 100, 100
        with pytest.raises(TakenOver):
            takeover.check_now()


def test_sleep_wakes_when_the_latch_closes(takeover: Takeover) -> None:
    timer = threading.Timer(0.05, takeover.trip, ["now"])
    timer.start()
    with pytest.raises(TakenOver):
        takeover.sleep(PATIENCE_S * 100)
    timer.join()


def test_lost_display_stops_the_hands(panic_file: Path) -> None:
    is_lost = False

    def pointer() -> tuple[int, int]:
        if is_lost:
            raise DisplayError("the display is gone")
        return 5, 5

    takeover = Takeover(pointer, panic_file=panic_file)
    with takeover.watching():
        is_lost = True
        wait_until(lambda: takeover.reason != "")
    assert takeover.reason == "the display is gone"


def test_watching_cannot_begin_on_a_lost_display(panic_file: Path) -> None:
    def pointer() -> tuple[int, int]:
        raise DisplayError("the display is gone")

    takeover = Takeover(pointer, panic_file=panic_file)
    for _ in range(2):  # the first failure leaves nothing half begun
        with pytest.raises(DisplayError), takeover.watching():
            pass


def test_first_ctrl_c_stops_and_the_second_interrupts(takeover: Takeover) -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping_on_sigint(takeover):
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: takeover.reason == "Ctrl-C")
        with pytest.raises(TakenOver) as caught:
            takeover.check()
        assert str(caught.value) == "stopped: Ctrl-C; resume the run to go on"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    takeover.resume()
    takeover.check()


def test_ctrl_c_while_the_lock_is_held_hangs_nothing(takeover: Takeover) -> None:
    """The handler runs in the very thread that may be inside `expect`."""
    with stopping_on_sigint(takeover):
        with takeover._lock:
            os.kill(os.getpid(), signal.SIGINT)
            wait_until(lambda: takeover.reason == "Ctrl-C")
        with pytest.raises(TakenOver):
            takeover.check()


def test_ctrl_c_wakes_a_sleep(takeover: Takeover) -> None:
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT])
    with stopping_on_sigint(takeover), takeover.watching():
        timer.start()
        with pytest.raises(TakenOver):
            takeover.sleep(PATIENCE_S * 100)
    timer.join()
