"""What a small model's plan is held to, with a model that is scripted."""

import sys
from pathlib import Path

import pytest

from deskhand.agent.planners.guards import is_wanted_on
from deskhand.agent.planners.labels import label_screen
from deskhand.tools.actions import (
    Click,
    Done,
    ElementTarget,
    Fail,
    PressKeys,
    TypeText,
)

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing
from tests.scripted_planner import SAVE, SAVED, Run


def test_text_that_nobody_told_is_not_typed() -> None:
    run = Run("Fill in the form and save", 'type "John" into field "Name"\nclick button "Save"')
    first = run.turn(SAVE)
    assert first.sentence == "click button Save"
    assert first.note == ('left out type "John" into field Name: what it types is not in the task')


def test_text_of_the_screen_is_typed_where_the_task_speaks_of_it() -> None:
    screen = rows(form_field("Code"), [thing("text", "Code: K-77")], [thing("button", "OK")])
    run = Run("Enter the code shown", 'type "K-77" into field "Code"')
    assert run.turn(screen).action == TypeText(text="K-77", into=ElementTarget(id=2))
    assert '\\"K-77\\"' in run.model.grammars[0]


def test_a_value_is_replaced_and_one_that_is_right_is_left() -> None:
    screen = rows(form_field("Width", "100"), form_field("Height", "50"))
    run = Run(
        "Width 200, height 50",
        'type "200" into field "Width"\ntype "50" into field "Height"',
    )
    assert run.sentences(screen) == [
        'type "200" into field Width, replacing what is there',
        'done "type \\"50\\" into field Height, replacing what is there; '
        'type \\"200\\" into field Width, replacing what is there"',
    ]


def test_boxes_follow_the_words_of_the_task() -> None:
    screen = rows(
        [thing("checkbox", "Sounds", "checked")], [thing("checkbox", "Tips", "unchecked")]
    )
    run = Run("Turn off the sounds", 'click checkbox "Sounds"\ncheck checkbox "Tips"')
    first = run.turn(screen)
    assert (first.sentence, first.action) == (
        "uncheck checkbox Sounds", Click(target=ElementTarget(id=1)),
    )  # fmt: skip
    assert first.note == "left out uncheck checkbox Tips: the task does not name it"


def test_a_box_that_is_right_already_is_the_end() -> None:
    screen = rows([thing("checkbox", "Sounds", "unchecked")])
    run = Run("Make sure that sounds are off", 'uncheck checkbox "Sounds"')
    assert run.turn(screen).action == Done(summary="uncheck checkbox Sounds")


def test_clicks_on_what_the_task_does_not_name_are_left_out() -> None:
    screen = rows([thing("link", name) for name in ("News", "Sport", "Shop")])
    run = Run("Read the sport pages", 'click link "News"\nclick link "Sport"')
    assert run.turn(screen).sentence == "click link Sport"


def test_nothing_is_done_twice_in_a_plan_unless_the_task_counts() -> None:
    screen = rows([thing("button", "Plus")])
    plan = 'click button "Plus"\nclick button "Plus"'
    assert len(Run("Press plus", plan).sentences(screen)) == 2
    assert len(Run("Press plus twice", plan).sentences(screen)) == 3


def test_the_rest_of_a_plan_waits_for_the_screen_that_a_menu_shows() -> None:
    bar = rows([thing("menuitem", "File"), thing("textbox", "", left=400, height=200)])
    opened = rows([thing("menuitem", "File")], [thing("menuitem", "Save As")])
    run = Run(
        "Choose File, Save As",
        'click menu "File"\ntype "Save" into field "unnamed"',
        'click menu "Save As"',
    )
    assert run.turn(bar).sentence == "click menu File"
    assert run.turn(opened, "confirmed").sentence == "click menu Save As"
    assert len(run.model.asked) == 2
    assert "Done so far: click menu File\nTask: Save As\n" in str(run.model.asked[1][-1].content)


def test_a_click_before_typing_is_one_click_too_many() -> None:
    plan = 'click field "Name"\ntype "Ada" into field "Name"'
    assert Run("Enter Ada as the name", plan).turn(SAVE).action == TypeText(
        text="Ada", into=ElementTarget(id=2)
    )


def test_a_field_takes_one_text() -> None:
    screen = rows(form_field("Arrival"), form_field("Nights", "1"), [thing("button", "Book")])
    run = Run(
        "Set the arrival to Monday and the nights to 3, then book",
        'type "Monday" into field "Arrival"\ntype "3" into field "Arrival"\nclick button "Book"',
        'type "3" into field "Nights"',
    )
    first = run.turn(screen)
    assert first.sentence == 'type "Monday" into field Arrival'
    assert first.note == (
        'left out type "3" into field Arrival: something else is typed there; '
        'left out click button Book: field "Nights" is to be filled first'
    )
    assert run.turn(screen, "confirmed").action == TypeText(
        text="3", into=ElementTarget(id=4), replace=True
    )
    assert run.turn(screen, "confirmed").sentence == "click button Book"


