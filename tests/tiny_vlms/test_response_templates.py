"""A checkpoint that says how it marks reasoning and calls is read as it says."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.tiny_vlms import ForcedAnswers
from deskhand.tools.models.vlm import LocalVLM, load_vlm

CLICK = {
    "name": "click",
    "description": "Click.",
    "parameters": {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "label": {"type": "string"}},
    },
}
TEMPLATE = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "reasoning_content": {"open": "<think>", "close": "</think>"},
        "tool_calls": {
            # Control tokens as marks, as in Gemma 4; the tiny tokenizer has none for calls.
            "open_pattern": r"\s*<\|vision_start\|>call:(?P<name>\w+)",
            "close": "<|vision_end|>",
            "repeats": True,
            "content": "json",
            "content_args": {"unquoted_keys": True},
            "transform": {
                "type": "function",
                "function": {"name": "{name}", "arguments": "{content}"},
            },
        },
        "content": {"close_pattern": r"\s*<\|im_end\|>", "content": "text"},
    },
}
CALL = '<|vision_start|>call:click{x: 7, label: "a"}<|vision_end|>'


@pytest.fixture(scope="module")
def vlm(
    checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalVLM]:
    folder = tmp_path_factory.mktemp("templates") / "qwen3_vl"
    shutil.copytree(checkpoint("qwen3_vl"), folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"response_template": TEMPLATE}
    path.write_text(json.dumps(config), encoding="utf-8")
    loaded = load_vlm(folder, dtype="float32")
    yield loaded
    loaded.close()


def chat(vlm: LocalVLM, answer: str, **settings: Any) -> ChatLocalVLM:
    forced = ForcedAnswers(vlm.processor.tokenizer, [answer])
    return ChatLocalVLM(vlm=vlm, context_tokens=4096, logits_processors=forced, **settings)


def test_reasoning_text_and_calls_are_told_apart(vlm: LocalVLM) -> None:
    answer = f"<think>\nIt is there.\n</think>\n\nOn it.\n{CALL}{CALL}"
    message = chat(vlm, answer).bind_tools([CLICK]).invoke("Go.")
    assert message.text == "On it."
    assert [call["args"] for call in message.tool_calls] == [{"x": 7, "label": "a"}] * 2
    assert message.invalid_tool_calls == []
    blocks = [block for block in message.content_blocks if block["type"] == "reasoning"]
    assert [block.get("reasoning") for block in blocks] == ["It is there."]


def test_text_streams_and_marks_are_never_in_it(vlm: LocalVLM) -> None:
    answer = f"<think>Hm.</think>\n\nOn it,  now.\n\n{CALL}"
    pieces = [chunk.text for chunk in chat(vlm, answer).bind_tools([CLICK]).stream("Go.")]
    assert "".join(pieces) == "On it,  now."
    assert len(pieces) > 4


def test_text_alone(vlm: LocalVLM) -> None:
    message = chat(vlm, "Just <this>.").invoke("Go.")
    assert message.content == "Just <this>."
    assert message.tool_calls == []


def test_an_answer_that_was_cut_off_calls_nothing(vlm: LocalVLM) -> None:
    whole = len(vlm.processor.tokenizer.encode(CALL, add_special_tokens=False))
    for tokens in range(1, whole):
        message = chat(vlm, CALL, max_new_tokens=tokens).bind_tools([CLICK]).invoke("Go.")
        assert message.tool_calls == []
    message = chat(vlm, CALL, max_new_tokens=whole).bind_tools([CLICK]).invoke("Go.")
    assert [call["args"] for call in message.tool_calls] == [{"x": 7, "label": "a"}]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            "<|vision_start|>call:click{x: }<|vision_end|> and so on",
            "the answer does not follow its template: ",
        ),
        (
            "<|vision_start|>call:click[1]<|vision_end|>",
            "expected a call with the name of a tool and its arguments",
        ),
    ],
)
def test_what_is_no_call_is_invalid_and_runs_nothing(
    vlm: LocalVLM, answer: str, error: str
) -> None:
    message = chat(vlm, answer).bind_tools([CLICK]).invoke("Go.")
    assert message.tool_calls == []
    (invalid,) = message.invalid_tool_calls
    assert invalid["args"] is not None
    assert invalid["args"].startswith(f"<tool_call>{answer}")
    (why,) = message.response_metadata["invalid_calls"]
    assert why.startswith(error)


def test_a_call_where_no_tools_are_offered_is_none(vlm: LocalVLM) -> None:
    message = chat(vlm, CALL).invoke("Go.")
    assert message.tool_calls == []
    assert message.response_metadata["invalid_calls"] == [
        "a call of 'click' came where no tools were offered"
    ]
