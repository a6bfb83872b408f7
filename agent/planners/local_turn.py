"""The planning of one turn with a small model: go on with the plan, wait, plan anew, or end."""

from collections.abc import Callable, Sequence
from dataclasses import replace

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
from ...tools.perception.elements import Element
from ..instructions.parse import parse_instructions
from ..instructions.sentences import Act, SelectFrom, Sentence
from ..instructions.write import write_action, write_sentences
from .evidence import completed, is_answer_seen, part_with, repairs, unproven
from .gbnf import plan_grammar
from .guards import guard_plan, target_label, unknown_text
from .instructions import InstructionPlanner
from .labels import LabelledScreen, label_screen
from .local_memory import PlanMemory
from .local_prompt import parse_plan
from .plan_line import Line
from .planner import Proposal, Turn
from .screen_signs import came_named, is_loading, may_be_loading, named_controls, seen_texts
from .sending import confirms, is_searched, is_sent_off, sending_button
from .usage import Usage
from .words import is_question, left_of, words

MAX_PLANS = 12
"""Calls of the model in one run."""
MAX_FAILURES = 3
MAX_WAITS = 30
MAX_QUESTIONS = 3
MAX_DOUBTS = 2
"""How often something is tried for what nothing shows to be done, before the run ends as unsure."""
WAIT_S = 2.0
PLANS_A_TURN = 2
"""A plan of which the guards leave nothing is asked for once more, with fewer things to name."""

AskModel = Callable[[LabelledScreen, str, list[str], str], tuple[str, Usage]]


