"""The loop on a desktop in memory: budgets, approvals, questions, refusals, takeover and resume."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskhand.agent import runner
from deskhand.agent.planners.planner import Proposal, Turn
from deskhand.agent.planners.usage import ModelCall
from deskhand.agent.run_control import RunWatch
from deskhand.agent.run_settings import RunResult, RunSettings
from deskhand.agent.runner import Company, resume_task, run_task
from deskhand.agent.trajectory.model_calls import read_calls
from deskhand.agent.trajectory.recording import read_steps
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.memory.errors import RunError, TakenOver
from deskhand.tools import verification
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    PointTarget,
    PressKeys,
    Scroll,
    TypeText,
)
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.backend_fake import Event, FakeBackend
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.ocr_fake import BlindOcr
from deskhand.tools.perception.parse import ScreenParser
from deskhand.tools.safety.approvals import Approvals
from deskhand.tools.safety.gate import Approval
from deskhand.tools.safety.policy import Policy, Rule

WINDOW = Window(id=1, title="Fake", app="fake", pid=1, box=Box(0, 0, 640, 480), is_active=True)


class Script:
    """A planner that proposes given actions in turn; a click is at (100, 100) of what is seen."""

    name = "script"

    def __init__(self, *actions: Callable[[Turn], Action]) -> None:
        self.actions = actions
        self.turns: list[Turn] = []

    def plan(self, turn: Turn) -> Proposal:
        self.turns.append(turn)
        at = int(turn.memory.get("at", 0))
        action = self.actions[at](turn) if at < len(self.actions) else Done()
        return Proposal(action=action, sentence=action.kind, memory={"at": at + 1})


def click(turn: Turn) -> Action:
    view = turn.observation.capture.view
    return Click(target=PointTarget(x=100, y=100, view=view.id))


def press(_turn: Turn) -> Action:
    return PressKeys(keys=("a",))


class Screen(FakeBackend):
    """Every press and key draws something new, so that it has an effect."""

    def __init__(self) -> None:
        super().__init__(windows=[WINDOW], on_event=self._draw)
        self.place = (320, 200)
        self.is_dead = False

    def _draw(self, event: Event) -> None:
        if event[0] in ("press", "key down", "type") and not self.is_dead:
            left = 40 * (len(self.events) % 12)
            self.pixels[300:330, left : left + 30] = 255 - self.pixels[300:330, left : left + 30]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setattr(
        runner, "load_observer", lambda desktop: Observer(desktop, ScreenParser(BlindOcr()))
    )
    monkeypatch.setattr(verification, "PATIENCE_S", 0.1)
    return Screen()


class Bench:
    """Runs scripts on the fake screen."""

    def __init__(self, screen: Screen, home: Path) -> None:
        self.desktop = Desktop(screen, panic_file=home / "panic")
        self.home = home
        self.folder = RunFolder.create(home, "a task")

    def run(
        self, script: Script, *, settings: RunSettings | None = None, **along: Any
    ) -> RunResult:
        return run_task(
            "a task",
            folder=self.folder,
            settings=settings or RunSettings(),
            desktop=self.desktop,
            planner=script,
            along=Company(**along),
        )

    def resume(
        self, script: Script, *, settings: RunSettings | None = None, **along: Any
    ) -> RunResult:
        return resume_task(
            folder=RunFolder.open(self.folder.path),
            settings=settings or RunSettings(),
            desktop=self.desktop,
            planner=script,
            along=Company(**along),
        )

    def effects(self) -> list[str]:
        return [step.outcome["effect"] for step in read_steps(self.folder.path)]


@pytest.fixture
def bench(screen: Screen, tmp_path: Path) -> Bench:
    return Bench(screen, tmp_path)


def presses(screen: Screen) -> int:
    return sum(event[0] in ("press", "key down") for event in screen.events)


def test_a_run_that_works(bench: Bench, screen: Screen) -> None:
    script = Script(click, press)
    result = bench.run(script)
    assert (result.status, result.steps, bench.effects()) == ("done", 2, ["confirmed"] * 2)
    assert result.report.is_file()
    assert presses(screen) == 2
    last = script.turns[-1]
    assert [step.effect for step in last.history] == ["confirmed", "confirmed"]
    assert last.memory == {"at": 2}


def test_steps_are_limited_and_a_resume_may_have_more(bench: Bench, screen: Screen) -> None:
    script = Script(*[press] * 5)
    result = bench.run(script, settings=RunSettings(max_steps=3))
    assert result.status == "budget"
    assert result.reason == "3 steps are used up; allow more with --max-steps"
    assert bench.resume(script, settings=RunSettings(max_steps=9)).status == "done"
    assert presses(screen) == 5


def test_the_same_action_on_an_unchanged_screen_is_stopped(bench: Bench, screen: Screen) -> None:
    screen.is_dead = True
    result = bench.run(Script(*[press] * 20))
    assert result.status == "budget"
    assert "goes in circles" in result.reason
    assert presses(screen) == RunSettings().max_repeats


def test_denied_actions_never_reach_the_hands(bench: Bench, screen: Screen) -> None:
    result = bench.run(Script(click), policy=Policy(rules=(), default="deny"))
    assert bench.effects() == ["refused"]
    assert result.status == "done"  # this planner does not care
    assert screen.events == []


ASK = Policy(rules=(Rule(name="ask", verdict="ask"),))


class Someone:
    """A person who says the same to everything."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.asked: list[str] = []

    def approve(self, _action: Any, _context: Any, decision: Any) -> Approval:
        self.asked.append(decision.reason)
        is_yes = self.says == "approve"
        return Approval(answer="approve" if is_yes else "refuse", by="someone")

    def answer(self, question: str) -> str:
        self.asked.append(question)
        return self.says


