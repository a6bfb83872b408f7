"""How often a small local model carries a task to its end, on simulated screens.

Each case is a task on simulated screens; right is: everything that was asked and nothing else, and
an end that says so. The prompt and the guards were made while looking at `tuning`; what goes wrong
in `held_out` tells how they do on screens they were not made for. Run it with:

    .venv/bin/python benchmarks/local_worlds.py MODEL.gguf
"""

import argparse
import json
import re
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.simulated_screens import World
from deskhand.agent.planners.gbnf import MAX_LINES
from deskhand.agent.planners.local import LocalPlanner
from deskhand.agent.planners.planner import Planner, StepSummary, Turn
from deskhand.memory.errors import ToolError
from deskhand.tools.actions import AskUser, Done, Fail
from deskhand.tools.models.chat_llama import ChatLlama
from deskhand.tools.outcome import Outcome

CASES = Path(__file__).parent / "local_world_cases"
HALVES = ("tuning", "held_out")
KINDS = ("labels", "labels, one line")
MAX_STEPS = 16
CONTEXT_TOKENS = 6144


@dataclass(slots=True, kw_only=True)
class Trial:
    """What came of one case."""

    group: str
    task: str
    is_right: bool = False
    end: str = ""
    sentences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """Of the model, all calls."""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


def load_half(name: str) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Return the screens and the cases of a half."""
    record = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return record["screens"], record["cases"]


def try_case(planner: Planner, case: Mapping[str, Any], screens: Mapping[str, Any]) -> Trial:
    """Do a case step by step, with the memory going through JSON as in a run."""
    world = World(screens=screens, current=case["screen"])
    trial = Trial(group=case["group"], task=case["task"])
    memory: Mapping[str, Any] = {}
    history: list[StepSummary] = []
    last: Outcome | None = None
    for step in range(1, MAX_STEPS + 1):
        observation = world.observe()
        try:
            proposal = planner.plan(
                Turn(
                    task=case["task"], observation=observation, memory=memory,
                    history=tuple(history), step=step, last_outcome=last,
                )
            )  # fmt: skip
        except ToolError as error:
            trial.end = f"error: {error}"
            return trial
        _count(trial, proposal.usage)
        trial.sentences.append(proposal.sentence)
        trial.notes += [proposal.note] if proposal.note else []
        action = proposal.action
        if isinstance(action, Done | Fail | AskUser):
            said = action.summary if isinstance(action, Done) else ""
            trial.end = action.kind
            trial.is_right = is_right(case, world, action.kind, said)
            return trial
        last = world.act(action, observation)
        history.append(
            StepSummary(sentence=proposal.sentence, effect=last.effect, evidence=last.evidence)
        )
        memory = json.loads(json.dumps(proposal.memory))
    trial.end = "steps"
    return trial


def _count(trial: Trial, usage: Any) -> None:  # Any: planner's Usage, of either planner
    trial.seconds += usage.seconds
    trial.calls += usage.calls
    trial.input_tokens += usage.input_tokens
    trial.output_tokens += usage.output_tokens


def is_right(case: Mapping[str, Any], world: World, end: str, said: str) -> bool:
    """Tell whether all that was asked was done, and nothing else."""
    if case.get("asks"):
        return end == "ask_user" and not world.clicks and not world.values
    if end != "done":
        return False
    if "answer" in case:
        is_answered = re.search(case["answer"], said) is not None
        return is_answered and not world.clicks and not world.values
    ways = [case.get("clicks", [])] + ([case["or"]] if "or" in case else [])
    return world.values == case.get("values", {}) and world.clicks in ways


def report(name: str, trials: Sequence[Trial]) -> None:
    """Print right and total by group, and what it cost."""
    groups = dict.fromkeys(trial.group for trial in trials)
    for group in groups:
        own = [trial for trial in trials if trial.group == group]
        print(f"  {group:<12} {sum(t.is_right for t in own):>3}/{len(own)}")
    right = sum(trial.is_right for trial in trials)
    calls = [trial.seconds / trial.calls for trial in trials if trial.calls]
    median = statistics.median(calls) if calls else 0.0
    print(
        f"{name}: {right}/{len(trials)} right; a call {median:.1f} s at the median; "
        f"a case {statistics.mean(t.calls for t in trials):.1f} calls, "
        f"{statistics.mean(t.seconds for t in trials):.1f} s, "
        f"{statistics.mean(t.input_tokens for t in trials):.0f} tokens read, "
        f"{statistics.mean(t.output_tokens for t in trials):.0f} written",
        flush=True,
    )


def make_planner(kind: str, task: str, model: BaseChatModel) -> Planner:
    """Return a planner by its name in the table."""
    # The same mark in each run: a table can be made twice.
    max_lines = 1 if kind == "labels, one line" else MAX_LINES
    return LocalPlanner(task, model, nonce=lambda: "7be1", max_lines=max_lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a GGUF file")
    parser.add_argument("--half", choices=HALVES, action="append")
    parser.add_argument("--planner", choices=KINDS, action="append", dest="kinds")
    parser.add_argument("--only", help="a part of the task")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--each", action="store_true", help="print each case as it ends")
    given = parser.parse_args()
    model = ChatLlama.load(given.model, threads=given.threads, context_tokens=CONTEXT_TOKENS)
    for half in given.half or HALVES:
        screens, cases = load_half(half)
        chosen = [case for case in cases if given.only is None or given.only in case["task"]]
        for kind in given.kinds or KINDS[:1]:
            trials = []
            for case in chosen:
                trial = try_case(make_planner(kind, case["task"], model), case, screens)
                trials.append(trial)
                if given.each:
                    mark = "right" if trial.is_right else "WRONG"
                    print(f"{mark} {trial.task}\n      {trial.end}: {'; '.join(trial.sentences)}")
                    print(f"      {' / '.join(trial.notes)}", flush=True)
            report(f"{half}, {kind}", trials)


if __name__ == "__main__":
    main()
