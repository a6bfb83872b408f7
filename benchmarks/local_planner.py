"""How often a small local model's first plan for a real screen is right, by the format of the plan.

Each case is a task on a screen that was seen on real applications and pages, with the plans that
are right for it. The planner's prompt, grammar and guards were made while looking at `tuned`;
nobody looked at what goes wrong in `held_out`. The formats: ours as it is used; what the model
wrote in it, without the guards in code; JSON over element numbers. Run it with:

    .venv/bin/python benchmarks/local_planner.py MODEL.gguf

`held_out`, 48 cases, qwen2.5-coder-1.5b Q4_K_M, temperature 0, right first step / right whole plan:

    untuned, the very first run      ours 40 / 33; the model alone 34 / 27
    JSON over ids                    24 / 19
    after the guards were mended     ours 41 / 35; prompt and examples as before

No case in which a person must be asked was right then (0 of 3), in any format.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import Field

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks import json_over_ids
from benchmarks.plan_cases import (
    HALVES,
    Deed,
    Half,
    PlanCase,
    deed_of,
    is_first_right,
    is_plan_right,
    load_cases,
    load_screen,
)
from deskhand.agent.instructions.parse import parse_instructions
from deskhand.agent.instructions.sentences import Act
from deskhand.agent.planners.guards import target_label
from deskhand.agent.planners.labels import label_screen
from deskhand.agent.planners.local import MAX_ANSWER_TOKENS, LocalPlanner
from deskhand.agent.planners.local_memory import PlanMemory
from deskhand.agent.planners.local_prompt import parse_plan
from deskhand.agent.planners.planner import Turn
from deskhand.memory.errors import ToolError
from deskhand.tools.actions import AskUser, Done, Fail, Pause
from deskhand.tools.models.chat_llama import ChatLlama

CONTEXT_TOKENS = 6144
BEFORE = ("another screen",)
"""Fingerprint of the screen on which a case's `done` was carried out."""


class Overheard(ChatLlama):
    """The model, with what it was asked and answered last."""

    texts: list[str] = Field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        result = super()._generate(messages, stop, run_manager, **kwargs)
        message: Any = result.generations[0].message
        self.texts.append(str(message.content))
        self.input_tokens += message.usage_metadata["input_tokens"]
        self.output_tokens += message.usage_metadata["output_tokens"]
        return result

    def forget(self) -> None:
        """Begin to count anew."""
        self.texts, self.input_tokens, self.output_tokens = [], 0, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one format came to in one case."""

    kind: str
    task: str
    is_first_right: bool
    is_plan_right: bool
    seconds: float
    input_tokens: int
    output_tokens: int
    said: str = ""


@dataclass(slots=True, kw_only=True)
class Column:
    """One format's answers."""

    name: str
    answers: list[Answer] = field(default_factory=list)


def ask_ours(case: PlanCase, model: Overheard) -> dict[str, list[Deed]]:
    """Return what our planner would do, and what the model wrote for it."""
    observation = load_screen(case.screen)
    screen = label_screen(observation, case.task)
    memory = PlanMemory(
        done=tuple((sentence, BEFORE) for sentence in case.done), plans=min(1, len(case.done))
    )
    planner = LocalPlanner(case.task, model, nonce=lambda: "7be1")
    before = memory.to_json() if case.done else {}
    try:
        proposal = planner.plan(
            Turn(
                task=case.task,
                observation=observation,
                memory=before,
                history=(),
                step=len(case.done) + 1,
                last_outcome=None,
            )  # fmt: skip
        )
    except ToolError as error:
        return {"ours": [Deed(verb=f"error: {error}")], "unguarded": []}
    action = proposal.action
    ours: list[Deed]
    if isinstance(action, Done | Fail | AskUser | Pause):
        ours = [deed_of(Act(action=action), None)]
    else:
        ours = []
        for line in proposal.memory["plan"]:
            (sentence,) = parse_instructions(line["sentence"])
            number = line["element_id"]
            ours.append(deed_of(sentence, None if number is None else observation.element(number)))
    unguarded = ours
    if model.texts:
        unguarded = []
        for sentence in parse_plan(model.texts[0]):
            target = target_label(sentence)
            label = None if target is None else screen.of_target(target)
            unguarded.append(deed_of(sentence, None if label is None else label.element))
    return {"ours": ours, "unguarded": unguarded}


