"""The planner without a model, turn by turn, over screens that are made of elements."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from deskhand.agent.planners.instructions import MAX_SCROLLS, InstructionPlanner
from deskhand.agent.planners.planner import Proposal, StepSummary, Turn
from deskhand.memory.errors import InstructionError
from deskhand.tools.actions import (
    Click,
    Done,
    ElementTarget,
    Expectation,
    Fail,
    PressKeys,
    Scroll,
    TextTarget,
    WaitFor,
)
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.outcome import Effect, Outcome
from deskhand.tools.perception.elements import Element, Observation, Role, State


def thing(
    text: str, *, role: Role = "button", state: State | None = None, top: int | None = None
) -> Element:
    """An element; `screen` gives it its number, and its place where it has none."""
    states: frozenset[State] = frozenset() if state is None else frozenset({state})
    box = Box(0, 0, 80, 18) if top is None else Box(0, top, 80, top + 18)
    return Element(
        id=1 if top is None else 2, role=role, text=text, box=box, score=1.0, source="ocr",
        states=states,
    )  # fmt: skip


def screen(*things: Element | str, windows: Sequence[str] = (), shade: int = 0) -> Observation:
    """A screen with these things one below the other. A different shade is a different picture."""
    elements = []
    for index, given in enumerate(things):
        element = thing(given) if isinstance(given, str) else given
        box = element.box if element.id == 2 else element.box.shift(0, 30 * index)
        elements.append(
            Element(
                id=index + 1, role=element.role, text=element.text, box=box, score=1.0,
                source="ocr", states=element.states,
            )
        )  # fmt: skip
    pixels = np.full((400, 300, 3), shade, dtype=np.uint8)
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=300, height=400)),
        elements=elements,
        windows=[
            Window(id=n, title=title, app=title, pid=None, box=Box(0, 0, 300, 400))
            for n, title in enumerate(windows)
        ],
    )


def outcome(effect: Effect = "confirmed", evidence: str = "it was seen", **more: str) -> Outcome:
    return Outcome(effect=effect, evidence=evidence, **more)  # type: ignore[arg-type]  # one str


class Runner:
    """Does what the graph does with a planner: memory goes through JSON, in a new planner each."""

    def __init__(self, task: str, *, patience_s: float = 5.0) -> None:
        self.task = task
        self.patience_s = patience_s
        self.memory: dict[str, object] = {}
        self.history: list[StepSummary] = []
        self.sentence = ""

    def turn(self, observation: Observation, last: Outcome | None = None) -> Proposal:
        if last is not None:
            summary = StepSummary(
                sentence=self.sentence, effect=last.effect, evidence=last.evidence
            )
            self.history.append(summary)
        planner = InstructionPlanner(self.task, patience_s=self.patience_s)
        proposal = planner.plan(
            Turn(
                task=self.task,
                observation=observation,
                memory=self.memory,
                history=tuple(self.history),
                step=len(self.history) + 1,
                last_outcome=last,
            )
        )
        self.memory = json.loads(json.dumps(proposal.memory))
        self.sentence = proposal.sentence
        return proposal


def test_sentences_follow_each_other_and_then_it_is_done() -> None:
    run = Runner("click A\npress tab twice")
    here = screen("A", "B")
    assert run.turn(here).action == Click(target=TextTarget(text="A"))
    second = run.turn(here, outcome())
    assert (second.action, second.sentence) == (PressKeys(keys=("tab",)), "press tab")
    assert run.turn(here, outcome()).action == PressKeys(keys=("tab",))
    assert run.turn(here, outcome()).action == Done(summary="every sentence is done")


def test_planning_twice_gives_the_same() -> None:
    run = Runner("click A\nclick B")
    here = screen("A", "B")
    run.turn(here)
    memory = dict(run.memory)
    first = run.turn(here, outcome())
    run.memory = dict(memory)
    run.history.pop()
    assert run.turn(here, outcome()) == first


BAD = [
    ("no_effect", "line 2: click B had no effect: the screen did not change"),
    ("diverged", "line 2: click B went wrong: the screen did not change"),
    ("refused", "line 2: click B was refused: the screen did not change"),
]  # fmt: skip


@pytest.mark.parametrize(("effect", "reason"), BAD)
def test_a_step_that_did_not_happen_ends_the_run(effect: Effect, reason: str) -> None:
    run = Runner("click A\nclick B\nclick C")
    here = screen("A", "B", "C")
    run.turn(here)
    run.turn(here, outcome())
    assert run.turn(here, outcome(effect, "the screen did not change")).action == Fail(
        reason=reason
    )


def test_what_cannot_be_told_goes_on_with_a_note() -> None:
    run = Runner("click A\nclick B")
    here = screen("A", "B")
    run.turn(here)
    proposal = run.turn(here, outcome("unverifiable", "only a caret changed"))
    assert proposal.action == Click(target=TextTarget(text="B"))
    assert proposal.note == (
        "went on though the step before could not be verified: only a caret changed"
    )


def test_a_thing_that_is_not_there_yet_is_waited_for_once() -> None:
    run = Runner('click "Save As"')
    first = run.turn(screen("Wait"))
    assert first.action == WaitFor(text="Save As", timeout_s=5)
    assert first.note == '"Save As" is not on the screen yet'
    assert run.turn(screen("Save As"), outcome()).action == Click(target=TextTarget(text="Save As"))


def test_a_thing_that_never_comes_is_left_to_the_hands_to_refuse() -> None:
    run = Runner("click Save\nclick Quit")
    here = screen("Wait", "Quit")
    run.turn(here)
    assert isinstance(run.turn(here, outcome("diverged", "did not appear")).action, Click)
    last = run.turn(here, outcome("refused", "nothing reads Save"))
    assert last.action == Fail(reason="line 1: click Save was refused: nothing reads Save")


def test_without_patience_nothing_is_waited_for() -> None:
    run = Runner("click Save", patience_s=0)
    assert isinstance(run.turn(screen("Wait")).action, Click)


IFS = [
    ('if "A" is visible then click A otherwise click B; click C', ("A", "B", "C"), "AC"),
    ('if "A" is visible then click A otherwise click B; click C', ("B", "C"), "BC"),
    ('if "A" is not visible then click B; click C', ("A", "B", "C"), "C"),
    ('if window "W" is open then click A then click B; click C', ("A", "B", "C"), "ABC"),
    ('if window "X" is open then click A then click B; click C', ("A", "B", "C"), "C"),
    ('if window "X" is not open:\nif "A" is visible:\nclick A\nend\nclick B\nend\nclick C',
     ("A", "B", "C"), "ABC"),
    ('if "A" is visible:\nend\nclick C', ("A", "C"), "C"),
    ('if "Q" is visible:\nclick A\notherwise:\nif "B" is visible then click B\nend\nclick C',
     ("A", "B", "C"), "BC"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "shown", "clicked"), IFS)
def test_branches(task: str, shown: tuple[str, ...], clicked: str) -> None:
    run = Runner(task)
    here = screen(*shown, windows=["W"])
    done = ""
    proposal = run.turn(here)
    while isinstance(proposal.action, Click):
        assert isinstance(proposal.action.target, TextTarget)
        done += proposal.action.target.text
        proposal = run.turn(here, outcome())
    assert (done, proposal.action.kind) == (clicked, "done")


def test_a_branch_is_noted() -> None:
    proposal = Runner('if "A" is not visible then click B; press tab').turn(screen("A"))
    assert (proposal.action.kind, proposal.note) == ("press_keys", '"A" is there')


def test_expect_looks_for_a_while() -> None:
    run = Runner('expect no window "Error"')
    proposal = run.turn(screen())
    assert proposal.action == WaitFor(text="Error", what="window", present=False, timeout_s=5)
    assert proposal.sentence == 'expect no window "Error"'
    last = run.turn(screen(), outcome("diverged", 'window "Error" is still there in 5 s'))
    assert last.action == Fail(
        reason='line 1: expect no window "Error" went wrong: window "Error" is still there in 5 s'
    )


def test_an_open_list_is_chosen_from() -> None:
    run = Runner('select B from List and expect "B!"')
    first = run.turn(screen("List"))
    assert (first.action, first.sentence) == (Click(target=TextTarget(text="List")), "click List")
    second = run.turn(screen("List", "A", "B"), outcome())
    assert second.action == Click(
        target=ElementTarget(id=3), expect=(Expectation(kind="text_appears", text="B!"),)
    )
    assert second.sentence == 'click button B and expect "B!"'
    assert run.turn(screen("List"), outcome()).action.kind == "done"


def test_the_present_value_of_a_list_is_not_taken_for_the_option() -> None:
    run = Runner("select B from List")
    run.turn(screen("List", "B"))
    second = run.turn(screen("List", "B", "A", "B"), outcome())
    assert second.action == Click(target=ElementTarget(id=4))


def test_a_list_that_opens_over_its_own_field() -> None:
    run = Runner("select B from List")
    run.turn(screen("List", "B"))
    second = run.turn(screen("List", thing("B", role="menuitem", top=32), "C"), outcome())
    assert second.action == Click(target=ElementTarget(id=2))


def test_a_list_that_is_open_already_is_not_opened_again() -> None:
    proposal = Runner("select B from List").turn(screen("A", "B"))
    assert (proposal.action, proposal.note) == (
        Click(target=ElementTarget(id=2)),
        "the list is open already",
    )


def test_an_option_that_is_not_in_the_list() -> None:
    run = Runner("select B from List")
    here = screen("List", "Apple")
    run.turn(here)
    assert run.turn(here, outcome()).action == WaitFor(text="B", timeout_s=5)
    assert run.turn(here, outcome("diverged", "no")).action == Fail(
        reason='line 1: select B from List: "B" is not in the list'
    )


def box(state: State | None, role: Role = "checkbox") -> Observation:
    return screen(thing("Wrap", role=role, state=state), "Other")


def test_a_box_is_ticked_and_looked_at_again() -> None:
    run = Runner('check Wrap and expect "Other"')
    first = run.turn(box("unchecked"))
    assert (first.action, first.sentence) == (Click(target=ElementTarget(id=1)), "check Wrap")
    second = run.turn(box("checked"), outcome())
    assert (second.action, second.note) == (
        WaitFor(text="Other", timeout_s=5),
        "it was clicked and is",
    )


def test_a_box_that_is_right_already_is_left_alone() -> None:
    run = Runner("uncheck Wrap\npress tab")
    proposal = run.turn(box("unchecked"))
    assert (proposal.action.kind, proposal.note) == (
        "press_keys",
        '"Wrap" is unchecked already',
    )


CHECK_FAILS: list[tuple[str, list[Observation], str]] = [
    ("check Wrap", [box(None)],
     'line 1: check Wrap: the screen does not tell whether "Wrap" is checked'),
    ("check Wrap", [box("unchecked"), box("unchecked")],
     'line 1: check Wrap: it was clicked, but "Wrap" is not checked'),
    ("uncheck Wrap", [box("checked", "radio")],
     "line 1: uncheck Wrap: a radio button is not unchecked, another one is checked instead"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "screens", "reason"), CHECK_FAILS)
def test_boxes_that_cannot_be_set(task: str, screens: list[Observation], reason: str) -> None:
    run = Runner(task)
    proposal = run.turn(screens[0])
    for observation in screens[1:]:
        assert isinstance(proposal.action, Click)
        proposal = run.turn(observation, outcome())
    assert proposal.action == Fail(reason=reason)


def test_scrolling_goes_on_until_the_words_are_seen() -> None:
    run = Runner('scroll down until "End" is visible\npress tab')
    for shade in range(3):
        assert run.turn(screen("Text", shade=shade), outcome() if shade else None).action == Scroll(
            direction="down"
        )
    proposal = run.turn(screen("End", shade=9), outcome())
    assert (proposal.action.kind, proposal.note) == (
        "press_keys",
        '"End" is visible after 3 scrolls',
    )


def the_same(_count: int) -> int:
    return 7


def another(count: int) -> int:
    return count


SCROLL_ENDS: list[tuple[Callable[[int], int], Effect, str]] = [
    (the_same, "unverifiable", 'the end is reached and "End" was not seen'),
    (another, "no_effect", 'the end is reached and "End" was not seen'),
    (another, "confirmed", f'"End" was not seen in {MAX_SCROLLS} scrolls'),
]


@pytest.mark.parametrize(("shade", "effect", "reason"), SCROLL_ENDS)
def test_scrolling_ends(shade: Callable[[int], int], effect: Effect, reason: str) -> None:
    run = Runner('scroll down until "End" is visible')
    proposal = run.turn(screen("Text", shade=shade(0)))
    count = 0
    while isinstance(proposal.action, Scroll):
        count += 1
        proposal = run.turn(screen("Text", shade=shade(count)), outcome(effect))
    sentence = 'line 1: scroll down until "End" is visible'
    assert proposal.action == Fail(reason=f"{sentence}: {reason}")
    assert count <= MAX_SCROLLS


@pytest.mark.parametrize(("answer", "kind"), [("yes", "press_keys"), (" No. ", "fail")])
def test_a_persons_no_ends_the_run(answer: str, kind: str) -> None:
    run = Runner('ask "Ready?"\npress tab')
    assert run.turn(screen()).action.kind == "ask_user"
    assert run.turn(screen(), outcome(answer=answer)).action.kind == kind


ENDS = [
    ("done then click A", Done()),
    ('done "saved"', Done(summary="saved")),
    ('stop "full"', Fail(reason="full")),
    ("stop", Fail(reason="line 1: the instructions say stop")),
]


@pytest.mark.parametrize(("task", "action"), ENDS)
def test_ends(task: str, action: Done | Fail) -> None:
    assert Runner(task).turn(screen("A")).action == action


def test_a_task_that_does_not_parse_is_no_planner() -> None:
    with pytest.raises(InstructionError, match=r"^line 1, column 1: 'clik' is no verb"):
        InstructionPlanner("clik A")
