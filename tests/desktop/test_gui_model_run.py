"""A GUI model on a server is calibrated, then drives a real window through the command line.

What the form wrote down is the truth; the model knows of the screen only the pictures it was sent.
"""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.gui_servers import (
    ClaudeComputerServer,
    GuiServer,
    OpenAIComputerServer,
    UiTarsServer,
)
from tests.model_servers.seeing_brains import fill_in_colours, halved

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

FORM = Path(__file__).parent.parent / "apps" / "colour_form.py"
TASK = "put Ada into the form and save it"
KEY = "key-of-the-test"
ASKED, FAILED = 3, 1
CHECK = "This may send data to somebody."


@dataclass(frozen=True)
class Kind:
    """A GUI model, how it is named, and the pictures that its format demands."""

    server: type[GuiServer]
    model: str
    address_variable: str
    path: str
    of_1280x800: tuple[int, int]
    of_1920x1080: tuple[int, int]


KINDS = {
    "claude": Kind(
        ClaudeComputerServer, "gui:anthropic:claude-sonnet-4-6", "ANTHROPIC_BASE_URL", "",
        (1280, 800), (1366, 768),
    ),
    "openai": Kind(
        OpenAIComputerServer, "gui:openai:computer-use-preview", "OPENAI_BASE_URL", "/v1",
        (1280, 800), (1920, 1080),
    ),
    "ui-tars": Kind(UiTarsServer, "", "", "/v1", (1288, 812), (1932, 1092)),
}  # fmt: skip


class Shell:
    """Runs `deskhand` against a server, with folders of its own."""

    def __init__(self, kind: Kind, server: GuiServer, home: Path) -> None:
        self.home = home
        self.log = home / "log"
        address = server.address + kind.path
        self.named = ["--model", kind.model]
        self._env = os.environ | {
            "DESKHAND_RUNS": str(home / "runs"), "XDG_DATA_HOME": str(home / "data"),
            "DESKHAND_MODEL_KEY": KEY, "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY,
        }  # fmt: skip
        if kind.model:
            self._env[kind.address_variable] = address
        else:
            self.named = ["--model", f"gui:{address}", "--model-name", "UI-TARS-1.5-7B"]

    def __call__(self, *args: str, types: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command; with `types`, at a terminal where that is typed."""
        person, terminal = pty.openpty() if types else (-1, subprocess.DEVNULL)
        if types:
            os.write(person, types.encode())
        try:
            return subprocess.run(
                [sys.executable, "-m", "deskhand.agent.cli", *args],
                stdin=terminal, capture_output=True, text=True, timeout=280, check=False,
                env=self._env,
            )  # fmt: skip
        finally:
            if types:
                os.close(person)
                os.close(terminal)

    def calibrate(self) -> subprocess.CompletedProcess[str]:
        return self("models", "calibrate", *self.named, "--json")

    def run(self) -> subprocess.CompletedProcess[str]:
        app = f"{sys.executable} {FORM} {self.log}"
        return self(
            "run", "--sandbox", "--json", "--yes", "--max-steps", "12", "--app", app,
            *self.named, TASK,
        )  # fmt: skip

    def events(self) -> list[list[Any]]:
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def server(kind: Kind) -> Iterator[GuiServer]:
    with kind.server(fill_in_colours("Ada Byron", checks=(CHECK,))) as server:
        assert isinstance(server, GuiServer)
        yield server


def check_that_it_was_done(shell: Shell) -> None:
    """Check by the form's own record that the field and Save were pressed inside, and what for."""
    events = shell.events()
    boxes = {event[1]: event[2:] for event in events if event[0] == "box"}
    happened = [event for event in events if event[0] != "box"]
    assert [event[:2] for event in happened] == [
        ["press", "field"], ["press", "save"], ["saved", "Ada Byron"],
    ]  # fmt: skip
    for _, name, x, y in happened[:2]:
        left, top, right, bottom = boxes[name]
        assert abs(x - (left + right) / 2) <= 3
        assert abs(y - (top + bottom) / 2) <= 3


def test_a_form_is_filled_in(kind: Kind, server: GuiServer, tmp_path: Path) -> None:
    shell = Shell(kind, server, tmp_path)

    refused = shell.run()
    assert refused.returncode == FAILED, refused.stdout
    assert "so it may not click; run: deskhand models calibrate gui:" in refused.stderr
    assert server.received == []

    passed = shell.calibrate()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    worst_px = json.loads(passed.stdout)["worst_px"]
    assert worst_px <= 2
    assert server.sizes == [kind.of_1280x800] * 5 + [kind.of_1920x1080] * 5

    has_checks = kind.server is OpenAIComputerServer
    done = shell.run()
    if has_checks:
        # Nobody is at a terminal: the run waits, and Save was not pressed.
        assert done.returncode == ASKED, done.stdout + done.stderr
        assert CHECK in json.loads(done.stdout)["reason"]
        assert ["press", "save"] not in [event[:2] for event in shell.events()]
        done = shell("run", "--resume", "last", "--json", "--yes", types="yes\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["status"] == "done"
    check_that_it_was_done(shell)

    assert [received.problems for received in server.received] == [()] * len(server.received)
    assert set(server.sizes[10:]) == {kind.of_1280x800}
    (folder,) = (tmp_path / "runs").iterdir()
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["model"]["model"] == shell.named[1]
    calls = (folder / "model_calls.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(calls) == len(server.received) - 10
    for path in folder.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_a_server_that_shrinks_pictures_is_refused(tmp_path: Path) -> None:
    kind = KINDS["ui-tars"]
    with kind.server(halved(fill_in_colours("Ada Byron"))) as server:
        assert isinstance(server, GuiServer)
        shell = Shell(kind, server, tmp_path)
        failed = shell.calibrate()
        assert failed.returncode == FAILED
        fits = json.loads(failed.stdout)["fits"]
        assert fits == [
            "pixels xy of a picture of another size: about 644x405 for 1280x800, "
            "966x546 for 1920x1080"
        ]
        refused = shell.run()
    assert refused.returncode == FAILED
    assert f"; its answers fit {fits[0]}), so it may not click; run: " in refused.stderr
    assert shell.events() == []
