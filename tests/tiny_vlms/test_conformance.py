"""Every family does the same, through the real loading path and the real generation."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from transformers import LogitsProcessor

from deskhand.memory.errors import BadArgumentError
from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.tiny_vlms import ForcedAnswers
from deskhand.tools.models.vlm import LocalVLM
from deskhand.tools.models.vlm_messages import LEFT_OUT, to_turns
from deskhand.tools.models.vlm_tokens import PictureTokens

MakeChat = Callable[..., ChatLocalVLM]
Picture = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.slow

CLICK = {
    "name": "click",
    "description": "Click at a place.",
    "parameters": {
        "type": "object",
        "properties": {"label": {"type": "string"}, "x": {"type": "integer"}},
        "required": ["label", "x"],
    },
}
JSON_CALL = (
    'On it.\n<tool_call>\n{"name": "click", "arguments": {"label": "7", "x": 7}}\n</tool_call>'
)
TAG_CALL = (
    "On it.\n<tool_call>\n<function=click>\n<parameter=label>\n7\n</parameter>\n"
    "<parameter=x>\n7\n</parameter>\n</function>\n</tool_call>"
)


def ask(text: str, *pictures: dict[str, Any]) -> list[HumanMessage]:
    return [HumanMessage([*pictures, {"type": "text", "text": text}])]


def prompt_inputs(vlm: LocalVLM, messages: list[Any], tools: list[Any] | None = None) -> Any:
    """Return what goes into the model for these messages."""
    with vlm.lock:
        turns = to_turns(messages)
        return vlm.writer.write(turns, tools or [], limit=10**6, context=10**6).inputs


def test_the_report_says_what_was_loaded(vlm: LocalVLM) -> None:
    report = vlm.report
    assert report.family == report.path.name
    assert (report.device.value, report.dtype.value) == ("cpu", "float32")
    assert report.dtype.why == "asked for"
    assert report.attention.value == "sdpa"
    assert report.quantisation.value == "none"
    assert report.parameters > 10_000
    assert report.size_bytes == 4 * report.parameters
    assert report.lines()[0] == f"family: {report.family} ({report.model_class})"


def test_what_is_in_the_picture_reaches_the_logits(vlm: LocalVLM, picture: Picture) -> None:
    def logits(colour: str) -> torch.Tensor:
        inputs = prompt_inputs(vlm, ask("What is this?", picture(colour)))
        with vlm.lock, torch.inference_mode():
            answer: torch.Tensor = vlm.model(**inputs).logits[0, -1]
        return answer

    red = logits("red")
    assert torch.equal(red, logits("red"))
    assert (red - logits("blue")).abs().max() > 1e-3


def test_random_weights_write_an_answer_to_its_limit(chat: MakeChat, picture: Picture) -> None:
    endless = chat(logits_processors=lambda: [Forbid(chat().vlm)], max_new_tokens=5)
    message = endless.invoke(ask("What is this?", picture("red")))
    assert message.response_metadata["finish_reason"] == "length"
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 5


class Forbid(LogitsProcessor):  # type: ignore[misc]  # untyped base
    """Keeps a model from ending its answer, and does something before each token."""

    def __init__(self, vlm: LocalVLM, each: Callable[[], None] = lambda: None) -> None:
        self.eos = vlm.processor.tokenizer.eos_token_id
        self.each = each

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.each()
        scores = scores.clone()
        scores[:, self.eos] = -torch.inf
        return scores


def test_an_answer_comes_with_its_tokens_and_its_end(chat: MakeChat, picture: Picture) -> None:
    model = chat("Zwei Knöpfe: ✓ 日本.")
    messages = ask("What is this?", picture("red"))
    message = model.invoke(messages)
    assert message.content == "Zwei Knöpfe: ✓ 日本."
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.response_metadata["pictures_left_out"] == 0
    assert message.response_metadata["seconds"] > 0
    tokenizer = model.vlm.processor.tokenizer
    written = len(tokenizer.encode(message.content, add_special_tokens=False)) + 1
    read = model.get_num_tokens_from_messages(list(messages))
    assert message.usage_metadata == {
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": read + written,
    }


@pytest.mark.parametrize("answer", [JSON_CALL, TAG_CALL], ids=["json", "tags"])
def test_a_call_is_read_and_typed(chat: MakeChat, picture: Picture, answer: str) -> None:
    message = chat(answer).bind_tools([CLICK]).invoke(ask("Click it.", picture("red")))
    assert message.content == "On it."
    (call,) = message.tool_calls
    assert (call["name"], call["args"]) == ("click", {"label": "7", "x": 7})
    assert message.invalid_tool_calls == []


def test_a_streamed_call_comes_as_chunks_and_never_as_text(chat: MakeChat) -> None:
    messages = ask("Click it.")
    chunks = streamed(chat(JSON_CALL).bind_tools([CLICK]).stream(messages))
    assert len(chunks) > 2
    assert "".join(str(chunk.content) for chunk in chunks) == "On it."
    assert [call["name"] for chunk in chunks for call in chunk.tool_call_chunks] == ["click"]
    whole = add_ai_message_chunks(*chunks)
    invoked = chat(JSON_CALL).bind_tools([CLICK]).invoke(messages)
    assert without_id(whole) == without_id(invoked)
    assert whole.usage_metadata == invoked.usage_metadata


def streamed(chunks: Iterator[AIMessage]) -> list[AIMessageChunk]:
    return [chunk for chunk in chunks if isinstance(chunk, AIMessageChunk)]


def without_id(message: AIMessage) -> tuple[Any, list[Any]]:
    return message.content, [(call["name"], call["args"]) for call in message.tool_calls]


def test_an_agent_that_streams_asks_before_it_acts(chat: MakeChat) -> None:
    clicked: list[str] = []

    @tool
    def click(label: str, x: int) -> str:
        """Click at a place."""
        clicked.append(label)
        return "clicked"

    agent: Any = create_agent(  # Any: its type names every state and context
        chat(JSON_CALL, "Done."),
        [click],
        middleware=[HumanInTheLoopMiddleware(interrupt_on={"click": True})],
        checkpointer=InMemorySaver(),
    )
    config = {"configurable": {"thread_id": "1"}, "recursion_limit": 10}

    def stream(given: object) -> list[Any]:
        return list(agent.stream(given, config, stream_mode="messages"))

    stream({"messages": ask("Click 7.")})
    assert [task.name for task in agent.get_state(config).tasks if task.interrupts] != []
    assert clicked == []
    said = stream(Command(resume={"decisions": [{"type": "approve"}]}))
    assert clicked == ["7"]
    chunks = [message for message, _ in said if isinstance(message, AIMessageChunk)]
    assert "".join(str(chunk.content) for chunk in chunks) == "Done."
    assert agent.get_state(config).next == ()


def test_a_tools_picture_is_seen(vlm: LocalVLM, picture: Picture) -> None:
    def pixels(colour: str) -> torch.Tensor:
        call = {"name": "screenshot", "args": {}, "id": "1", "type": "tool_call"}
        answer = ToolMessage([picture(colour)], tool_call_id="1", name="screenshot")
        messages = [*ask("Look."), AIMessage("", tool_calls=[call]), answer]
        values: torch.Tensor = prompt_inputs(vlm, messages, [CLICK])["pixel_values"]
        return values

    assert not torch.equal(pixels("red"), pixels("blue"))


def test_cancelling_ends_the_answer_at_that_token(chat: MakeChat) -> None:
    cancel = threading.Event()
    tokens = 0

    def count() -> None:
        nonlocal tokens
        tokens += 1
        if tokens == 3:
            cancel.set()

    model = chat(logits_processors=lambda: [Forbid(chat().vlm, count)])
    message = model.invoke(ask("Go on."), cancel=cancel)
    assert message.response_metadata["finish_reason"] == "cancelled"
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 3


def test_an_answer_ends_at_its_deadline(chat: MakeChat) -> None:
    model = chat(logits_processors=lambda: [Forbid(chat().vlm)], max_new_tokens=3500)
    message = model.invoke(ask("Go on."), timeout_s=0.2)
    assert message.response_metadata["finish_reason"] == "deadline"
    assert message.usage_metadata is not None
    assert 0 < message.usage_metadata["output_tokens"] < 3500


def test_the_oldest_pictures_give_way_and_then_it_is_an_error(
    chat: MakeChat, picture: Picture
) -> None:
    sizes = [(300, 200), (301, 200), (302, 200)]
    pictures = [picture("red", size=size) for size in sizes]
    messages = ask("Compare.", *pictures)
    needed = chat().get_num_tokens_from_messages(list(messages))
    line = {"type": "text", "text": LEFT_OUT}
    without_first = chat().get_num_tokens_from_messages(list(ask("Compare.", line, *pictures[1:])))
    last_alone = chat().get_num_tokens_from_messages(
        list(ask("Compare.", line, line, *pictures[2:]))
    )

    def left_out(prompt_tokens: int) -> int:
        model = chat("Same.", context_tokens=prompt_tokens + 20, max_new_tokens=20)
        number: int = model.invoke(messages).response_metadata["pictures_left_out"]
        return number

    assert left_out(needed) == 0
    if without_first < needed:  # Gemma's four tokens a picture are fewer than the line's
        assert left_out(needed - 1) == 1
        assert left_out(without_first) == 1
        assert left_out(last_alone) == 2
    least = min(needed, without_first, last_alone)
    with pytest.raises(BadArgumentError) as error:
        left_out(least - 1)
    assert str(error.value) == (
        f"the prompt needs {last_alone} tokens, {least - 1} are free ({least + 19} less 20 for "
        f"the answer); send less text, or smaller pictures"
    )


@pytest.mark.parametrize("sizes", [[(300, 200)], [(640, 400), (100, 300)]], ids=["one", "two"])
def test_the_tokens_of_pictures_are_known_before(
    chat: MakeChat, picture: Picture, sizes: list[tuple[int, int]]
) -> None:
    model = chat()
    mark = "<picture>"
    pictures = [picture("red", size=size) for size in sizes]
    marks = [{"type": "text", "text": mark} for _ in sizes]
    with_pictures, with_marks = (
        model.get_num_tokens_from_messages(list(ask("What is this?", *parts)))
        for parts in (pictures, marks)
    )
    true = with_pictures - (with_marks - len(sizes) * model.get_num_tokens(mark))
    estimate = PictureTokens(model.vlm.processor).total(sizes)
    # The template's own two markers around a picture, and Gemma's line breaks.
    assert 0 <= true - estimate <= 6 * len(sizes)


def test_control_tokens_on_the_screen_stay_text(vlm: LocalVLM, picture: Picture) -> None:
    tokenizer = vlm.processor.tokenizer
    hostile = "x " + " ".join(sorted(tokenizer.added_tokens_encoder))

    def control_ids(text: str) -> int:
        args = {"label": text, text: [text]}
        call = {"name": "click", "args": args, "id": "1", "type": "tool_call"}
        messages = [
            *ask(text, picture("red")),
            AIMessage(text, tool_calls=[call]),
            ToolMessage([{"type": "text", "text": text}, picture("blue")], tool_call_id="1"),
        ]
        properties = {text: {"type": "string", "description": text}}
        parameters = {"type": "object", "properties": properties}
        function = {"name": "click", "description": text, "parameters": parameters}
        schema = {"type": "function", "function": function}
        ids = prompt_inputs(vlm, messages, [schema])["input_ids"][0].tolist()
        added = set(tokenizer.added_tokens_decoder)
        return sum(number in added for number in ids)

    assert control_ids(hostile) == control_ids("x")
    assert vlm.report.control_tokens.value in (
        "encoded as text",
        "broken up with a zero-width space",
    )


def test_threads_share_a_model(chat: MakeChat, picture: Picture) -> None:
    model = chat(max_new_tokens=6)
    asked = [ask("What is this?", picture(colour)) for colour in ("red", "blue", "white")] * 2
    one_by_one = [model.invoke(messages).content for messages in asked]
    with ThreadPoolExecutor(2) as pool:
        assert [answer.content for answer in pool.map(model.invoke, asked)] == one_by_one


def test_async_is_the_same(chat: MakeChat) -> None:
    async def run() -> tuple[str, list[str]]:
        invoked = await chat("Yes, it is.").ainvoke(ask("Is it?"))
        pieces = [str(piece.text) async for piece in chat("Yes, it is.").astream(ask("Is it?"))]
        return str(invoked.text), pieces

    invoked, pieces = asyncio.run(run())
    assert invoked == "".join(pieces) == "Yes, it is."
    assert len(pieces) > 2


def test_cancelling_a_task_ends_its_answer(vlm: LocalVLM, chat: MakeChat) -> None:
    began = threading.Event()
    tokens = 0

    def count() -> None:
        nonlocal tokens
        tokens += 1
        began.set()

    # All of it is held back, so that no piece comes that would give an opportunity to look.
    forced = ForcedAnswers(vlm.processor.tokenizer, ["<tool_call>" + "word " * 1000])
    processors = [*forced(), Forbid(vlm, count)]
    model = chat(logits_processors=lambda: processors, max_new_tokens=3500)

    async def run() -> None:
        task = asyncio.create_task(model.bind_tools([CLICK]).ainvoke(ask("Go on.")))
        await asyncio.to_thread(began.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert vlm.lock.acquire(timeout=0)
        vlm.lock.release()

    asyncio.run(run())
    assert tokens < 1000


def test_forced_answers_end_when_there_are_no_more(vlm: LocalVLM, chat: MakeChat) -> None:
    model = chat(logits_processors=ForcedAnswers(vlm.processor.tokenizer, ["One."]))
    assert [model.invoke(ask("And?")).content for _ in range(2)] == ["One.", ""]