class TurnPlanning:
    """Decides what is done now: the next sentence, a wait, a new plan, or the end.

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
        self._doubted = ""

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
            if not memory.inner and self._repair_before(line):
                continue
            step = self._step(line)
            if isinstance(step.action, Done):
                done = (*memory.done, (line.sentence, memory.screen))
                self._memory = replace(
                    memory, at=memory.at + 1, inner={}, done=done, is_stuck=False
                )
            elif isinstance(step.action, Fail) and self._choose_by_name(line):
                continue
            elif isinstance(step.action, Fail):
                return self._failed(line, step.action.reason)
            else:
                self._memory = replace(memory, inner=step.memory)
                action = _at_element(step.action, element)
                return self._propose(action, step.sentence, step.note)
        return None

    def _choose_by_name(self, line: Line) -> bool:
        """Take the one option of a list that the task names, where the plan's is not in it."""
        memory = self._memory
        (sentence,) = parse_instructions(line.sentence)
        is_open = isinstance(sentence, SelectFrom) and bool(memory.inner)
        named = came_named(self._screen, memory.screen, self._task) if is_open else []
        if len(named) != 1:
            return False
        written = write_sentences(parse_instructions(f"click {named[0].text}"))
        self._notes.append(f"{line.sentence}: the list has {named[0].text}, which the task names")
        choice = Line(sentence=written, element_id=named[0].element.id)
        plan = (*memory.plan[: memory.at], choice, *memory.plan[memory.at + 1 :])
        self._memory = replace(memory, plan=plan, inner={})
        return True

    def _repair_before(self, line: Line) -> bool:
        """Put in what is still to be set right before a button sends it off."""
        memory = self._memory
        (sentence,) = parse_instructions(line.sentence)
        target = target_label(sentence)
        label = None if target is None else self._screen.of_target(target)
        is_click = isinstance(sentence, Act) and isinstance(sentence.action, Click)
        if not is_click or not confirms(label):
            return False
        lines = self._repairs()
        plan = (*memory.plan[: memory.at], *lines, *memory.plan[memory.at :])
        self._memory = replace(self._memory, plan=plan)
        return bool(lines)

    def _repairs(self) -> list[Line]:
        """Return what can be set right without the model, each once in a run."""
        memory = self._memory
        here = memory.done_on(memory.screen)
        found = repairs(self._screen, self._task, here, memory.sentences)
        lines = [line for line in found if line.sentence not in memory.repaired]
        self._memory = replace(
            memory, repaired=(*memory.repaired, *(line.sentence for line in lines))
        )
        self._notes += [f"not yet as the task says: {line.sentence}" for line in lines]
        return lines

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
        is_over = is_sent_off(memory.sentences) and not is_searched(memory.sentences)
        if has_changed and left.words and not is_over:
            return None
        return self._end("the plan is used up and nothing of the task is left")

    def _end(self, note: str) -> Proposal | None:
        """Return the end if all that can be checked of the task is done, None to try once more."""
        memory = self._memory
        here = memory.done_on(memory.screen)
        missing = unproven(self._screen, self._task, here, memory.sentences)
        if not missing:
            self._notes.append(note)
            return self._over(self._done())
        if memory.doubts >= MAX_DOUBTS or memory.plans >= MAX_PLANS:
            return self._unsure(missing)
        self._notes.append(f"nothing shows that this is done: {', '.join(missing)}")
        self._memory = replace(memory, doubts=memory.doubts + 1)
        lines = self._repairs()
        if lines:
            self._memory = replace(self._memory, plan=tuple(lines), at=0, inner={})
            return self._go_on()
        self._doubted = missing[0]
        return None

    def _unsure(self, missing: Sequence[str]) -> Proposal:
        return self._over(
            Fail(reason=f"unsure: nothing shows that this was done: {', '.join(missing)}")
        )

    def _left(self) -> str:
        """Return what of the task is still to be done, in its own words."""
        if self._doubted:
            return part_with(self._doubted, self._task)
        left = left_of(self._task, self._memory.sentences).unfinished
        return ", ".join(left) if left and self._memory.done else self._task

    def _wanted(self) -> frozenset[str] | None:
        """Return the words that a further plan is held to; None while parts are untouched."""
        if self._doubted:
            return frozenset(words(part_with(self._doubted, self._task)))
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
        self._usage += usage
        sentences = parse_plan(text)
        fingerprint = self._screen.fingerprint
        self._memory = memory = replace(
            memory, plans=memory.plans + 1, screen=fingerprint, at=0, plan=(), is_cut=False
        )
        first = sentences[0]
        if isinstance(first, Act) and isinstance(first.action, Done | AskUser | Pause):
            return self._alone(first.action)
        lacking = unknown_text(sentences, self._screen, self._task)
        if lacking:
            return self._alone(AskUser(question=f"What is to be typed into {lacking}?"))
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
        lines = list(plan.lines)
        if not plan.is_cut:
            lines = completed(lines, self._screen, self._task, memory.sentences)
        self._memory = memory = replace(memory, plan=tuple(lines), is_cut=plan.is_cut, done=done)
        if not lines:
            if self._is_finished() and not self._doubted:
                return self._end("nothing of a further plan was left")
            self._fruitless |= self._not_named() | self._labels_of(sentences)
        return None

    def _is_finished(self) -> bool:
        """Tell whether something was done, the last of it with effect, and no part is untouched."""
        memory = self._memory
        left = left_of(self._task, memory.sentences)
        return bool(memory.done) and not memory.is_stuck and not left.clauses

    def _alone(self, action: Done | AskUser | Pause) -> Proposal | None:
        """Return the answer, question or wait that a plan consists of."""
        memory = self._memory
        if isinstance(action, Done):
            return self._answer(action)
        if isinstance(action, AskUser):
            if len(memory.answers) >= MAX_QUESTIONS:
                return self._over(Fail(reason=f"too many questions; the next: {action.question}"))
            self._memory = replace(memory, plan=(), is_asking=True)
        else:
            if memory.waits >= MAX_WAITS:
                return self._over(Fail(reason="the screen went on loading"))
            self._memory = replace(memory, plan=(), waits=memory.waits + 1)
        return self._propose(action, write_action(action))

    def _answer(self, action: Done) -> Proposal | None:
        """Return the end that the model wrote: an answer, or that all is done."""
        if not is_question(self._task):
            return self._end(f"the model says that it is done: {action.summary}")
        if is_answer_seen(action.summary, self._screen, self._task):
            return self._over(action)
        return self._over(Fail(reason=f"unsure: the answer is not on the screen: {action.summary}"))

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
            here = self._memory.done_on(self._memory.screen)
            missing = unproven(self._screen, self._task, here, self._memory.sentences)
            return self._unsure(missing) if missing else self._over(self._done())
        reason = "nothing on the screen fits what is left of the task"
        return self._over(Fail(reason=f"{reason}: {self._left()}"))

    def _done(self) -> Done:
        return Done(summary="; ".join(self._memory.sentences))

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