def test_nothing_is_sent_off_before_it_is_entered() -> None:
    screen = rows(form_field("Width", "100"), [thing("button", "OK")])
    run = Run(
        "Set the width to 300 and press OK", 'click button "OK"', 'type "300" into field "Width"'
    )
    first = run.turn(screen)
    assert first.sentence == 'type "300" into field Width, replacing what is there'
    assert first.note == 'left out click button OK: field "Width" is to be filled first'
    assert run.turn(screen, "confirmed").sentence == "click button OK"


def test_a_question_changes_nothing() -> None:
    screen = rows(
        [thing("tab", "More"), thing("button", "Buy", left=400)],
        form_field("Code"),
        [thing("text", "Price: 5")],
    )
    run = Run("What does it cost?", 'click tab "More"', 'done "5"')
    assert run.turn(screen).sentence == "click tab More"
    assert "Buy" not in run.model.grammars[0]
    assert '"type "' not in run.model.grammars[0]
    assert run.turn(screen, "confirmed").action == Done(summary="5")


def test_a_box_is_not_ticked_where_the_task_names_a_button_in_its_row() -> None:
    screen = rows(
        *([thing("checkbox", name, "unchecked"), thing("button", "Remove", left=400)]
          for name in ("Milk", "Tea"))
    )  # fmt: skip
    run = Run("Remove the tea", 'check checkbox "Tea"', 'click button "Remove" near "Tea"')
    assert run.turn(screen).action == Click(target=ElementTarget(id=4))


def test_keys_are_pressed_only_where_the_task_speaks_of_them() -> None:
    run = Run("Close this", "press escape", 'click button "Cancel"')
    assert run.turn(SAVE).sentence == "click button Cancel"
    assert '"press " keys' not in run.model.grammars[0]


def test_a_search_is_sent_off_with_enter() -> None:
    screen = rows([thing("textbox", "Search", width=300)])
    run = Run("Search for tea", 'type "tea" into field "Search"\npress enter')
    assert run.turn(screen).action == TypeText(text="tea", into=ElementTarget(id=1), replace=True)
    assert run.turn(screen, "confirmed").action == PressKeys(keys=("enter",))


def test_another_word_for_the_task_is_guessed_at_once_or_never() -> None:
    run = Run("Go on drawing", 'click button "Quit"')
    assert run.turn(SAVED).sentence == "click button Quit"
    later = Run("Save it, call Ida", 'click button "Save"', *['click button "Quit"'] * 2)
    later.turn(SAVE)
    assert later.turn(SAVED, "confirmed").action == Fail(
        reason="nothing on the screen fits what is left of the task: call Ida"
    )


def test_a_list_that_the_task_does_not_name_gets_nothing_that_is_said_of_a_field() -> None:
    lines = [
        form_field("Name"),
        [thing("text", "Country", left=20, width=100), thing("combobox", "Austria", left=140)],
        [thing("checkbox", "Subscribe to the newsletter", "unchecked")],
        [thing("button", "Submit")],
    ]
    plan = [
        'type "Ada Lovelace" into field "Name"',
        'select "Ada" from drop-down "Country"',
        'select "newsletter" from drop-down "Country"',
        'check checkbox "Subscribe to the newsletter"',
        'click button "Submit"',
    ]
    task = "Fill in the form for Ada Lovelace, subscribe to the newsletter and submit"
    run = Run(task, "\n".join(plan))
    assert run.turn(rows(*lines)).sentence == 'type "Ada Lovelace" into field Name'
    assert [line["sentence"] for line in run.memory["plan"]] == [
        'type "Ada Lovelace" into field Name',
        'check checkbox "Subscribe to the newsletter"',
        "click button Submit",
    ]


def test_what_is_said_once_goes_into_one_field() -> None:
    screen = rows(form_field("Name"), form_field("Remarks"))
    plan = 'type "Ada" into field "Name"\ntype "Ada" into field "Remarks"'
    run = Run("Fill it in for Ada", plan)
    run.turn(screen)
    assert [line["sentence"] for line in run.memory["plan"]] == ['type "Ada" into field Name']


@pytest.mark.parametrize(
    ("task", "name", "wanted"),
    [
        ("Hide the status bar", "Show status bar", False),
        ("Show the status bar", "Show status bar", True),
        ("Hide the toolbar", "Hide toolbar", True),
        ("Turn on Do not track", "Do not track", True),
        ("Turn off Do not track", "Do not track", False),
        ("Add sugar, no milk", "Milk", False),
        ("I go by train, not by car", "Car", False),
        ("I go by train, not by car", "Train", True),
    ],
)
def test_whether_a_box_is_to_be_ticked(task: str, name: str, wanted: bool) -> None:
    (label,) = label_screen(rows([thing("checkbox", name, "unchecked")])).labels
    assert is_wanted_on(label, task) is wanted
