r"""What GUI models answer, format by format, and the actions it stands for; the rest is refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deskhand.agent.planners.gui_formats.form import Shown
from deskhand.agent.planners.gui_models import FORMATS, gui_format
from deskhand.memory.errors import ConfigError, ModelOutputError
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    Fail,
    Move,
    Pause,
    PointTarget,
    PressKeys,
    RightClick,
    Scroll,
    TypeText,
)
from deskhand.tools.desktop.geometry import View
from deskhand.tools.models.answers import Answer

CAPTURE = View(width=1000, height=1000, origin_x=-1000, origin_y=50, id="now")
"""A thousand pixels a side: a place in thousandths is the pixel of that number."""


def at(x: float, y: float) -> PointTarget:
    return PointTarget(x=x, y=y, view="now")


def asked(form: str, answer: Answer, pointer: PointTarget | None = None) -> tuple[Action, str]:
    known = gui_format(form)
    sent = CAPTURE.resize(1000, 1000)
    shown = Shown(sent=sent, capture=CAPTURE, family=known.family, pointer=pointer)
    move = known.parse(answer, shown)
    return move.action, move.note


def said(form: str, text: str, pointer: PointTarget | None = None) -> Action:
    return asked(form, Answer(text=text), pointer)[0]


def call(
    form: str,
    values: Mapping[str, Any],
    *,
    name: str = "computer",
    pointer: PointTarget | None = None,
) -> Action:
    return asked(form, Answer(text="", calls=((name, values),)), pointer)[0]


def message_of(form: str, answer: Answer) -> str:
    with pytest.raises(ModelOutputError) as caught:
        asked(form, answer)
    return str(caught.value)


# --- Qwen


QWEN = [
    ({"action": "left_click", "coordinate": [100, 200]}, Click(target=at(100, 200))),
    ({"action": "double_click", "coordinate": [0, 0]}, DoubleClick(target=at(0, 0))),
    ({"action": "right_click", "coordinate": [1, 2]}, RightClick(target=at(1, 2))),
    ({"action": "mouse_move", "coordinate": [1, 2]}, Move(target=at(1, 2))),
    ({"action": "left_click"}, Click(target=at(7, 8))),
    (
        {"action": "left_click_drag", "coordinate": [1, 2]},
        Drag(source=at(7, 8), target=at(1, 2)),
    ),
    ({"action": "key", "keys": ["ctrl", "s"]}, PressKeys(keys=("ctrl", "s"))),
    ({"action": "key", "keys": ["Page_Down"]}, PressKeys(keys=("pagedown",))),
    ({"action": "type", "text": 'a "b"\nn\\n'}, TypeText(text='a "b"\nn\\n')),
    (
        {"action": "scroll", "pixels": -500, "coordinate": [1, 2]},
        Scroll(direction="down", notches=5, target=at(1, 2)),
    ),
    ({"action": "scroll", "pixels": 30}, Scroll(direction="up", notches=1)),
    ({"action": "hscroll", "pixels": -200}, Scroll(direction="left", notches=2)),
    ({"action": "wait", "time": 2.5}, Pause(seconds=2.5)),
    (
        {"action": "terminate", "status": "success"},
        Done(summary="the model says that the task is done"),
    ),
    (
        {"action": "terminate", "status": "failure"},
        Fail(reason="the model says that the task cannot be done"),
    ),
    ({"action": "answer", "text": "42"}, Done(summary="42")),
]  # fmt: skip


@pytest.mark.parametrize("form", ["qwen2.5-computer-use", "qwen3-computer-use"])
@pytest.mark.parametrize(("values", "action"), QWEN)
def test_qwen(form: str, values: dict[str, Any], action: Action) -> None:
    assert call(form, values, name="computer_use", pointer=at(7, 8)) == action
    document = json.dumps({"name": "computer_use", "arguments": values})
    text = f"I do it now.\n<tool_call>\n{document}\n</tool_call><|im_end|>"
    assert asked(form, Answer(text=text), at(7, 8)) == (action, "I do it now.")


QWEN_WRONG = [
    ({"action": "middle_click", "coordinate": [1, 2]}, "there is no action 'middle_click' here; "),
    ({"action": "left_click", "coordinate": [1, 2, 3]}, "got a coordinate that is not [x, y] in "),
    ({"action": "left_click", "coordinate": "1,2"}, "got a coordinate that is not [x, y] in "),
    ({"action": "left_click", "coordinate": [True, 1]}, "got a coordinate that is not [x, y] in "),
    ({"action": "left_click", "coordinate": [1, 2], "text": "x"}, "got text, which it cannot "),
    ({"action": "left_click"}, "got no place, and the pointer was not put on one in the call "),
    ({"action": "key", "keys": "ctrl+s"}, "got keys that are no list in the call "),
    ({"action": "key", "keys": []}, "expected an action that can be done, got keys: "),
    ({"action": "type", "text": 5}, "got a text that is no text in the call "),
    ({"action": "scroll", "pixels": 0}, "got pixels of 0 in the call "),
    ({"action": "wait", "time": "1"}, "got a time that is no number in the call "),
    ({"action": "wait", "time": -1}, "expected an action that can be done, got seconds: "),
    ({"action": "terminate", "status": "done"}, "got a status of 'done' in the call "),
    ({}, "got no action in the call '{}'"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "message"), QWEN_WRONG)
def test_qwen_refuses(values: dict[str, Any], message: str) -> None:
    answer = Answer(text="", calls=(("computer_use", values),))
    assert message_of("qwen3-computer-use", answer).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "It is done.",
        '{"name": "computer_use", "arguments": {"action": "wait", "time": 1}}',
        '<tool_call>{"name": "bash", "arguments": {"command": "true"}}</tool_call>',
        '<tool_call>{"name": "computer_use", "arguments": {"action": "wait", "time": 1}}'
        '</tool_call><tool_call>{"name": "computer_use", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "computer_use", "arguments": {"action": "wait", "time": NaN}}'
        "</tool_call>",
    ],
)
def test_qwen_text_that_is_no_single_call(text: str) -> None:
    message = message_of("qwen3-computer-use", Answer(text=text))
    assert message.startswith("expected one call of computer_use, got ")


def test_qwen_is_told_the_resolution_it_answers_in() -> None:
    for form, size in (("qwen2.5-computer-use", "1932x1092"), ("qwen3-computer-use", "1000x1000")):
        system, user = gui_format(form).instructions("Save the file", (1932, 1092))
        assert f"resolution is {size}." in system
        assert user == "Save the file"


# --- Claude


CLAUDE = [
    ({"action": "left_click", "coordinate": [100, 200]}, Click(target=at(100, 200))),
    ({"action": "left_click"}, Click(target=at(7, 8))),
    ({"action": "double_click", "coordinate": [1, 2]}, DoubleClick(target=at(1, 2))),
    ({"action": "right_click", "coordinate": [1, 2], "text": None}, RightClick(target=at(1, 2))),
    ({"action": "mouse_move", "coordinate": [1, 2]}, Move(target=at(1, 2))),
    (
        {"action": "left_click_drag", "start_coordinate": [1, 2], "coordinate": [30, 40]},
        Drag(source=at(1, 2), target=at(30, 40)),
    ),
    ({"action": "key", "text": "ctrl+s"}, PressKeys(keys=("ctrl", "s"))),
    ({"action": "key", "text": "Return"}, PressKeys(keys=("enter",))),
    ({"action": "key", "text": "Page_Up"}, PressKeys(keys=("pageup",))),
    ({"action": "key", "text": "Control_L+shift+Next"},
     PressKeys(keys=("ctrl", "shift", "pagedown"))),
    ({"action": "key", "text": "+"}, PressKeys(keys=("+",))),
    ({"action": "key", "text": "ctrl+plus"}, PressKeys(keys=("ctrl", "+"))),
    ({"action": "key", "text": "slash"}, PressKeys(keys=("/",))),
    ({"action": "key", "text": " "}, PressKeys(keys=("space",))),
    ({"action": "type", "text": "a'b\"c\n"}, TypeText(text="a'b\"c\n")),
    (
        {
            "action": "scroll", "coordinate": [1, 2],
            "scroll_direction": "down", "scroll_amount": 3,
        },
        Scroll(direction="down", notches=3, target=at(1, 2)),
    ),
    ({"action": "wait", "duration": 2}, Pause(seconds=2)),
    ({"action": "screenshot"}, Pause(seconds=0.5)),
]  # fmt: skip


@pytest.mark.parametrize("version", ["20250124", "20251124"])
@pytest.mark.parametrize(("values", "action"), CLAUDE)
def test_claude(version: str, values: dict[str, Any], action: Action) -> None:
    assert call(f"claude-computer-{version}", values, pointer=at(7, 8)) == action


CLAUDE_WRONG = [
    ({"action": "triple_click", "coordinate": [1, 2]}, "there is no action 'triple_click' here; "),
    ({"action": "hold_key", "text": "a", "duration": 1}, "there is no action 'hold_key' here; "),
    ({"action": "left_mouse_down"}, "there is no action 'left_mouse_down' here; "),
    ({"action": "cursor_position"}, "there is no action 'cursor_position' here; "),
    ({"action": "zoom", "region": [0, 0, 9, 9]}, "there is no action 'zoom' here; "),
    # A click with a key held is another click.
    ({"action": "left_click", "coordinate": [1, 2], "text": "shift"}, "got text, which it cannot "),
    ({"action": "left_click", "coordinate": [1000, 2]}, "expected a pixel from 0 to 999, got 1000"),
    (
        {"action": "scroll", "scroll_direction": "down", "scroll_amount": 101},
        "expected an action that can be done, got notches: ",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("values", "message"), CLAUDE_WRONG)
def test_claude_refuses(values: dict[str, Any], message: str) -> None:
    answer = Answer(text="", calls=(("computer", values),))
    assert message_of("claude-computer-20250124", answer).startswith(message)


# --- OpenAI


OPENAI = [
    ({"type": "click", "button": "left", "x": 100, "y": 200}, Click(target=at(100, 200))),
    ({"type": "click", "button": "right", "x": 0, "y": 0}, RightClick(target=at(0, 0))),
    ({"type": "double_click", "x": 1, "y": 2, "keys": []}, DoubleClick(target=at(1, 2))),
    ({"type": "move", "x": 1, "y": 2}, Move(target=at(1, 2))),
    (
        {"type": "drag", "path": [{"x": 1, "y": 2}, {"x": 30, "y": 40}]},
        Drag(source=at(1, 2), target=at(30, 40)),
    ),
    (
        {"type": "drag", "path": [{"x": 0, "y": 0}, {"x": 51, "y": 50}, {"x": 100, "y": 100}]},
        Drag(source=at(0, 0), target=at(100, 100)),
    ),
    (
        {"type": "scroll", "x": 1, "y": 2, "scroll_x": 0, "scroll_y": 300},
        Scroll(direction="down", notches=3, target=at(1, 2)),
    ),
    (
        {"type": "scroll", "x": 1, "y": 2, "scroll_x": -90, "scroll_y": 0},
        Scroll(direction="left", notches=1, target=at(1, 2)),
    ),
    ({"type": "scroll", "x": 1, "y": 2, "scroll_x": 0, "scroll_y": 0}, Pause(seconds=0.5)),
    ({"type": "keypress", "keys": ["CTRL", "A"]}, PressKeys(keys=("ctrl", "a"))),
    ({"type": "keypress", "keys": ["ARROWLEFT"]}, PressKeys(keys=("left",))),
    ({"type": "keypress", "keys": ["ENTER"]}, PressKeys(keys=("enter",))),
    ({"type": "type", "text": "x"}, TypeText(text="x")),
    ({"type": "wait"}, Pause(seconds=2)),
    ({"type": "screenshot"}, Pause(seconds=0.5)),
]  # fmt: skip


@pytest.mark.parametrize(("values", "action"), OPENAI)
def test_openai(values: dict[str, Any], action: Action) -> None:
    assert call("openai-computer", values) == action


OPENAI_WRONG = [
    ({"type": "click", "button": "wheel", "x": 1, "y": 2}, "got a button 'wheel' in the call "),
    ({"type": "click", "x": 1, "y": 2, "keys": ["SHIFT"]}, "got keys to be held in the call "),
    ({"type": "click", "x": 1000, "y": 2}, "expected a pixel from 0 to 999, got 1000 in "),
    ({"type": "click", "x": "1", "y": 2}, "got a x that is no number in the call "),
    (
        {"type": "drag", "path": [{"x": 0, "y": 0}, {"x": 99, "y": 0}, {"x": 99, "y": 99}]},
        "got a path that is not straight in the call ",
    ),
    ({"type": "drag", "path": [{"x": 0, "y": 0}]}, "got a path that is no list of two places "),
    ({"type": "drag", "path": [{"x": 0, "y": 0}, {"x": "a", "y": 1}]}, "got a path with a step "),
    (
        {"type": "scroll", "x": 1, "y": 2, "scroll_x": 5, "scroll_y": 5},
        "got a scroll in two directions in the call ",
    ),
    ({"type": "shell", "command": "true"}, "there is no action 'shell' here; "),
]  # fmt: skip


@pytest.mark.parametrize(("values", "message"), OPENAI_WRONG)
def test_openai_refuses(values: dict[str, Any], message: str) -> None:
    answer = Answer(text="", calls=(("computer", values),))
    assert message_of("openai-computer", answer).startswith(message)


# --- both that call


CALLING = ["claude-computer-20251124", "openai-computer"]


@pytest.mark.parametrize("form", CALLING)
def test_a_task_ends_by_a_call(form: str) -> None:
    finish = {"success": True, "summary": "Saved."}
    assert call(form, finish, name="finish") == Done(summary="Saved.")
    failed = {"success": False, "summary": "No such file."}
    assert call(form, failed, name="finish") == Fail(reason="No such file.")
    assert call(form, {"question": "Which?"}, name="ask_user") == AskUser(question="Which?")


@pytest.mark.parametrize("form", CALLING)
def test_a_message_without_a_call_goes_to_the_person_and_is_never_done(form: str) -> None:
    found = asked(form, Answer(text="The task is done, I cannot go on. Done!"))
    assert found[0] == AskUser(question="The task is done, I cannot go on. Done!")


@pytest.mark.parametrize("form", CALLING)
def test_other_calls_are_refused(form: str) -> None:
    yes = Answer(text="", calls=(("finish", {"success": "yes", "summary": ""}),))
    assert message_of(form, yes).startswith("got a success that is neither true nor false in ")
    bash = Answer(text="", calls=(("bash", {"command": "true"}),))
    assert message_of(form, bash).startswith("there is no action 'bash' here; got ")
    two = Answer(text="", calls=(("finish", {}), ("finish", {})))
    assert message_of(form, two) == "expected one action, got 2 calls"
    assert message_of(form, Answer(text=" ")) == "expected one call, got an empty answer"


# --- all


def test_every_format_states_its_actions_and_the_task() -> None:
    for form in FORMATS.values():
        system, user = form.instructions("Save {the} file", (640, 480))
        assert user.endswith("Save {the} file")
        assert "@" not in system + user


def test_the_tools_are_for_the_size_of_the_picture() -> None:
    tools = gui_format("claude-computer-20251124").tools
    assert tools is not None
    assert tools(1280, 800)[0] == {
        "type": "computer_20251124", "name": "computer",
        "display_width_px": 1280, "display_height_px": 800,
    }  # fmt: skip
    assert [tool["function"]["name"] for tool in tools(1, 1)[1:]] == ["finish", "ask_user"]


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(
        ConfigError, match=r"^there is no GUI model format 'gpt'; expected one of: "
    ):
        gui_format("gpt")
