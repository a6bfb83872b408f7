"""The limits of a run, and how a run ended."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from .planners.usage import Usage

Status = Literal["running", "done", "failed", "stopped", "asked", "budget"]
"""
running  a process is on it, or was killed on it
done     the planner says the task is finished
failed   a step went wrong in a way the planner could not go on from
stopped  a person took over, or a model is away; `resume` goes on
asked    a question or an approval waits for a person; `resume` goes on
budget   a limit on steps, seconds, tokens or repeats is used up
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """The limits of a run; all of them are on by default."""

    max_steps: int = 50
    max_seconds: float = 900.0
    """Over all processes of the run, waiting for a person included."""
    max_tokens: int = 1_000_000
    """Of all model calls, what goes in and what comes out; a call that was begun is finished."""
    max_repeats: int = 3
    """How often the same action may meet the very same screen."""
    keep_prompts: bool = False
    """Write the text of each prompt into the run folder; it holds what was on the screen."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data for a record."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended."""

    status: Status
    reason: str
    """One sentence; may be empty for a run that is done."""
    steps: int
    """Settled steps, those of earlier processes included."""
    usage: Usage = field(default_factory=Usage)
    """What all model calls cost, those of earlier processes included."""
    report: Path
