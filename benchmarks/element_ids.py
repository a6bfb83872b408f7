"""The usual format as a baseline: one action a turn, JSON over numbers, held by a grammar."""

import json
import time
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from deskhand.agent.planners.planner import Proposal, Turn
from deskhand.agent.planners.usage import Usage
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    ElementTarget,
    Pause,
    PressKeys,
    Scroll,
    TypeText,
)
from deskhand.tools.desktop.keys import parse_keys
from deskhand.tools.models.gbnf import grammar_arguments
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.render import render_elements

SYSTEM = """You control a desktop computer. Reply with the next single action as JSON. Actions:
{"action":"click","id":N} click element N
{"action":"type","id":N,"text":"..."} type into textbox N, replacing what it holds
{"action":"press","keys":"ctrl+s"} press a key or shortcut
{"action":"scroll","direction":"down"} scroll up or down
{"action":"wait"} the screen is still loading
{"action":"done","answer":"..."} everything is finished, or this answers the question
{"action":"ask","question":"..."} information is missing"""
SAVE = '''window "Save":
1 text "File name" | 2 textbox "File name"
3 button "Save" | 4 button "Close"'''
SAVE_FILLED = SAVE.replace('textbox "File name"', 'textbox "plan.txt"')
VEGETABLES = '''window "Vegetables":
1 checkbox "Carrot" (checked) | 2 checkbox "Leek" (unchecked)
3 text "3 of 9 shown"'''
TASK = "Save the file as plan.txt."
EXAMPLES: Sequence[tuple[str, str, str, str]] = (
    (SAVE, "nothing", "Close this without saving.", '{"action":"click","id":4}'),
    (SAVE, "nothing", TASK, '{"action":"type","id":2,"text":"plan.txt"}'),
    (SAVE_FILLED, 'type "plan.txt" into 2', TASK, '{"action":"click","id":3}'),
    ('1 text "Saved."', "click 3", TASK, '{"action":"done","answer":""}'),
    (VEGETABLES, "nothing", "How many are shown?", '{"action":"done","answer":"3"}'),
    (VEGETABLES, "nothing", "I want leek.", '{"action":"click","id":2}'),
    ('1 text "Copying 12 files"', "nothing", "Open it when copied.", '{"action":"wait"}'),
    (
        '1 textbox "Recipient" | 2 textbox "Amount" | 3 button "Pay"',
        "nothing",
        "Pay Miriam what I owe her.",
        '{"action":"ask","question":"How much should be paid to Miriam?"}',
    ),
)


class ElementIdPlanner:
    """One JSON action a turn.

    Args:
        task: What to do.
        model: Takes a grammar.
    """

    name = "ids"

    def __init__(self, task: str, model: BaseChatModel) -> None:
        self._task = task
        self._model = model

    def plan(self, turn: Turn) -> Proposal:
        """Return the next action."""
        messages: list[BaseMessage] = [SystemMessage(SYSTEM)]
        for screen, done, task, answer in EXAMPLES:
            messages += [HumanMessage(_question(screen, done, task)), AIMessage(answer)]
        screen = render_elements(turn.observation).text
        done = "; ".join(step.sentence for step in turn.history) or "nothing"
        messages.append(HumanMessage(_question(screen, done, self._task)))
        started = time.monotonic()
        message = self._model.invoke(
            messages, max_tokens=120, **grammar_arguments(self._model, _grammar(turn.observation))
        )
        used = message.usage_metadata
        assert used is not None
        record = json.loads(str(message.content))
        return Proposal(
            action=_action(record),
            sentence=_short(record),
            memory={},
            usage=Usage(
                input_tokens=used["input_tokens"],
                output_tokens=used["output_tokens"],
                seconds=time.monotonic() - started,
            ),
        )


def _question(screen: str, done: str, task: str) -> str:
    return f"Screen:\n{screen}\nDone so far: {done}\nTask: {task}\nNext action:"


def _grammar(observation: Observation) -> str:
    """Return what a JSON schema with the numbers as an enumeration comes to."""
    ids = [str(element.id) for element in observation.elements]
    fields = [str(e.id) for e in observation.elements if e.role == "textbox"]
    ways = ['"{\\"action\\":\\"click\\",\\"id\\":" id "}"']
    if fields:
        ways.append('"{\\"action\\":\\"type\\",\\"id\\":" field ",\\"text\\":" text "}"')
    ways += [
        '"{\\"action\\":\\"press\\",\\"keys\\":\\"" keys "\\"}"',
        '"{\\"action\\":\\"scroll\\",\\"direction\\":\\"" ("up" | "down") "\\"}"',
        '"{\\"action\\":\\"wait\\"}"',
        '"{\\"action\\":\\"done\\",\\"answer\\":" text "}"',
        '"{\\"action\\":\\"ask\\",\\"question\\":" text "}"',
    ]
    rules = [
        f"root ::= {' | '.join(ways)}",
        "id ::= " + " | ".join(f'"{number}"' for number in ids),
        'keys ::= ("ctrl+" | "alt+" | "shift+")* ([a-z0-9] | "enter" | "escape" | "tab")',
        'text ::= "\\"" [^"\\\\\\x00-\\x1f]{0,100} "\\""',
    ]
    if fields:
        rules.append("field ::= " + " | ".join(f'"{number}"' for number in fields))
    return "\n".join(rules) + "\n"


def _action(record: dict[str, str]) -> Action:
    match record["action"]:
        case "click":
            return Click(target=ElementTarget(id=int(record["id"])))
        case "type":
            into = ElementTarget(id=int(record["id"]))
            return TypeText(text=record["text"] or " ", into=into, replace=True)
        case "press":
            return PressKeys(keys=parse_keys(record["keys"]))
        case "scroll":
            return Scroll(direction="up" if record["direction"] == "up" else "down")
        case "wait":
            return Pause(seconds=2)
        case "ask":
            return AskUser(question=record["question"] or "?")
        case _:
            return Done(summary=record["answer"])


def _short(record: dict[str, str]) -> str:
    match record["action"]:
        case "type":
            return f'type "{record["text"]}" into {record["id"]}'
        case "click":
            return f"click {record['id']}"
        case _:
            return " ".join(str(value) for value in record.values())
