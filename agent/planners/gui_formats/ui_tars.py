r"""UI-TARS: `Thought: …` and `Action: click(start_box='(x,y)')`, one line of Python's look.

It is not Python and never run as such: the peers' `eval(start_box)` runs what the model wrote, and
their `rstrip("\\n")` strips every trailing n and backslash of what is typed.
"""

import re

from ....memory.errors import ModelOutputError
from ....tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    Pause,
    PointTarget,
    RightClick,
    Scroll,
    TypeText,
)
from ....tools.models.answers import Answer
from ....tools.models.coordinates.families import family
from ....tools.models.coordinates.syntax import form, shown, unwrap
from .form import Arguments, GuiFormat, Shown, Wish, made, question, unknown

WAIT_S = 5.0  # "Sleep for 5s and take a screenshot to check for any changes."

_ANSWER = re.compile(
    r"(?:Thought:(?P<thought>(?:(?!\nAction:).)*+)\n)?\s*+Action:\s*+(?P<call>.+)", re.DOTALL
)
_CALL = re.compile(r"([a-z_]+)\((.*)\)", re.DOTALL)
_STRING = r"'((?:[^'\\]|\\.)*)'"
_ARGUMENT = re.compile(rf"\s*([a-z_]+)\s*=\s*{_STRING}\s*(,|$)", re.DOTALL)
_CONTENT = re.compile(r"\s*content\s*=\s*(?:'(.*)'|\"(.*)\")\s*", re.DOTALL)
_NEXT_CALL = re.compile(r"(?<!\\)['\"]\s*\)[\s;,]*(?:Action:\s*)?[a-z_]+\(")
_NEXT_ARGUMENT = re.compile(r"(?<!\\)['\"]\s*,\s*[a-z_]+\s*=\s*['\"]")
"""A bare quote inside a text is read as one, unless an action or an argument may begin after it."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "\\": "\\"}
_PLACE = form(
    r"<point> N\s+N </point>",
    r"<\|box_start\|> \( N , N \) <\|box_end\|>",
    r"\( N , N \)",
    r"\( N , N , N , N \)",
)
_CLICKS: dict[str, type[Click | DoubleClick | RightClick]] = {
    "click": Click,
    "left_double": DoubleClick,
    "right_single": RightClick,
}

_PROMPT = """You are a GUI agent. You are given a task and your action history, with screenshots. \
You need to perform the next action to complete the task.

## Output Format
```
Thought: ...
Action: ...
```

## Action Space

@actions

## Note
- Use English in `Thought` part.
- Write a small plan and finally summarize your next action (with its target element) in one \
sentence in `Thought` part.

## User Instruction
"""
_ACTIONS = r"""click(@)
left_double(@)
right_single(@)
drag(@start, @end)
hotkey(key='ctrl c') # Split keys with a space and use lowercase, at most 3 of them.
type(content='xxx') # Escape \', \" and \n. To submit the input, use \n at the end of content.
scroll(@, direction='down or up or right or left')
wait() # Sleep for 5s and take a screenshot to check for any changes.
finished(content='xxx') # Escape \', \" and \n.
call_user() # When the task is unsolvable, or when you need the user's help."""


def unescape(text: str) -> str:
    r"""Return what a text in quotes stands for; a backslash before anything else stays.

    >>> unescape(r"It\'s C:\dir\\n\n")
    "It's C:\\dir\\n\n"
    """
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), text)


def parse(answer: Answer, shown_to: Shown) -> Wish:
    """Return what an answer asks for.

    Raises:
        ModelOutputError: If it is not `Thought: …` and one `Action: …` of the action space.
    """
    text = unwrap(answer.text)
    found = _ANSWER.fullmatch(text)
    called = None if found is None else _CALL.fullmatch(found["call"].strip())
    if found is None or called is None:
        raise ModelOutputError(f"expected one line 'Action: name(…)', got {shown(answer.text)}")
    thought = (found["thought"] or "").strip()
    name, inside, call = called[1], called[2], called[0]
    if _NEXT_CALL.search(call):
        raise ModelOutputError(f"expected one action, got several: {shown(call)}; give the first")
    if name in ("type", "finished") and inside.strip():
        return Wish(action=_with_content(name, inside, call), note=thought)
    arguments = _arguments(inside, call, shown_to)
    return Wish(action=_action(name, arguments, call, thought), note=thought)


def _with_content(name: str, inside: str, call: str) -> TypeText | Done:
    """Return the two actions with a text, whose quotes models often leave as they are."""
    found = _CONTENT.fullmatch(inside)
    if found is None:
        raise ModelOutputError(f"expected {name}(content='…'), got {shown(call)}")
    if _NEXT_ARGUMENT.search(inside):
        raise ModelOutputError(f"expected quotes inside content to be escaped, got {shown(call)}")
    content = unescape(found[1] if found[1] is not None else found[2])
    if name == "finished":
        return Done(summary=content)
    return made(TypeText, text=content)


def _arguments(inside: str, call: str, shown_to: Shown) -> Arguments:
    values: dict[str, str] = {}
    at = 0
    while inside[at:].strip():
        found = _ARGUMENT.match(inside, at)
        if found is None or found[1] in values:
            raise ModelOutputError(f"expected arguments such as key='…', got {shown(call)}")
        values[found[1]] = unescape(found[2])
        at = found.end()
    return Arguments(call, values, shown_to)


def _action(name: str, arguments: Arguments, call: str, thought: str) -> Action:
    action: Action
    match name:
        case "click" | "left_double" | "right_single":
            action = _CLICKS[name](target=_place(arguments, call, "point", "start_box"))
        case "drag":
            action = Drag(
                source=_place(arguments, call, "start_point", "start_box"),
                target=_place(arguments, call, "end_point", "end_box"),
            )
        case "hotkey":
            action = arguments.keys(arguments.text("key").split())
        case "scroll":
            target = None
            if arguments.has("point") or arguments.has("start_box"):
                target = _place(arguments, call, "point", "start_box")
            action = made(Scroll, direction=arguments.text("direction"), target=target)
        case "wait":
            action = Pause(seconds=WAIT_S)
        case "finished":
            action = Done()
        case "call_user":
            action = AskUser(question=question(thought))
        case _:
            raise unknown(name, call)
    arguments.only()
    return action


def _place(arguments: Arguments, call: str, *names: str) -> PointTarget:
    """Return the place under the one of some names that is given; versions differ in them."""
    name = next((name for name in names if arguments.has(name)), names[0])
    numbers = _PLACE(arguments.text(name).strip())
    if numbers is None:
        raise ModelOutputError(f"expected {name}='(x,y)', got {shown(call)}")
    return arguments.at(numbers)


def _instructions(version: str) -> str:
    if version == "1.0":
        place = "start_box='<|box_start|>(x1,y1)<|box_end|>'"
        start, end = place, "end_box='<|box_start|>(x3,y3)<|box_end|>'"
    else:
        place = "point='<point>x1 y1</point>'"
        start, end = "start_point='<point>x1 y1</point>'", "end_point='<point>x2 y2</point>'"
    actions = _ACTIONS.replace("@start", start).replace("@end", end).replace("@", place)
    return _PROMPT.replace("@actions", actions)


def ui_tars(version: str) -> GuiFormat:
    """Return the format of version 1.0, 1.5 or 2.

    The action space is the published one (bytedance/UI-TARS, README and `prompt.py`), the remarks
    beside it are shortened.
    """
    prompt = _instructions(version)
    return GuiFormat(
        name=f"ui-tars-{version}",
        family=family(f"ui-tars-{version}"),
        instructions=lambda task, _size: ("", prompt + task),
        parse=parse,
    )
