"""What `--model gui:…` names, and that nothing clicks that was not calibrated."""

import json
import logging
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deskhand.agent.cli import main, planning
from deskhand.agent.cli.settings import CliSettings
from deskhand.agent.planners import choose
from deskhand.agent.planners.choose import Belongings, ModelChoice, load_planner
from deskhand.agent.planners.gui_choice import GUI_MODELS, gui_model, is_ready
from deskhand.agent.planners.gui_formats.names import format_in_name
from deskhand.agent.planners.gui_models import FORMATS, GuiModelPlanner
from deskhand.agent.planners.usage import Price
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.memory.errors import ConfigError, ModelUnavailable
from deskhand.tools.models import machine, store
from deskhand.tools.models.calibrate import Calibration
from deskhand.tools.models.calibration_store import CalibrationStore, default_folder
from deskhand.tools.models.machine import Gpu, Machine
from deskhand.tools.models.registry import entry_named
from deskhand.tools.models.space_fitting import Probe

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.model_servers.gui_servers import ClaudeComputerServer, UiTarsServer
from tests.model_servers.seeing_brains import fill_in_colours

URL = "http://127.0.0.1:9/v1"
SERVER = ModelChoice(model=f"gui:{URL}", name="UI-TARS-1.5-7B")
CLAUDE = ModelChoice(model="gui:anthropic:claude-sonnet-4-6")
KEYS = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}
KNOWN = (
    "ui-tars-1.0, ui-tars-1.5, ui-tars-2, qwen2.5-computer-use, qwen3-computer-use, "
    "claude-computer-20250124, claude-computer-20251124, openai-computer"
)


@pytest.fixture(autouse=True)
def _own_calibrations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def keep(choice: ModelChoice, *, error_px: float = 2.0) -> Calibration:
    """Keep a calibration of a model: one answer that is so far off."""
    model = gui_model(choice)
    probe = Probe(
        description="the red square", size=(640, 400), sent=(640, 400), truth=(40, 40),
        answer="", error_px=error_px,
    )  # fmt: skip
    made = Calibration(
        model=model.name, revision=model.revision, family=model.family.name,
        convention=model.family.convention, probes=(probe,), bound_px=16, passed=error_px <= 16,
        fits=() if error_px <= 16 else ("per_1000 xy",),
    )  # fmt: skip
    CalibrationStore(default_folder()).save(made)
    return made


# --- the format


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("UI-TARS-1.5-7B", "ui-tars-1.5"),
        ("ByteDance-Seed/UI-TARS-1.5-7B", "ui-tars-1.5"),
        ("ui_tars_1.5", "ui-tars-1.5"),
        ("UI-TARS-2B-SFT", "ui-tars-1.0"),
        ("ui-tars-72b-dpo", "ui-tars-1.0"),
        ("UI-TARS-2", "ui-tars-2"),
        ("UI-TARS", None),
        ("UI-TARS-2B", None),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5-computer-use"),
        ("qwen3-vl-30b-a3b", "qwen3-computer-use"),
        ("Qwen3-Coder", None),
        ("computer-use-preview-2025-03-11", "openai-computer"),
        ("gpt-5.4", None),
        ("claude-3-5-sonnet-20241022", None),
        ("claude-3-7-sonnet-20250219", "claude-computer-20250124"),
        ("claude-sonnet-4-20250514", "claude-computer-20250124"),
        ("claude-sonnet-4-5-20250929", "claude-computer-20250124"),
        ("claude-haiku-4-5", "claude-computer-20250124"),
        ("claude-opus-4-1-20250805", "claude-computer-20250124"),
        ("claude-opus-4-5", "claude-computer-20251124"),
        ("anthropic.claude-sonnet-4-6", "claude-computer-20251124"),
        ("claude-opus-5", "claude-computer-20251124"),
        ("claude-sonnet-5-5", None),
    ],
)
def test_the_format_in_a_name(name: str, form: str | None) -> None:
    assert format_in_name(name) == form


