"""`--dry-run`: what would be done, found on the screen or read from the task, with nothing done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from ...memory.errors import ActionFailed
from ...tools.actions import Action, Fail, TextTarget, redact, target_of
from ...tools.desktop.geometry import Box
from ...tools.finding.sources import NO_MODELS, Sources
from ...tools.grounding import prepare
from ...tools.perception.elements import Element
from ...tools.safety.gate import Gate
from ...tools.safety.policy import ActionContext, Decision, Policy
from ..instructions.parse import parse_instructions
from ..instructions.sentences import (
    Act,
    Expect,
    If,
    ScrollUntil,
    SelectFrom,
    Sentence,
    SetChecked,
)
from ..planners.instructions import InstructionPlanner
from ..planners.planner import Turn
from . import seeing
from .screens import open_screen


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One sentence of a task, as it was understood."""

    line: int
    depth: int
    """How many conditions it stands under."""
    sentence: str
    kind: str
    verdict: str
    """What the policy says as far as the words tell; empty where no action is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What one instruction would do on the screen as it is now."""

    sentence: str
    action: Action
    decision: Decision
    element: Element | None
    point: tuple[float, float] | None
    """In capture pixels; None where the action has no place."""
    window: str

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "sentence": self.sentence,
            "action": redact(self.action).model_dump(mode="json"),
            "verdict": self.decision.verdict,
            "rule": self.decision.rule,
            "reason": self.decision.reason,
            "element": None if self.element is None else seeing.element_to_json(self.element),
            "point": None if self.point is None else list(self.point),
            "window": self.window,
        }


def plan_of(task: str, policy: Policy) -> list[PlannedStep]:
    """Return the sentences of a task in order; needs no screen.

    Raises:
        InstructionError: If it does not parse.
    """
    return list(_planned(parse_instructions(task), policy, depth=0))


def _planned(sentences: Sequence[Sentence], policy: Policy, *, depth: int) -> Iterator[PlannedStep]:
    for sentence in sentences:
        kind, verdict = _kind_and_verdict(sentence, policy)
        text = sentence.source.text
        yield PlannedStep(
            line=sentence.source.line,
            depth=depth,
            sentence=text.splitlines()[0] if isinstance(sentence, If) else text,
            kind=kind,
            verdict=verdict,
        )
        if isinstance(sentence, If):
            yield from _planned(sentence.then, policy, depth=depth + 1)
            yield from _planned(sentence.otherwise, policy, depth=depth + 1)


def _kind_and_verdict(sentence: Sentence, policy: Policy) -> tuple[str, str]:
    match sentence:
        case Act(action=action):
            return action.kind, Gate(policy).decide(action, _told(action)).verdict
        case SelectFrom():
            return "select", "allow"
        case SetChecked():
            return "check", "allow"
        case ScrollUntil():
            return "scroll", "allow"
        case Expect():
            return "expect", ""
        case If():
            return "if", ""
        case unknown:
            assert_never(unknown)


def _told(action: Action) -> ActionContext:
    """Return the place that the words alone tell: a thing with the target's text on it."""
    target = target_of(action)
    if not isinstance(target, TextTarget):
        return ActionContext()
    element = Element(
        id=1, role=target.role or "text", text=target.text, box=Box(0, 0, 1, 1), score=1.0,
        source="ocr",
    )  # fmt: skip
    return ActionContext(element=element, window_title=target.window or "")


def rehearse(task: str, policy: Policy, sources: Sources = NO_MODELS) -> Rehearsal:
    """Return what one instruction would do on the live desktop.

    Args:
        task: The sentence.
        policy: Decides.
        sources: Models that may tell where a described thing is.

    Raises:
        NotFound: If what it names is not on the screen.
        Ambiguous: If several things answer equally well.
    """
    with open_screen() as screen:
        observation = seeing.observe_live(screen)
    planner = InstructionPlanner(task, patience_s=0)
    proposal = planner.plan(
        Turn(
            task=task,
            observation=observation,
            memory={},
            history=(),
            step=1,
            last_outcome=None,
        )
    )
    if isinstance(proposal.action, Fail):
        raise ActionFailed(proposal.action.reason)
    prepared = prepare(proposal.action, observation, sources)
    place = prepared.place
    return Rehearsal(
        sentence=proposal.sentence,
        action=proposal.action,
        decision=Gate(policy).decide(proposal.action, prepared.context),
        element=None if place is None else place.element,
        point=None if place is None else (place.point.x, place.point.y),
        window=prepared.context.window_title,
    )
