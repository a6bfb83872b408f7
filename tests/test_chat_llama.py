"""The llama.cpp engine as a chat model: wrong files in one line; with weights, the whole way."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from deskhand.agent.planners.gbnf import plan_grammar
from deskhand.agent.planners.labels import label_screen
from deskhand.agent.planners.local import LocalPlanner
from deskhand.agent.planners.local_prompt import parse_plan
from deskhand.agent.planners.planner import Turn
from deskhand.memory.errors import BadArgumentError, ModelOutputError, ModelUnavailable, TakenOver
from deskhand.tools.actions import Click, ElementTarget
from deskhand.tools.models.cancelling import call_unless
from deskhand.tools.models.chat_llama import ChatLlama
from deskhand.tools.models.llama import LlamaSettings, load_engine

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        ChatLlama.load(tmp_path / "none.gguf")
    assert str(caught.value) == (
        f"there is no model file none.gguf in {tmp_path}; get it with: deskhand models pull"
    )


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(b"<html>" * 1000)
    with pytest.raises(ModelUnavailable) as caught:
        load_engine(path)
    assert str(caught.value) == (
        "page.gguf is no GGUF file (it begins with b'<htm'); pull it again"
    )


def test_a_damaged_file_is_refused_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(b"GGUF" + bytes(5000))
    with pytest.raises(ModelUnavailable) as caught:
        load_engine(path)
    assert str(caught.value) == (
        "cut.gguf cannot be loaded: the file is damaged or is not a language model; pull it again"
    )
    assert capfd.readouterr() == ("", "")


def test_threads_are_as_told_or_as_many_as_there_are_cores() -> None:
    assert LlamaSettings(threads=3).thread_count == 3
    assert 1 <= LlamaSettings().thread_count <= 8


# --- with weights


@pytest.fixture(scope="module")
def model(gguf: Path) -> Iterator[ChatLlama]:
    model = ChatLlama.load(gguf, context_tokens=4096)
    yield model
    model.engine.close()


@pytest.mark.models
def test_an_answer_follows_its_grammar_and_tells_what_it_cost(
    model: ChatLlama, capfd: pytest.CaptureFixture[str]
) -> None:
    grammar = 'root ::= "click " ("Save" | "Cancel")'
    answer = model.invoke(
        [SystemMessage("You are brief."), HumanMessage("Save the file.")], grammar=grammar
    )
    assert answer.content in ("click Save", "click Cancel")
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] > 10
    assert answer.usage_metadata["output_tokens"] > 1
    assert answer.response_metadata["seconds"] > 0
    again = model.invoke(
        [SystemMessage("You are brief."), HumanMessage("Save the file!")], grammar=grammar
    )
    assert again.usage_metadata is not None
    assert again.usage_metadata["input_token_details"]["cache_read"] > 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.models
def test_an_answer_ends_at_stop_at_its_length_and_at_its_deadline(model: ChatLlama) -> None:
    asked = [HumanMessage("Count from one to two hundred in words.")]
    assert model.invoke(asked, stop=["three"]).response_metadata["finish_reason"] == "stop"
    assert model.invoke(asked, max_tokens=3).response_metadata["finish_reason"] == "length"
    late = model.invoke(asked, max_tokens=900, deadline_s=0.01)
    assert late.response_metadata["finish_reason"] == "deadline"


@pytest.mark.models
def test_an_answer_that_nobody_waits_for_ends_and_frees_the_model(model: ChatLlama) -> None:
    asked = [HumanMessage("Count from one to two hundred in words.")]
    cancel = threading.Event()
    cancel.set()
    unasked = model.invoke(asked, cancel=cancel)
    assert unasked.content == ""
    assert unasked.response_metadata["finish_reason"] == "cancelled"
    answers: list[AIMessage] = []
    stopping = iter([False, False, True])

    def stop() -> None:
        if next(stopping):
            raise TakenOver("stopped")

    with pytest.raises(TakenOver):
        call_unless(stop, lambda: answers.append(model.invoke(asked, max_tokens=900)))
    # One answer at a time: the one that was left is over by the time this one is there.
    assert model.invoke(asked, max_tokens=3).response_metadata["finish_reason"] == "length"
    while not answers:
        time.sleep(0.01)
    assert answers[0].response_metadata["finish_reason"] == "cancelled"


@pytest.mark.models
def test_the_engine_is_started_once_and_may_be_closed(model: ChatLlama) -> None:
    path = model.engine.path
    assert ChatLlama.load(path, context_tokens=4096).engine is model.engine
    other = load_engine(path, LlamaSettings(context_tokens=512))
    assert other is not model.engine
    other.close()
    other.close()
    with pytest.raises(ModelUnavailable, match=r"was closed; load it again$"):
        other.chat([{"role": "user", "content": "hi"}], max_tokens=2)


@pytest.mark.models
def test_a_prompt_that_does_not_fit_is_said_so(model: ChatLlama) -> None:
    with pytest.raises(ModelOutputError, match=r"^the prompt has \d+ tokens and the context 4096;"):
        model.invoke([HumanMessage("word " * 6000)])


@pytest.mark.models
def test_what_is_no_grammar_is_refused(model: ChatLlama) -> None:
    with pytest.raises(ModelUnavailable, match=r"^llama.cpp refused the request: .*grammar"):
        model.invoke([HumanMessage("hi")], grammar="root ::= (")


@pytest.mark.models
@pytest.mark.parametrize(
    "message",
    [
        ToolMessage("42", tool_call_id="1"),
        HumanMessage([{"type": "image_url", "image_url": {"url": "data:,"}}]),
    ],
)
def test_what_a_text_model_cannot_take_is_refused(
    model: ChatLlama, message: HumanMessage | ToolMessage
) -> None:
    with pytest.raises(BadArgumentError, match=r"^a local model (takes|reads) "):
        model.invoke([HumanMessage("hi"), AIMessage("yes?"), message])


@pytest.mark.models
@pytest.mark.parametrize(
    "name",
    [
        'x" | "y',
        "a\nroot ::= b",
        "\\",
        "中文 ünï",
        "\u202eevil",
        "\U0001f600",
        "<|im_end|>",
        "]-[^",
    ],
)
def test_plans_about_hostile_labels_are_sentences(model: ChatLlama, name: str) -> None:
    screen = label_screen(rows([thing("button", name)], form_field(name)))
    grammar = plan_grammar(screen, f'Type "{name}" or \\ it', may_be_done=False, max_lines=2)
    answer = model.invoke([HumanMessage("Write a plan.")], grammar=grammar, max_tokens=60)
    assert parse_plan(str(answer.content))


@pytest.mark.models
def test_a_real_plan_clicks_the_button(model: ChatLlama) -> None:
    screen = rows(
        [thing("text", "Save changes?")], [thing("button", "Save"), thing("button", "No")]
    )
    turn = Turn(
        task="Save the changes.", observation=screen, memory={}, history=(), step=1,
        last_outcome=None,
    )  # fmt: skip
    proposal = LocalPlanner("Save the changes.", model).plan(turn)
    assert proposal.action == Click(target=ElementTarget(id=2))
    assert proposal.usage.input_tokens > 500
