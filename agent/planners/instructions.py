"""The planner with no model: it follows sentences of the instruction language.

The sentences are laid out as a flat program with jumps; the planner's memory is the place in it, so
that a resumed run goes on where it was. After an action that did not have its effect the run ends:
the next sentence was written for a screen that is not there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...memory.errors import GroundingError
from ...tools.actions import Action, Click, Done, Expectation, Fail, TextTarget, WaitFor
from ...tools.perception.elements import Element, Observation
from ...tools.perception.ground import find, sees
from ..instructions.parse import parse_instructions
from ..instructions.sentences import (
    Act,
    Condition,
    Expect,
    If,
    ScrollUntil,
    SelectFrom,
    Sentence,
    SetChecked,
)
from ..instructions.write import write_action
from .planner import Proposal, Turn

EXPECT_TIMEOUT_S = 5.0
"""How long an `expect` may wait: what it looks for is often still being drawn."""
MAX_SCROLLS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """Go on if the condition holds, else jump."""

    condition: Condition
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Jump:
    """Go on somewhere else."""

    target: int


_Op = Act | SelectFrom | SetChecked | ScrollUntil | Expect | _Branch | _Jump


class InstructionPlanner:
    """Follows a task that is written in the instruction language.

    Args:
        task: The sentences.

    Raises:
        InstructionError: If they do not parse.
    """

    name = "instructions"

    def __init__(self, task: str) -> None:
        self._program: list[_Op] = []
        self._lay_out(parse_instructions(task))

    def _lay_out(self, sentences: Sequence[Sentence]) -> None:
        for sentence in sentences:
            if not isinstance(sentence, If):
                self._program.append(sentence)
                continue
            at = len(self._program)
            self._program.append(_Jump(target=at))  # replaced below, once its target is known
            self._lay_out(sentence.then)
            end_of_then = len(self._program)
            if sentence.otherwise:
                self._program.append(_Jump(target=end_of_then))
            self._program[at] = _Branch(condition=sentence.condition, target=len(self._program))
            if sentence.otherwise:
                self._lay_out(sentence.otherwise)
                self._program[end_of_then] = _Jump(target=len(self._program))

    def plan(self, turn: Turn) -> Proposal:
        """Return the action of the sentence that is next."""
        last = turn.last_outcome
        if last is not None and last.effect in ("no_effect", "diverged", "refused"):
            sentence = turn.history[-1].sentence if turn.history else "the last action"
            return _end(
                Fail(reason=f"{sentence}: {last.effect.replace('_', ' ')}: {last.evidence}")
            )
        note = ""
        if last is not None and last.effect == "unverifiable":
            note = f"went on although the last effect could not be verified: {last.evidence}"
        at = int(turn.memory.get("at", 0))
        phase = int(turn.memory.get("phase", 0))
        while at < len(self._program):
            op = self._program[at]
            if isinstance(op, _Jump):
                at = op.target
                continue
            if isinstance(op, _Branch):
                at = at + 1 if _holds(op.condition, turn.observation) else op.target
                continue
            step = next(self._steps(op, at, phase, turn.observation), None)
            if step is not None:
                action, memory = step
                if isinstance(action, Done | Fail):
                    return _end(action)
                sentence = op.source.text
                if isinstance(op, SelectFrom | SetChecked):
                    sentence = write_action(action)
                return Proposal(action=action, sentence=sentence, memory=memory, note=note)
            at, phase = at + 1, 0
        return _end(Done())

    def _steps(
        self, op: _Op, at: int, phase: int, observation: Observation
    ) -> Iterator[tuple[Action, dict[str, Any]]]:
        """Yield the op's next action with the memory after it; nothing if the op is over."""
        following = {"at": at + 1}
        match op:
            case Act(action=action):
                yield action, following
            case Expect(claim=claim):
                yield _wait(claim), following
            case SelectFrom(option=option, of=of):
                if phase == 0:
                    yield Click(target=of), {"at": at, "phase": 1}
                else:
                    yield Click(target=option), following
            case SetChecked():
                yield from self._set_checked(op, at, phase, observation)
            case ScrollUntil(scroll=scroll, text=text):
                if sees(observation, text):
                    return
                if phase >= MAX_SCROLLS:
                    reason = f'"{text}" did not come into view in {MAX_SCROLLS} scrolls'
                    yield Fail(reason=reason), {}
                yield scroll, {"at": at, "phase": phase + 1}

    def _set_checked(
        self, op: SetChecked, at: int, phase: int, observation: Observation
    ) -> Iterator[tuple[Action, dict[str, Any]]]:
        wanted = "checked" if op.checked else "unchecked"
        try:
            box = _checkbox(op.target, observation)
        except GroundingError as error:
            yield Fail(reason=f"{op.source.text}: {error}"), {}
            return
        if wanted in box.states:
            return
        if not box.states & {"checked", "unchecked"}:
            yield Fail(reason=f'{op.source.text}: cannot see whether "{box.text}" is checked'), {}
        elif phase > 0:
            yield Fail(reason=f'{op.source.text}: "{box.text}" is still not {wanted}'), {}
        else:
            target = op.target.model_copy(update={"role": box.role})
            yield Click(target=target), {"at": at, "phase": 1}


def _checkbox(target: TextTarget, observation: Observation) -> Element:
    if target.role is None:
        target = target.model_copy(update={"role": "checkbox"})
    return find(observation, target)


def _holds(condition: Condition, observation: Observation) -> bool:
    if condition.is_window:
        wanted = condition.text.casefold()
        there = any(
            wanted in window.title.casefold() or wanted in window.app.casefold()
            for window in observation.windows
        )
    else:
        there = sees(observation, condition.text)
    return there != condition.negated


def _wait(claim: Expectation) -> WaitFor:
    return WaitFor(
        text=claim.text,
        what="window" if claim.kind.startswith("window") else "text",
        present=claim.kind in ("text_appears", "window_opened"),
        timeout_s=EXPECT_TIMEOUT_S,
    )


def _end(action: Done | Fail) -> Proposal:
    return Proposal(action=action, sentence=write_action(action), memory={})
