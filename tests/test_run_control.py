"""A run and who watches it: pause, go on, stop, and answers from elsewhere."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.agent import run_control
from deskhand.agent.people import Nobody, Watched
from deskhand.agent.run_control import Now, RunControl, RunWatch
from deskhand.agent.trajectory.run_folder import RunFolder, running
from deskhand.memory.errors import BadArgumentError, RunError, TakenOver
from deskhand.tools.actions import Click, TextTarget
from deskhand.tools.desktop.takeover import Takeover
from deskhand.tools.safety.approvals import Approvals
from deskhand.tools.safety.gate import Approval
from deskhand.tools.safety.policy import ActionContext, Policy

PATIENCE_S = 10.0
DELETE = Click(target=TextTarget(text="Delete"))
FILES = ActionContext(window_title="Files", app="Files", shown="a.txt?")


class Pointer:
    place = (10, 10)

    def __call__(self) -> tuple[int, int]:
        return self.place


class Bench:
    """A run on disk, its side of the control and a watcher's."""

    def __init__(self, home: Path) -> None:
        self.run = RunFolder.create(home / "runs", "a task")
        self.pointer = Pointer()
        self.takeover = Takeover(self.pointer, panic_file=home / "panic")
        self.control = RunControl(self.run.path, self.takeover)
        self.watch = RunWatch(self.run.path)
        self.approvals = Approvals(home / "approvals")
        self.person = Watched(
            Nobody(), control=self.control, approvals=self.approvals, run=self.run.path
        )

    def doing(self) -> str:
        now = self.watch.now()
        return "" if now is None else now.doing


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with bench.takeover.watching(), bench.control.listening():
        yield bench


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def meanwhile(does: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=does)
    thread.start()
    return thread


def once(bench: Bench, doing: str, does: Callable[[], object]) -> threading.Thread:
    """Do something as soon as the run does this."""

    def wait_and_do() -> None:
        until(lambda: bench.doing() == doing)
        does()

    return meanwhile(wait_and_do)


def paused(bench: Bench) -> None:
    bench.watch.want("pause")
    until(lambda: (now := bench.watch.now()) is not None and now.wish == "pause")
    time.sleep(0.1)  # it is told right before it holds


def test_a_run_that_nobody_paused_goes_on(bench: Bench) -> None:
    assert bench.control.hold() is False


def test_a_paused_run_waits_and_the_mouse_is_the_users_meanwhile(bench: Bench) -> None:
    paused(bench)

    def use_the_mouse_and_go_on() -> None:
        until(lambda: bench.doing() == "paused")
        bench.pointer.place = (400, 300)
        until(lambda: bench.takeover.reason)
        bench.watch.want("go on")

    other = meanwhile(use_the_mouse_and_go_on)
    bench.control.tell(doing="act")
    assert bench.control.hold() is True
    other.join()
    assert bench.doing() == "act"
    bench.takeover.check()  # the hands may go on


def test_a_stop_closes_the_hands_at_once(bench: Bench) -> None:
    bench.control.tell(doing="plan")
    bench.watch.want("stop")
    until(lambda: bench.takeover.reason)
    until(lambda: (now := bench.watch.now()) is not None and now.wish == "stop")
    assert bench.doing() == "plan"
    with pytest.raises(TakenOver, match=r"^stopped: somebody who watches stopped it; resume"):
        bench.takeover.check()


def test_a_pause_that_is_taken_back_in_time_is_none(bench: Bench) -> None:
    paused(bench)
    now = bench.watch.now()
    assert now is not None
    assert now.wish == "pause"
    bench.watch.want("go on")
    until(lambda: (now := bench.watch.now()) is not None and now.wish == "")
    assert bench.control.hold() is False


def test_a_paused_run_can_be_stopped(bench: Bench) -> None:
    paused(bench)
    other = once(bench, "paused", lambda: bench.watch.want("stop"))
    with pytest.raises(TakenOver, match=r"somebody who watches stopped it"):
        bench.control.hold()
    other.join()


def test_ctrl_c_ends_a_pause(bench: Bench) -> None:
    paused(bench)
    other = once(bench, "paused", bench.takeover.interrupt)
    with pytest.raises(TakenOver, match=r"Ctrl-C"):
        bench.control.hold()
    other.join()


def test_with_nobody_watching_a_question_does_not_wait(bench: Bench) -> None:
    started = time.monotonic()
    assert bench.person.answer("Which?") is None
    assert time.monotonic() - started < 1
    decision = Policy().decide(DELETE, FILES)
    assert bench.person.approve(DELETE, FILES, decision) is None
    assert bench.approvals.waiting() == []


