"""What the chat model does alike for every family."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from transformers import LogitsProcessor

from deskhand.memory.errors import BadArgumentError, ConfigError, ModelUnavailable, TakenOver
from deskhand.tools.models.cancelling import call_unless
from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.tiny_vlms import ForcedAnswers
from deskhand.tools.models.vlm import LocalVLM

MakeChat = Callable[..., ChatLocalVLM]
Picture = Callable[..., dict[str, Any]]


@tool
def click(label: str) -> str:
    """Click at a label."""
    return label


@tool
def scroll(lines: int) -> str:
    """Scroll."""
    return str(lines)


class Watched(LogitsProcessor):  # type: ignore[misc]  # untyped base
    """Keeps the prompt and lets the answer end at once."""

    def __init__(self, vlm: LocalVLM) -> None:
        self.tokenizer = vlm.processor.tokenizer
        self.prompt = ""

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.prompt = self.tokenizer.decode(input_ids[0])
        scores = scores.clone()
        scores[:, self.tokenizer.eos_token_id] = 1e9
        return scores


def prompt_of(qwen_chat: MakeChat, **bound: Any) -> str:
    """Return what a model with these things bound is told."""
    vlm = qwen_chat().vlm
    watched = Watched(vlm)
    model = qwen_chat(logits_processors=lambda: [watched])
    model.bind_tools([click, scroll], **bound).invoke("Go.")
    return watched.prompt


# --- tools


def test_tools_are_told_in_the_prompt(qwen_chat: MakeChat) -> None:
    for choice in (None, "auto"):
        prompt = prompt_of(qwen_chat, tool_choice=choice)
        assert '"name": "click"' in prompt
        assert '"name": "scroll"' in prompt
        assert "You must call" not in prompt


def test_tool_choice_none_offers_no_tools(qwen_chat: MakeChat) -> None:
    assert "click" not in prompt_of(qwen_chat, tool_choice="none")


@pytest.mark.parametrize("choice", ["any", "required", True])
def test_a_call_can_be_demanded(qwen_chat: MakeChat, choice: str | bool) -> None:
    prompt = prompt_of(qwen_chat, tool_choice=choice)
    assert "You must call one of the functions now" in prompt
    assert '"name": "scroll"' in prompt


@pytest.mark.parametrize("choice", ["click", {"type": "function", "function": {"name": "click"}}])
def test_one_tool_can_be_demanded(qwen_chat: MakeChat, choice: str | dict[str, Any]) -> None:
    prompt = prompt_of(qwen_chat, tool_choice=choice)
    assert "You must call the function click now" in prompt
    assert "scroll" not in prompt


@pytest.mark.parametrize(
    ("choice", "shown"), [("type", "'type'"), ({"type": "any"}, "\"{'type': 'any'}\"")]
)
def test_an_unknown_tool_cannot_be_demanded(
    qwen_chat: MakeChat, choice: str | dict[str, Any], shown: str
) -> None:
    with pytest.raises(BadArgumentError) as error:
        qwen_chat().bind_tools([click, scroll], tool_choice=choice)
    assert str(error.value) == (
        f"tool_choice is {shown}; expected auto, none, any, required or a tool: click, scroll"
    )


def test_structured_output(qwen_chat: MakeChat) -> None:
    class Place(BaseModel):
        """A place."""

        x: int

    model = qwen_chat('<tool_call>{"name": "Place", "arguments": {"x": 0}}</tool_call>')
    assert model.with_structured_output(Place).invoke("Where?") == Place(x=0)


@pytest.mark.parametrize(
    "answer",
    [
        "<tool_call></tool_call>",
        '<tool_call>{"name": "click", "arguments": {"label": "a"}',  # cut off, yet ended by itself
        '<tool_call>{"name": 7, "arguments": {}}</tool_call>',
    ],
)
def test_what_is_no_call_is_invalid_and_runs_nothing(qwen_chat: MakeChat, answer: str) -> None:
    message = qwen_chat(answer).bind_tools([click]).invoke("Go.")
    assert message.tool_calls == []
    assert [call["args"] for call in message.invalid_tool_calls] == [answer]
    assert len(message.response_metadata["invalid_calls"]) == 1


def test_a_call_that_was_cut_off_runs_nothing(qwen_chat: MakeChat) -> None:
    call = '<tool_call>{"name": "click", "arguments": {"label": "abc"}}</tool_call>'
    vlm = qwen_chat().vlm
    whole = len(vlm.processor.tokenizer.encode(call, add_special_tokens=False))
    for tokens in range(1, whole):
        message = qwen_chat(call, max_new_tokens=tokens).bind_tools([click]).invoke("Go.")
        assert message.tool_calls == []
        assert message.response_metadata["finish_reason"] == "length"
    message = qwen_chat(call, max_new_tokens=whole).bind_tools([click]).invoke("Go.")
    assert [made["args"] for made in message.tool_calls] == [{"label": "abc"}]


# --- texts


@pytest.mark.parametrize("stop", ["STOP", "P t", "STOP\n"])
def test_a_stop_string_ends_the_answer_and_is_not_in_it(qwen_chat: MakeChat, stop: str) -> None:
    model = qwen_chat("one STOP two STOP\n" + "three " * 50)
    pieces = [chunk.text for chunk in model.stream("Go.", stop=[stop])]
    assert "".join(pieces) == ("one STOP two STOP\n" + "three " * 50).partition(stop)[0]


def test_a_stop_string_saves_the_tokens_after_it(qwen_chat: MakeChat) -> None:
    message = qwen_chat("one STOP" + " two" * 100).invoke("Go.", stop=["STOP"])
    assert message.content == "one "
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] < 20


def test_characters_of_several_tokens_come_whole(qwen_chat: MakeChat) -> None:
    pieces = [chunk.text for chunk in qwen_chat("ä日本👍🏽 é").stream("Go.")]
    assert "".join(pieces) == "ä日本👍🏽 é"
    assert all("\ufffd" not in piece for piece in pieces)


def test_sampling(qwen_chat: MakeChat) -> None:
    model = qwen_chat(temperature=5.0, max_new_tokens=12)
    assert len({model.invoke("Go.").text for _ in range(5)}) > 1


def test_token_counts_are_the_models_own(qwen_chat: MakeChat, picture: Picture) -> None:
    model = qwen_chat()
    tokenizer = model.vlm.processor.tokenizer
    assert model.get_num_tokens("hello world") == len(tokenizer.encode("hello world"))
    small, large = (
        model.get_num_tokens_from_messages([HumanMessage([picture("red", size=size)])])
        for size in ((56, 56), (280, 280))
    )
    assert large - small == 100 - 4
    bare = model.get_num_tokens_from_messages([HumanMessage("Go.")])
    assert model.get_num_tokens_from_messages([HumanMessage("Go.")], tools=[click]) > bare + 50


# --- what is refused before anything runs


def test_pictures_are_not_fetched(qwen_chat: MakeChat) -> None:
    block = {"type": "image", "url": "http://127.0.0.1:9/x.png"}
    with pytest.raises(BadArgumentError) as error:
        qwen_chat("Nice.").invoke([HumanMessage([block])])
    assert str(error.value) == (
        "an image block needs base64 or a data: URL, got 'http://127.0.0.1:9/x.png'; "
        "nothing is fetched"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"top_k": 3},
            "unknown argument 'top_k'; a call takes stop, tools, tool_choice, max_new_tokens, "
            "timeout_s and cancel",
        ),
        (
            {"max_new_tokens": 0},
            "max_new_tokens is 0; expected 1 or more, and less than the 4096 tokens for prompt "
            "and answer together",
        ),
        (
            {"max_new_tokens": 4096},
            "max_new_tokens is 4096; expected 1 or more, and less than the 4096 tokens for prompt "
            "and answer together",
        ),
    ],
)
def test_wrong_arguments_of_a_call(
    qwen_chat: MakeChat, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadArgumentError) as error:
        qwen_chat("x").invoke("Go.", **arguments)
    assert str(error.value) == message


def test_a_long_text_without_pictures_is_an_error(qwen_chat: MakeChat) -> None:
    model = qwen_chat("x", context_tokens=60, max_new_tokens=20)
    with pytest.raises(BadArgumentError, match=r"^the prompt needs \d+ tokens, 40 are free "):
        model.invoke("word " * 100)


def test_the_error_of_a_prompt_comes_out_of_async_too(qwen_chat: MakeChat) -> None:
    model = qwen_chat("x", context_tokens=60, max_new_tokens=20)
    with pytest.raises(BadArgumentError, match=r"^the prompt needs \d+ tokens, 40 are free "):
        asyncio.run(model.ainvoke("word " * 100))


def test_a_template_that_reads_one_part_of_the_system_turn_reads_it_all(
    checkpoint: Callable[[str], Any], tmp_path: Path
) -> None:
    """As Gemma's template."""
    folder = Path(shutil.copytree(checkpoint("gemma3"), tmp_path / "model"))
    (folder / "chat_template.jinja").write_text(
        "{% for m in messages %}{% for part in m.content %}"
        "{% if part.type == 'image' %}<start_of_image>"
        "{% elif m.role != 'system' or loop.first %}{{ part.text }}{% endif %}"
        "{% endfor %}{% endfor %}",
        encoding="utf-8",
    )
    model = ChatLocalVLM.load(folder, dtype="float32", max_new_tokens=2)
    watched = Watched(model.vlm)
    model.logits_processors = lambda: [watched]
    system = SystemMessage([{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Ok?"}])
    model.bind_tools([click]).invoke([system, HumanMessage("Go.")])
    assert "Be kind.Ok?\n\n# Tools" in watched.prompt
    assert '"name": "click"' in watched.prompt


def test_what_the_template_refuses_is_a_wrong_argument(
    checkpoint: Callable[[str], Any], tmp_path: Path
) -> None:
    """As Gemma's template, which wants the turns to alternate."""
    folder = Path(shutil.copytree(checkpoint("gemma3"), tmp_path / "model"))
    template = folder / "chat_template.jinja"
    rule = "{% if messages | length > 1 %}{{ raise_exception('one turn only') }}{% endif %}"
    template.write_text(rule + template.read_text(encoding="utf-8"), encoding="utf-8")
    model = ChatLocalVLM.load(folder, dtype="float32", max_new_tokens=2)
    assert model.invoke("Go.").response_metadata["finish_reason"] == "length"
    with pytest.raises(BadArgumentError) as error:
        model.invoke([HumanMessage("Go."), AIMessage("Where?"), HumanMessage("Home.")])
    assert str(error.value) == (
        "the model's chat template refuses this conversation: one turn only"
    )


# --- ends


def test_a_deadline_that_has_passed_makes_no_prompt(qwen_chat: MakeChat) -> None:
    message = qwen_chat("x").invoke("Go.", timeout_s=0.0)
    assert message.content == ""
    assert message.response_metadata["finish_reason"] == "deadline"
    assert message.usage_metadata is not None
    assert message.usage_metadata["total_tokens"] == 0


def test_who_waits_for_the_model_can_be_cancelled_and_has_a_deadline(qwen_chat: MakeChat) -> None:
    model = qwen_chat("x")
    cancel = threading.Event()
    cancel.set()
    with model.vlm.lock:
        late = model.invoke("Go.", timeout_s=0.1)
        cancelled = model.invoke("Go.", cancel=cancel)
    assert late.response_metadata["finish_reason"] == "deadline"
    assert cancelled.response_metadata["finish_reason"] == "cancelled"


def test_an_answer_that_nobody_waits_for_is_cancelled(qwen_chat: MakeChat) -> None:
    model = qwen_chat("x")
    answers: list[AIMessage] = []

    def stop() -> None:
        raise TakenOver("stopped")

    with model.vlm.lock, pytest.raises(TakenOver):
        call_unless(stop, lambda: answers.append(model.invoke("Go.")))
    while not answers:
        time.sleep(0.01)
    assert answers[0].response_metadata["finish_reason"] == "cancelled"


def test_a_model_can_be_cancelled_as_a_whole(qwen_chat: MakeChat) -> None:
    cancel = threading.Event()
    model = qwen_chat("one", "two", cancel=cancel)
    assert model.invoke("Go.").response_metadata["finish_reason"] == "stop"
    cancel.set()
    assert model.invoke("Go.").response_metadata["finish_reason"] == "cancelled"


def test_a_cancelled_answer_calls_nothing_even_if_its_call_is_whole(qwen_chat: MakeChat) -> None:
    vlm = qwen_chat().vlm
    call = '<tool_call>{"name": "click", "arguments": {"label": "a"}}</tool_call>'
    cancel = threading.Event()
    last = len(vlm.processor.tokenizer.encode(call, add_special_tokens=False))

    class CancelAtLast(LogitsProcessor):  # type: ignore[misc]  # untyped base
        tokens = 0

        def __call__(self, input_ids: Any, scores: Any) -> Any:
            self.tokens += 1
            if self.tokens == last:
                cancel.set()
            return scores

    processors = [*ForcedAnswers(vlm.processor.tokenizer, [call])(), CancelAtLast()]
    model = qwen_chat(logits_processors=lambda: processors).bind_tools([click])
    message = model.invoke("Go.", cancel=cancel)
    assert message.response_metadata["finish_reason"] == "cancelled"
    assert message.tool_calls == []
    assert [made["args"] for made in message.invalid_tool_calls] == [
        '<tool_call>click {"label": "a"}</tool_call>'
    ]
    assert message.response_metadata["invalid_calls"] == ["the answer was cancelled"]


def test_a_reader_that_leaves_ends_the_answer(qwen_chat: MakeChat) -> None:
    endless = Endless(qwen_chat().vlm)
    stream = qwen_chat(logits_processors=lambda: [endless], max_new_tokens=4000).stream("Go.")
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator, declared as an iterator
    assert endless.tokens < 3000


def test_a_reader_that_leaves_ends_the_answer_in_async(qwen_chat: MakeChat) -> None:
    endless = Endless(qwen_chat().vlm)
    model = qwen_chat(logits_processors=lambda: [endless], max_new_tokens=4000)

    async def run() -> None:
        stream = model.astream("Go.")
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # as above
        # LangChain leaves the closing of its inner generator to the loop: it comes a step later.
        assert await asyncio.to_thread(model.vlm.lock.acquire, timeout=60)
        model.vlm.lock.release()

    asyncio.run(run())
    assert endless.tokens < 3000


class Endless(LogitsProcessor):  # type: ignore[misc]  # untyped base
    """Keeps an answer from ending, and counts its tokens."""

    def __init__(self, vlm: LocalVLM) -> None:
        tokenizer = vlm.processor.tokenizer
        self.word = tokenizer.encode("a", add_special_tokens=False)[0]
        self.tokens = 0

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.tokens += 1
        scores = scores.clone()
        scores[:, self.word] = 1e9
        return scores


def test_the_same_model_can_be_asked_while_it_is_read(qwen_chat: MakeChat) -> None:
    model = qwen_chat("one two three", "four", "four", "four")
    pieces = []
    for chunk in model.stream("Go."):
        pieces.append(chunk.text)
        if len(pieces) == 1:
            assert model.invoke("And?").text == "four"
    assert "".join(pieces) == "one two three"


# --- loading and closing


def test_loading_and_closing(checkpoint: Callable[[str], Any]) -> None:
    folder = checkpoint("qwen2_5_vl")
    model = ChatLocalVLM.load(folder, dtype="float32", context_tokens=100, max_new_tokens=9)
    assert model.report.dtype.value == "float32"
    assert (model.context_tokens, model.max_new_tokens) == (100, 9)
    model.close()
    with pytest.raises(ModelUnavailable, match=r" was closed; load it again$"):
        model.invoke("Go.")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"context_tokens": 5000}, "context_tokens is 5000; this model takes 4096"),
        ({"context_tokens": 0}, "context_tokens is 0; expected 1 or more, or None"),
        ({"top_k": 3}, "unknown setting 'top_k' of a local vision model"),
        (
            {"temperature": -1.0},
            "temperature is -1.0: Input should be greater than or equal to 0",
        ),
    ],
)
def test_wrong_settings(
    checkpoint: Callable[[str], Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        ChatLocalVLM.load(checkpoint("qwen2_5_vl"), **settings)
    assert str(error.value) == message
