"""Work that models do for somebody who may stop waiting."""

import threading
import time

import pytest

from deskhand.memory.errors import ModelUnavailable, TakenOver
from deskhand.tools.models.cancelling import call_unless, current_cancel, is_cancelled


def go_on() -> None:
    """Find nothing against it."""


def test_what_the_work_gives_is_returned() -> None:
    assert call_unless(go_on, lambda: 7) == 7


def test_what_the_work_raises_is_raised() -> None:
    def fail() -> None:
        raise ModelUnavailable("no such model")

    with pytest.raises(ModelUnavailable, match=r"^no such model$"):
        call_unless(go_on, fail)


def test_work_outlasts_many_checks() -> None:
    checks: list[int] = []
    assert call_unless(lambda: checks.append(1), lambda: time.sleep(0.3)) is None
    assert len(checks) > 2


def test_who_is_left_is_told() -> None:
    told: list[tuple[bool, bool]] = []
    may_look, has_looked = threading.Event(), threading.Event()

    def work() -> None:
        before = is_cancelled()
        may_look.wait()
        told.append((before, is_cancelled()))
        has_looked.set()

    def stop() -> None:
        raise TakenOver("stopped")

    with pytest.raises(TakenOver):
        call_unless(stop, work)
    may_look.set()
    assert has_looked.wait(10)
    assert told == [(False, True)]


def test_nothing_is_told_to_who_is_asked_directly() -> None:
    assert current_cancel() is None
    assert not is_cancelled()
