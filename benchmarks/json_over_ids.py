"""The usual format as a baseline: a plan as JSON over element numbers, held by a schema's grammar.

Everything but the format is ours: the same screen text with a number before each thing, the same
turns as examples, the same verbs, a whole plan in one call. So the difference is the format's.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from benchmarks.plan_cases import Deed, deed_of
from deskhand.agent.instructions.parse import parse_instructions
from deskhand.agent.instructions.sentences import Act, SelectFrom, SetChecked
from deskhand.agent.planners.gbnf import MAX_LINES
from deskhand.agent.planners.labels import FIELDS, LISTS, TICKED, LabelledScreen
from deskhand.agent.prompts import load_prompt
from deskhand.tools.actions import (
    AskUser,
    Click,
    Done,
    Pause,
    PressKeys,
    Scroll,
    TextTarget,
    TypeText,
)

SYSTEM = """You operate a computer for a user. You see what is on the screen now, each thing with \
its number, and write the plan for this screen as a JSON list of actions, in the order of the task.
{"action":"click","id":N}
{"action":"type","id":N,"text":"TEXT"}
{"action":"select","id":N,"option":"OPTION"}
{"action":"check","id":N}
{"action":"uncheck","id":N}
{"action":"press","keys":"KEYS"}
{"action":"scroll","direction":"down"}
{"action":"wait"}
{"action":"ask","question":"QUESTION"}
{"action":"done","answer":"ANSWER"}
"""
_SCREEN = re.compile(r"(?<=\n)(.*?)(?=\n</screen)", re.DOTALL)


def messages_for(screen: LabelledScreen, task: str, done: Sequence[str]) -> list[BaseMessage]:
    """Return the conversation that ends with the question for a plan."""
    prompt = load_prompt("local_plan")
    rules = prompt.system[prompt.system.index("Rules:") :]
    messages: list[BaseMessage] = [SystemMessage(SYSTEM + rules)]
    for example in prompt.examples:
        names = _names(example.question)
        shown = _SCREEN.sub(lambda match: _numbered(match[1]), example.question, count=1)
        plan = [_example_action(line, names) for line in example.answer.splitlines()]
        messages += [HumanMessage(shown), AIMessage(_written(plan))]
    rows = [" | ".join(f"{one.element.id} {one.line}" for one in row) for row in screen.rows]
    question = (
        "<screen 7be1>\n" + "\n".join(rows) + "\n</screen 7be1>\n"
        f"Done so far: {'; '.join(done) or 'nothing'}\nTask: {task}\nPlan:"
    )
    return [*messages, HumanMessage(question)]


def _things(screen: str) -> list[list[str]]:
    return [line.split(" | ") for line in screen.split("\n")]


def _numbered(screen: str) -> str:
    numbers = iter(range(1, 1000))
    return "\n".join(
        " | ".join(f"{next(numbers)} {thing}" for thing in row) for row in _things(screen)
    )


def _names(question: str) -> Mapping[str, int]:
    found = _SCREEN.search(question)
    assert found is not None
    things = [thing for row in _things(found[1]) for thing in row]
    return {thing: number for number, thing in enumerate(things, start=1)}


def _example_action(line: str, names: Mapping[str, int]) -> Mapping[str, object]:
    (sentence,) = parse_instructions(line)

    def number(_target: TextTarget) -> int:
        # The line ends with the label as it stands on the screen, where states follow it.
        fits = [(thing, n) for thing, n in names.items() if line.endswith(_bare(thing))]
        return max(fits, key=lambda fit: len(_bare(fit[0])))[1]

    match sentence:
        case SelectFrom(option=option, target=target):
            return {"action": "select", "id": number(target), "option": option}
        case SetChecked(target=target, checked=checked):
            return {"action": "check" if checked else "uncheck", "id": number(target)}
        case Act(action=Click(target=TextTarget() as target)):
            return {"action": "click", "id": number(target)}
        case Act(action=TypeText(text=text, into=TextTarget() as target)):
            return {"action": "type", "id": number(target), "text": text}
        case Act(action=PressKeys(keys=keys)):
            return {"action": "press", "keys": "+".join(keys)}
        case Act(action=Scroll(direction=direction)):
            return {"action": "scroll", "direction": direction}
        case Act(action=Pause()):
            return {"action": "wait"}
        case Act(action=AskUser(question=question)):
            return {"action": "ask", "question": question}
        case Act(action=Done(summary=summary)):
            return {"action": "done", "answer": summary}
        case _:
            raise ValueError(f"an example of the prompt has no JSON form: {line}")


def _bare(thing: str) -> str:
    return re.sub(r"( empty| selected| disabled| \[.\]| = \".*\")+$", "", thing)


def _written(plan: Sequence[Mapping[str, object]]) -> str:
    return json.dumps(plan, separators=(",", ":"), ensure_ascii=False)


def grammar_of(screen: LabelledScreen) -> str:
    """Return what a JSON schema with the numbers as enumerations comes to."""
    targets = screen.targets
    numbers = {
        "id": [label.element.id for label in targets],
        "field": [label.element.id for label in targets if label.element.role in FIELDS],
        "list": [label.element.id for label in targets if label.element.role in LISTS],
        "tick": [label.element.id for label in targets if label.element.role in TICKED],
    }
    ways = [
        _way("press", ("keys", "keys")),
        _way("scroll", ("direction", "direction")),
        _way("wait"),
        _way("ask", ("question", "text")),
        _way("done", ("answer", "text")),
    ]
    if numbers["id"]:
        ways.insert(0, _way("click", ("id", "id")))
    if numbers["field"]:
        ways.append(_way("type", ("id", "field"), ("text", "text")))
    if numbers["list"]:
        ways.append(_way("select", ("id", "list"), ("option", "text")))
    if numbers["tick"]:
        ways += [_way("check", ("id", "tick")), _way("uncheck", ("id", "tick"))]
    rules = [
        f'root ::= "[" act ("," act){{0,{MAX_LINES - 1}}} "]"',
        f"act ::= {' | '.join(ways)}",
        'direction ::= "\\"" ("up" | "down") "\\""',
        'keys ::= "\\"" ("ctrl+" | "alt+" | "shift+")* ([a-z0-9] | "enter" | "escape" | "tab") '
        '"\\""',
        'text ::= "\\"" [^"\\\\\\x00-\\x1f]{0,100} "\\""',
    ]
    for name, known in numbers.items():
        if known:
            rules.append(f"{name} ::= " + " | ".join(f'"{number}"' for number in known))
    return "\n".join(rules) + "\n"


def _way(action: str, *fields: tuple[str, str]) -> str:
    written = f'"{{\\"action\\":\\"{action}\\""'
    for name, rule in fields:
        written += f' ",\\"{name}\\":" {rule}'
    return written + ' "}"'


def deeds_of(text: str, screen: LabelledScreen) -> list[Deed]:
    """Return what an answer comes to; nothing for what is no plan, such as one that was cut off."""
    try:
        records = json.loads(text)
    except ValueError:
        return []
    elements = {label.element.id: label.element for label in screen.labels}
    deeds = []
    for record in records:
        element = elements.get(record.get("id"))
        deeds.append(_deed(record, element))
    return deeds


def _deed(record: Mapping[str, Any], element: Any) -> Deed:  # Any: JSON under our grammar
    match record["action"]:
        case "type":
            return deed_of(Act(action=TypeText(text=record["text"] or " ")), element)
        case "select":
            target = TextTarget(text="list")
            return deed_of(SelectFrom(option=record["option"], target=target), element)
        case "check" | "uncheck" as verb:
            checked = verb == "check"
            return deed_of(SetChecked(target=TextTarget(text="box"), checked=checked), element)
        case "press":
            return Deed(verb="press", text=record["keys"])
        case "click":
            return deed_of(Act(action=Click(target=TextTarget(text="it"))), element)
        case "wait":
            return Deed(verb="pause")
        case "ask":
            return Deed(verb="ask_user")
        case "done":
            return Deed(verb="done", text=record["answer"])
        case other:
            return Deed(verb=other)
