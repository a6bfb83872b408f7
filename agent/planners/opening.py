"""Opens an application first, as a sentence says, and leaves the rest of a task to a model."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...memory.errors import InstructionError
from ...tools.actions import Fail, Launch
from ..instructions.parse import parse_instructions
from ..instructions.sentences import Act
from ..instructions.write import write_action
from .planner import WENT_WRONG, Planner, Proposal, Turn

THEN = "then"
"""The part of the memory that is the other planner's."""


def split_opening(task: str) -> tuple[Launch, str] | None:
    """Return what a task's first line opens and the rest; None if that line opens nothing."""
    first, _, rest = task.partition("\n")
    if not rest.strip():
        return None
    try:
        sentences = parse_instructions(first)
    except InstructionError:
        return None
    match sentences:
        case [Act(action=Launch() as launch)]:
            return launch, rest
    return None


class OpeningPlanner:
    """Proposes to open an application, then what another planner does.

    Args:
        launch: What is opened.
        rest: The rest of the task.
        planner: Does it.
    """

    def __init__(self, launch: Launch, rest: str, planner: Planner) -> None:
        self._launch = launch
        self._rest = rest
        self._planner = planner

    @property
    def name(self) -> str:
        """The other planner's name."""
        return self._planner.name

    def plan(self, turn: Turn) -> Proposal:
        """Return the opening at first, then the other planner's proposals."""
        if THEN not in turn.memory:
            return Proposal(
                action=self._launch,
                sentence=write_action(self._launch),
                memory={THEN: {}},
                note="it was named to be opened first",
            )
        memory: Mapping[str, Any] = turn.memory[THEN]
        last = turn.last_outcome
        if not memory and len(turn.history) == 1 and last is not None and last.effect in WENT_WRONG:
            fail = Fail(reason=f"{write_action(self._launch)}: {last.evidence}")
            return Proposal(action=fail, sentence=write_action(fail), memory={})
        own = replace(turn, task=self._rest, memory=memory)
        if len(turn.history) == 1:
            own = replace(own, last_outcome=None)  # which was the opening's
        proposal = self._planner.plan(own)
        return replace(proposal, memory={THEN: dict(proposal.memory)})
