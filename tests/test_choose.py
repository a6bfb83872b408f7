"""Which planner a task gets, at the command line and from Python."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from deskhand.agent.cli import main, planning
from deskhand.agent.cli.settings import CliSettings, load_prices, take_settings
from deskhand.agent.planners import choose
from deskhand.agent.planners.chat import ChatPlanner
from deskhand.agent.planners.choose import Belongings, Engine, ModelChoice, load_planner
from deskhand.agent.planners.instructions import InstructionPlanner
from deskhand.agent.planners.local import LocalPlanner
from deskhand.agent.planners.usage import Price
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.memory.errors import ConfigError, InstructionError, ModelUnavailable, RunError
from deskhand.tools.actions import Action, Launch, PressKeys, TypeText
from deskhand.tools.safety.policy import MODEL_RULES, ActionContext, Policy

PLAIN = "please write a letter to Ada"
SERVER = ModelChoice(model="http://127.0.0.1:9/v1", name="tiny")


def load(model: str, *, name: str = "", **has: Any) -> Any:
    return load_planner(PLAIN, ModelChoice(model=model, name=name), Belongings(**has))


def test_instructions_can_be_named() -> None:
    choice = ModelChoice(model="instructions")
    assert isinstance(load_planner("click Save", choice, Belongings()), InstructionPlanner)


@pytest.mark.parametrize(
    ("model", "name", "has", "shown"),
    [
        ("http://127.0.0.1:9/v1", "tiny", {}, "tiny at http://127.0.0.1:9/v1"),
        ("openai:gpt-5.4-mini", "", {"keys": {"OPENAI_API_KEY": "k"}}, "openai:gpt-5.4-mini"),
        ("anthropic:claude-sonnet-5-5", "", {"keys": {"ANTHROPIC_API_KEY": "k"}},
         "anthropic:claude-sonnet-5-5"),
        ("google-genai:gemini-3.5-flash", "", {"keys": {"GEMINI_API_KEY": "k"}},
         "google-genai:gemini-3.5-flash"),
        ("google_genai:gemini-3.5-flash", "", {"keys": {"GOOGLE_API_KEY": "k"}},
         "google_genai:gemini-3.5-flash"),
    ],
)  # fmt: skip
def test_models_of_servers(model: str, name: str, has: dict[str, Any], shown: str) -> None:
    planner = load(model, name=name, **has)
    assert isinstance(planner, ChatPlanner)
    assert planner.name == f"chat ({shown})"
    assert not set(os.environ.values()) & {"k"}


@pytest.mark.parametrize(
    ("model", "name", "told"),
    [
        ("gpt", "",
         "--model is 'gpt'; expected one of: instructions, local, vlm:NAME, gui:NAME, "
         "http://HOST:PORT/v1 with --model-name, "
         "provider:model (anthropic, openai, google-genai, ollama, …)"),
        ("openai:gpt-5.4-mini", "", "--model openai:gpt-5.4-mini needs a key in OPENAI_API_KEY"),
        ("anthropic:x", "",
         "--model anthropic:x needs a key in ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"),
        ("google-genai:x", "",
         "--model google-genai:x needs a key in GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("http://127.0.0.1:9/v1", "",
         "--model is the server http://127.0.0.1:9/v1; name its model as well: --model-name NAME"),
        ("http://ada:pass@127.0.0.1:9/v1", "x",
         "the address of a model's server is http://HOST:PORT/v1 and nothing more; its key goes "
         "into DESKHAND_MODEL_KEY"),
        ("http://127.0.0.1:9/v1?key=k", "x",
         "the address of a model's server is http://HOST:PORT/v1 and nothing more; its key goes "
         "into DESKHAND_MODEL_KEY"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(
    model: str, name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigError) as caught:
        load(model, name=name)
    assert str(caught.value) == told


def test_a_providers_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_upstage", None)
    with pytest.raises(ConfigError) as caught:
        load("upstage:x")
    assert str(caught.value) == (
        "--model upstage:x needs the package langchain-upstage; "
        "install it with: pip install langchain-upstage"
    )


def test_an_unknown_provider_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^--model nope:x cannot be set up: Unsupported") as e:
        load("nope:x")
    assert "\n" not in str(e.value)


def test_a_choice_survives_the_run_folder() -> None:
    choice = ModelChoice(model="openai:x", pictures="never")
    assert ModelChoice.from_json(json.loads(json.dumps(choice.to_json()))) == choice
    with pytest.raises(RunError, match=r"^the run's model is recorded as"):
        ModelChoice.from_json({"model": "x", "name": "", "pictures": "perhaps"})


# --- what is taken where nothing is named


def plan(task: str, choice: ModelChoice | None = None, **given: Any) -> planning.Plan:
    return planning.plan_new(task, choice=choice, app=None, settings=CliSettings(**given))


def test_sentences_need_no_model() -> None:
    planned = plan('type "hunter2" into Password')
    assert (planned.planner, planned.choice) == (None, None)
    assert dict(planned.secrets) == {"password-1": "hunter2"}


def test_plain_words_need_one() -> None:
    with pytest.raises(ConfigError) as caught:
        plan(PLAIN)
    assert str(caught.value) == (
        "the task is in plain words, and there is no model to do it; bring the local one: "
        "deskhand models pull qwen2.5-coder-1.5b; or name one and set its key: "
        "--model provider:name; sentences of `deskhand language` need none"
    )


def test_a_misspelt_sentence_is_still_shown_at_its_place() -> None:
    with pytest.raises(InstructionError) as caught:
        plan("klick Save")
    assert str(caught.value) == (
        "line 1, column 1: 'klick' is no verb of the language; did you mean \"click\"?"
    )
    assert caught.value.__notes__ == [
        "klick Save\n^",
        "(a task in plain words is done by a model: --model provider:name)",
    ]


@pytest.mark.parametrize("task", ["", "  \n"])
def test_an_empty_task_is_no_task_for_a_model(task: str) -> None:
    with pytest.raises(InstructionError, match=r"there is no sentence in the text"):
        plan(task)
    with pytest.raises(ConfigError, match=r"^the task is empty$"):
        plan(task, SERVER)


def test_the_best_model_on_this_machine_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        choose,
        "ON_THIS_MACHINE",
        ((lambda: False, ModelChoice(model="instructions")), (lambda: True, SERVER)),
    )
    assert plan(PLAIN).choice == SERVER
    assert plan("click Save").choice is None


def test_the_local_model_says_what_brings_it() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        load("local")
    assert str(caught.value) == (
        "qwen2.5-coder-1.5b is not there; bring it with: deskhand models pull qwen2.5-coder-1.5b"
    )


@pytest.mark.models
def test_the_local_model_is_taken_where_it_is(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_MODELS", str(gguf.parent.parent))
    choice = plan(PLAIN).choice
    assert choice == ModelChoice(model="local")
    assert isinstance(load_planner(PLAIN, choice, Belongings()), LocalPlanner)


def test_another_engine_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    made = InstructionPlanner("click Save")
    engine = Engine(form="mine", takes=lambda m: m == "mine", load=lambda *_: made)
    monkeypatch.setattr(choose, "ENGINES", (engine, *choose.ENGINES))
    assert load("mine") is made


def test_what_is_named_does_sentences_as_well() -> None:
    assert isinstance(plan("click Save", SERVER).planner, ChatPlanner)


def test_secrets_of_the_environment_have_names_for_the_model() -> None:
    planned = plan(PLAIN, SERVER, secrets={"MAIL_PASSWORD": "hunter2"})
    assert dict(planned.secrets) == {"mail-password": "hunter2"}
    assert "hunter2" not in repr(planned)


@pytest.mark.parametrize(
    ("action", "app", "by_sentences", "by_a_model"),
    [
        (Launch(command=("mousepad", "notes.txt")), "", "allow", "allow"),
        (Launch(command=("sh", "-c", "rm -rf .")), "", "allow", "ask"),
        (Launch(command=("/usr/bin/python3", "x.py")), "", "allow", "ask"),
        (Launch(command=("xfce4-terminal",)), "", "allow", "ask"),
        (TypeText(text="rm -rf ."), "XTerm", "allow", "ask"),
        (PressKeys(keys=("enter",)), "Gnome-terminal", "allow", "ask"),
        (TypeText(text="hello"), "Mousepad", "allow", "allow"),
        (PressKeys(keys=("alt", "f4")), "Mousepad", "ask", "ask"),
    ],
)
def test_a_model_is_asked_about_before_it_runs_commands(
    action: Action, app: str, by_sentences: str, by_a_model: str
) -> None:
    context = ActionContext(app=app)
    sentences, model = (planning.policy_for(plan(*of)) for of in (("click Save",), (PLAIN, SERVER)))
    assert sentences.decide(action, context).verdict == by_sentences
    assert model.decide(action, context).verdict == by_a_model


# --- settings


def test_keys_are_taken_out_of_the_environment() -> None:
    env = {
        "OPENAI_API_KEY": "k1", "MISTRAL_API_KEY": "k2", "ANTHROPIC_AUTH_TOKEN": "k3",
        "DESKHAND_MODEL_KEY": "k4", "DESKHAND_SECRET_X_API_KEY": "k5", "LANGSMITH_API_KEY": "t",
        "OPENAI_BASE_URL": "http://x", "EMPTY_API_KEY": "", "PATH": "/bin",
    }  # fmt: skip
    taken = take_settings(env)
    assert env == {
        "LANGSMITH_API_KEY": "t", "OPENAI_BASE_URL": "http://x", "EMPTY_API_KEY": "",
        "PATH": "/bin",
    }  # fmt: skip
    assert dict(taken.keys) == {
        "OPENAI_API_KEY": "k1", "MISTRAL_API_KEY": "k2", "ANTHROPIC_AUTH_TOKEN": "k3",
    }  # fmt: skip
    assert (taken.server_key, dict(taken.secrets)) == ("k4", {"X_API_KEY": "k5"})
    assert not {"k1", "k2", "k3", "k4", "k5"} & set(repr(taken).replace("'", " ").split())


def test_options_go_before_the_environment() -> None:
    given = CliSettings(model="openai:x", model_name="y", max_tokens=7)
    chosen = planning.chosen_model(given, model="http://h/v1", name=None, pictures="auto")
    assert chosen == ModelChoice(model="http://h/v1", name="y")
    chosen = planning.chosen_model(given, model=None, name=None, pictures="never")
    assert chosen == ModelChoice(model="openai:x", name="y", pictures="never")
    assert given.limits(max_steps=None, max_seconds=None).max_tokens == 7
    assert given.limits(max_steps=None, max_seconds=None, max_tokens=9).max_tokens == 9
    with pytest.raises(ConfigError, match=r"^--model-name is 'z'; name its server as well"):
        planning.chosen_model(CliSettings(), model=None, name="z", pictures="auto")


def test_prices_come_from_a_table(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('["openai:x"]\ninput = 1\noutput = 2.5\n', encoding="utf-8")
    assert load_prices(file) == {"openai:x": Price(input=1, output=2.5)}
    assert load_prices(None) == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[x]\ninput = 1", "x: expected input, output and perhaps cached, each the price of a "
         "million tokens; got {'input': 1}"),
        ("[x]\ninput = -1\noutput = 1", "x: expected input, output and perhaps cached, each the "
         "price of a million tokens; got {'input': -1, 'output': 1}"),
        ("x = 1", "x: expected input, output and perhaps cached, each the price of a million "
         "tokens; got 1"),
    ],
)  # fmt: skip
def test_a_wrong_price_is_named(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_prices(file)
    assert str(caught.value) == f"price file {file}: {told}"


# --- the command


def run(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    with pytest.raises(SystemExit) as left:
        main(["run", *args])
    return left.value.code, capsys.readouterr().err


def test_a_run_goes_on_with_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from deskhand.agent.cli import session

    monkeypatch.setenv("DESKHAND_RUNS", str(tmp_path))
    monkeypatch.setenv("DESKHAND_MODEL", "openai:another")
    jobs: list[Any] = []

    def stop(job: Any) -> None:
        jobs.append(job)
        raise ConfigError("far enough")

    monkeypatch.setattr(session, "execute", stop)
    folder = RunFolder.create(tmp_path, PLAIN, model=SERVER.to_json())
    folder.end(status="asked", reason="which?")
    run("--resume", "last", capsys=capsys)
    assert jobs[0].plan.task == PLAIN
    assert jobs[0].plan.choice == SERVER
    assert jobs[0].policy == Policy(rules=MODEL_RULES)
    assert jobs[0].plan.planner.name == "chat (tiny at http://127.0.0.1:9/v1)"
    assert run("--resume", "last", "--model", "openai:x", capsys=capsys) == (
        2,
        "deskhand: error: --resume goes on with the model that the run began with; name none\n",
    )


def test_what_a_model_will_do_cannot_be_rehearsed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dry-run", "--model", "openai:x", PLAIN, capsys=capsys) == (
        2,
        "deskhand: error: --dry-run shows what sentences say; what a model will do is not known "
        "beforehand\n",
    )
