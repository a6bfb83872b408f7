"""A grounder with a model that looks at the pixels it was really sent."""

import sys
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import AIMessage

from deskhand.memory.errors import BadArgumentError, ModelOutputError, NotFound
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.models.coordinates.families import FAMILIES, family
from deskhand.tools.models.grounder import Grounder

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.truth.grounding_answers import PERFECT, quantum
from benchmarks.truth.seeing_model import RED, Say, SeeingModel, images_in

TARGET = Box(1500, 700, 1540, 728)


def says(name: str) -> Say:
    return lambda x, y, size: AIMessage(PERFECT[name](x, y, size))


def calls(tool: str, **fixed: object) -> Say:
    def answer(x: float, y: float, _size: tuple[int, int]) -> AIMessage:
        arguments = fixed | {"coordinate": [int(x), int(y)]}
        call = {"name": tool, "args": arguments, "id": "1", "type": "tool_call"}
        return AIMessage("I see it.", tool_calls=[call])

    return answer


def screen(view: View | None = None, *, target: Box = TARGET) -> Capture:
    """A screen with one red square on it."""
    pixels = np.full((1080, 1920, 3), 200, np.uint8)
    pixels[target.top : target.bottom, target.left : target.right] = RED
    if view is None:
        view = View(width=1920, height=1080, origin_x=-1920, origin_y=-60)
    return Capture(pixels=pixels, view=view)


@pytest.mark.parametrize("zoom", [False, True], ids=["once", "zoom"])
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_finds_the_square(name: str, zoom: bool) -> None:
    model = SeeingModel(script=[says(name)])
    capture = screen()
    found = Grounder(model, family(name), name=name, zoom=zoom).find(capture, "the red square")
    seen = [image.size for messages in model.asked for image in images_in(messages)]
    assert seen[0] == FAMILIES[name].resize.size(1920, 1080)
    assert seen == [(view.width, view.height) for view in found.sent]
    assert len(found.answers) == (2 if zoom else 1)
    assert (found.view, found.confidence) == (capture.view, None)
    sent = found.sent[-1]
    step_x, step_y = quantum(name, (sent.width, sent.height))
    # Half a pixel for the edges of the square, which drawing at another size blurs.
    slack = 0.5 + 1
    x, y = TARGET.centre
    assert abs(found.point.x - x) <= (step_x + slack) * sent.scale_x
    assert abs(found.point.y - y) <= (step_y + slack) * sent.scale_y
    if name not in ("seeclick", "showui"):  # two decimals are 19 pixels of this screen
        assert TARGET.contains(found.point.x, found.point.y)
    left, top = capture.view.to_input(found.point)
    assert (left, top) == (int(found.point.x) - 1920, int(found.point.y) - 60)


def test_the_second_look_is_closer() -> None:
    target = Box(1509, 700, 1549, 728)
    capture = screen(target=target)
    model = SeeingModel(script=[says("seeclick")])
    once = Grounder(model, family("seeclick"), name="s").find(capture, "red")
    twice = Grounder(model, family("seeclick"), name="s", zoom=True).find(capture, "red")
    x = target.centre[0]
    assert abs(once.point.x - x) > 5
    assert abs(twice.point.x - x) < 3


def test_a_model_that_calls_its_tool() -> None:
    model = SeeingModel(script=[calls("computer", action="left_click")])
    found = Grounder(model, family("claude"), name="claude").find(screen(), "the red square")
    assert TARGET.contains(found.point.x, found.point.y)
    (tools,) = model.bound
    assert tools == [
        {
            "type": "computer_20250124", "name": "computer",
            "display_width_px": 1366, "display_height_px": 768,
        }
    ]  # fmt: skip
    assert found.answers[0].startswith('<tool_call>\n{"name": "computer", "arguments": {"action"')


def test_a_server_that_parses_the_call_out_of_the_text() -> None:
    model = SeeingModel(script=[calls("computer_use", action="left_click")])
    found = Grounder(model, family("qwen2.5-vl"), name="q").find(screen(), "the red square")
    assert TARGET.contains(found.point.x, found.point.y)
    assert model.bound == []


def test_openai_answers_with_a_block_of_its_own() -> None:
    def block(x: float, y: float, _size: tuple[int, int]) -> AIMessage:
        action = {"type": "click", "button": "left", "x": int(x), "y": int(y)}
        return AIMessage([{"type": "computer_call", "call_id": "c", "action": action}])

    model = SeeingModel(script=[block])
    found = Grounder(model, family("openai-computer"), name="o").find(screen(), "the red square")
    assert TARGET.contains(found.point.x, found.point.y)
    assert model.bound[0][0]["display_width"] == 1920


def test_the_words_come_first_where_the_family_was_trained_so() -> None:
    model = SeeingModel(script=[says("showui")])
    Grounder(model, family("showui"), name="s").find(screen(), "the red\n  square")
    content = model.asked[0][0].content
    assert [block["type"] for block in content if isinstance(block, dict)] == ["text", "image"]
    assert "Find this in the screenshot: the red square\n" in str(model.asked[0][0].text)


def test_a_picture_from_a_file_can_be_asked_about() -> None:
    file = screen(View(width=1920, height=1080, on_desktop=False))
    model = SeeingModel(script=[says("gta1")])
    found = Grounder(model, family("gta1"), name="g", zoom=True).find(file, "red")
    assert TARGET.contains(found.point.x, found.point.y)


def test_a_refusal_is_not_found() -> None:
    model = SeeingModel(script=[lambda *_: AIMessage("[-1,-1]")])
    grounder = Grounder(model, family("ui-venus-1.5"), name="ui-venus-1.5-2b")
    with pytest.raises(NotFound) as caught:
        grounder.find(screen(), "the moon")
    assert str(caught.value) == "ui-venus-1.5-2b sees nothing that is 'the moon'"


def test_prose_is_refused() -> None:
    model = SeeingModel(script=[lambda *_: AIMessage("It is at (12, 34).")])
    with pytest.raises(ModelOutputError) as caught:
        Grounder(model, family("gta1"), name="g").find(screen(), "red")
    assert str(caught.value) == "expected an answer as gta1 gives it, got 'It is at (12, 34).'"


def test_two_calls_are_refused() -> None:
    def twice(x: float, y: float, size: tuple[int, int]) -> AIMessage:
        one = calls("computer", action="left_click")(x, y, size).tool_calls[0]
        return AIMessage("", tool_calls=[one, one | {"id": "2"}])

    grounder = Grounder(SeeingModel(script=[twice]), family("claude"), name="c")
    with pytest.raises(ModelOutputError) as caught:
        grounder.find(screen(), "red")
    assert str(caught.value) == "expected one place, got 2 tool calls"


def test_arguments_that_are_not_json_are_refused() -> None:
    broken = {"name": "computer", "args": "{", "id": "1", "error": None}
    answer = AIMessage("", invalid_tool_calls=[broken | {"type": "invalid_tool_call"}])
    grounder = Grounder(SeeingModel(script=[lambda *_: answer]), family("claude"), name="c")
    with pytest.raises(ModelOutputError) as caught:
        grounder.find(screen(), "red")
    assert str(caught.value) == "expected arguments in JSON, got a call of 'computer' with '{'"


def test_an_empty_description_is_not_sent() -> None:
    model = SeeingModel(script=[says("gta1")])
    with pytest.raises(BadArgumentError) as caught:
        Grounder(model, family("gta1"), name="g").find(screen(), " \n")
    assert str(caught.value) == "expected a description of 1 to 500 characters, got 0"
    assert model.asked == []
