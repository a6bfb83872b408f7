"""Whole runs by a scripted chat model on a desktop in memory: budgets, resume, what is recorded."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskhand.agent import runner
from deskhand.agent.planners.usage import Usage
from deskhand.agent.run_settings import RunResult, RunSettings
from deskhand.agent.runner import Company, resume_task, run_task
from deskhand.agent.trajectory.model_calls import read_calls
from deskhand.agent.trajectory.recording import read_steps
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.tools import verification

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.model_servers.form_desk import FormObserver, FormScreen
from tests.model_servers.scripted import (
    TASK,
    Answer,
    StatusError,
    call,
    planner,
)


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FormScreen:
    screen = FormScreen(tmp_path)
    monkeypatch.setattr(runner, "load_observer", lambda _desktop: FormObserver(screen))
    monkeypatch.setattr(verification, "PATIENCE_S", 0.1)
    return screen


GOOD = (
    call("type_text", text="Ada", element=2),
    call("click", element=3, expect="saved Ada"),
    call("done", summary="the form says saved Ada"),
)


class Runs:
    def __init__(self, screen: FormScreen, home: Path) -> None:
        self.screen = screen
        self.folder = RunFolder.create(home, TASK)

    def run(self, *answers: Answer, **settings: Any) -> RunResult:
        return self._go(run_task, TASK, *answers, folder=self.folder, **settings)

    def resume(self, *answers: Answer, **settings: Any) -> RunResult:
        return self._go(resume_task, *answers, folder=RunFolder(self.folder.path), **settings)

    def _go(
        self,
        go: Callable[..., RunResult],
        *given: Any,
        folder: RunFolder,
        person: Any = None,
        **settings: Any,
    ) -> RunResult:
        answers = [answer for answer in given if not isinstance(answer, str)]
        tasks = [task for task in given if isinstance(task, str)]
        chosen, self.model = planner(*answers)
        along = Company() if person is None else Company(person=person)
        return go(
            *tasks, folder=folder, settings=RunSettings(**settings), desktop=self.screen.desktop,
            planner=chosen, along=along,
        )  # fmt: skip


@pytest.fixture
def runs(screen: FormScreen, tmp_path: Path) -> Runs:
    return Runs(screen, tmp_path)


def test_a_run_does_the_task_and_says_what_it_cost(runs: Runs, screen: FormScreen) -> None:
    result = runs.run(*GOOD)
    assert (result.status, result.reason) == ("done", "the form says saved Ada")
    assert screen.saved == "Ada"
    steps = read_steps(runs.folder.path)
    assert [step.outcome["effect"] for step in steps] == ["confirmed", "confirmed"]
    assert [step.usage["input_tokens"] for step in steps] == [1000, 1000]
    recorded = read_calls(runs.folder.path)
    assert [(r.step, r.call.answer) for r in recorded] == [
        (1, "type_text"), (2, "click"), (3, "done"),
    ]  # fmt: skip
    assert all(r.call.prompt == "" for r in recorded)
    assert (result.usage.calls, result.usage.tokens) == (3, 3060)
    report = result.report.read_text(encoding="utf-8")
    assert "3 calls, 3,000 tokens in (1,800 cached), 60 out" in report


def test_prompts_are_kept_if_that_is_asked(runs: Runs) -> None:
    runs.run(*GOOD, keep_prompts=True)
    first = read_calls(runs.folder.path)[0].call
    assert "human: Task:\nput Ada into the form" in first.prompt


def test_the_token_budget_holds_within_a_step_as_well(runs: Runs) -> None:
    result = runs.run(*[call("click", element=99)] * 3, max_tokens=2000)
    assert (result.status, result.reason) == (
        "budget", "2000 tokens are used up; allow more with --max-tokens",
    )  # fmt: skip
    assert len(runs.model.asked) == 2
    assert result.usage.tokens == 2040


def test_tokens_of_earlier_processes_count_and_more_can_be_allowed(
    runs: Runs, screen: FormScreen
) -> None:
    assert runs.run(*GOOD, max_tokens=1000).status == "budget"
    assert runs.resume(*GOOD[1:], max_tokens=1000).status == "budget"
    assert len(runs.model.asked) == 0
    result = runs.resume(*GOOD[1:], max_tokens=9000)
    assert (result.status, result.usage.calls, screen.saved) == ("done", 3, "Ada")


@pytest.mark.parametrize(("limits", "asked"), [({"max_steps": 2}, 2), ({"max_repeats": 1}, 2)])
def test_the_other_budgets_hold(runs: Runs, limits: dict[str, int], asked: int) -> None:
    result = runs.run(*[call("click", element=4)] * 5, **limits)
    assert result.status == "budget"
    assert len(runs.model.asked) == asked


def test_a_run_goes_on_once_the_server_is_back(runs: Runs, screen: FormScreen) -> None:
    result = runs.run(GOOD[0], StatusError(503))
    assert (result.status, result.reason) == (
        "stopped", "model scripted: its server fails (503); try again later",
    )  # fmt: skip
    result = runs.resume(*GOOD[1:])
    assert (result.status, screen.saved, screen.typed) == ("done", "Ada", "Ada")
    assert [r.call.answer for r in read_calls(runs.folder.path)] == [
        "type_text", "error: StatusError", "click", "done",
    ]  # fmt: skip
    # The prompt of a resumed run tells what was done before.
    assert '1. type "Ada" into field Name: confirmed' in runs.model.asked[0][1].text


def test_a_question_reaches_the_person_and_the_answer_the_model(runs: Runs) -> None:
    class Someone:
        def approve(self, *_: Any) -> None:
            return None

        def answer(self, question: str) -> str:
            return f"the answer to {question}"

    runs.run(call("ask_user", question="Which name?"), call("fail", reason="x"), person=Someone())
    assert "The person answered at step 1: the answer to Which name?" in (
        runs.model.asked[1][1].text
    )


def test_usage_adds_up() -> None:
    known = Usage(calls=1, input_tokens=5, seconds=0.5, price=0.1)
    unknown = Usage(calls=1, input_tokens=5)
    assert (known + known).price == 0.2
    assert (known + unknown).price is None  # a sum with an unknown in it is not known
    assert (Usage() + known) == known
    assert Usage().to_json() == {}
