"""What `--app` names is opened before a model is asked."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from deskhand.agent.planners.opening import OpeningPlanner, split_opening
from deskhand.agent.planners.planner import Proposal, StepSummary, Turn
from deskhand.tools.actions import Done, Fail, Launch
from deskhand.tools.outcome import Outcome

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import rows

TASK = 'open "mousepad --disable-server"\nwrite a haiku'


class Model:
    """Is done at once, and keeps what it was asked."""

    name = "model"

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    def plan(self, turn: Turn) -> Proposal:
        self.turns.append(turn)
        return Proposal(action=Done(), sentence="done", memory={"n": len(self.turns)})


def planner(model: Model) -> OpeningPlanner:
    opening = split_opening(TASK)
    assert opening is not None
    return OpeningPlanner(*opening, model)


def turn(memory: dict[str, Any]) -> Turn:
    return Turn(
        task=TASK, observation=rows([]), memory=memory, history=(), step=1, last_outcome=None
    )


def after_opening(effect: Any) -> Turn:
    step = StepSummary(sentence="open mousepad", effect=effect, evidence="no window came")
    return replace(
        turn({"then": {}}),
        history=(step,),
        last_outcome=Outcome(effect=effect, evidence="no window came"),
    )


def test_the_application_is_opened_without_asking() -> None:
    model = Model()
    proposal = planner(model).plan(turn({}))
    assert proposal.action == Launch(command=("mousepad", "--disable-server"))
    assert model.turns == []


def test_then_the_model_sees_the_rest_and_its_own_memory() -> None:
    model = Model()
    proposal = planner(model).plan(after_opening("confirmed"))
    assert (model.turns[0].task, dict(model.turns[0].memory)) == ("write a haiku", {})
    assert model.turns[0].last_outcome is None
    assert proposal.memory == {"then": {"n": 1}}


def test_what_does_not_open_ends_the_run() -> None:
    model = Model()
    proposal = planner(model).plan(after_opening("diverged"))
    assert isinstance(proposal.action, Fail)
    assert proposal.action.reason.endswith(": no window came")
    assert model.turns == []


def test_a_task_that_opens_nothing_is_left_whole() -> None:
    assert split_opening("write a haiku\nand save it") is None
    assert split_opening("open mousepad") is None
