"""Claude's computer tool, `computer_20250124` and `computer_20251124`."""

import json
from collections.abc import Mapping
from typing import Any

from ....tools.actions import (
    Action,
    Click,
    DoubleClick,
    Drag,
    Move,
    Pause,
    RightClick,
    Scroll,
    TypeText,
)
from ....tools.models.answers import Answer
from ....tools.models.coordinates.families import family
from ....tools.models.coordinates.native_tools import claude_computer
from .endings import SYSTEM, ending_tools, parse_ending, without_call
from .form import LOOK_AGAIN_S, Arguments, GuiFormat, Shown, Wish, made, one_call, unknown

_CLICKS: dict[str, type[Click | DoubleClick | RightClick]] = {
    "left_click": Click,
    "double_click": DoubleClick,
    "right_click": RightClick,
}


def parse(answer: Answer, shown_to: Shown) -> Wish:
    """Return what an answer asks for.

    Raises:
        ModelOutputError: If it called something else, or what deskhand cannot do (hold a key or
            a button, the middle button, three clicks, a click with a key held).
    """
    found = one_call(answer)
    if found is None:
        return without_call(answer)
    name, values = found
    if name != "computer":
        action = parse_ending(name, values, shown_to)
    else:
        action = _computer(values, shown_to)
    return Wish(action=action, note=answer.text.strip())


def _computer(values: Mapping[str, Any], shown_to: Shown) -> Action:
    call = json.dumps(dict(values), ensure_ascii=False)
    arguments = Arguments(call, values, shown_to)
    action = _action(arguments.text("action"), arguments, call)
    arguments.only()
    return action


def _action(name: str, arguments: Arguments, call: str) -> Action:
    match name:
        case "left_click" | "double_click" | "right_click":
            return _CLICKS[name](target=arguments.place_or_pointer("coordinate"))
        case "mouse_move":
            return Move(target=arguments.place("coordinate"))
        case "left_click_drag":
            source = arguments.place_or_pointer("start_coordinate")
            return Drag(source=source, target=arguments.place("coordinate"))
        case "key":
            text = arguments.text("text")
            return arguments.keys([text] if len(text) == 1 else text.split("+"))
        case "type":
            return made(TypeText, text=arguments.text("text"))
        case "scroll":
            return made(
                Scroll,
                direction=arguments.text("scroll_direction"),
                notches=arguments.number("scroll_amount"),
                target=arguments.place("coordinate") if arguments.has("coordinate") else None,
            )
        case "wait":
            return made(Pause, seconds=arguments.number("duration"))
        case "screenshot":
            return Pause(seconds=LOOK_AGAIN_S)
        case _:
            raise unknown(name, call)


def claude_computer_use(version: str = "20250124") -> GuiFormat:
    """Return the format; `version` is that of the tool, which goes with the model."""
    return GuiFormat(
        name=f"claude-computer-{version}",
        family=family("claude"),
        instructions=lambda task, _size: (SYSTEM, task),
        parse=parse,
        tools=lambda width, height: [
            claude_computer(width, height, version=version),
            *ending_tools(),
        ],
    )
