"""A GUI model asked for one place in its own format, as a calibration asks it."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult

from deskhand.agent.planners.gui_models import FORMATS, gui_format
from deskhand.agent.planners.gui_pointing import GuiPointer
from deskhand.memory.errors import ModelOutputError
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.models.calibrate import COLOURS, Calibration, calibrate, draw_screen

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.truth.seeing_model import (
    Say,
    SeeingModel,
    call,
    click_on_red,
    computer_call,
    images_in,
    text,
)
from tests.model_servers.seeing_brains import middle_of

SMALL = ((640, 400),)
COLOUR = re.compile(r"Click the middle of the (\w+) square\.")


class Looking(SeeingModel):
    """Clicks the square that it is asked for, in the words of a format."""

    form: str

    def _generate(self, messages: list[BaseMessage], *_args: Any, **_kwargs: Any) -> ChatResult:
        asked = COLOUR.search("\n".join(str(message.text) for message in messages))
        assert asked is not None
        image = images_in(messages)[-1]
        place = middle_of(image, COLOURS[asked[1]])
        assert place is not None
        message = click_on_red(self.form)(*place, image.size)
        made = super()._generate(messages)
        made.generations[0].message = message
        return made


def pointer(form: str, model: SeeingModel) -> GuiPointer:
    return GuiPointer(model, gui_format(form), name="m")


def measure(made: GuiPointer) -> Calibration:
    return calibrate(made.ask, made.family, model=made.name, sizes=SMALL)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "ui-tars-1.0"])
def test_every_format_is_calibrated_in_its_own_words(form: str) -> None:
    model = Looking(script=[text("")], form=form)
    result = measure(pointer(form, model))
    assert result.passed, result
    assert (result.worst_px or 0) <= 1.5
    assert len(model.asked) == 5
    shown = {image.size for messages in model.asked for image in images_in(messages)}
    assert shown == {gui_format(form).family.resize.size(640, 400)}
    has_tools = gui_format(form).tools is not None
    assert len(model.bound) == (5 if has_tools else 0)


def screen() -> Capture:
    return draw_screen(*SMALL[0])[0]


def ask(form: str, *script: Say) -> str:
    return pointer(form, SeeingModel(script=list(script))).ask(screen(), "the red square")


def test_a_screenshot_is_given_once() -> None:
    look, click = (
        call("computer", action="screenshot"),
        call("computer", action="left_click", coordinate=[40, 50]),
    )
    answer = ask("claude-computer-20251124", look, click)
    assert answer == (
        '<tool_call>\n{"name": "computer", "arguments": {"action": "left_click", '
        '"coordinate": [40, 50]}}\n</tool_call>'
    )
    with pytest.raises(ModelOutputError, match=r"^expected a click, got pause in "):
        ask("claude-computer-20251124", look, look)


def test_what_is_said_before_a_call_is_left_out() -> None:
    answer = ask("qwen3-computer-use", click_on_red("qwen3-computer-use"))
    assert answer.startswith('<tool_call>\n{"name": "computer_use"')


def test_a_place_outside_the_picture_is_an_answer_to_be_judged() -> None:
    outside = "Action: click(start_box='(979,963)')"
    assert ask("ui-tars-1.5", text(outside)) == outside
    far = computer_call(type="click", button="left", x=9999, y=3)
    assert ask("openai-computer", far) == ('{"type": "click", "button": "left", "x": 9999, "y": 3}')


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (text("I cannot."), "expected one line 'Action: name(…)', got 'I cannot.'"),
        (text("Action: type(content='x')"),
         "expected a click, got type_text in \"Action: type(content='x')\""),
        (lambda *_: AIMessage("Action: left_double(start_box='(3,4)')"),
         "expected a click, got double_click in \"Action: left_double(start_box='(3,4)')\""),
    ],
)  # fmt: skip
def test_anything_but_a_click_is_no_answer(said: Say, told: str) -> None:
    with pytest.raises(ModelOutputError) as caught:
        ask("ui-tars-1.5", said)
    assert str(caught.value) == told
