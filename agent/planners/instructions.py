"""The planner with no model: it follows sentences of the instruction language.

The sentences are laid out as a flat program with jumps. The planner's memory is the place in it, so
that a resumed run goes on where it was. After an action that did not have its effect the run ends:
the next sentence was written for a screen that is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from ...memory.errors import Ambiguous, GroundingError, NotFound
from ...tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    Drag,
    ElementTarget,
    Fail,
    Scroll,
    TextTarget,
    TypeText,
    WaitFor,
    target_of,
)
from ...tools.desktop.geometry import Box
from ...tools.finding.cascade import find_described
from ...tools.perception.elements import Element, Observation
from ...tools.perception.ground import sees
from ..instructions.build_conditions import EXPECT_WITHIN_S
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
from ..instructions.write import write_action, write_sentences
from .lists import control_beside, in_the_list
from .planner import WENT_WRONG, Proposal, Turn

PATIENCE_S = 5.0
"""How long a thing that is not on the screen yet is waited for before its sentence fails."""
MAX_SCROLLS = 40
NO_ANSWERS = ("no", "stop")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """Go on if the condition holds, else jump."""

    condition: Condition
    if_not: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Jump:
    """Go on somewhere else."""

    to: int


_Op = Act | SelectFrom | SetChecked | ScrollUntil | Expect | _Branch | _Jump


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """The next action of a sentence that is being done."""

    action: Action
    phase: Mapping[str, Any] | None = None
    """What to know when the sentence goes on; None if this was its last action."""
    sentence: str = ""
    """How it reads, where that is not what the action alone would read."""
    note: str = ""


class InstructionPlanner:
    """Follows a task that is written in the instruction language.

    Args:
        task: The sentences.
        patience_s: How long a thing that is not on the screen yet is waited for; 0 to let the
            action fail at once.

    Raises:
        InstructionError: If they do not parse.
    """

    name = "instructions"

    def __init__(self, task: str, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._program: list[_Op] = []
        self._lay_out(parse_instructions(task))

    def plan(self, turn: Turn) -> Proposal:
        """Return the next action of the sentence that is being done, or of the one after it."""
        at = int(turn.memory.get("at", 0))
        phase: Mapping[str, Any] = turn.memory.get("phase", {})
        failure = self._failure(turn)
        if failure is not None:
            return _end(Fail(reason=failure))
        notes = _notes(turn)
        while at < len(self._program):
            op = self._program[at]
            match op:
                case _Jump(to=to):
                    at = to
                    continue
                case _Branch(condition=condition, if_not=if_not):
                    holds = _holds(condition, turn.observation)
                    is_there = holds == condition.present
                    notes.append(f'"{condition.text}" is {"there" if is_there else "not there"}')
                    at = at + 1 if holds else if_not
                    continue
            move = self._move(op, phase, turn.observation)
            if isinstance(move, _Move):
                return self._proposal(op, at, move, notes)
            notes.append(move)
            at, phase = at + 1, {}
        return _end(Done(summary="every sentence is done"), note="; ".join(notes))

    def _lay_out(self, sentences: Sequence[Sentence]) -> None:
        program = self._program
        for sentence in sentences:
            match sentence:
                case If():
                    start = len(program)
                    program.append(_Jump(to=start))  # replaced once it is known where it leads
                    self._lay_out(sentence.then)
                    end_of_then = len(program)
                    program.append(_Jump(to=end_of_then + 1))
                    program[start] = _Branch(condition=sentence.condition, if_not=end_of_then + 1)
                    self._lay_out(sentence.otherwise)
                    program[end_of_then] = _Jump(to=len(program))
                case SetChecked():
                    # A box that is right already is not clicked, but what is to be seen then is.
                    program.append(sentence)
                    program += [
                        Expect(
                            condition=Condition.of(claim),
                            within_s=EXPECT_WITHIN_S,
                            source=sentence.source,
                        )
                        for claim in sentence.expect
                    ]
                case _:
                    program.append(sentence)

    def _proposal(self, op: _Op, at: int, move: _Move, notes: list[str]) -> Proposal:
        assert not isinstance(op, _Branch | _Jump)
        action = move.action
        if isinstance(action, Fail) and not isinstance(op, Act):
            return _end(Fail(reason=f"{_place(op)}: {action.reason}"))
        if isinstance(action, Fail) and not action.reason:
            action = Fail(reason=f"line {op.source.line}: the instructions say stop")
        is_over = move.phase is None
        return Proposal(
            action=action,
            sentence=move.sentence or write_action(action),
            memory={
                "at": at + 1 if is_over else at,
                "phase": {} if is_over else dict(move.phase or {}),
                "acted": at,
            },
            note="; ".join([*notes, move.note] if move.note else notes),
        )

    def _failure(self, turn: Turn) -> str | None:
        """Return why the run must end after the last step, or None."""
        last = turn.last_outcome
        if last is None or "acted" not in turn.memory:
            return None
        op = self._program[int(turn.memory["acted"])]
        assert not isinstance(op, _Branch | _Jump)
        if turn.memory["phase"].get("waited"):
            return None  # whether it came is seen on the screen
        if isinstance(op, Act) and isinstance(op.action, AskUser):
            if last.answer.strip().rstrip(".!").casefold() in NO_ANSWERS:
                return f"{_place(op)}: a person answered {last.answer.strip()!r}"
        if last.effect not in WENT_WRONG:
            return None
        if isinstance(op, ScrollUntil) and last.effect == "no_effect":
            return f'{_place(op)}: the end is reached and "{op.text}" was not seen'
        sentence = turn.history[-1].sentence if turn.history else write_sentences([op])
        return f"line {op.source.line}: {sentence} {WENT_WRONG[last.effect]}: {last.evidence}"

    def _move(self, op: _Op, phase: Mapping[str, Any], observation: Observation) -> _Move | str:
        """Return the sentence's next action, or a note if there is nothing (more) to do for it."""
        match op:
            case Act():
                return self._act(op, phase, observation)
            case SelectFrom():
                return self._select(op, phase, observation)
            case SetChecked():
                return self._set_checked(op, phase, observation)
            case ScrollUntil():
                return self._scroll_until(op, phase, observation)
            case Expect(condition=condition, within_s=within_s):
                wait = WaitFor(
                    text=condition.text,
                    what=condition.what,
                    present=condition.present,
                    timeout_s=within_s,
                )
                bare = Expect(condition=condition, within_s=within_s)
                return _Move(action=wait, sentence=write_sentences([bare]))
            case _Branch() | _Jump():
                raise AssertionError("jumps are followed by `plan`")
            case unknown:
                assert_never(unknown)

    def _act(self, op: Act, phase: Mapping[str, Any], observation: Observation) -> _Move:
        for target in _described(op.action):
            wait = self._wait_for(target, phase, observation)
            if wait is not None:
                return wait
        return _Move(action=op.action)

    def _wait_for(
        self, target: TextTarget, phase: Mapping[str, Any], observation: Observation
    ) -> _Move | None:
        """Return a wait for a thing that is not on the screen yet, once for each sentence."""
        if phase.get("waited") or self._patience_s <= 0:
            return None  # the hands will say what is there instead
        try:
            find_described(observation, target)
        except Ambiguous:
            return None
        except NotFound:
            return _Move(
                action=WaitFor(text=target.text, timeout_s=self._patience_s),
                phase={**phase, "waited": True},
                note=f'"{target.text}" is not on the screen yet',
            )
        return None

    def _select(self, op: SelectFrom, phase: Mapping[str, Any], observation: Observation) -> _Move:
        options = _all(observation, op.option)
        if "shown" in phase:
            return self._choose(op, phase, options)
        if options and not _all(observation, op.target):
            note = "the list is open already"
            return self._choose(op, {"shown": []}, options, note=note)
        wait = self._wait_for(op.target, phase, observation)
        if wait is not None:
            return wait
        # The field may show the option as its present value: that is not the one in the list.
        shown = [list(element.box.xyxy) for element in options]
        control = control_beside(_all(observation, op.target), observation)
        if control is None:
            return _Move(action=Click(target=op.target), phase={"shown": shown})
        click = Click(target=ElementTarget(id=control.id))
        note = "its label was named; the list stands beside it"
        return _Move(
            action=click, phase={"shown": shown}, sentence=write_action(click, control), note=note
        )

    def _choose(
        self,
        op: SelectFrom,
        phase: Mapping[str, Any],
        options: Sequence[Element],
        *,
        note: str = "",
    ) -> _Move:
        chosen = in_the_list(options, [Box(*xyxy) for xyxy in phase["shown"]])
        if len(chosen) == 1:
            click = Click(target=ElementTarget(id=chosen[0].id), expect=op.expect)
            return _Move(action=click, sentence=write_action(click, chosen[0]), note=note)
        if chosen:
            return _Move(action=Fail(reason=f'"{op.option}" is {len(chosen)} times on the screen'))
        if not phase.get("waited") and self._patience_s > 0:
            return _Move(
                action=WaitFor(text=op.option, timeout_s=self._patience_s),
                phase={**phase, "waited": True},
                note=f'"{op.option}" is not in the list yet',
            )
        return _Move(action=Fail(reason=f'"{op.option}" is not in the list'))

    def _set_checked(
        self, op: SetChecked, phase: Mapping[str, Any], observation: Observation
    ) -> _Move | str:
        wanted = "checked" if op.checked else "unchecked"
        has_clicked = "clicked" in phase
        try:
            wished = op.target
            if wished.role is None:
                wished = wished.model_copy(update={"role": "checkbox"})
            box = find_described(observation, wished)
        except GroundingError as error:
            wait = None
            if isinstance(error, NotFound) and not has_clicked:
                wait = self._wait_for(op.target, phase, observation)
            return wait or _Move(action=Fail(reason=str(error)))
        if wanted in box.states:
            return "it was clicked and is" if has_clicked else f'"{box.text}" is {wanted} already'
        if not box.states & {"checked", "unchecked"}:
            reason = f'the screen does not tell whether "{box.text}" is checked'
            return _Move(action=Fail(reason=reason))
        if has_clicked:
            return _Move(action=Fail(reason=f'it was clicked, but "{box.text}" is not {wanted}'))
        if box.role == "radio" and not op.checked:
            reason = "a radio button is not unchecked, another one is checked instead"
            return _Move(action=Fail(reason=reason))
        bare = SetChecked(target=op.target, checked=op.checked)
        return _Move(
            action=Click(target=ElementTarget(id=box.id)),
            phase={"clicked": True},
            sentence=write_sentences([bare]),
        )

    def _scroll_until(
        self, op: ScrollUntil, phase: Mapping[str, Any], observation: Observation
    ) -> _Move | str:
        count = int(phase.get("scrolls", 0))
        if sees(observation, op.text):
            return f'"{op.text}" is visible after {count} scrolls'
        picture = observation.capture.sha256
        if phase.get("picture") == picture:
            reason = f'the end is reached and "{op.text}" was not seen'
            return _Move(action=Fail(reason=reason))
        if count >= MAX_SCROLLS:
            reason = f'"{op.text}" was not seen in {MAX_SCROLLS} scrolls'
            return _Move(action=Fail(reason=reason))
        return _Move(
            action=Scroll(direction=op.direction, target=op.target),
            phase={"scrolls": count + 1, "picture": picture},
        )


