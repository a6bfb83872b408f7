"""The cases for first plans: each names what is on its screen, and is judged as meant."""

import sys
from pathlib import Path

import pytest

from deskhand.agent.planners.labels import label_screen

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.json_over_ids import deeds_of, messages_for
from benchmarks.plan_cases import (
    HALVES,
    Deed,
    Half,
    PlanCase,
    Way,
    is_first_right,
    is_plan_right,
    load_cases,
    load_screen,
    right_deeds,
)

CASES = [(half, number) for half in HALVES for number in range(len(load_cases(half)))]
CASE = PlanCase(
    kind="dialog",
    screen="print-dialog",
    task="Print 2 copies in landscape.",
    accept=(
        Way(
            in_any_order=('type "2" into field "Copies"', 'check radio "Landscape"'),
            then=('click button "Print"',),
        ),
    ),
)


@pytest.mark.parametrize(("half", "number"), CASES)
def test_every_right_answer_is_on_its_screen(half: Half, number: int) -> None:
    case = load_cases(half)[number]
    for way in case.accept:
        sentences = (*way.in_any_order, *way.then)
        deeds = right_deeds(sentences, load_screen(case.screen))
        assert [deed.verb for deed in deeds if deed.verb == "another"] == []
        assert len(deeds) == len(sentences)


def test_the_halves_share_no_screen() -> None:
    tuned, held_out = ({case.screen for case in load_cases(half)} for half in HALVES)
    assert tuned & held_out == set()


def test_there_are_enough_of_many_kinds() -> None:
    assert len(load_cases("held_out")) >= 30
    assert len(CASES) >= 60
    assert len({case.kind for case in load_cases("held_out")}) >= 10


@pytest.mark.parametrize(
    ("answer", "first", "plan"),
    [
        ([0, 1, 2], True, True),
        ([1, 0, 2], True, True),
        ([0, 1], True, False),
        ([2], False, False),
        ([2, 0, 1], False, False),
        ([0, 0, 2], True, False),
        ([0, 1, 2, 2], True, False),
        ([], False, False),
    ],
)
def test_order_counts_where_the_case_says_so(answer: list[int], first: bool, plan: bool) -> None:
    screen = load_screen(CASE.screen)
    way = CASE.accept[0]
    right = right_deeds((*way.in_any_order, *way.then), screen)
    deeds = [right[index] for index in answer]
    assert is_first_right(deeds, CASE, screen) is first
    assert is_plan_right(deeds, CASE, screen) is plan


def test_an_answer_is_right_if_it_says_what_was_asked_for() -> None:
    case = CASE.model_copy(update={"accept": (Way(then=('done "KD-4"',)),)})
    screen = load_screen(case.screen)
    assert is_plan_right([Deed(verb="done", text="It is KD-40917.")], case, screen)
    assert not is_plan_right([Deed(verb="done", text="I do not know.")], case, screen)


def test_json_comes_to_the_same_deeds_as_sentences() -> None:
    observation = load_screen(CASE.screen)
    way = CASE.accept[0]
    right = right_deeds((*way.in_any_order, *way.then), observation)
    copies, landscape, button = (deed.element_id for deed in right)
    text = (
        f'[{{"action":"type","id":{copies},"text":"2"}},{{"action":"click","id":{landscape}}},'
        f'{{"action":"click","id":{button}}}]'
    )
    assert deeds_of(text, label_screen(observation)) == right


def test_json_that_was_cut_off_is_no_plan() -> None:
    assert deeds_of('[{"action":"click"', label_screen(load_screen(CASE.screen))) == []


def test_the_baseline_has_the_same_turns_with_numbers() -> None:
    messages = messages_for(label_screen(load_screen(CASE.screen)), CASE.task, ())
    assert '5 button "Close"' in str(messages[1].content)
    assert messages[2].content == '[{"action":"click","id":5}]'
