"""How a run of the planner for small models waits and ends, with a model that is scripted."""

import sys
from pathlib import Path

from deskhand.tools.actions import Fail, Pause, PressKeys
from deskhand.tools.perception.elements import Observation, State

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing
from tests.scripted_planner import SAVE, SAVED, Run


def test_a_loading_screen_is_waited_for_without_asking_the_model() -> None:
    loading = rows([thing("text", "Loading, please wait...")], [thing("button", "Cancel")])
    run = Run("Save it", 'click button "Save"')
    assert run.turn(loading).action == Pause(seconds=2.0)
    assert run.model.asked == []
    assert run.turn(SAVE, "unverifiable").sentence == "click button Save"


def test_what_the_task_wants_of_a_loading_screen_is_done() -> None:
    loading = rows([thing("progressbar", "12 %")], [thing("button", "Cancel")])
    run = Run("Cancel the download", 'click button "Cancel"')
    assert run.turn(loading).sentence == "click button Cancel"


def test_a_screen_that_loads_for_ever_ends_the_waiting() -> None:
    loading = rows([thing("text", "Please wait...")])
    run = Run("Save it", "wait 2 seconds")
    said = run.sentences(loading)
    assert said[:-1] == ["wait 2 seconds"] * 30
    assert said[-1] == 'stop "the screen went on loading"'


def test_a_refusal_ends_the_run() -> None:
    run = Run("Save it", 'click button "Save"')
    run.turn(SAVE)
    ended = run.turn(SAVE, "refused")
    assert ended.action == Fail(reason="line 1: click button Save was refused: it was seen")


def test_three_failures_end_the_run() -> None:
    screen = rows([thing("button", f"Save {n}") for n in range(4)])
    run = Run("Save it", *(f'click button "Save {n}"' for n in range(3)))
    run.turn(screen)
    run.turn(screen, "no_effect")
    run.turn(screen, "no_effect")
    assert run.turn(screen, "no_effect").action == Fail(
        reason="line 1: click button Save 2 had no effect: it was seen"
    )


def test_nothing_that_fits_is_said_so() -> None:
    screen = rows([thing("checkbox", "Tips", "unchecked")])
    run = Run("Mute the sound", *(['check checkbox "Tips"'] * 3))
    assert run.turn(screen).action == Fail(
        reason="nothing on the screen fits what is left of the task: Mute the sound"
    )
    assert '"check "' in run.model.grammars[0]
    assert '"check "' not in run.model.grammars[1]


def test_a_part_that_nothing_was_done_for_is_no_success() -> None:
    run = Run(
        "Enter Ada as the name, then call the dentist",
        'type "Ada" into field "Name"',
        'type "Ada" into field "Name"',
        'type "Ada" into field "Name"',
    )
    run.turn(SAVE)
    assert run.turn(SAVE, "confirmed").action == Fail(
        reason="nothing on the screen fits what is left of the task: call the dentist"
    )


def test_the_button_that_sends_off_an_entry_is_not_forgotten() -> None:
    run = Run("Save it as a.txt", 'type "a.txt" into field "Name"')
    run.turn(SAVE)
    second = run.turn(SAVE, "confirmed")
    assert (second.sentence, second.note) == (
        "click button Save",
        "what was entered is not sent off yet",
    )
    forbidden = Run("Enter a.txt, do not save", 'type "a.txt" into field "Name"')
    forbidden.turn(SAVE)
    assert forbidden.turn(SAVE, "confirmed").action.kind == "done"


def test_what_was_sent_off_is_the_end_though_words_are_left() -> None:
    run = Run(
        "Save it as a.txt for my sister", 'type "a.txt" into field "Name"\nclick button "Save"'
    )
    run.turn(SAVE)
    run.turn(SAVE, "confirmed")
    assert run.turn(SAVED, "confirmed").action.kind == "done"
    assert len(run.model.asked) == 1


def test_another_way_is_looked_for_where_a_click_had_no_effect() -> None:
    run = Run("Save it or press ctrl+s", 'click button "Save"', "press ctrl+s")
    run.turn(SAVE)
    second = run.turn(SAVE, "no_effect")
    assert second.action == PressKeys(keys=("ctrl", "s"))
    assert '"button \\"Save\\""' not in run.model.grammars[1]
    assert run.turn(SAVE, "confirmed").action.kind == "done"


def with_box(state: State) -> Observation:
    box = thing("checkbox", "Agree to the terms", state)
    return rows(form_field("Name"), [box], [thing("button", "Save")])


def test_a_box_that_the_plan_skipped_is_ticked_before_the_form_is_sent_off() -> None:
    plan = 'type "Ada" into field "Name"\nclick button "Save"'
    run = Run("Type Ada into Name, agree to the terms and save", plan)
    assert run.turn(with_box("unchecked")).sentence == 'type "Ada" into field Name'
    ticks = run.turn(with_box("unchecked"), "confirmed")
    assert ticks.sentence == 'check checkbox "Agree to the terms"'
    assert run.turn(with_box("checked"), "confirmed").sentence == "click button Save"
    assert run.turn(SAVED, "confirmed").action.kind == "done"


def test_a_value_that_went_nowhere_is_asked_for_again_and_then_the_run_is_unsure() -> None:
    answer = 'click button "Save"'
    run = Run("Save 7 copies", answer, *[answer] * 9)
    assert run.turn(SAVE).sentence == "click button Save"
    end = run.turn(SAVED, "confirmed")
    assert end.action == Fail(reason='unsure: nothing shows that this was done: "7"')


def test_an_answer_with_another_number_is_no_answer() -> None:
    run = Run("What is the total?", 'done "11.40"')
    end = run.turn(rows([thing("text", "Total: 10.40")]))
    assert end.action == Fail(reason="unsure: the answer is not on the screen: 11.40")


def test_the_text_of_the_task_goes_into_the_one_empty_field_before_it_is_sent_off() -> None:
    screen = rows(form_field("Your answer"), [thing("button", "Send"), thing("button", "Back")])
    run = Run('Reply with "The price is fine" and send it', 'click button "Send"')
    assert run.turn(screen).sentence == 'type "The price is fine" into field Your answer'
    assert run.turn(screen, "confirmed").sentence == "click button Send"
    assert run.turn(SAVED, "confirmed").action.kind == "done"


def test_with_two_empty_fields_the_text_is_not_put_into_one_by_chance() -> None:
    screen = rows(form_field("To"), form_field("Answer"), [thing("button", "Send")])
    run = Run('Reply with "The price is fine" and send it', 'click button "Send"')
    assert run.turn(screen).sentence == "click button Send"


def test_a_search_is_no_end_while_the_task_goes_on_with_what_it_found() -> None:
    find = rows(form_field("Products"), [thing("button", "Search")])
    found = rows(
        form_field("Products"),
        [thing("button", "Search")],
        [thing("text", "Desk lamp", left=20), thing("button", "Add to basket")],
        [thing("text", "Floor lamp", left=20), thing("button", "Add to basket")],
    )
    add = 'click button "Add to basket" near "Floor lamp"'
    run = Run(
        "Search for lamp, then add the Floor lamp to the basket",
        'type "lamp" into field "Products"\nclick button "Search"',
        add,
    )
    assert run.turn(find).sentence == 'type "lamp" into field Products'
    assert run.turn(find, "confirmed").sentence == "click button Search"
    assert run.turn(found, "confirmed").sentence == add
    assert run.turn(SAVED, "confirmed").action.kind == "done"
