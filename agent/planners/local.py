"""The planner for small local models: a plan for the whole screen, one call, then carried out.

A small model cannot use a history of steps, but it can name what a screen is for. So it writes all
that a task asks of the present screen at once, as sentences of the instruction language under a
grammar that knows this screen's labels. The sentences are then done one a turn. When they are used
up, and the screen is another one while parts of the task are left, a plan is made for that.
Measured against one action a turn in `benchmarks/local_planner.py`.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from langchain_core.language_models import BaseChatModel

from ...memory.errors import ModelOutputError
from ...tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    ElementTarget,
    Fail,
    Move,
    Pause,
    RightClick,
    TextTarget,
    TypeText,
    target_of,
)
from ...tools.models.gbnf import grammar_arguments
from ...tools.perception.elements import Element
from ..instructions.parse import parse_instructions
from ..instructions.sentences import Act, Sentence
from ..instructions.write import write_action
from .gbnf import MAX_LINES, plan_grammar
from .guards import (
    Line,
    guard_plan,
    is_sent_off,
    sending_button,
    target_label,
)
from .instructions import InstructionPlanner
from .labels import LabelledScreen, label_screen
from .local_memory import PlanMemory
from .local_prompt import parse_plan, plan_messages
from .planner import Proposal, Turn
from .screen_signs import is_loading, may_be_loading, named_controls, seen_texts
from .usage import Usage
from .words import is_question, left_of, words

MAX_PLANS = 12
"""Calls of the model in one run."""
MAX_FAILURES = 3
MAX_WAITS = 30
MAX_QUESTIONS = 3
MAX_ANSWER_TOKENS = 320
WAIT_S = 2.0
PLANS_A_TURN = 2
"""A plan of which the guards leave nothing is asked for once more, with fewer things to name."""


class LocalPlanner:
    """Does a task in plain words with a small chat model that follows a grammar.

    Args:
        task: What to do.
        model: `ChatLlama`, or any chat model whose server takes GBNF as `grammar` in its request
            (a llama.cpp server behind `ChatOpenAI`).
        max_lines: Sentences in one plan.
        nonce: Makes the mark of the fence around the screen, a new one for each call.
    """

    name = "local"

    def __init__(
        self,
        task: str,
        model: BaseChatModel,
        *,
        max_lines: int = MAX_LINES,
        nonce: Callable[[], str] = lambda: secrets.token_hex(2),
    ) -> None:
        self._task = task
        self._model = model
        self._max_lines = max_lines
        self._nonce = nonce

    def plan(self, turn: Turn) -> Proposal:
        """Return the next action of the plan for this screen, or of a new one."""
        return _Planning(turn, self._full_task(turn), self._ask_model, self._max_lines).proposal()

    def _full_task(self, turn: Turn) -> str:
        answers = [*turn.memory.get("answers", ())]
        if turn.memory.get("is_asking") and turn.last_outcome is not None:
            answers.append(turn.last_outcome.answer)
        return " ".join([self._task.strip(), *(f"({answer.strip()})" for answer in answers)])

    def _ask_model(
        self, screen: LabelledScreen, task: str, done: list[str], grammar: str
    ) -> tuple[str, Usage]:
        """Return what the model writes, with what it cost.

        Raises:
            ModelOutputError: If it is no text.
        """
        started = time.monotonic()
        message = self._model.invoke(
            plan_messages(screen, task, done, self._nonce()),
            max_tokens=MAX_ANSWER_TOKENS,
            **grammar_arguments(self._model, grammar),
        )
        if not isinstance(message.content, str):
            raise ModelOutputError("expected text from the model, got a list of parts; ask again")
        used = message.usage_metadata
        usage = Usage(
            input_tokens=0 if used is None else used["input_tokens"],
            output_tokens=0 if used is None else used["output_tokens"],
            seconds=time.monotonic() - started,
        )
        return message.content, usage


AskModel = Callable[[LabelledScreen, str, list[str], str], tuple[str, Usage]]


class _Planning:
    """The planning of one turn.

    Args:
        turn: What to decide on.
        task: With what a person answered.
        ask_model: Returns a plan's text for a screen, a task, a history and a grammar.
        max_lines: Sentences in one plan.
    """

    def __init__(self, turn: Turn, task: str, ask_model: AskModel, max_lines: int) -> None:
        self._max_lines = max_lines
        self._turn = turn
        self._task = task
        self._ask_model = ask_model
        self._memory = PlanMemory.from_json(turn.memory)
        self._screen = label_screen(turn.observation, task)
        self._usage = Usage()
        self._notes: list[str] = []
        self._fruitless: set[str] = set()

    def proposal(self) -> Proposal:
        """Return the next action."""
        self._take_answer()
        for attempt in range(PLANS_A_TURN + 1):
            proposal = self._go_on()
            if proposal is None and attempt < PLANS_A_TURN:
                proposal = self._wait_if_loading() or self._end_of_plan() or self._new_plan()
            if proposal is not None:
                return proposal
        return self._nothing_fits()

    # The plan there is

    def _take_answer(self) -> None:
        last = self._turn.last_outcome
        if self._memory.is_asking and last is not None:
            answers = (*self._memory.answers, last.answer)
            self._memory = replace(self._memory, answers=answers, is_asking=False)

    def _go_on(self) -> Proposal | None:
        """Return the next action of the plan, None if it is used up or went wrong."""
        while not self._memory.is_used_up:
            memory = self._memory
            line = memory.plan[memory.at]
            element = self._element(line)
            if line.element_id is not None and element is None and not memory.inner:
                self._notes.append(f"{line.sentence}: it is not on the screen any more")
                self._memory = replace(memory, plan=(), at=0, is_cut=True)
                return None
            step = self._step(line)
            if isinstance(step.action, Done):
                done = (*memory.done, (line.sentence, memory.screen))
                self._memory = replace(
                    memory, at=memory.at + 1, inner={}, done=done, is_stuck=False
                )
            elif isinstance(step.action, Fail):
                return self._failed(line, step.action.reason)
            else:
                self._memory = replace(memory, inner=step.memory)
                action = _at_element(step.action, element)
                return self._propose(action, step.sentence, step.note)
        return None

    def _step(self, line: Line) -> Proposal:
        """Let the instruction planner do one sentence."""
        inner = self._memory.inner
        (sentence,) = parse_instructions(line.sentence)
        # What stands on the screen is not waited for; a list or a box may need its moment.
        patience = {"patience_s": 0.0} if isinstance(sentence, Act) else {}
        return InstructionPlanner(line.sentence, **patience).plan(
            replace(
                self._turn, memory=inner, last_outcome=self._turn.last_outcome if inner else None
            )
        )

    def _element(self, line: Line) -> Element | None:
        if line.element_id is None:
            return None
        known = self._turn.observation.element(line.element_id)
        (sentence,) = parse_instructions(line.sentence)
        target = target_label(sentence)
        label = None if target is None else self._screen.of_target(target)
        if label is not None:
            return label.element
        # What was typed into a field without a label is now what it is called.
        is_field = isinstance(sentence, Act) and isinstance(sentence.action, TypeText)
        is_same = known is not None and target is not None and known.text.strip() == target.text
        return known if is_same or (is_field and known is not None) else None

    def _failed(self, line: Line, reason: str) -> Proposal | None:
        last = self._turn.last_outcome
        self._notes.append(reason)
        failed = (*self._memory.failed, line.sentence)
        self._memory = replace(self._memory, plan=(), at=0, inner={}, failed=failed, is_stuck=True)
        is_refused = last is not None and last.effect == "refused"
        if is_refused or len(failed) >= MAX_FAILURES:
            return self._over(Fail(reason=reason))
        return None

    # Between plans

    def _wait_if_loading(self) -> Proposal | None:
        memory = self._memory
        if memory.waits >= MAX_WAITS or not is_loading(self._screen, self._left()):
            return None
        self._memory = replace(memory, waits=memory.waits + 1)
        pause = Pause(seconds=WAIT_S)
        self._notes.append("the screen is still loading")
        return self._propose(pause, write_action(pause))

    def _end_of_plan(self) -> Proposal | None:
        """Return the end of the run if nothing of the task is left, None to plan anew."""
        memory = self._memory
        if memory.is_cut or is_question(self._task) or memory.is_stuck:
            return None
        left = left_of(self._task, memory.sentences)
        here = memory.done_on(self._screen.fingerprint)
        press = sending_button(self._screen, self._task, here, memory.sentences)
        if press is not None and not left.words - frozenset(words(press.sentence)):
            self._notes.append("what was entered is not sent off yet")
            self._memory = replace(memory, plan=(press,), at=0, inner={})
            return self._go_on()
        if not self._is_finished():
            return None
        has_changed = self._screen.fingerprint != memory.screen or self._max_lines == 1
        if has_changed and left.words and not is_sent_off(memory.sentences):
            return None
        self._notes.append("the plan is used up and nothing of the task is left")
        return self._over(Done(summary=_summary(memory.sentences)))

    def _left(self) -> str:
        """Return what of the task is still to be done, in its own words."""
        left = left_of(self._task, self._memory.sentences).unfinished
        return ", ".join(left) if left and self._memory.done else self._task

    def _wanted(self) -> frozenset[str] | None:
        """Return the words that a further plan is held to; None while parts are untouched."""
        left = left_of(self._task, self._memory.sentences)
        return left.words if self._memory.done and not left.clauses else None

    # A new plan

    def _new_plan(self) -> Proposal | None:
        """Ask the model; None if there are sentences to do now or nothing came of it."""
        memory = self._memory
        if memory.plans >= MAX_PLANS:
            return self._over(Fail(reason=f"{MAX_PLANS} plans were made and the task is not done"))
        seen = seen_texts(self._screen, self._task)
        banned = frozenset(self._banned())
        grammar = plan_grammar(
            self._screen,
            self._task,
            may_be_done=is_question(self._task) or bool(memory.done),
            may_wait=may_be_loading(self._screen),
            banned=banned,
            seen_texts=seen,
            max_lines=self._max_lines,
        )
        text, usage = self._ask_model(self._screen, self._left(), memory.sentences, grammar)
        self._usage = _sum(self._usage, usage)
        sentences = parse_plan(text)
        fingerprint = self._screen.fingerprint
        self._memory = memory = replace(
            memory, plans=memory.plans + 1, screen=fingerprint, at=0, plan=(), is_cut=False
        )
        first = sentences[0]
        if isinstance(first, Act) and isinstance(first.action, Done | AskUser | Pause):
            return self._alone(first.action)
        plan = guard_plan(
            sentences,
            self._screen,
            self._task,
            seen_texts=seen,
            done=memory.done_on(fingerprint),
            wanted=self._wanted(),
            may_guess=not memory.done,
            visited=memory.sentences,
        )
        self._notes += [f"left out {reason}" for reason in plan.left_out]
        done = (*memory.done, *((sentence, fingerprint) for sentence in plan.already))
        self._memory = memory = replace(
            memory, plan=tuple(plan.lines), is_cut=plan.is_cut, done=done
        )
        if not plan.lines:
            if self._is_finished():
                return self._over(Done(summary=_summary(memory.sentences)))
            self._fruitless |= self._not_named() | self._labels_of(sentences)
        return None

    def _is_finished(self) -> bool:
        """Tell whether something was done, the last of it with effect, and no part is untouched."""
        memory = self._memory
        left = left_of(self._task, memory.sentences)
        return bool(memory.done) and not memory.is_stuck and not left.clauses

    def _alone(self, action: Done | AskUser | Pause) -> Proposal:
        """Return the answer, question or wait that a plan consists of."""
        memory = self._memory
        if isinstance(action, Done):
            return self._over(action)
        if isinstance(action, AskUser):
            if len(memory.answers) >= MAX_QUESTIONS:
                return self._over(Fail(reason=f"too many questions; the next: {action.question}"))
            self._memory = replace(memory, plan=(), is_asking=True)
        else:
            if memory.waits >= MAX_WAITS:
                return self._over(Fail(reason="the screen went on loading"))
            self._memory = replace(memory, plan=(), waits=memory.waits + 1)
        return self._propose(action, write_action(action))

    def _not_named(self) -> set[str]:
        """Return all that the task does not name, if there is anything that it names."""
        named = {label.text for label in named_controls(self._screen, self._task)}
        return {label.text for label in self._screen.labels} - named if named else set()

    def _banned(self) -> list[str]:
        """Return the labels whose clicks had no effect."""
        failed = [parse_instructions(sentence)[0] for sentence in self._memory.failed]
        return [*self._labels_of(failed), *self._fruitless]

    def _labels_of(self, sentences: Sequence[Sentence]) -> set[str]:
        targets = [target_label(sentence) for sentence in sentences]
        labels = [self._screen.of_target(target) for target in targets if target is not None]
        return {label.text for label in labels if label is not None}

    def _nothing_fits(self) -> Proposal:
        if self._is_finished():
            return self._over(Done(summary=_summary(self._memory.sentences)))
        reason = "nothing on the screen fits what is left of the task"
        return self._over(Fail(reason=f"{reason}: {self._left()}"))

    def _over(self, action: Done | Fail) -> Proposal:
        return self._propose(action, write_action(action))

    def _propose(self, action: Action, sentence: str, note: str = "") -> Proposal:
        return Proposal(
            action=action,
            sentence=sentence,
            memory=self._memory.to_json(),
            note="; ".join([*self._notes, *([note] if note else [])]),
            usage=self._usage,
        )


def _at_element(action: Action, element: Element | None) -> Action:
    """Return the action on the thing that was meant, where it was a description."""
    if element is None or not isinstance(target_of(action), TextTarget):
        return action
    target = ElementTarget(id=element.id)
    if isinstance(action, TypeText):
        return action.model_copy(update={"into": target})
    if isinstance(action, Click | DoubleClick | RightClick | Move):
        return action.model_copy(update={"target": target})
    return action


def _summary(done: list[str]) -> str:
    return "; ".join(done)


def _sum(first: Usage, second: Usage) -> Usage:
    return Usage(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        seconds=first.seconds + second.seconds,
    )