def ask_for_json(case: PlanCase, model: Overheard) -> dict[str, list[Deed]]:
    """Return what the model writes over numbers."""
    screen = label_screen(load_screen(case.screen), case.task)
    model.invoke(
        json_over_ids.messages_for(screen, case.task, case.done),
        max_tokens=MAX_ANSWER_TOKENS,
        grammar=json_over_ids.grammar_of(screen),
    )
    return {"json": json_over_ids.deeds_of(model.texts[0], screen)}


Ask = Callable[[PlanCase, Overheard], dict[str, list[Deed]]]
ASKING: Mapping[str, Ask] = {"labels": ask_ours, "json": ask_for_json}


def measure(
    cases: Sequence[PlanCase], model: Overheard, formats: Iterable[str], *, each: bool
) -> list[Column]:
    """Ask for a plan in every case, format by format, so that each has its head read once."""
    columns: dict[str, Column] = {}
    for name in formats:
        for case in cases:
            model.forget()
            started = time.monotonic()
            found = ASKING[name](case, model)
            seconds = time.monotonic() - started
            for column, deeds in found.items():
                answer = _judged(case, deeds, model, seconds)
                columns.setdefault(column, Column(name=column)).answers.append(answer)
                if each:
                    mark = "right" if answer.is_plan_right else "WRONG"
                    mark = "first" if mark == "WRONG" and answer.is_first_right else mark
                    written = model.texts[0] if column != "ours" and model.texts else answer.said
                    print(f"{mark} {column:<9} {case.screen}: {case.task}", file=sys.stderr)
                    print(f"      {written!r}", file=sys.stderr, flush=True)
    return list(columns.values())


def _judged(case: PlanCase, deeds: Sequence[Deed], model: Overheard, seconds: float) -> Answer:
    screen = load_screen(case.screen)
    return Answer(
        kind=case.kind,
        task=case.task,
        is_first_right=is_first_right(deeds, case, screen),
        is_plan_right=is_plan_right(deeds, case, screen),
        seconds=seconds,
        input_tokens=model.input_tokens,
        output_tokens=model.output_tokens,
        said="; ".join(f"{deed.verb} {deed.element_id or ''} {deed.text}" for deed in deeds),
    )


def print_table(half: Half, columns: Sequence[Column]) -> None:
    """Print one table: a row for each kind of case, a column for each format."""
    titles = {
        "ours": "labels + guards",
        "unguarded": "labels, model alone",
        "json": "JSON over ids",
    }
    kinds = dict.fromkeys(answer.kind for answer in columns[0].answers)
    print(f"\n| {half}: right, first step / whole plan | cases |", end="")
    print("".join(f" {titles[column.name]} |" for column in columns))
    print("|---|---|" + "---|" * len(columns))
    for kind in (*kinds, ""):
        own = [
            [answer for answer in column.answers if kind in ("", answer.kind)] for column in columns
        ]
        print(f"| {kind or '**all**'} | {len(own[0])} |", end="")
        for answers in own:
            first = sum(answer.is_first_right for answer in answers)
            whole = sum(answer.is_plan_right for answer in answers)
            print(f" {first} / {whole} |", end="")
        print()
    for title, cost in _costs(columns):
        print(f"| {title} | |" + "".join(f" {one} |" for one in cost))
    sys.stdout.flush()


def _costs(columns: Sequence[Column]) -> list[tuple[str, list[str]]]:
    def of(pick: Callable[[Answer], float], digits: int) -> list[str]:
        return [
            f"{statistics.median(pick(answer) for answer in column.answers):.{digits}f}"
            for column in columns
        ]

    return [
        ("seconds, median", of(lambda answer: answer.seconds, 1)),
        ("prompt tokens, median", of(lambda answer: answer.input_tokens, 0)),
        ("completion tokens, median", of(lambda answer: answer.output_tokens, 0)),
    ]


def main() -> None:
    """Print a table for each half."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a GGUF file")
    parser.add_argument("--half", choices=HALVES, action="append")
    parser.add_argument("--format", choices=tuple(ASKING), action="append", dest="formats")
    parser.add_argument("--kind", action="append", dest="kinds", help="of case, as in the table")
    parser.add_argument("--only", help="a part of the task, or a screen")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--each", action="store_true", help="tell each case on stderr")
    given = parser.parse_args()
    model = Overheard.load(given.model, threads=given.threads, context_tokens=CONTEXT_TOKENS)
    assert isinstance(model, Overheard)
    for half in given.half or HALVES:
        cases = [
            case
            for case in load_cases(half)
            if (given.only is None or given.only in case.task or given.only == case.screen)
            and (given.kinds is None or case.kind in given.kinds)
        ]
        print_table(half, measure(cases, model, given.formats or ASKING, each=given.each))


if __name__ == "__main__":
    main()
