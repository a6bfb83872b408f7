"""`deskhand ask` and `deskhand describe`: sources, models, what is printed where, exit codes."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import ToolException
from PIL import Image, ImageDraw, ImageFont

from deskhand.agent.cli import main
from deskhand.memory.errors import ConfigError
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.models import chat_models
from deskhand.tools.models.chat_models import LoadedChatModel, ModelAccess, load_chat_model
from deskhand.tools.perception.observe import observe_image
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.question_tools import QuestionTools

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.scripted import ScriptedModel, say
from tests.model_servers.server import Reply


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invoice of two lines."""
    image = Image.new("RGB", (640, 240), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=22)
    draw.text((40, 40), "Invoice 20417", fill="black", font=font)
    draw.text((40, 120), "Total due", fill="black", font=font)
    draw.text((300, 120), "1,324.80", fill="black", font=font)
    path = tmp_path_factory.mktemp("pictures") / "invoice.png"
    image.save(path)
    return path


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(lambda _prompt: Reply(text="It is 1,324.80 [e3].")) as server:
        assert isinstance(server, OpenAIServer)
        yield server


class Said:
    def __init__(self, code: object, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "200")

    def run(*args: str) -> Said:
        with pytest.raises(SystemExit) as left:
            main(args)
        captured = capsys.readouterr()
        return Said(left.value.code, captured.out, captured.err)

    return run


def at(server: OpenAIServer) -> tuple[str, ...]:
    return ("--model", f"{server.address}/v1", "--model-name", "tiny")


def test_the_answer_then_what_it_rests_on(run: Any, picture: Path, server: OpenAIServer) -> None:
    said = run("ask", str(picture), "How much is due?", *at(server))
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == ["It is 1,324.80.", '  e3 "1,324.80"']
    (received,) = server.received
    assert received.problems == ()


def test_one_document(run: Any, picture: Path, server: OpenAIServer, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    said = run("ask", str(picture), "How much?", "--json", "--annotate", str(out), *at(server))
    document = json.loads(said.out)
    assert (document["answer"], document["found"]) == ("It is 1,324.80.", True)
    assert [element["text"] for element in document["elements"]] == ["1,324.80"]
    assert document["source"] == "screen text"
    assert document["model"] == f"tiny at {server.address}/v1"
    assert (document["input_tokens"], document["output_tokens"]) == (900, 30)
    assert said.err == f"1 marks written to {out}\n"
    with Image.open(out) as marked, Image.open(picture) as plain:
        assert marked.size == plain.size
        assert marked.tobytes() != plain.tobytes()


def test_a_servers_model_that_sees_is_sent_the_picture(
    run: Any, picture: Path, server: OpenAIServer
) -> None:
    said = run("ask", str(picture), "How much?", "--json", "--pictures", "always", *at(server))
    document = json.loads(said.out)
    assert (document["source"], document["pictures"]) == ("picture", 1)
    (received,) = server.received
    assert received.problems == ()
    kinds = [part["type"] for part in received.body["messages"][1]["content"]]
    assert kinds == ["image_url", "text"]


def test_what_the_screen_does_not_say_is_warned_of(run: Any, picture: Path) -> None:
    with OpenAIServer(lambda _prompt: Reply(text="1,234.80 for Ada [e3, e77]")) as server:
        assert isinstance(server, OpenAIServer)
        said = run("ask", str(picture), "How much is due?", *at(server))
    assert said.code == 0
    assert said.err.splitlines() == [
        'warning: no text on the screen says "1,234.80", "Ada"',
        "warning: the model named what is not on the screen: e77",
    ]


def test_not_on_the_screen_has_a_code(run: Any, picture: Path) -> None:
    with OpenAIServer(lambda _prompt: Reply(text="Not on the screen.")) as server:
        assert isinstance(server, OpenAIServer)
        said = run("ask", str(picture), "Who signed it?", *at(server))
    assert (said.code, said.out, said.err) == (1, "not on the screen\n", "")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("",), "the question is empty"),
        (("nowhere.png", "What?"), "there is no picture at nowhere.png"),
        (("a.png", "What?", "--screen"), "a picture and --screen are two sources; give one"),
        (("a.png", "What?", "--window", "x"), "a picture and --window are two sources; give one"),
        (("What?", "--screen", "--window", "x"), "--screen and --window are two sources; give one"),
        (("what", "is", "it"),
         "expected a picture and a question, got 3 words; put the question in quotes"),
        (("-",), "- is a picture; put a question in quotes after it"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(run: Any, args: tuple[str, ...], told: str) -> None:
    said = run("ask", *args)
    assert (said.code, said.out, said.err) == (2, "", f"deskhand: error: {told}\n")


def test_no_model_says_what_would_bring_one(run: Any, picture: Path) -> None:
    said = run("ask", str(picture), "How much is due?")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "deskhand: error: no model to answer questions is on this machine; bring one that reads: "
        "deskhand models pull qwen2.5-coder-1.5b; or one that sees: deskhand models pull "
        "qwen3-vl-2b; or name one and set its key: --model provider:name\n"
    )