@pytest.mark.parametrize(("says", "effect"), [("approve", "confirmed"), ("refuse", "refused")])
def test_a_person_decides(bench: Bench, says: str, effect: str) -> None:
    someone = Someone(says)
    bench.run(Script(press), policy=ASK, person=someone)
    assert bench.effects() == [effect]
    assert someone.asked == ['press keys a in "Fake"']
    (step,) = read_steps(bench.folder.path)
    assert step.decision["by"] == "someone"


def test_with_nobody_there_the_run_waits_and_is_resumed(bench: Bench, screen: Screen) -> None:
    script = Script(press, press)
    result = bench.run(script, policy=ASK)
    assert result.status == "asked"
    assert result.reason == 'step 1 needs a person\'s yes: press keys a in "Fake"'
    assert screen.events == []
    result = bench.resume(script, policy=ASK, person=Someone("approve"))
    assert (result.status, bench.effects()) == ("done", ["confirmed", "confirmed"])


def test_a_question_waits_for_its_answer(bench: Bench) -> None:
    script = Script(lambda _turn: AskUser(question="Which?"))
    assert bench.run(script).reason == "Which?"
    assert bench.resume(script, person=Someone("the left one")).status == "done"
    last = script.turns[-1].last_outcome
    assert last is not None
    assert last.answer == "the left one"


def test_a_moved_mouse_stops_the_hands_until_a_resume(bench: Bench, screen: Screen) -> None:
    draw = screen.on_event

    def moved(event: Event) -> None:
        draw(event)
        if event == ("type", "c"):
            screen.place = (500, 77)

    screen.on_event = moved
    text = "abc" + "d" * 400
    script = Script(press, lambda _turn: TypeText(text=text))
    result = bench.run(script)
    assert result.status == "stopped"
    assert "the mouse was moved" in result.reason
    assert len(screen.typed) < len(text)
    # Half a text may be on the screen: the resumed run asks instead of typing it again.
    bench.desktop.takeover.resume()
    screen.on_event = draw
    typed = screen.typed
    result = bench.resume(script)
    assert result.status == "asked"
    assert "may or may not have been carried out" in result.reason
    assert screen.typed == typed
    bench.desktop.takeover.resume()
    assert bench.resume(script, person=Someone("done")).status == "done"
    assert screen.typed == typed


def test_a_finished_run_is_not_resumed(bench: Bench) -> None:
    bench.run(Script(press))
    with pytest.raises(RunError, match=r"is done; there is nothing to resume$"):
        bench.resume(Script(press))


def test_a_screen_that_does_not_change_is_no_effect(bench: Bench, screen: Screen) -> None:
    screen.is_dead = True
    bench.run(Script(lambda _turn: Scroll(direction="down")))
    assert bench.effects() == ["no_effect"]


def test_the_checkpoint_holds_no_pictures_and_no_secrets(bench: Bench) -> None:
    secret = "correct horse battery staple"
    policy = Policy(rules=())
    script = Script(lambda _turn: TypeText(text="bank", secret=True), press)
    bench.run(script, policy=policy, secrets={"bank": secret})
    assert bench.effects() == ["unverifiable", "confirmed"]
    for path in bench.folder.path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert (bench.folder.path / "checkpoint.db").stat().st_size < 400_000


