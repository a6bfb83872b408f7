"""Limits hold by default, and say which option raises them."""

import pytest

from deskhand.agent.budgets import Budgets
from deskhand.agent.run_settings import RunSettings
from deskhand.memory.errors import BudgetExceeded
from deskhand.tools.actions import Click, PointTarget


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_steps() -> None:
    budgets = Budgets(RunSettings(max_steps=3))
    budgets.check(3)
    with pytest.raises(BudgetExceeded, match=r"^3 steps are used up; allow more with --max-steps$"):
        budgets.check(4)


def test_seconds_count_over_all_processes_of_a_run() -> None:
    clock = Clock()
    budgets = Budgets(RunSettings(max_seconds=60), spent_s=50, clock=clock)
    clock.now_s += 9
    budgets.check(1)
    assert budgets.left_s == pytest.approx(1)
    clock.now_s += 1
    with pytest.raises(BudgetExceeded, match=r"^60 seconds are used up"):
        budgets.check(1)


def test_the_same_action_on_the_same_screen() -> None:
    budgets = Budgets(RunSettings(max_repeats=2))
    click = {"kind": "click", "target": "Save"}
    budgets.note_action(click, "a")
    budgets.note_action(click, "a")
    budgets.note_action(click, "b")
    with pytest.raises(BudgetExceeded, match=r"the same click met the same screen 3 times"):
        budgets.note_action(click, "a")


def test_two_actions_taken_in_turns_are_a_circle_too() -> None:
    budgets = Budgets(RunSettings(max_repeats=3))
    forth, back = {"kind": "click", "target": "Next"}, {"kind": "click", "target": "Back"}
    for _ in range(3):
        budgets.note_action(forth, "a")
        budgets.note_action(back, "b")
    with pytest.raises(BudgetExceeded, match=r"goes in circles$"):
        budgets.note_action(forth, "a")


def test_a_point_is_the_same_at_the_next_look() -> None:
    budgets = Budgets(RunSettings(max_repeats=2))
    for number in range(3):
        target = PointTarget(x=5, y=6, view=f"v{number}")
        click = Click(target=target).model_dump(mode="json")
        if number < 2:
            budgets.note_action(click, "a")
    with pytest.raises(BudgetExceeded, match=r"^the same click met the same screen 3 times; "):
        budgets.note_action(click, "a")