def test_a_picture_without_text_is_one_line(run: Any, tmp_path: Path, server: OpenAIServer) -> None:
    path = tmp_path / "blank.png"
    Image.new("RGB", (200, 100), "white").save(path)
    said = run("ask", str(path), "What is it?", *at(server))
    assert said.code == 1
    assert said.err == (
        "deskhand: error: no text was found on the screen; a model that sees may tell more: "
        "--model vlm:NAME\n"
    )
    assert server.received == []


def test_facts_without_a_model(run: Any, picture: Path) -> None:
    said = run("describe", str(picture))
    assert said.code == 0
    assert said.out == "640x240 pixels with 3 texts.\n"
    assert said.err == (
        "no model is on this machine, so these are the facts alone; bring one: "
        "deskhand models pull qwen2.5-coder-1.5b\n"
    )
    assert run("describe", str(picture), "--facts").err == ""


def test_a_summary_comes_before_the_facts(run: Any, picture: Path) -> None:
    with OpenAIServer(lambda _prompt: Reply(text="An invoice of 1,324.80.")) as server:
        assert isinstance(server, OpenAIServer)
        said = run("describe", str(picture), *at(server))
        document = json.loads(run("describe", str(picture), "--json", *at(server)).out)
    assert said.out == "An invoice of 1,324.80.\n640x240 pixels with 3 texts.\n"
    assert document["summary"] == "An invoice of 1,324.80."
    assert document["facts"] == ["640x240 pixels with 3 texts."]
    assert document["unsupported"] == []


# --- which model


@pytest.mark.parametrize("model", ["gpt", "", "instructions"])
def test_another_form_is_told(model: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_chat_model(model)
    assert str(caught.value) == (
        f"--model is {model!r}; expected one of: local, vlm:NAME, "
        "http://HOST:PORT/v1 with --model-name, "
        "provider:model (anthropic, openai, google-genai, ollama, …)"
    )


def test_whether_a_model_sees_is_its_packages_word() -> None:
    loaded = load_chat_model("http://127.0.0.1:9/v1", ModelAccess(server_model="tiny"))
    assert (loaded.name, loaded.sees_pictures, loaded.is_small) == (
        "tiny at http://127.0.0.1:9/v1", False, False,
    )  # fmt: skip


def test_one_that_sees_is_taken_before_the_one_that_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chat_models.best_there() is None
    monkeypatch.setattr(chat_models, "is_local_there", lambda: True)
    assert chat_models.best_there() == "local"
    monkeypatch.setattr(chat_models, "pulled_vlm", lambda: "qwen3-vl-2b")
    monkeypatch.setattr(chat_models, "_has_gpu", lambda: False)
    assert chat_models.best_there() == "local"
    monkeypatch.setattr(chat_models, "_has_gpu", lambda: True)
    assert chat_models.best_there() == "vlm:qwen3-vl-2b"
    monkeypatch.setattr(chat_models, "_has_gpu", lambda: False)
    monkeypatch.setattr(chat_models, "is_local_there", lambda: False)
    assert chat_models.best_there() == "vlm:qwen3-vl-2b"


def test_the_environment_may_name_a_planner_that_answers_nothing(
    run: Any, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_MODEL", "instructions")
    said = run("ask", str(picture), "How much?")
    assert said.err.startswith("deskhand: error: no model to answer questions is on this machine")


# --- tools


def test_the_tools_answer_and_describe(picture: Path) -> None:
    seen = observe_image(load_capture(picture), load_parser())
    model = ScriptedModel(answers=[say("1,324.80 [e3], not 99"), say("An invoice.")])
    loaded = LoadedChatModel(model=model, name="large")
    ask_screen, describe_screen = (
        spec.structured() for spec in QuestionTools(lambda: seen, model=loaded).specs()
    )
    assert (ask_screen.name, describe_screen.name) == ("ask_screen", "describe_screen")
    answered = ask_screen.invoke({"question": "How much?"})
    assert answered.splitlines()[1:-1] == [  # within the fence
        "1,324.80, not 99", 'rests on: 3 "1,324.80"', "not said by any text on the screen: 99",
    ]  # fmt: skip
    assert "An invoice.\n640x240 pixels with 3 texts.\n[end " in describe_screen.invoke({})


def test_the_tool_says_how_to_get_a_model(picture: Path) -> None:
    seen = observe_image(load_capture(picture), load_parser())
    ask_screen, describe_screen = QuestionTools(lambda: seen).specs()
    with pytest.raises(ToolException) as caught:
        ask_screen.call(question="How much?")
    assert str(caught.value) == (
        "there is no model to answer questions; use read_screen instead, or bring one: "
        "deskhand models pull qwen2.5-coder-1.5b"
    )
    text, artifact = describe_screen.call()
    assert text == "640x240 pixels with 3 texts."
    assert artifact["model"] == ""


def test_help_is_light(run: Any) -> None:
    before = set(sys.modules)
    said = run("ask", "--help")
    assert said.code == 0
    assert "deskhand ask screenshot.png" in said.out
    assert not {"torch", "xllamacpp"} & (set(sys.modules) - before)