def test_a_run_that_is_paused_before_it_acts_looks_again_and_acts_once(
    bench: Bench, screen: Screen
) -> None:
    watch = RunWatch(bench.folder.path)
    seen: list[str] = []
    others: list[threading.Thread] = []

    def go_on() -> None:
        while (now := watch.now()) is None or now.doing != "paused":
            time.sleep(0.01)
        seen.append(now.sentence)
        watch.want("go on")

    def pause(event: str) -> None:
        seen.append(event)
        if event == "leave:guard" and not others:
            watch.want("pause")
            while (now := watch.now()) is None or now.wish != "pause":
                time.sleep(0.01)
            time.sleep(0.1)  # it is told right before it holds
            others.append(threading.Thread(target=go_on))
            others[0].start()

    result = bench.run(Script(press), on_event=pause)
    others[0].join()
    assert (result.status, bench.effects(), presses(screen)) == ("done", ["confirmed"], 1)
    paused = seen[seen.index("leave:guard") :]
    assert paused[:5] == [
        "leave:guard", "enter:act", "press_keys", "leave:act", "enter:observe"
    ]  # fmt: skip
    now = watch.now()
    assert now is not None
    assert now.doing == "over"


def test_a_stop_does_not_wait_for_the_models_answer(bench: Bench, screen: Screen) -> None:
    is_left = threading.Event()
    late: list[str] = []

    class Slow(Script):
        """Asks a model that answers once nobody waits any more, and would ask it once more."""

        def plan(self, turn: Turn) -> Proposal:
            RunWatch(bench.folder.path).want("stop")
            is_left.wait()
            try:
                turn.calls.note(turn.step, ModelCall(model="slow", answer="click"))
                turn.calls.check(turn.step)
            except TakenOver as error:
                late.append(str(error))
            return super().plan(turn)

    slow = Slow(press)
    result = bench.run(slow)
    assert (result.status, result.steps, presses(screen)) == ("stopped", 0, 0)
    assert result.reason == "stopped: somebody who watches stopped it; resume the run to go on"
    is_left.set()
    while not slow.turns:
        time.sleep(0.01)
    assert late == ["stopped: nobody waits for this answer any more"]
    assert read_calls(bench.folder.path) == []
    bench.desktop.takeover.resume()
    assert bench.resume(Script(press)).status == "done"
    assert presses(screen) == 1


def test_a_run_tells_what_comes_next_and_where(bench: Bench) -> None:
    watch = RunWatch(bench.folder.path)
    told: list[tuple[str, str, int, bool]] = []

    def look(event: str) -> None:
        now = watch.now()
        if event == "committed" and now is not None:
            told.append((now.doing, now.sentence, now.step, now.target is not None))
            assert (bench.folder.path / now.observation).is_file()

    bench.run(Script(click, press), on_event=look)
    assert told == [("act", "click", 1, True), ("act", "press_keys", 2, False)]


def test_a_yes_on_the_watch_page_lets_the_run_act(
    bench: Bench, screen: Screen, tmp_path: Path
) -> None:
    approvals = Approvals(tmp_path / "approvals")
    watch = RunWatch(bench.folder.path)

    def approve(event: str) -> None:
        if event == "enter:guard":
            watch.look()
            threading.Thread(target=answer).start()

    def answer() -> None:
        while not approvals.waiting():
            time.sleep(0.01)
        approvals.answer(approvals.waiting()[0].token, "approve", by="the watch page")

    result = bench.run(Script(press), policy=ASK, approvals=approvals, on_event=approve)
    assert (result.status, presses(screen)) == ("done", 1)
    (step,) = read_steps(bench.folder.path)
    assert step.decision["by"] == "the watch page"


@pytest.mark.parametrize(("watchers_answer", "n_waiting"), [(True, 1), (False, 0)])
def test_a_person_asked_in_the_folder_of_approvals_is_not_asked_twice(
    bench: Bench, tmp_path: Path, watchers_answer: bool, n_waiting: int
) -> None:
    approvals = Approvals(tmp_path / "approvals")
    waiting: list[int] = []

    class There(Someone):
        def approve(self, action: Any, context: Any, decision: Any) -> Approval:
            waiting.append(len(approvals.waiting()))
            return super().approve(action, context, decision)

    bench.run(
        Script(press),
        policy=ASK,
        person=There("approve"),
        approvals=approvals,
        watchers_answer=watchers_answer,
    )
    assert waiting == [n_waiting]
    assert approvals.waiting() == []
