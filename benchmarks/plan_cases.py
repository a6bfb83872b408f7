"""First plans for real screens: the cases, what is right, and what a planner's answer comes to.

A screen is what `deskhand look --json` wrote of a real one. What is right stands in the instruction
language, and is compared by what it acts on, so that every format can be held against it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from deskhand.agent.cli.look_document import load_look
from deskhand.agent.instructions.parse import parse_instructions
from deskhand.agent.instructions.sentences import Act, SelectFrom, Sentence, SetChecked
from deskhand.agent.planners.labels import TICKED, Label, LabelledScreen, label_screen
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    Pause,
    PressKeys,
    TextTarget,
    TypeText,
)
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import View
from deskhand.tools.perception.elements import Element, Observation
from deskhand.tools.perception.layout import is_in_row

CASES = Path(__file__).parent / "local_planner_cases"
Half = Literal["tuned", "held_out"]
HALVES: tuple[Half, ...] = ("tuned", "held_out")
ALL_LABELS = 1000


class Way(BaseModel):
    """One right plan: sentences of the instruction language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    in_any_order: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Way":
        if not self.in_any_order and not self.then:
            raise ValueError("a way needs a sentence")
        return self


class PlanCase(BaseModel):
    """A task on a screen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    screen: str
    """A file in `screens/`, without its ending."""
    task: str
    accept: tuple[Way, ...]
    done: tuple[str, ...] = ()
    """What was carried out before, on other screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a sentence or an answer in another format comes to."""

    verb: str
    element_id: int | None = None
    text: str = ""
    """What is typed, chosen, pressed or said; of a right answer a pattern."""


def load_cases(half: Half) -> Sequence[PlanCase]:
    """Return the cases of a half.

    Raises:
        ValidationError: If the file holds something else.
    """
    path = CASES / f"{half}_plans.json"
    return TypeAdapter(tuple[PlanCase, ...]).validate_json(path.read_bytes())


@cache
def load_screen(name: str) -> Observation:
    """Return a stored screen; its pixels are not kept."""
    path = CASES / "screens" / f"{name}.json"
    look = load_look(path)
    width, height = json.loads(path.read_text(encoding="utf-8"))["size"]
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=width, height=height)),
        elements=look.elements,
        windows=look.windows,
    )


def deed_of(sentence: Sentence, element: Element | None) -> Deed:
    """Return what a sentence comes to that acts on an element."""
    number = None if element is None else element.id
    match sentence:
        case SelectFrom(option=option):
            return Deed(verb="select", element_id=number, text=_plain(option))
        case SetChecked(checked=checked):
            return Deed(verb="check" if checked else "uncheck", element_id=number)
        case Act(action=action):
            return _deed_of_action(action, element)
        case _:
            return Deed(verb="another")


def _deed_of_action(action: Action, element: Element | None) -> Deed:
    number = None if element is None else element.id
    match action:
        case Click() if element is not None and element.role in TICKED:
            is_on = "checked" in element.states and element.role != "radio"
            return Deed(verb="uncheck" if is_on else "check", element_id=number)
        case TypeText(text=text):
            return Deed(verb="type", element_id=number, text=_plain(text))
        case PressKeys(keys=keys):
            return Deed(verb="press", text="+".join(keys))
        case Done(summary=summary):
            return Deed(verb="done", text=summary)
        case Pause() | AskUser():
            return Deed(verb=action.kind)
        case _:
            return Deed(verb=action.kind, element_id=number)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def right_deeds(sentences: Sequence[str], screen: Observation) -> list[Deed]:
    """Return what sentences of a case come to.

    Raises:
        ValueError: If one names what is not on the screen, or several things.
    """
    deeds = []
    for written in sentences:
        (sentence,) = parse_instructions(written)
        target = _target(sentence)
        deeds.append(deed_of(sentence, None if target is None else _element(target, screen)))
    return deeds


def _target(sentence: Sentence) -> TextTarget | None:
    match sentence:
        case SelectFrom(target=target) | SetChecked(target=target):
            return target
        case Act(action=Click(target=TextTarget() as target)):
            return target
        case Act(action=TypeText(into=TextTarget() as target)):
            return target
        case _:
            return None


def _element(target: TextTarget, screen: Observation) -> Element:
    labels = _labels(screen).labels
    found = [
        label
        for label in labels
        if label.name == target.text
        and (label.target.role == target.role)
        and (target.near is None or _is_beside(label, target.near, labels))
    ]
    if len(found) != 1:
        raise ValueError(f"{target} is on the screen {len(found)} times")
    return found[0].element


def _labels(screen: Observation) -> LabelledScreen:
    return label_screen(screen, limit=ALL_LABELS)


def _is_beside(label: Label, words: str, labels: Sequence[Label]) -> bool:
    box = label.element.box
    return any(one.name == words and is_in_row(one.element.box, box) for one in labels)


def is_first_right(answer: Sequence[Deed], case: PlanCase, screen: Observation) -> bool:
    """Tell whether the first that is done is right."""
    if not answer:
        return False
    firsts = [
        deed
        for way in case.accept
        for deed in right_deeds(way.in_any_order or way.then[:1], screen)
    ]
    return any(_is_same(answer[0], first) for first in firsts)


def is_plan_right(answer: Sequence[Deed], case: PlanCase, screen: Observation) -> bool:
    """Tell whether a plan does all that is to be done on the screen, and nothing else."""
    for way in case.accept:
        anyhow = right_deeds(way.in_any_order, screen)
        then = right_deeds(way.then, screen)
        if len(answer) != len(anyhow) + len(then):
            continue
        begun, rest = answer[: len(anyhow)], answer[len(anyhow) :]
        if all(any(_is_same(done, one) for done in begun) for one in anyhow):
            if all(_is_same(done, one) for done, one in zip(rest, then, strict=True)):
                return True
    return False


def _is_same(answer: Deed, right: Deed) -> bool:
    if right.verb == "done":
        return answer.verb == "done" and re.search(right.text, answer.text) is not None
    return answer == right
