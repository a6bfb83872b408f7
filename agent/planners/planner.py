"""What every planner is: from what is seen now to one action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...tools.actions import Action
from ...tools.outcome import Effect, Outcome
from ...tools.perception.elements import Observation
from ...tools.safety.redaction import Redaction
from .usage import ModelCall, Usage

WENT_WRONG: Mapping[Effect, str] = {
    "no_effect": "had no effect",
    "diverged": "went wrong",
    "refused": "was refused",
}
"""Effects after which the screen is not the one that the action was to lead to, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummary:
    """One settled step, in short."""

    sentence: str
    """The action in the instruction language."""
    effect: Effect
    evidence: str
    answer: str = ""
    """What a person answered, if the step asked."""


class Calls(Protocol):
    """Where a planner tells each model call, at once: none is lost to a kill or an error."""

    def check(self, step: int) -> None:
        """Raise `BudgetExceeded` if no more calls may be made in this step."""
        ...

    def note(self, step: int, call: ModelCall) -> None:
        """Count and record a call that was made, whatever came of it."""
        ...


class Uncounted:
    """Lets every call through and records none."""

    def check(self, step: int) -> None:
        """Do nothing."""

    def note(self, step: int, call: ModelCall) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a planner decides on."""

    task: str
    observation: Observation
    memory: Mapping[str, Any]
    """What the planner gave with the last proposal that was settled; empty at first. Proposals that
    were never carried out (a kill, a look that went stale) leave nothing here."""
    history: Sequence[StepSummary]
    step: int
    """Counts from 1."""
    last_outcome: Outcome | None
    """What came of the last settled step."""
    redaction: Redaction = field(default_factory=Redaction)
    """Knows what on the screen must not leave this process, as in a prompt."""
    calls: Calls = field(default_factory=Uncounted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The next action, with how it reads and what to remember once it is settled."""

    action: Action
    """`Done` and `Fail` end the run."""
    sentence: str
    """The action in the instruction language."""
    memory: Mapping[str, Any]
    """JSON data."""
    note: str = ""
    """Why, in one sentence; goes into the record."""
    usage: Usage = field(default_factory=Usage)
    """What it took to find it."""


class Planner(Protocol):
    """Chooses one action at a time."""

    @property
    def name(self) -> str:
        """The planner's name in records."""
        ...

    def plan(self, turn: Turn) -> Proposal:
        """Return the next action. Has no effect of its own: it may be called twice for a step."""
        ...