@pytest.mark.parametrize("name", GUI_MODELS)
def test_the_catalogue_tells_the_format(name: str) -> None:
    model = gui_model(ModelChoice(model=f"gui:{name}"))
    assert model.family.name == entry_named(name).family
    assert (model.where, model.name, model.revision) == ("here", f"gui:{name}", "")


@pytest.mark.parametrize(
    ("family", "form"),
    [
        ("qwen3-vl", "qwen3-computer-use"),
        ("qwen3-computer-use", "qwen3-computer-use"),
        ("ui-tars-2", "ui-tars-2"),
    ],
)
def test_an_option_names_the_format_or_its_family(tmp_path: Path, family: str, form: str) -> None:
    model = gui_model(ModelChoice(model=f"gui:{tmp_path}", family=family))
    assert model.form is FORMATS[form]
    assert model.calibration == f"deskhand models calibrate gui:{tmp_path} --family {family}"


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (ModelChoice(model="gui:qwen3-vl-9b"),
         "no model is called 'qwen3-vl-9b' (did you mean 'qwen3-vl-2b'?); known are: "),
        (ModelChoice(model="gui:"), "no model is called ''; known are: "),
        (replace(SERVER, name="tars"),
         f"nothing tells which format tars answers in; say it: --family FORMAT, one of: {KNOWN}"),
        (ModelChoice(model="gui:openai:gpt-5.4"),
         "nothing tells which format gpt-5.4 answers in; say it: --family FORMAT, "
         f"one of: {KNOWN}"),
        (ModelChoice(model="gui:internvl3-2b"),
         "nothing tells which format internvl3-2b answers in; say it: --family FORMAT, "
         f"one of: {KNOWN}"),
        (replace(SERVER, family="claude"),
         f"--family is 'claude'; expected one of: {KNOWN}"),
        (ModelChoice(model="gui:anthropic:claude-sonnet-5-5"),
         "claude-sonnet-5-5 takes another computer tool than deskhand speaks (20250124, "
         "20251124); take an older one, or the chat planner: --model anthropic:…"),
        (replace(SERVER, family="claude-computer-20250124"),
         "claude-computer-20250124 is a tool of its provider's protocol, which "
         f"gui:{URL} does not speak; name the provider, such as "
         "--model gui:anthropic:claude-sonnet-4-6"),
        (ModelChoice(model="gui:qwen3-vl-2b", family="openai-computer"),
         "openai-computer is a tool of its provider's protocol, which gui:qwen3-vl-2b does not "
         "speak; name the provider, such as --model gui:openai:computer-use-preview"),
        (replace(SERVER, name=""),
         f"--model is the server {URL}; name its model as well: --model-name NAME"),
        (ModelChoice(model="gui:http://a:b@h/v1", name="x"),
         "the address of a model's server is http://HOST:PORT/v1 and nothing more; its key goes "
         "into DESKHAND_MODEL_KEY"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_said(choice: ModelChoice, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        gui_model(choice)
    assert str(caught.value).startswith(told)
    assert told.endswith("known are: ") or str(caught.value) == told


def test_a_model_that_is_not_there_says_what_brings_it() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        load_planner("x", ModelChoice(model="gui:ui-tars-1.5-7b"), Belongings())
    assert str(caught.value) == (
        "ui-tars-1.5-7b is not there; bring it with: deskhand models pull ui-tars-1.5-7b"
    )


def test_other_files_in_a_folder_are_another_model(tmp_path: Path) -> None:
    folder = tmp_path / "UI-TARS-1.5-7B"
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    before = gui_model(ModelChoice(model=f"gui:{folder}"))
    (folder / "config.json").write_text("{ }", encoding="utf-8")
    after = gui_model(ModelChoice(model=f"gui:{folder}"))
    assert before.form is after.form is FORMATS["ui-tars-1.5"]
    assert (before.name, before.revision) != (after.name, after.revision)
    assert before.name == after.name == f"gui:{folder}"


def test_other_weights_pulled_are_another_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESKHAND_MODELS", str(tmp_path))
    revisions = []
    for content in ("one", "other"):
        folder = tmp_path / content
        folder.mkdir()
        for name in ("config.json", "model.safetensors"):
            (folder / name).write_text(content, encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["models", "pull", "ui-tars-1.5-7b", "--from", str(folder)])
        assert left.value.code == 0
        revisions.append(gui_model(ModelChoice(model="gui:ui-tars-1.5-7b")).revision)
        shutil.rmtree(tmp_path / "ui-tars-1.5-7b")
    assert "" not in revisions
    assert revisions[0] != revisions[1]


# --- calibration is required


@pytest.mark.parametrize(
    ("choice", "called", "family", "command"),
    [
        (SERVER, f"gui:UI-TARS-1.5-7B at {URL}", "ui-tars-1.5",
         f"gui:{URL} --model-name UI-TARS-1.5-7B"),
        (replace(SERVER, name="my tars", family="ui-tars-2"), f"gui:my tars at {URL}", "ui-tars-2",
         f"gui:{URL} --model-name 'my tars' --family ui-tars-2"),
        (CLAUDE, CLAUDE.model, "claude", CLAUDE.model),
        (ModelChoice(model="gui:openai:computer-use-preview"), "gui:openai:computer-use-preview",
         "openai-computer", "gui:openai:computer-use-preview"),
    ],
)  # fmt: skip
def test_a_model_that_was_never_calibrated_is_refused(
    choice: ModelChoice, called: str, family: str, command: str
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        load_planner("x", choice, Belongings(keys=KEYS))
    assert str(caught.value) == (
        f"{called} was never calibrated as {family}, so it may not click; "
        f"run: deskhand models calibrate {command}"
    )
    keep(choice)
    planner = load_planner("x", choice, Belongings(keys=KEYS))
    assert isinstance(planner, GuiModelPlanner)
    assert planner.name.endswith(f"({called})")


def test_a_model_that_failed_is_refused_with_what_fits() -> None:
    keep(SERVER, error_px=219)
    with pytest.raises(ModelUnavailable) as caught:
        load_planner("x", SERVER, Belongings())
    assert str(caught.value) == (
        f"gui:UI-TARS-1.5-7B at {URL} failed its calibration as ui-tars-1.5 (219 px off, at most "
        "16 px are allowed; its answers fit per_1000 xy), so it may not click; "
        f"run: deskhand models calibrate gui:{URL} --model-name UI-TARS-1.5-7B"
    )


def test_another_format_needs_a_calibration_of_its_own() -> None:
    keep(SERVER)
    with pytest.raises(ModelUnavailable, match=r"was never calibrated as ui-tars-1\.0"):
        load_planner("x", replace(SERVER, family="ui-tars-1.0"), Belongings())


def test_waiving_it_is_loud(caplog: pytest.LogCaptureFixture) -> None:
    waived = replace(SERVER, uncalibrated=True)
    with caplog.at_level(logging.WARNING):
        assert isinstance(load_planner("x", waived, Belongings()), GuiModelPlanner)
    assert caplog.messages == [
        f"gui:UI-TARS-1.5-7B at {URL} is not calibrated as ui-tars-1.5: its clicks may land "
        "anywhere (--uncalibrated); run: "
        f"deskhand models calibrate gui:{URL} --model-name UI-TARS-1.5-7B"
    ]
    caplog.clear()
    keep(SERVER)
    load_planner("x", waived, Belongings())
    assert caplog.messages == []


def test_prices_go_by_the_name_without_gui() -> None:
    keep(SERVER)
    price = Price(input=1, output=2)
    planner = load_planner("x", SERVER, Belongings(prices={"UI-TARS-1.5-7B": price}))
    assert vars(planner)["_price"] == price


# --- the choice is kept


def test_the_run_folder_keeps_what_was_chosen() -> None:
    choice = replace(SERVER, family="ui-tars-2", uncalibrated=True)
    assert ModelChoice.from_json(json.loads(json.dumps(choice.to_json()))) == choice
    assert SERVER.to_json() == {
        "model": f"gui:{URL}", "name": "UI-TARS-1.5-7B", "pictures": "auto",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "option"),
    [({"family": "ui-tars-2"}, "--family"), ({"uncalibrated": True}, "--uncalibrated")],
)
def test_options_of_gui_models_are_for_them_alone(given: dict[str, str], option: str) -> None:
    for model in ("openai:x", None):
        with pytest.raises(ConfigError) as caught:
            planning.chosen_model(
                CliSettings(), model=model, name=None, pictures="auto", **given  # type: ignore[arg-type]  # of the table
            )  # fmt: skip
        assert str(caught.value) == (
            f"{option} is for a GUI model: --model gui:NAME; got {model!r}"
        )
    named = CliSettings(model="gui:anthropic:x")
    chosen = planning.chosen_model(
        named, model=None, name=None, pictures="auto", family="ui-tars-2"
    )
    assert chosen == ModelChoice(model="gui:anthropic:x", family="ui-tars-2")


# --- what is taken where nothing is named


def pulled(monkeypatch: pytest.MonkeyPatch, *names: str, size_bytes: int = 16 * 10**9) -> None:
    """Let models be here, without their gigabytes."""

    class Stored:
        def __init__(self, size_bytes: int) -> None:
            self.size_bytes = size_bytes

    def state(_self: object, entry: object) -> str:
        return "yes" if getattr(entry, "name", "") in names else "no"

    monkeypatch.setattr(store.ModelStore, "state", state)
    monkeypatch.setattr(store.ModelStore, "there", lambda *_: Stored(size_bytes))


def machine_with(monkeypatch: pytest.MonkeyPatch, *, ram: int, gpu: int = 0) -> None:
    gpus = (Gpu(name="card", memory_bytes=gpu),) if gpu else ()
    found = Machine(ram_bytes=ram, free_disk_bytes=0, gpus=gpus)
    monkeypatch.setattr(machine, "read_machine", lambda *_: found)


def test_a_calibrated_gui_model_goes_before_the_local_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pulled(monkeypatch, "qwen2.5-coder-1.5b", "ui-tars-1.5-7b", "qwen3-vl-4b")
    machine_with(monkeypatch, ram=8 * 10**9, gpu=24 * 10**9)
    assert choose.best_there() == ModelChoice(model="local")
    keep(ModelChoice(model="gui:qwen3-vl-4b"))
    assert choose.best_there() == ModelChoice(model="gui:qwen3-vl-4b")
    keep(ModelChoice(model="gui:ui-tars-1.5-7b"))
    assert choose.best_there() == ModelChoice(model="gui:ui-tars-1.5-7b")
    keep(ModelChoice(model="gui:ui-tars-1.5-7b"), error_px=100)
    assert choose.best_there() == ModelChoice(model="gui:qwen3-vl-4b")


@pytest.mark.parametrize(
    ("ram", "gpu", "fits"),
    [(39, 0, False), (40, 0, True), (8, 19, False), (8, 20, True)],
)
def test_it_must_run_on_the_machine(
    monkeypatch: pytest.MonkeyPatch, ram: int, gpu: int, fits: bool
) -> None:
    pulled(monkeypatch, "ui-tars-1.5-7b")
    keep(ModelChoice(model="gui:ui-tars-1.5-7b"))
    machine_with(monkeypatch, ram=ram * 10**9, gpu=gpu * 10**9)
    assert is_ready("ui-tars-1.5-7b") is fits
    assert choose.best_there() == (ModelChoice(model="gui:ui-tars-1.5-7b") if fits else None)


def test_a_damaged_calibration_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pulled(monkeypatch, "ui-tars-1.5-7b")
    keep(ModelChoice(model="gui:ui-tars-1.5-7b"))
    (kept,) = default_folder().iterdir()
    kept.write_text("{}", encoding="utf-8")
    assert not is_ready("ui-tars-1.5-7b")
    assert caplog.messages == [
        f"ui-tars-1.5-7b is not taken: the calibration {kept} cannot be read; "
        "calibrate gui:ui-tars-1.5-7b again"
    ]


# --- the commands


def called(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    with pytest.raises(SystemExit) as left:
        main(list(args))
    return left.value.code, capsys.readouterr().err


def test_the_command_refuses_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = called(
        "run", "--model", SERVER.model, "--model-name", SERVER.name, "x", capsys=capsys
    )
    assert (code, told) == (
        1,
        f"deskhand: error: gui:UI-TARS-1.5-7B at {URL} was never calibrated as ui-tars-1.5, so it "
        f"may not click; run: deskhand models calibrate gui:{URL} --model-name UI-TARS-1.5-7B\n",
    )


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((), "name one model: deskhand models calibrate NAME"),
        (("a", "--model", "b"), "name one model: deskhand models calibrate NAME"),
        (("http://127.0.0.1:9/v1",),
         "nothing tells how http://127.0.0.1:9/v1 counts; say it: --family qwen3-vl"),
        (("http://127.0.0.1:9/v1", "--family", "gta1"),
         "--model is the server http://127.0.0.1:9/v1; name its model as well: --model-name NAME"),
    ],
)  # fmt: skip
def test_a_calibration_needs_a_model(
    args: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("models", "calibrate", *args, capsys=capsys) == (2, f"deskhand: error: {told}\n")


def test_a_server_that_is_away_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = called(
        "models", "calibrate", "--model", SERVER.model, "--model-name", SERVER.name, capsys=capsys
    )
    assert (code, told) == (
        1,
        f"deskhand: error: model gui:UI-TARS-1.5-7B at {URL}: its server cannot be reached; "
        "is it running, and is there a network?\n",
    )
    assert not default_folder().exists()


# --- calibrating over a real client and a real socket


SMALL = ("--size", "640x400", "--json")


def calibrated(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[object, dict[str, Any]]:
    with pytest.raises(SystemExit) as left:
        main(["models", "calibrate", *args, *SMALL])
    shown = capsys.readouterr()
    assert shown.out, shown.err
    return left.value.code, json.loads(shown.out)


@pytest.mark.parametrize("before", ["", "gui:"], ids=["as a grounder", "in the format"])
def test_a_server_is_calibrated(before: str, capsys: pytest.CaptureFixture[str]) -> None:
    with UiTarsServer(fill_in_colours("")) as server:
        args = [f"{before}{server.address}/v1", "--model-name", "UI-TARS-1.5-7B"]
        code, told = calibrated(*args, "--family", "ui-tars-1.5", capsys=capsys)
        choice = ModelChoice(model=f"gui:{server.address}/v1", name="UI-TARS-1.5-7B")
    assert [received.problems for received in server.received] == [()] * 5
    assert (code, told["passed"], told["worst_px"] <= 1) == (0, True, True)
    assert told["model"] == f"{before}UI-TARS-1.5-7B at {server.address}/v1"
    if before:
        assert isinstance(load_planner("x", choice, Belongings()), GuiModelPlanner)
    else:
        # Another prompt was asked than a run asks.
        with pytest.raises(ModelUnavailable, match="was never calibrated"):
            load_planner("x", choice, Belongings())


@pytest.mark.parametrize("before", ["", "gui:"], ids=["as a grounder", "in the format"])
def test_a_provider_is_calibrated(
    before: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{before}anthropic:claude-sonnet-4-6"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with ClaudeComputerServer(fill_in_colours("")) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.address)
        code, told = calibrated(name, *([] if before else ["--family", "claude"]), capsys=capsys)
    assert [received.problems for received in server.received] == [()] * 5
    assert (code, told["model"], told["passed"]) == (0, name, True)


def test_a_resumed_run_is_refused_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKHAND_RUNS", str(tmp_path / "runs"))
    folder = RunFolder.create(tmp_path / "runs", "x", model=SERVER.to_json())
    folder.end(status="asked", reason="which?")
    code, told = called("run", "--resume", "last", capsys=capsys)
    assert code == 1
    assert "was never calibrated as ui-tars-1.5, so it may not click; run: " in told
    assert called("run", "--resume", "last", "--uncalibrated", capsys=capsys) == (
        2,
        "deskhand: error: --resume goes on with the model that the run began with; name none\n",
    )
