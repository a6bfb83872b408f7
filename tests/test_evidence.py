"""What shows that a task is done: values, lists, boxes and the button that sends them off."""

import sys
from pathlib import Path

import pytest

from deskhand.agent.planners.evidence import (
    is_answer_seen,
    part_with,
    repairs,
    told_values,
    unproven,
)
from deskhand.agent.planners.labels import LabelledScreen, label_screen
from deskhand.tools.perception.elements import Element, State

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing


def box(name: str, state: State) -> list[Element]:
    return [thing("checkbox", name, state)]


def a_list(name: str, value: str) -> list[Element]:
    return [
        thing("text", name, left=20, width=100),
        thing("combobox", value, left=140, width=200),
    ]


def screen(*lines: list[Element]) -> LabelledScreen:
    return label_screen(rows(*lines))


EMPTY = screen([thing("text", "Welcome")])


@pytest.mark.parametrize(
    ("task", "values"),
    [
        ("Click Save", []),
        ("Sign up as ada@example.org.", ["ada@example.org"]),
        ("Set the date to 14.05.2027, and the nights to 3", ["14.05.2027", "3"]),
        ("Save it as plan.txt. Do not touch notes.txt.", ["plan.txt"]),
        ('Write "See you, at 5." and send it', ["See you, at 5."]),
        ("Type 'all is well' into Ada's note", ["all is well"]),
        ("Wait 5 seconds, then click Save", []),
        ("Convert 1,200.50 to euros", ["1,200.50"]),
    ],
)
def test_values_are_what_is_told_to_the_letter(task: str, values: list[str]) -> None:
    assert told_values(task) == values


def test_a_value_that_was_typed_or_is_held_is_shown() -> None:
    done = ['type "Ada" into field Name']
    assert unproven(EMPTY, 'Write "Ada" into Name', done, done) == []
    assert unproven(screen(form_field("Copies", "3")), "Print 3 copies", [], []) == []


def test_a_value_that_only_stands_on_the_screen_is_not() -> None:
    shown = screen([thing("text", "3 copies")])
    assert unproven(shown, "Print 3 copies", [], ["click button Print"]) == ['"3"']


def test_a_row_that_was_acted_on_by_its_number_is_shown() -> None:
    done = ['click button Pay near "R 1002"']
    assert unproven(EMPTY, "Pay R-1002", done, done) == []


def test_a_list_that_shows_another_option_is_set_again() -> None:
    done = ["select Italy from drop-down Country"]
    wrong, right = screen(a_list("Country", "Austria")), screen(a_list("Country", "Italy"))
    task = "Choose Italy"
    assert [line.sentence for line in repairs(wrong, task, done, done)] == done
    assert unproven(wrong, task, done, done) == done
    assert repairs(right, task, done, done) == []


@pytest.mark.parametrize(
    ("task", "state", "repair"),
    [
        ("Agree to the terms", "unchecked", ['check checkbox "Agree to the terms"']),
        ("Agree to the terms", "checked", []),
        ("Do not agree to the terms", "checked", ['uncheck checkbox "Agree to the terms"']),
        ("Create the account", "unchecked", []),
    ],
)
def test_boxes_that_the_task_names_are_as_it_says(
    task: str, state: State, repair: list[str]
) -> None:
    shown = screen(box("Agree to the terms", state))
    assert [line.sentence for line in repairs(shown, task, [], [])] == repair


def test_a_box_that_names_a_row_is_left() -> None:
    row = [thing("checkbox", "Buy stamps", "unchecked", left=20), thing("button", "Remove")]
    shown = screen(row, [thing("checkbox", "Call Ida", "unchecked", left=20)])
    done = ['click button Remove near "Buy stamps"']
    assert repairs(shown, "Remove Buy stamps", [], done) == []


def test_radio_buttons_are_never_switched_off() -> None:
    shown = screen([thing("radio", "Aisle", "checked"), thing("radio", "Window", "unchecked")])
    task = "A window seat, not aisle"
    assert [line.sentence for line in repairs(shown, task, [], [])] == ['check radio "Window"']


def test_what_was_sent_off_is_not_looked_for_in_an_emptied_form() -> None:
    done = ['check checkbox "Gift wrap"', "click button Order"]
    emptied = screen(box("Gift wrap", "unchecked"), [thing("button", "Order")])
    assert unproven(emptied, "Order it with gift wrap", done, done) == []


def test_the_button_that_the_task_names_must_have_been_pressed() -> None:
    shown = screen(form_field("Name", "a.txt"), [thing("button", "Save")])
    done = ['type "a.txt" into field Name']
    assert unproven(shown, "Save it as a.txt", done, done) == ["click button Save"]


def test_the_part_of_the_task_with_a_value_is_asked_for() -> None:
    task = "Set the date to 14.05.2027, and the nights to 3"
    assert part_with('"3"', task) == "the nights to 3"
    assert part_with("check checkbox Breakfast", task) == task


@pytest.mark.parametrize(
    ("answer", "seen"),
    [("The total is 10.40", True), ("10.4", True), ("11.40", False), ("Yes", True)],
)
def test_the_numbers_of_an_answer_stand_on_the_screen(answer: str, seen: bool) -> None:
    basket = screen([thing("text", "Total: 10.40")])
    assert is_answer_seen(answer, basket, "What does it cost?") is seen
