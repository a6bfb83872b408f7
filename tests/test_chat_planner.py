"""The planner that asks a chat model: its answers, right and wrong ones, and what a call costs."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from deskhand.agent.planners.chat import ChatOptions
from deskhand.agent.planners.chat_prompt import PromptLimits
from deskhand.agent.planners.planner import StepSummary
from deskhand.agent.planners.usage import Price
from deskhand.memory.errors import ModelUnavailable
from deskhand.tools.actions import Click, Done, ElementTarget, Fail
from deskhand.tools.outcome import Effect
from deskhand.tools.perception.render import estimate_tokens

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.model_servers.form_desk import FormScreen
from tests.model_servers.scripted import (
    Book,
    StatusError,
    call,
    calls,
    planner,
    text_of,
    turn,
)


@pytest.fixture
def screen(tmp_path: Path) -> FormScreen:
    return FormScreen(tmp_path)


# --- one answer


def test_a_right_answer_is_an_action(screen: FormScreen) -> None:
    chosen, model = planner(calls(("click", {"element": 3}), said="Save  is\nthere."))
    proposal = chosen.plan(turn(screen))
    assert proposal.action == Click(target=ElementTarget(id=3))
    assert proposal.sentence == "click button Save"
    assert proposal.note == "Save is there."
    assert proposal.usage.calls == 1
    assert json.loads(json.dumps(proposal.memory)) == {}
    assert model.bound["tool_choice"] == "any"


def test_every_action_is_a_tool(screen: FormScreen) -> None:
    _, model = planner()
    names = [tool["function"]["name"] for tool in model.bound["tools"]]
    assert names == [
        "click", "double_click", "right_click", "move", "drag", "scroll", "type_text",
        "press_keys", "wait_for", "pause", "launch", "focus_window", "set_clipboard",
        "save_screenshot", "ask_user", "done", "fail",
    ]  # fmt: skip
    schemas = {t["function"]["name"]: t["function"]["parameters"] for t in model.bound["tools"]}
    assert schemas["click"]["required"] == ["element"]
    assert list(schemas["drag"]["properties"]) == ["from_element", "element", "expect"]
    assert schemas["type_text"]["required"] == ["text"]
    assert schemas["save_screenshot"]["properties"] == {}
    written = json.dumps(schemas)
    assert not re.search(r'"\$ref"|"anyOf"|"title": "|null', written)


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("type_text", {"text": "Ada", "element": 2, "replace": True},
         'type "Ada" into field Name, replacing what is there'),
        ("drag", {"from_element": 3, "element": 4}, "drag button Save to button Dead"),
        ("click", {"element": 3, "expect": "saved"}, 'click button Save and expect "saved"'),
        ("press_keys", {"keys": ["ctrl", "s"]}, "press ctrl+s"),
        ("launch", {"command": ["mousepad", "a.txt"]}, "open mousepad a.txt"),
        ("scroll", {"direction": "down"}, "scroll down"),
        ("focus_window", {"title": "form"}, 'focus window "form"'),
        ("ask_user", {"question": "Which?"}, 'ask "Which?"'),
        ("fail", {"reason": "no"}, 'stop "no"'),
        ("click", {"element": "3"}, "click button Save"),
    ],
)  # fmt: skip
def test_tools_become_actions(
    screen: FormScreen, name: str, arguments: dict[str, Any], sentence: str
) -> None:
    chosen, _ = planner(call(name, **arguments))
    assert chosen.plan(turn(screen)).sentence == sentence


# --- wrong answers


WRONG: list[tuple[AIMessage, str]] = [
    (call("click", element=99),
     "there is no element 99 on the screen now; take a number from the list"),
    (call("click", element=3, x=5), "click: x: Extra inputs are not permitted"),
    (call("click"), "click: element: Field required"),
    (call("click", element="Save"),
     "click: element: Input should be a valid integer, unable to parse string as an integer"),
    (call("run_shell", command="rm -rf /"),
     "there is no tool 'run_shell'; tools: click, double_click, right_click, move, drag, scroll, "
     "type_text, press_keys, wait_for, pause, launch, focus_window, set_clipboard, "
     "save_screenshot, ask_user, done, fail"),
    (call("press_keys", keys=["strg"]),
     "there is no key 'strg'; expected names such as ctrl, enter, f5"),
    (call("focus_window", title="Calculator"),
     "no window on the screen has these words in its title; see the list"),
    (call("type_text", text="bank", secret=True),
     "there is no secret of that name; secrets: mail-password"),
    (call("save_screenshot", path="/etc/passwd"),
     "save_screenshot: path: Extra inputs are not permitted"),
    (calls(("click", {"element": 3}), ("done", {"summary": "saved"})),
     "done and fail stand alone: call one tool, the next action"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "told"), WRONG, ids=[told[:30] for _, told in WRONG])
def test_a_wrong_call_is_told_and_corrected(
    screen: FormScreen, answer: AIMessage, told: str
) -> None:
    chosen, model = planner(answer, call("click", element=3), secret_names={"mail-password"})
    proposal = chosen.plan(turn(screen))
    assert proposal.action == Click(target=ElementTarget(id=3))
    assert proposal.usage.calls == 2
    *_, given, correction = model.asked[1]
    if len(answer.tool_calls) == 1:
        assert given == answer
    assert isinstance(correction, ToolMessage)
    assert (correction.text, correction.status) == (f"not done: {told}", "error")
    ids = [m.tool_call_id for m in model.asked[1] if isinstance(m, ToolMessage)]
    assert ids == [call["id"] for call in answer.tool_calls]  # servers want an answer to each


def test_prose_is_no_action(screen: FormScreen) -> None:
    prose = AIMessage(content='I will click(3): {"name": "click", "args": {"element": 3}}')
    chosen, model = planner(prose, call("click", element=3))
    assert chosen.plan(turn(screen)).action == Click(target=ElementTarget(id=3))
    said, correction = model.asked[1][-2:]
    assert (type(said), type(correction)) == (AIMessage, HumanMessage)
    assert correction.text == "Not done: call exactly one tool; text alone does nothing."


def test_arguments_that_are_no_json_are_told(screen: FormScreen) -> None:
    broken = AIMessage(
        content="",
        invalid_tool_calls=[
            {"type": "invalid_tool_call", "name": "click", "args": "{elem", "id": "1", "error": ""}
        ],
    )
    chosen, model = planner(broken, call("click", element=3))
    assert chosen.plan(turn(screen)).action == Click(target=ElementTarget(id=3))
    assert model.asked[1][-1].text == (
        "Not done: the arguments of the tool call are no JSON object."
    )
    assert model.asked[1][-2].text == "(a tool call that cannot be read)"


def test_of_two_calls_only_the_first_is_done(screen: FormScreen) -> None:
    two = calls(("click", {"element": 2}), ("type_text", {"text": "Ada"}))
    chosen, _ = planner(two)
    proposal = chosen.plan(turn(screen))
    assert proposal.action == Click(target=ElementTarget(id=2))
    assert proposal.note == "it asked for 2 actions at once; the first one is done"


def test_a_model_that_does_not_learn_ends_the_run(screen: FormScreen) -> None:
    chosen, model = planner(*[call("click", element=99)] * 3)
    proposal = chosen.plan(turn(screen))
    assert proposal.action == Fail(
        reason="model scripted gave no action that can be done, in 3 answers; the last: there is "
        "no element 99 on the screen now; take a number from the list"
    )
    assert len(model.asked) == 3


def test_what_was_left_out_of_the_list_cannot_be_named(screen: FormScreen) -> None:
    options = ChatOptions(limits=PromptLimits(screen_tokens=8), corrections=0)
    chosen, _ = planner(call("click", element=1), options=options)
    assert isinstance(chosen.plan(turn(screen)).action, Fail)


# --- done


@pytest.mark.parametrize(
    ("effects", "doubt"),
    [
        ((), "nothing has been done yet; call done again only if the screen shows it finished"),
        (("confirmed", "no_effect"),
         "the last step had no effect; call done again only if the screen shows that the whole "
         "task is finished all the same"),
    ],
)  # fmt: skip
def test_done_too_early_is_asked_about_once(
    screen: FormScreen, effects: tuple[Effect, ...], doubt: str
) -> None:
    steps = [StepSummary(sentence="click Save", effect=effect, evidence="") for effect in effects]
    chosen, model = planner(call("done", summary="it is"), call("done", summary="it is"))
    proposal = chosen.plan(turn(screen, history=steps, step=len(steps) + 1))
    assert proposal.action == Done(summary="it is")
    assert model.asked[1][-1].text == f"not done: {doubt}"
    assert len(model.asked) == 2


def test_done_after_a_step_that_worked_is_taken(screen: FormScreen) -> None:
    steps = [StepSummary(sentence="click Save", effect="confirmed", evidence="")]
    chosen, model = planner(call("done", summary="saved"))
    assert chosen.plan(turn(screen, history=steps, step=2)).action == Done(summary="saved")
    assert len(model.asked) == 1


# --- what it costs


def test_every_call_is_told_with_its_cost(screen: FormScreen) -> None:
    chosen, _ = planner(
        call("click", element=99),
        call("click", element=3),
        price=Price(input=2.0, output=10.0, cached=0.2),
    )
    book = Book()
    proposal = chosen.plan(turn(screen, calls=book))
    first, second = book.calls
    assert (first.model, first.answer) == ("scripted", "click")
    assert (first.input_tokens, first.cached_tokens, first.output_tokens) == (1000, 600, 20)
    assert first.price == 0.00112  # 400 fresh at 2, 600 cached at 0.2, 20 out at 10 a million
    assert not first.is_estimate
    assert second.input_tokens == 1000
    assert proposal.usage.tokens == 2040
    assert proposal.usage.price == 0.00224


def test_a_server_that_does_not_tell_tokens_is_estimated(screen: FormScreen) -> None:
    answer = call("click", element=3)
    answer.usage_metadata = None
    chosen, model = planner(answer)
    book = Book()
    chosen.plan(turn(screen, calls=book))
    assert book.calls[0].is_estimate
    assert book.calls[0].input_tokens > estimate_tokens(text_of(model.asked[0]))
    assert book.calls[0].price is None


class ConnectError(OSError):
    pass


class ReadTimeout(OSError):
    pass


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StatusError(401), "the key is missing or wrong; check the provider's key variable (401)"),
        (StatusError(403),
         "the key may not use this model; check the provider's key variable (403)"),
        (StatusError(400, "API key not valid"),
         "the key is missing or wrong; check the provider's key variable (401)"),
        (StatusError(404, "no model x"),
         "there is no such model; check its name (404): no model x"),
        (StatusError(429),
         "the rate limit or the quota is used up; wait, or take another model (429)"),
        (StatusError(400, "too\nlong"), "the request was refused (400): too long"),
        (StatusError(503), "its server fails (503); try again later"),
        (ConnectError("refused"),
         "its server cannot be reached; is it running, and is there a network?"),
        (ReadTimeout("x"), "no answer in time; try again, or take a faster model"),
        (RuntimeError("odd"), "RuntimeError: odd"),
    ],
)  # fmt: skip
def test_errors_are_one_line_that_says_what_to_do(
    screen: FormScreen, error: Exception, told: str
) -> None:
    chosen, _ = planner(error)
    book = Book()
    with pytest.raises(ModelUnavailable) as caught:
        chosen.plan(turn(screen, calls=book))
    assert str(caught.value) == f"model scripted: {told}"
    assert [call.answer for call in book.calls] == [f"error: {type(error).__name__}"]


def test_a_model_of_our_own_says_itself_what_is_wrong(screen: FormScreen) -> None:
    chosen, _ = planner(ModelUnavailable("its file is gone"))
    book = Book()
    with pytest.raises(ModelUnavailable, match=r"^its file is gone$"):
        chosen.plan(turn(screen, calls=book))
    assert [call.answer for call in book.calls] == ["error: ModelUnavailable"]


def test_a_cause_tells_what_is_the_matter(screen: FormScreen) -> None:
    error = RuntimeError("wrapped")
    error.__cause__ = StatusError(429)
    chosen, _ = planner(error)
    with pytest.raises(ModelUnavailable, match=r"rate limit or the quota is used up"):
        chosen.plan(turn(screen))
