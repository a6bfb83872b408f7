"""The model calls of a run: each is counted and on disk as soon as it was made."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...memory.errors import RunError, TakenOver
from ...tools.models.cancelling import is_cancelled
from ..budgets import Budgets
from ..planners.planner import Planner, Proposal, Turn
from ..planners.usage import ModelCall, Usage
from .recording import append_record, read_records

CALLS_FILE = "model_calls.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One line of the file."""

    step: int
    """The step that was being chosen; the last one of a run may never have been settled."""
    call: ModelCall

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"step": self.step, **self.call.to_json()}


class CallBook:
    """Counts and records what a planner asks of models in one run.

    Args:
        folder: The run folder; what earlier processes of the run wrote there counts.
        budgets: Told of the tokens, and asked before each call.
        keep_prompts: Write the text of the prompts as well.

    Raises:
        RunError: If the file is damaged.
    """

    def __init__(self, folder: Path, budgets: Budgets, *, keep_prompts: bool = False) -> None:
        self._file = folder / CALLS_FILE
        self._budgets = budgets
        self._keeps_prompts = keep_prompts
        self._by_step: dict[int, Usage] = {}
        for recorded in read_calls(folder):
            self._count(recorded)

    @property
    def total(self) -> Usage:
        """What the run's calls cost, those of earlier processes included."""
        return sum(self._by_step.values(), Usage())

    def of_step(self, step: int) -> Usage:
        """Return what the calls for one step cost."""
        return self._by_step.get(step, Usage())

    def counting(self, planner: Planner, turn: Turn) -> Proposal:
        """Return the planner's proposal, with what it cost counted and recorded.

        A planner that tells its calls one by one has done so; of another, the sum is taken.
        """
        known = self.of_step(turn.step)
        proposal = planner.plan(turn)
        usage = proposal.usage
        if self.of_step(turn.step) == known and usage.tokens:
            call = ModelCall(
                model=planner.name,
                answer=proposal.action.kind,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cached_tokens,
                seconds=usage.seconds,
                price=usage.price,
            )
            self.note(turn.step, call)
        return proposal

    def check(self, step: int) -> None:
        """Raise if no more calls may be made in a step.

        Raises:
            BudgetExceeded: Naming the limit and the option that raises it.
            TakenOver: If the run was stopped meanwhile.
        """
        if is_cancelled():
            raise TakenOver("stopped: nobody waits for this answer any more")
        self._budgets.check(step)

    def note(self, step: int, call: ModelCall) -> None:
        """Count and record a call; not one that the run was stopped in, which is over by now.

        Raises:
            RunError: If it cannot be written.
        """
        if is_cancelled():
            return
        kept = call if self._keeps_prompts else replace(call, prompt="")
        recorded = RecordedCall(step=step, call=kept)
        self._count(recorded)
        append_record(self._file, recorded.to_json())

    def _count(self, recorded: RecordedCall) -> None:
        usage = recorded.call.usage
        self._by_step[recorded.step] = self.of_step(recorded.step) + usage
        self._budgets.note_tokens(usage.tokens)


def read_calls(folder: Path) -> list[RecordedCall]:
    """Return the recorded calls in order.

    Raises:
        RunError: If the file cannot be read, or a line other than the last is damaged.
    """
    calls = []
    for number, record in enumerate(read_records(folder / CALLS_FILE), start=1):
        try:
            step = int(record.pop("step"))
            calls.append(RecordedCall(step=step, call=ModelCall(**record)))
        except (KeyError, TypeError, ValueError) as error:
            file = folder / CALLS_FILE
            raise RunError(f"{file} is damaged in line {number}: {error}") from error
    return calls
