"""OpenAI's computer tool: `computer_call` with one action in pixels of the declared display."""

import json
import math
from collections.abc import Sequence
from typing import Any

from ....tools.actions import (
    Action,
    Click,
    DoubleClick,
    Drag,
    Move,
    Pause,
    PointTarget,
    RightClick,
    Scroll,
    TypeText,
)
from ....tools.models.answers import Answer
from ....tools.models.coordinates.families import family
from ....tools.models.coordinates.native_tools import openai_computer
from ....tools.models.coordinates.syntax import numbers_of
from .endings import SYSTEM, ending_tools, parse_ending, without_call
from .form import LOOK_AGAIN_S, Arguments, GuiFormat, Shown, Wish, made, one_call, unknown

PIXELS_A_NOTCH = 100
WAIT_S = 2.0
"""The action says no time."""
STRAIGHT_PX = 10.0
"""How far a drag's path may leave the straight line; ours are straight."""
_CLICKS: dict[str, type[Click | RightClick]] = {"left": Click, "right": RightClick}


def parse(answer: Answer, shown_to: Shown) -> Wish:
    """Return what an answer asks for; its safety checks are for the planner.

    Raises:
        ModelOutputError: If it called something else, or what deskhand cannot do (other buttons,
            held keys, a drag along a curve, a scroll askew).
    """
    found = one_call(answer)
    if found is None:
        return without_call(answer)
    name, values = found
    if name != "computer":
        action = parse_ending(name, values, shown_to)
    else:
        call = json.dumps(dict(values), ensure_ascii=False)
        arguments = Arguments(call, values, shown_to)
        action = _action(arguments.text("type"), arguments, call)
        if arguments.has("keys") and arguments.take("keys") != []:
            raise arguments.wrong("keys to be held")
        arguments.only()
    return Wish(action=action, note=answer.text.strip())


def _action(name: str, arguments: Arguments, call: str) -> Action:
    match name:
        case "click":
            button = arguments.text("button") if arguments.has("button") else "left"
            if button not in _CLICKS:
                raise arguments.wrong(f"a button {button!r}")
            return _CLICKS[button](target=_place(arguments))
        case "double_click":
            return DoubleClick(target=_place(arguments))
        case "move":
            return Move(target=_place(arguments))
        case "drag":
            return _drag(arguments)
        case "scroll":
            return _scroll(arguments)
        case "keypress":
            keys = arguments.take("keys")
            if not isinstance(keys, list):
                raise arguments.wrong("keys that are no list")
            return arguments.keys(keys)
        case "type":
            return made(TypeText, text=arguments.text("text"))
        case "wait":
            return Pause(seconds=WAIT_S)
        case "screenshot":
            return Pause(seconds=LOOK_AGAIN_S)
        case _:
            raise unknown(name, call)


def _place(arguments: Arguments) -> PointTarget:
    return arguments.at((arguments.number("x"), arguments.number("y")))


def _drag(arguments: Arguments) -> Action:
    path = arguments.take("path")
    if not isinstance(path, list) or len(path) < 2:
        raise arguments.wrong("a path that is no list of two places or more")
    places = []
    for step in path:
        if not isinstance(step, dict) or set(step) != {"x", "y"}:
            raise arguments.wrong("a path with a step that is not x and y")
        numbers = numbers_of([step["x"], step["y"]], 2)
        if numbers is None:
            raise arguments.wrong("a path with a step that is no two numbers")
        places.append(arguments.at(numbers))
    if not _is_straight(places):
        raise arguments.wrong("a path that is not straight")
    return Drag(source=places[0], target=places[-1])


def _is_straight(places: Sequence[PointTarget]) -> bool:
    start, end = places[0], places[-1]
    dx, dy = end.x - start.x, end.y - start.y
    length = math.hypot(dx, dy)
    for place in places[1:-1]:
        off_x, off_y = place.x - start.x, place.y - start.y
        away = math.hypot(off_x, off_y) if length == 0 else abs(off_x * dy - off_y * dx) / length
        if away > STRAIGHT_PX:
            return False
    return True


def _scroll(arguments: Arguments) -> Action:
    target = _place(arguments)
    across, down = arguments.number("scroll_x"), arguments.number("scroll_y")
    if across and down:
        raise arguments.wrong("a scroll in two directions")
    if not across and not down:
        return Pause(seconds=LOOK_AGAIN_S)
    if down:
        direction = "down" if down > 0 else "up"
    else:
        direction = "right" if across > 0 else "left"
    return made(
        Scroll,
        direction=direction,
        notches=max(1, round(abs(across or down) / PIXELS_A_NOTCH)),
        target=target,
    )


def openai_computer_use() -> GuiFormat:
    """Return the format."""

    def tools(width: int, height: int) -> list[dict[str, Any]]:
        return [openai_computer(width, height), *ending_tools()]

    return GuiFormat(
        name="openai-computer",
        family=family("openai-computer"),
        instructions=lambda task, _size: (SYSTEM, task),
        parse=parse,
        tools=tools,
    )