def test_a_question_is_answered_by_who_watches(bench: Bench) -> None:
    bench.watch.look()

    def answer() -> None:
        until(lambda: bench.doing() == "asks")
        now = bench.watch.now()
        assert now is not None
        assert (now.question, now.request) == ("Which?", "")
        bench.watch.answer("another question", "the right one")
        bench.watch.answer(now.question_id, "the left one")

    other = meanwhile(answer)
    assert bench.person.answer("Which?") == "the left one"
    other.join()
    now = bench.watch.now()
    assert now is not None
    assert (now.question, now.question_id) == ("", "")


@pytest.mark.parametrize("says", ["approve", "refuse"])
def test_a_yes_or_no_comes_from_who_watches(bench: Bench, says: str) -> None:
    bench.watch.look()

    def answer() -> None:
        until(bench.approvals.waiting)
        (request,) = bench.approvals.waiting()
        assert request.run == bench.run.id
        now = bench.watch.now()
        assert now is not None
        assert now.request == request.token
        bench.approvals.answer(
            request.token, "approve" if says == "approve" else "refuse", by="the watch page"
        )

    other = meanwhile(answer)
    approval = bench.person.approve(DELETE, FILES, Policy().decide(DELETE, FILES))
    other.join()
    assert approval is not None
    assert (approval.answer, approval.by) == (says, "the watch page")
    assert bench.approvals.waiting() == []


def test_a_yes_for_a_run_serves_no_other_program(bench: Bench) -> None:
    decision = Policy().decide(DELETE, FILES)
    lock = bench.run.path / "lock"
    request = bench.approvals.post(DELETE, FILES, decision, run=bench.run.id, lock=lock)
    bench.approvals.answer(request.token, "approve")
    other = bench.approvals.post(DELETE, FILES, decision, run="another run", lock=lock)
    assert bench.approvals.take(other.token) is None
    with pytest.raises(Exception, match=r"needs a person's yes"):
        bench.approvals.approver(DELETE, FILES, decision)
    assert bench.approvals.take(request.token) == Approval(answer="approve", by="deskhand approve")
    assert bench.approvals.take(request.token) is None


def test_what_a_run_asked_that_was_killed_waits_no_more(bench: Bench) -> None:
    decision = Policy().decide(DELETE, FILES)
    lock = bench.run.path / "lock"
    request = bench.approvals.post(DELETE, FILES, decision, run=bench.run.id, lock=lock)
    assert [one.token for one in bench.approvals.waiting()] == [request.token]
    bench.run.end(status="stopped", reason="its process ended")
    with pytest.raises(BadArgumentError, match=r"it ended after 10 minutes or with its run"):
        bench.approvals.answer(request.token, "approve")
    assert bench.approvals.waiting() == []
    bench.run.begin_again()
    again = bench.approvals.post(DELETE, FILES, decision, run=bench.run.id, lock=lock)
    assert [one.token for one in bench.approvals.waiting()] == [again.token]


def test_a_run_in_a_relative_folder_is_found_from_any_other(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.run.path)
    decision = Policy().decide(DELETE, FILES)
    bench.approvals.post(DELETE, FILES, decision, run=bench.run.id, lock=Path("lock"))
    monkeypatch.chdir(tmp_path)
    assert len(bench.approvals.waiting()) == 1


def test_who_leaves_lets_the_run_stop_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_control, "WATCHED_S", 0.3)
    bench.watch.look()
    assert bench.person.answer("Which?") is None


def test_a_stop_ends_the_waiting_for_an_answer(bench: Bench) -> None:
    bench.watch.look()
    other = once(bench, "asks", lambda: bench.watch.want("stop"))
    with pytest.raises(TakenOver, match=r"somebody who watches stopped it"):
        bench.person.answer("Which?")
    other.join()


def test_wishes_to_an_earlier_process_are_gone(bench: Bench, tmp_path: Path) -> None:
    live = RunFolder.create(tmp_path / "runs", "another").path / "live"
    live.mkdir()
    (live / "wish").write_text("stop", encoding="utf-8")
    control = RunControl(live.parent, bench.takeover)
    with control.listening():
        time.sleep(0.3)
    assert bench.takeover.reason == ""


def test_only_a_run_that_goes_on_takes_wishes(bench: Bench, tmp_path: Path) -> None:
    assert [run.id for run in running(tmp_path / "runs")] == [bench.run.id]
    bench.run.end(status="done", reason="")
    assert running(tmp_path / "runs") == []
    with pytest.raises(RunError, match=rf"^run {bench.run.id} is not running$"):
        bench.watch.want("pause")


@pytest.mark.parametrize("text", ["", "{", '{"doing": "dancing"}', json.dumps([1])])
def test_what_cannot_be_read_is_nothing(bench: Bench, text: str) -> None:
    (bench.run.path / "live" / "now.json").write_text(text, encoding="utf-8")
    assert bench.watch.now() is None


def test_an_empty_record_has_defaults(bench: Bench) -> None:
    (bench.run.path / "live" / "now.json").write_text("{}", encoding="utf-8")
    assert bench.watch.now() == Now()
