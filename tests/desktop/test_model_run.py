"""A model on a server drives a real window through the command line, on a sandbox of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.brains import fill_in, opening_first
from tests.model_servers.openai_chat import OpenAIServer

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

FORM = Path(__file__).parent.parent / "apps" / "sign_up.py"
KEY = "key-of-the-test"


def test_a_form_is_filled_in(tmp_path: Path) -> None:
    stored, inherited = tmp_path / "stored.json", tmp_path / "environment"
    # What the application inherits is written down before it becomes the form.
    program = ["sh", "-c", f"env > {inherited}; exec {sys.executable} {FORM} {stored}"]
    brain = opening_first(
        program, "Sign up", fill_in("Name", "Ada Byron", "Register", "your data was stored")
    )
    with OpenAIServer(brain) as server:
        done = subprocess.run(
            [
                sys.executable, "-m", "deskhand.agent.cli", "run", "--sandbox", "--json", "--yes",
                "--model", f"{server.address}/v1", "--model-name", "x", "--max-steps", "8",
                "sign Ada Byron up in the form",
            ],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            env=os.environ
            | {
                "DESKHAND_RUNS": str(tmp_path / "runs"),
                "DESKHAND_MODEL_KEY": KEY,
                "OPENAI_API_KEY": f"{KEY}-2",
            },
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["verdicts"]) == ("done", {"confirmed": 3})
    assert told["usage"]["calls"] == 4
    assert json.loads(stored.read_text(encoding="utf-8"))["name"] == "Ada Byron"

    assert [received.problems for received in server.received] == [()] * 4
    assert {received.headers["authorization"] for received in server.received} == {f"Bearer {KEY}"}
    (run,) = (tmp_path / "runs").iterdir()
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["model"] == {"model": f"{server.address}/v1", "name": "x", "pictures": "auto"}
    assert len((run / "model_calls.jsonl").read_text(encoding="utf-8").splitlines()) == 4

    assert "DISPLAY=" in inherited.read_text(encoding="utf-8")
    for path in (inherited, *run.rglob("*")):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