def _described(action: Action) -> list[TextTarget]:
    """Return what an action looks for on the screen, as the hands will look for it."""
    targets = [action.source] if isinstance(action, Drag) else []
    targets += [target for target in (target_of(action),) if target is not None]
    described = [target for target in targets if isinstance(target, TextTarget)]
    if isinstance(action, TypeText):
        return [
            target if target.role else target.model_copy(update={"role": "textbox"})
            for target in described
        ]
    return described


def _all(observation: Observation, wanted: str | TextTarget) -> list[Element]:
    """Return every element that answers equally well; empty if none does."""
    target = TextTarget(text=wanted) if isinstance(wanted, str) else wanted
    try:
        return [find_described(observation, target)]
    except Ambiguous as error:
        return [element for element in error.candidates if isinstance(element, Element)]
    except NotFound:
        return []


def _holds(condition: Condition, observation: Observation) -> bool:
    if condition.what == "text":
        return sees(observation, condition.text) == condition.present
    wanted = condition.text.casefold()
    is_open = any(
        wanted in window.title.casefold() or wanted in window.app.casefold()
        for window in observation.windows
    )
    return is_open == condition.present


def _notes(turn: Turn) -> list[str]:
    last = turn.last_outcome
    if last is None or last.effect != "unverifiable":
        return []
    return [f"went on though the step before could not be verified: {last.evidence}"]


def _place(op: Act | SelectFrom | SetChecked | ScrollUntil | Expect) -> str:
    return f"line {op.source.line}: {write_sentences([op])}"


def _end(action: Done | Fail, *, note: str = "") -> Proposal:
    return Proposal(action=action, sentence=write_action(action), memory={}, note=note)
