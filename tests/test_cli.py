"""The command line: what it prints where, and with which code it exits."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.agent.cli import main
from deskhand.agent.run_settings import RunResult, RunSettings, Status
from deskhand.agent.trajectory.recording import Recorder, StepRecord, read_steps
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.agent.trajectory.run_info import DesktopPlace
from deskhand.memory.errors import ActionFailed, DisplayError
from deskhand.tools.actions import Click, TextTarget
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import View
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.media.frames import open_video
from deskhand.tools.outcome import Effect, Outcome
from deskhand.tools.safety.policy import ActionContext, Decision

HEAVY = (
    "PIL", "cv2", "langchain_core", "langgraph", "lark", "mss", "numpy", "onnxruntime", "psutil",
    "pyautogui", "pydantic", "rapidocr", "Xlib",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    code: object
    out: str
    err: str


class Cli:
    """Runs `deskhand` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *args: str, stdin: str = "", is_tty: bool = False) -> Said:
        given = io.StringIO(stdin)
        given.isatty = lambda: is_tty  # type: ignore[method-assign]  # a terminal, if asked for
        self._monkeypatch.setattr(sys, "stdin", given)
        with pytest.raises(SystemExit) as left:
            main(args)
        captured = self._capsys.readouterr()
        return Said(left.value.code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    monkeypatch.setenv("DESKHAND_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "100")
    return Cli(capsys, monkeypatch)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


# --- the desktop and the runner, replaced at one seam: `session`'s three names


class FakeTakeover:
    def __init__(self) -> None:
        self.reason = ""
        self.n_resumed = 0

    def resume(self) -> None:
        self.n_resumed += 1

    def trip(self, reason: str) -> None:
        self.reason = reason


@dataclass
class FakeRunner:
    """Stands in for the desktop and the graph; settles the steps it is given."""

    effects: Sequence[Effect] = ("confirmed",)
    status: Status = "done"
    reason: str = ""
    asks: Decision | None = None
    interrupted: bool = False
    seen: dict[str, Any] = field(default_factory=dict)
    takeover: FakeTakeover = field(default_factory=FakeTakeover)
    is_kept: bool = False
    place: DesktopPlace = DesktopPlace(display=":9", size=(800, 600))

    @contextmanager
    def open_screen(
        self, *, sandbox: tuple[int, int] | None = None, place: DesktopPlace | None = None
    ) -> Iterator[Any]:
        self.seen |= {"sandbox": sandbox, "place": place}
        yield self

    @property
    def desktop(self) -> "FakeRunner":
        return self

    env = None

    def on_launch(self, _pid: int) -> None:
        raise AssertionError("nothing is launched here")

    def keep(self) -> None:
        self.is_kept = True

    def run_task(
        self,
        task: str,
        *,
        folder: RunFolder,
        settings: RunSettings,
        desktop: Any,
        planner: Any,
        along: Any,
    ) -> RunResult:
        self.seen |= {
            "planner": planner,
            "task": task,
            "settings": settings,
            "secrets": dict(along.secrets),
        }
        return self._go(folder, along)

    def resume_task(
        self, *, folder: RunFolder, settings: RunSettings, desktop: Any, planner: Any, along: Any
    ) -> RunResult:
        self.seen |= {"planner": planner, "task": folder.begin_again(), "settings": settings}
        return self._go(folder, along)

    def _go(self, folder: RunFolder, along: Any) -> RunResult:
        if self.interrupted:
            raise KeyboardInterrupt
        if self.asks is not None:
            action = Click(target=TextTarget(text="Delete"))
            context = ActionContext(window_title="Files", app="Thunar")
            self.seen["approval"] = along.person.approve(action, context, self.asks)
        recorder = Recorder(folder.path)
        begin = len(read_steps(folder.path)) + 1
        for number, effect in enumerate(self.effects, start=begin):
            record = a_step(number, effect, recorder)
            recorder.step(record)
            along.on_step(record)
        folder.end(status=self.status, reason=self.reason)
        return RunResult(
            status=self.status,
            reason=self.reason,
            steps=len(read_steps(folder.path)),
            report=folder.report,
        )


def a_step(number: int, effect: Effect, recorder: Recorder) -> StepRecord:
    pixels = np.zeros((6, 8, 3), dtype=np.uint8)
    handle = recorder.picture(Capture(pixels=pixels, view=View(width=8, height=6)))
    return StepRecord(
        step=number,
        sentence=f"click [b]Save {number}[/b]",
        action={"kind": "click"},
        observation=handle,
        window="Editor",
        n_elements=1,
        settled=True,
        target=None,
        decision={},
        outcome=Outcome(effect=effect, evidence=f"evidence {number}").to_json(),
        after=None,
        timings={"act_s": 1.25},
    )


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    from deskhand.agent.cli import session

    fake = FakeRunner()
    for name in ("open_screen", "run_task", "resume_task"):
        monkeypatch.setattr(session, name, getattr(fake, name))
    return fake


# --- help, version, usage


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from deskhand.agent.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as left:\n"
        "    assert left.code == 0, left.code\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.endswith("HEAVY []\n")
    for command in ("run", "do", "look", "find", "runs", "doctor", "language"):
        assert f"│ {command} " in done.stdout
    for code_and_words in ("0  done", "2  wrong usage", "3  stopped", "130  interrupted"):
        assert code_and_words in done.stdout


@pytest.mark.parametrize(
    "command",
    ["run", "do", "look", "find", "doctor", "language", "runs list", "runs show", "runs open",
     "runs report"],
)  # fmt: skip
def test_every_command_shows_an_example(cli: Cli, command: str) -> None:
    said = cli(*command.split(), "--help")
    assert said.code == 0
    assert f"deskhand {command}" in said.out.split("Example", 1)[1]


def test_version(cli: Cli) -> None:
    said = cli("--version")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("deskhand 0.")


def test_telemetry_of_dependencies_is_off_before_they_are_imported(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.delenv("LANGSMITH_TRACING", raising=False)
    cli("--version")
    assert os.environ["LANGSMITH_TRACING"] == "false"


@pytest.mark.parametrize("args", [["--nope"], ["nope"], ["run", "--max-steps", "0", "click X"]])
def test_wrong_usage_is_code_2(cli: Cli, args: list[str]) -> None:
    said = cli(*args)
    assert (said.code, said.out) == (2, "")


def test_an_unknown_setting_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_MAXSTEPS", "3")
    said = cli("runs", "list")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "deskhand: error: DESKHAND_MAXSTEPS is set but means nothing; known are DESKHAND_RUNS, "
        "DESKHAND_POLICY, DESKHAND_MAX_STEPS, DESKHAND_MAX_SECONDS, DESKHAND_MAX_TOKENS, "
        "DESKHAND_MODEL, DESKHAND_MODEL_NAME, DESKHAND_MODEL_KEY, DESKHAND_PRICES, "
        "DESKHAND_MCP_TOKEN, DESKHAND_GROUND_MODEL, DESKHAND_ACCESSIBILITY, DESKHAND_MODELS, "
        "DESKHAND_MEMORY, DESKHAND_MEDIA_CACHE_MB, "
        "DESKHAND_SECRET_<NAME>\n"
    )


def test_a_wrong_setting_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_MAX_SECONDS", "nan")
    said = cli("runs", "list")
    assert (said.code, said.err) == (
        2,
        "deskhand: error: DESKHAND_MAX_SECONDS must be a number above 0, got 'nan'\n",
    )


# --- run


def test_a_run_that_is_done(cli: Cli, runner: FakeRunner, runs: Path) -> None:
    runner.effects = ("confirmed", "unverifiable")
    said = cli("run", "click Save")
    (folder,) = runs.iterdir()
    assert said.code == 0
    status, _, rest = said.out.partition("  ")
    assert status == "done"
    assert rest.startswith("2 steps, ")
    assert rest.endswith(f" {folder / 'report.html'}\n")
    assert "click [b]Save 1[/b]" in said.err  # shown as it is, not as markup
    assert "✓ confirmed" in said.err
    assert "evidence 2" in said.err  # only what is not confirmed is explained
    assert "evidence 1" not in said.err
    assert runner.seen["settings"] == RunSettings()
    assert not runner.is_kept


def test_json_is_one_document_and_nothing_else(cli: Cli, runner: FakeRunner, runs: Path) -> None:
    said = cli("run", "click Save", "--json")
    (folder,) = runs.iterdir()
    document = json.loads(said.out)
    assert document.pop("seconds") >= 0
    assert document == {
        "run": folder.name,
        "status": "done",
        "reason": "",
        "steps": 1,
        "verdicts": {"confirmed": 1},
        "folder": str(folder),
        "report": str(folder / "report.html"),
    }
    assert said.err == ""


@pytest.mark.parametrize(
    ("status", "code", "is_kept"),
    [("done", 0, False), ("failed", 1, False), ("budget", 1, False), ("asked", 3, True),
     ("stopped", 3, True)],
)  # fmt: skip
def test_the_exit_code_tells_how_it_ended(
    cli: Cli, runner: FakeRunner, status: Status, code: int, is_kept: bool
) -> None:
    runner.status, runner.reason = status, "the reason"
    said = cli("run", "click Save", "--sandbox", "--size", "640x480")
    assert said.code == code
    assert runner.is_kept == is_kept  # a desktop to go on with is left standing
    assert ("go on with: deskhand run --resume" in said.err) == is_kept
    assert ("the reason" in said.err) == (status != "done")
    assert runner.seen["sandbox"] == (640, 480)


def test_limits_come_from_option_then_environment_then_default(
    cli: Cli, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_MAX_STEPS", "7")
    monkeypatch.setenv("DESKHAND_MAX_SECONDS", "8.5")
    cli("run", "click Save", "--max-steps", "3")
    assert runner.seen["settings"] == RunSettings(max_steps=3, max_seconds=8.5)


def test_a_task_comes_from_a_file_or_stdin(cli: Cli, runner: FakeRunner, tmp_path: Path) -> None:
    file = tmp_path / "steps.txt"
    file.write_text('click Save\ntype "Grüße"\n', encoding="utf-8")
    cli("run", str(file))
    assert runner.seen["task"] == 'click Save\ntype "Grüße"\n'
    cli("run", "-", stdin="click Open")
    assert runner.seen["task"] == "click Open"


def test_app_is_opened_as_the_first_step(
    cli: Cli, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("run", "click Save", "--app", 'sh -c "exit 0"')
    assert runner.seen["task"] == 'open "sh -c \\"exit 0\\""\nclick Save'


def test_an_unknown_app_is_wrong_input(cli: Cli, runner: FakeRunner) -> None:
    said = cli("run", "click Save", "--app", "no-such-program --flag")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "deskhand: error: --app is 'no-such-program --flag', but there is no program "
        "'no-such-program' on this machine\n"
    )


def test_an_impossible_instruction_points_at_the_word(cli: Cli, runner: FakeRunner) -> None:
    said = cli("run", "click Save\nfrobnicate the widget")
    assert (said.code, said.out) == (2, "")
    first, *pointed = said.err.splitlines()
    assert first.startswith("deskhand: error: ")
    assert pointed == ["frobnicate the widget", "^"]
    assert runner.seen == {}  # nothing was opened


def test_a_task_file_that_is_not_there(cli: Cli) -> None:
    said = cli("run", "nowhere/steps.txt")
    assert (said.code, said.err) == (
        2,
        "deskhand: error: there is no task file nowhere/steps.txt\n",
    )


def test_neither_task_nor_resume(cli: Cli) -> None:
    said = cli("run")
    assert (said.code, said.err) == (
        2,
        "deskhand: error: give a task, or --resume RUN to go on with one; see `deskhand run -h`\n",
    )


def test_a_run_folder_that_cannot_be_made(cli: Cli, runner: FakeRunner, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    said = cli("run", "click Save", "--runs-dir", str(file))
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"deskhand: error: cannot make a run folder in {file}: File exists; "
        "choose another place with --runs-dir\n"
    )


def test_a_dry_run_says_what_it_would_do_and_opens_nothing(
    cli: Cli, runner: FakeRunner, runs: Path
) -> None:
    task = 'open mousepad\nif "Cookies" is visible, click "Delete"\npress ctrl+s'
    said = cli("run", task, "--dry-run", "--json")
    steps = json.loads(said.out)
    assert [(step["kind"], step["depth"], step["verdict"]) for step in steps] == [
        ("launch", 0, "allow"),
        ("if", 0, ""),
        ("click", 1, "ask"),
        ("press_keys", 0, "allow"),
    ]
    assert runner.seen == {}
    assert not runs.exists()
    said = cli("run", task, "--dry-run")
    assert 'click "Delete"' in said.out
    assert said.err == "nothing was done (--dry-run)\n"


# --- approvals


ASKS = Decision(verdict="ask", reason='click on "Delete" in "Files"', rule="destroys")


@pytest.mark.parametrize(
    ("stdin", "answer"),
    [("y\n", "approve"), ("YES\n", "approve"), ("\n", "refuse"), ("no", "refuse")]
)  # fmt: skip
def test_a_person_at_the_terminal_is_asked(
    cli: Cli, runner: FakeRunner, stdin: str, answer: str
) -> None:
    runner.asks = ASKS
    said = cli("run", "click Save", stdin=stdin, is_tty=True)
    approval = runner.seen["approval"]
    assert (approval.answer, approval.by) == (answer, "terminal")
    assert 'click on "Delete" in "Files"' in said.err
    assert 'window "Files", Thunar' in said.err
    assert "rule 'destroys' asks before this" in said.err
    # The person moved the mouse to answer; that must not stop the run.
    assert runner.takeover.n_resumed == 1


@pytest.mark.parametrize(("stdin", "is_tty"), [("y\n", False), ("", True)])
def test_with_nobody_there_nothing_is_approved(
    cli: Cli, runner: FakeRunner, stdin: str, is_tty: bool
) -> None:
    runner.asks = ASKS
    cli("run", "click Save", stdin=stdin, is_tty=is_tty)
    assert runner.seen["approval"] is None


def test_yes_approves_without_asking(cli: Cli, runner: FakeRunner) -> None:
    runner.asks = ASKS
    said = cli("run", "click Save", "--yes", is_tty=True)
    assert (runner.seen["approval"].answer, runner.seen["approval"].by) == ("approve", "--yes")
    assert "Do it?" not in said.err


# --- Ctrl-C, takeover, resume


def test_ctrl_c_stops_the_run_and_it_can_be_resumed(
    cli: Cli, runner: FakeRunner, runs: Path
) -> None:
    runner.takeover.trip("Ctrl-C")
    runner.status, runner.reason = "stopped", "stopped: Ctrl-C; resume the run to go on"
    said = cli("run", "click Save")
    assert said.code == 130
    assert "go on with: deskhand run --resume" in said.err


def test_a_second_ctrl_c_leaves_a_run_that_can_be_resumed(
    cli: Cli, runner: FakeRunner, runs: Path
) -> None:
    runner.interrupted = True
    said = cli("run", "click Save", "--sandbox")
    assert said.code == 130
    assert runner.is_kept
    info = RunFolder.open("last", runs).info
    assert (info.status, info.reason) == ("stopped", "interrupted by Ctrl-C")


def test_a_run_that_breaks_is_recorded_as_failed(
    cli: Cli, runner: FakeRunner, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deskhand.agent.cli import session

    def broken(*_args: object, **_more: object) -> RunResult:
        raise DisplayError("the display is gone")

    monkeypatch.setattr(session, "run_task", broken)
    assert cli("run", "click Save").code == 1
    info = RunFolder.open("last", runs).info
    assert (info.status, info.reason) == ("failed", "the display is gone")


def test_a_run_that_another_process_is_on_is_left_alone(
    cli: Cli, runner: FakeRunner, runs: Path
) -> None:
    folder = RunFolder.create(runs, "click Save")  # its lock is held from here on
    said = cli("run", "--resume", folder.id)
    assert said.code == 1
    assert f"run {folder.id} is being run by process" in said.err
    assert RunFolder.open(folder.id, runs).info == folder.info


def test_resume_goes_on_with_the_task_the_limits_and_the_desktop_of_the_run(
    cli: Cli, runner: FakeRunner, runs: Path
) -> None:
    place = DesktopPlace(display=":5", size=(640, 480), sandbox_folder="/somewhere")
    config = {"max_steps": 9, "max_seconds": 60.0, "max_repeats": 2}
    folder = RunFolder.create(runs, "click Save", desktop=place, config=config)
    folder.end(status="asked", reason="which?")
    said = cli("run", "--resume", "last", "--max-seconds", "90")
    assert said.code == 0
    assert runner.seen["task"] == "click Save"
    assert runner.seen["place"] == place
    assert runner.seen["settings"] == RunSettings(max_steps=9, max_seconds=90, max_repeats=2)


def test_a_run_that_is_done_is_not_resumed(cli: Cli, runner: FakeRunner, runs: Path) -> None:
    folder = RunFolder.create(runs, "click Save")
    folder.end(status="done", reason="")
    said = cli("run", "--resume", folder.id)
    assert (said.code, said.err) == (
        1,
        f"deskhand: error: run {folder.id} is done; there is nothing to resume\n",
    )


# --- secrets


def test_a_secret_comes_from_the_environment_and_goes_no_further(
    cli: Cli, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, runs: Path
) -> None:
    import os

    monkeypatch.setenv("DESKHAND_SECRET_MAIL_PASSWORD", "hunter2")
    said = cli("-vv", "run", "type secret mail-password into Password")
    assert runner.seen["secrets"] == {"mail-password": "hunter2"}
    assert "DESKHAND_SECRET_MAIL_PASSWORD" not in os.environ  # launched programs do not get it
    written = b"".join(path.read_bytes() for path in runs.rglob("*") if path.is_file())
    assert b"hunter2" not in written + said.out.encode() + said.err.encode()


def test_a_secret_that_nobody_knows_is_named(cli: Cli, runner: FakeRunner) -> None:
    said = cli("run", "type secret mail-password into Password")
    assert (said.code, said.err) == (
        2,
        "deskhand: error: the secret 'mail-password' is not known; set "
        "DESKHAND_SECRET_MAIL_PASSWORD, or run it in a terminal to be asked\n",
    )
    assert runner.seen == {}


# --- do


def test_do_tells_the_verdict(cli: Cli, runner: FakeRunner) -> None:
    runner.effects = ("no_effect",)
    runner.status, runner.reason = "failed", "step 1 had no effect"
    said = cli("do", "click Save")
    assert said.code == 1
    assert said.out == "○ no effect  click [b]Save 1[/b]  (1.2 s)  evidence 1\n"
    assert said.err.startswith("step 1 had no effect\nreport: ")


def test_do_takes_one_instruction(cli: Cli, runner: FakeRunner) -> None:
    said = cli("do", "click Save then click Open")
    assert (said.code, said.err) == (
        2,
        "deskhand: error: `do` takes one instruction, these are 2; use `deskhand run`\n",
    )


# --- policy files


def test_a_policy_file_decides(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        'default = "allow"\n[[rules]]\nname = "no-save"\nverdict = "deny"\nwords = ["save"]\n',
        encoding="utf-8",
    )
    said = cli("run", "click Save", "--dry-run", "--json", "--policy", str(file))
    assert json.loads(said.out)[0]["verdict"] == "deny"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('default = "perhaps"', "default: Input should be 'allow', 'ask' or 'deny'"),
        ("default = ", "is not TOML: Invalid value (at end of document)"),
        ('[[rules]]\nname = "x"', "rules.0.verdict: Field required"),
    ],
)
def test_a_wrong_policy_file_names_the_field(
    cli: Cli, tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(content, encoding="utf-8")
    said = cli("run", "click Save", "--dry-run", "--policy", str(file))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"deskhand: error: policy file {file}")
    assert complaint in said.err
    assert said.err.count("\n") == 1


# --- runs


def test_runs_are_listed_and_shown(cli: Cli, runner: FakeRunner, runs: Path) -> None:
    assert cli("runs", "list").out == "no runs yet\n"
    runner.effects = ("confirmed", "diverged")
    cli("run", "click [red]Save")
    listed = cli("runs", "list")
    assert "done" in listed.out
    assert "click [red]Save" in listed.out
    shown = cli("runs", "show")
    assert "click [b]Save 2[/b]" in shown.out
    assert "! diverged" in shown.out
    (document,) = json.loads(cli("runs", "list", "--json").out)
    assert document["verdicts"] == {"confirmed": 1, "diverged": 1}
    assert document["status"] == "done"
    records = json.loads(cli("runs", "show", "last", "--json").out)["records"]
    assert [record["step"] for record in records] == [1, 2]


def test_a_report_is_written_anew(cli: Cli, runner: FakeRunner, runs: Path) -> None:
    cli("run", "click Save")
    said = cli("runs", "report")
    report = Path(said.out.strip())
    assert (said.code, report.parent.parent) == (0, runs)
    assert "click [b]Save 1[/b]" in report.read_text(encoding="utf-8")


def test_an_unknown_run(cli: Cli, runs: Path) -> None:
    said = cli("runs", "show", "nope")
    assert (said.code, said.err) == (
        1,
        f"deskhand: error: there is no run 'nope' in {runs}; "
        "`deskhand runs list` shows what is there\n",
    )


# --- errors


def test_an_unforeseen_error_is_one_line_and_a_traceback_only_with_debug(
    cli: Cli, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from deskhand.agent.cli import session

    def broken(*_args: object, **_more: object) -> RunResult:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(session, "run_task", broken)
    said = cli("run", "click Save")
    assert (said.code, said.err) == (
        1,
        "deskhand: error: ZeroDivisionError: division by zero (--debug shows where)\n",
    )
    assert "Traceback" not in caplog.text
    cli("--debug", "run", "click Save")
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("error", [DisplayError("no screen"), ActionFailed("it failed")])
def test_an_error_of_ours_is_one_line(
    cli: Cli, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from deskhand.agent.cli import session

    def broken(**_more: object) -> object:
        raise error

    monkeypatch.setattr(session, "open_screen", broken)
    said = cli("run", "click Save")
    assert (said.code, said.out, said.err) == (1, "", f"deskhand: error: {error}\n")


def test_no_display(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    for command in (["look"], ["find", "Save"], ["do", "click Save"], ["run", "click Save"]):
        said = cli(*command)
        assert (said.code, said.out) == (1, "")
        assert said.err == (
            "deskhand: error: there is no display: run with --sandbox, or set DISPLAY\n"
        )


def test_wayland_is_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("DISPLAY", ":0")
    said = cli("run", "click Save")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("deskhand: error: this is a Wayland session")
    assert said.err.count("\n") == 1


# --- look and find, on pictures


def test_a_missing_picture(cli: Cli) -> None:
    said = cli("look", "nowhere.png")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "deskhand: error: there is no picture at nowhere.png\n",
    )


def test_a_corrupt_picture(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "torn.png"
    Image.fromarray(np.arange(3 * 90_000, dtype=np.uint32).astype(np.uint8).reshape(300, 300, 3)
    ).save(file)  # fmt: skip
    file.write_bytes(file.read_bytes()[:200])
    said = cli("look", str(file))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"deskhand: error: picture {file} is damaged: ")
    assert said.err.count("\n") == 1


def test_something_that_is_no_picture(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("hello", encoding="utf-8")
    said = cli("find", "hello", str(file))
    assert (said.code, said.err) == (
        2,
        f"deskhand: error: {file} is not a picture (expected PNG, JPEG, WebP, BMP)\n",
    )


def test_a_picture_has_no_windows(cli: Cli) -> None:
    said = cli("look", "any.png", "--window", "Editor")
    assert (said.code, said.err) == (
        2,
        "deskhand: error: --window is for the live desktop; a picture has no windows\n",
    )


def test_a_wrong_role_is_named(cli: Cli) -> None:
    said = cli("find", "Save", "any.png", "--role", "knob")
    assert said.code == 2
    assert said.err.startswith("deskhand: error: role is 'knob': Input should be 'text', 'button'")


def shop_window(path: Path) -> Path:
    """Draw a picture with known words at known places."""
    image = Image.new("RGB", (640, 400), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=24)
    for text, xy in (("Save", (40, 50)), ("Cancel", (300, 50)), ("Cancel", (300, 300))):
        draw.text(xy, text, fill="black", font=font)
    image.save(path)
    return path


def test_look_lists_a_picture(cli: Cli, tmp_path: Path) -> None:
    picture = shop_window(tmp_path / "shop.png")
    marks = tmp_path / "marks.png"
    said = cli("look", str(picture), "--json", "--annotate", str(marks))
    document = json.loads(said.out)
    assert said.code == 0
    assert document["size"] == [640, 400]
    assert [element["text"] for element in document["elements"]] == ["Save", "Cancel", "Cancel"]
    left, top, right, bottom = document["elements"][0]["box"]
    assert 30 <= left <= 45
    assert 45 <= top <= 62
    assert 90 <= right <= 115
    assert 68 <= bottom <= 90
    with Image.open(marks) as image:
        assert image.size == (640, 400)
        assert image.convert("RGB").tobytes() != Image.open(picture).tobytes()
    said = cli("look", str(picture))
    assert said.out.count("Cancel") == 2
    assert said.err == "3 elements in 640x400 pixels\n"


def test_look_prints_what_a_planner_reads(cli: Cli, tmp_path: Path) -> None:
    picture = str(shop_window(tmp_path / "shop.png"))
    said = cli("look", picture, "--text")
    assert said.code == 0
    assert said.out == '1 "Save" | 2 "Cancel"\n3 "Cancel"\n'
    said = cli("look", picture, "--budget", "60")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "deskhand: error: --budget is for the text that a planner reads; add --text or --since\n"
    )


def test_find_says_where_or_lists_what_is_equally_good(cli: Cli, tmp_path: Path) -> None:
    picture = str(shop_window(tmp_path / "shop.png"))
    x, y = json.loads(cli("find", "save", picture, "--json").out)["click_at"]
    assert 60 <= x <= 75
    assert 55 <= y <= 80
    said = cli("find", "Cancel", picture)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith('deskhand: error: "Cancel" is there 2 times: text "Cancel" at (')
    assert said.err.count("\n") == 1
    assert cli("find", "Cancel", picture, "--nth", "2").code == 0
    assert cli("find", "Print", picture).code == 1


def test_find_says_how_it_was_found(cli: Cli, tmp_path: Path) -> None:
    picture = str(shop_window(tmp_path / "shop.png"))
    said = cli("find", "the second Cancel", picture, "--every-source")
    assert said.code == 0
    assert "found by ocr, confidence 0." in said.out
    assert "vlm: not there (no vision-language model is here that was calibrated" in said.out
    second = json.loads(cli("find", "Cancel", picture, "--nth", "2", "--json").out)
    told = json.loads(cli("find", "the second Cancel", picture, "--json").out)
    assert told["click_at"] == second["click_at"]
    assert (told["found_by"], told["disagreement"]) == ("ocr", "")
    assert {verdict["source"] for verdict in told["verdicts"]} == {
        "ocr", "accessibility", "icon", "clip", "vlm",
    }  # fmt: skip
    wrong = cli("find", "Save", picture, "--ground-model", "qwen3-vl-2b")
    assert wrong.err == (
        "deskhand: error: the grounding model is 'qwen3-vl-2b'; expected vlm:NAME of `deskhand "
        "models list`, or vlm:FOLDER\n"
    )


# --- the real thing, in a process of its own: pyautogui keeps the first display it sees


def deskhand(*args: str, env: Mapping[str, str] | None = None) -> Said:
    done = subprocess.run(
        [sys.executable, "-m", "deskhand.agent.cli", *args],
        capture_output=True,
        text=True,
        timeout=240,
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "200")
    # Mousepad asks whether to restore what it held when an earlier sandbox ended under it.
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("GSETTINGS_BACKEND", "memory")


@pytest.mark.desktop
@pytest.mark.usefixtures("at_home")
def test_a_task_on_a_virtual_desktop(tmp_path: Path) -> None:
    video = tmp_path / "run.mp4"
    task = 'open mousepad\ntype "Grüße, 世界"\npress ctrl+a\nexpect "Grüße"'
    options = ("--sandbox", "--size", "1024x768", "--record", str(video), "--json")
    said = deskhand("run", *options, task)
    document = json.loads(said.out)
    assert (said.code, document["status"], document["reason"]) == (
        0,
        "done",
        "every sentence is done",
    )
    assert said.err == ""
    assert set(document["verdicts"]) == {"confirmed"}
    assert Path(document["report"]).stat().st_size > 10_000
    assert "Grüße, 世界" in deskhand("runs", "show", "last").out
    with open_video(video) as kept:
        *_others, last = kept.frames()
    assert last.size_wh == (1024, 768)
    assert last.time_s > 1
    again = deskhand("run", *options, task)
    assert (again.code, again.out) == (2, "")
    assert f"{video} is there already" in again.err


@pytest.mark.desktop
@pytest.mark.usefixtures("at_home")
def test_an_application_that_is_not_there() -> None:
    said = deskhand("run", "--sandbox", "open no-such-program")
    assert said.code == 1
    assert said.out.startswith("failed  ")
    assert "no-such-program" in said.err


@pytest.mark.desktop
@pytest.mark.usefixtures("at_home")
def test_a_refused_step_waits_for_a_person_and_goes_on_with_yes() -> None:
    # Nobody is at the terminal: the run stops, its desktop stays, and --yes takes it up again.
    task = "open mousepad\npress alt+f4"
    said = deskhand("run", "--sandbox", task)
    assert said.code == 3
    assert said.out.startswith("asked  1 steps")
    assert "its virtual desktop waits 15 minutes for that" in said.err
    said = deskhand("run", "--resume", "last", "--yes")
    assert (said.code, said.out.split()[0]) == (0, "done")


@pytest.mark.desktop
@pytest.mark.usefixtures("at_home")
def test_look_find_and_rehearse_on_a_live_desktop(
    sandbox: Sandbox, desktop: Desktop, launch: Callable[..., Window]
) -> None:
    del desktop  # opened for `launch`
    title = launch("mousepad").title
    seen = json.loads(deskhand("look", "--json", env=sandbox.env).out)
    assert seen["windows"][0]["title"] == title
    assert "Search" in {element["text"] for element in seen["elements"]}
    found = json.loads(deskhand("find", "Search", "--window", "mousepad", "--json").out)
    rehearsed = json.loads(deskhand("do", "--dry-run", "--json", "click Search").out)
    assert rehearsed["point"] == found["click_at"]
    assert rehearsed["window"] == title
    unharmed = json.loads(deskhand("look", "--json").out)
    assert [element["text"] for element in unharmed["elements"]] == [
        element["text"] for element in seen["elements"]
    ]
    said = deskhand("look", "--window", "nowhere")
    assert (said.code, said.err) == (
        1,
        f'deskhand: error: no window has "nowhere" in its title; open windows: "{title}"\n',
    )
