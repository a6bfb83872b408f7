"""What a checkpoint holds: plain data; pictures and elements are handles into the run folder."""

from typing import Any, Literal, TypedDict

RunStatus = Literal["running", "done", "failed", "budget"]


class RunState(TypedDict, total=False):
    """The graph's state. Every value survives msgpack."""

    task: str
    step: int
    """The step that is being done; counts from 1."""
    memory: dict[str, Any]
    """The planner's memory as of the last step that was settled. A plan that was never carried out
    leaves no trace here, so that planning again after a kill gives the same action."""
    observation: str
    """Handle of the look that the step is chosen on."""
    proposal: dict[str, Any]
    """The planner's proposal: action, sentence, memory, note."""
    decision: dict[str, Any]
    """What the gate said: verdict, rule, reason, by."""
    outcome: dict[str, Any] | None
    """This step's outcome where it is known before the screen is watched (refused, recovered)."""
    last_outcome: dict[str, Any] | None
    """The outcome of the step before."""
    recovered: str
    """How an action that a killed process left open was settled; empty for most steps."""
    must_look_again: bool
    """True after a resume: what an earlier process saw may be gone."""
    status: RunStatus
    reason: str
