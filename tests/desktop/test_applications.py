"""Tasks in the instruction language on real applications of four toolkits, from look to report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deskhand.agent.run_settings import RunResult, RunSettings
from deskhand.agent.runner import Company, run_task
from deskhand.agent.trajectory.recording import read_steps
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

APPS = Path(__file__).parent.parent / "apps"
SYSTEM_PYTHON = "/usr/bin/python3"
CHROMIUM = (
    "chromium", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--test-type",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=900,700", "--window-position=60,40",
)  # fmt: skip

Do = Callable[[str], RunResult]
Launch = Callable[..., Window]


@pytest.fixture
def do(desktop: Desktop, sandbox: Sandbox, tmp_path: Path) -> Do:
    """Run a task on the desktop and return how it ended."""

    def run(task: str) -> RunResult:
        folder = RunFolder.create(tmp_path / "runs", task)
        return run_task(
            task,
            folder=folder,
            settings=RunSettings(),
            desktop=desktop,
            along=Company(env=sandbox.env),
        )

    return run


def effects(result: RunResult) -> list[str]:
    """Return the verdicts of a run's steps."""
    return [step.outcome["effect"] for step in read_steps(result.report.parent)]


def test_gtk_an_editor_saves_what_was_typed(do: Do, launch: Launch, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    launch("mousepad")
    result = do(
        f'type "Ein Gruß, 你好" and expect "Gru"\n'
        'press ctrl+s and expect window "Save As"\n'
        f'type "{note}" into Name, replacing what is there\n'
        'click Save in window "Save As" and expect window "note.txt"'
    )
    assert (result.status, effects(result)) == ("done", ["confirmed"] * 4), result.reason
    assert note.read_text(encoding="utf-8").rstrip("\n") == "Ein Gruß, 你好"


def test_gtk_a_calculator_computes_by_clicks(do: Do, launch: Launch, desktop: Desktop) -> None:
    launch("galculator")
    # The "*" shows nothing on this calculator: that cannot be verified, and the run goes on.
    result = do('click 6 then click "*" then click 7 then click "=" and expect "42"\npress ctrl+c')
    assert result.status == "done", result.reason
    assert effects(result) == ["confirmed", "unverifiable", "confirmed", "confirmed", "confirmed"]
    assert desktop.get_clipboard() == "42"


def test_qt_an_editor_saves_what_was_typed(do: Do, launch: Launch, tmp_path: Path) -> None:
    note = tmp_path / "qt.txt"
    note.write_text("", encoding="utf-8")
    launch("featherpad", "--standalone", str(note))
    result = do(
        'type "Zwei Zeilen\\nund ein Café" and expect "Zwei"\n'
        "press ctrl+s\n"
        "click Edit\n"
        "press escape"
    )
    assert result.status == "done", result.reason
    assert note.read_text(encoding="utf-8").rstrip("\n") == "Zwei Zeilen\nund ein Café"


def test_tk_a_form_is_filled_in(do: Do, launch: Launch, tmp_path: Path) -> None:
    stored = tmp_path / "stored.json"
    launch(SYSTEM_PYTHON, str(APPS / "sign_up.py"), str(stored))
    result = do(
        'type "Zoë Müller" into Name\n'
        'type "zoe@example.org" into E-mail\n'
        "uncheck Newsletter\n"
        'check "I have read it"\n'
        'click "The paid plan"\n'
        'click Register and expect "your data was stored"'
    )
    assert (result.status, effects(result)) == ("done", ["confirmed"] * 6), result.reason
    assert json.loads(stored.read_text(encoding="utf-8")) == {
        "name": "Zoë Müller",
        "mail": "zoe@example.org",
        "news": False,
        "terms": True,
        "plan": "paid",
    }


@pytest.mark.browser
def test_chromium_a_page_is_filled_in(
    do: Do, launch: Launch, desktop: Desktop, tmp_path: Path
) -> None:
    page = (APPS / "order.html").as_uri()
    launch(*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", f"--app={page}")
    result = do(
        'wait until "Street and town" appears within 20 seconds\n'
        'type "Łukasz" into "Your name"\n'
        'type "Rue de l’Église 5" into "Street and town"\n'
        'check "Wrap it as a gift"\n'
        'click "Place the parcel" and expect "thank you, it is on its way"'
    )
    assert result.status == "done", result.reason
    titles = [window.title for window in desktop.windows()]
    assert any("sent: Łukasz | Rue de l’Église 5 | gift" in title for title in titles), titles
