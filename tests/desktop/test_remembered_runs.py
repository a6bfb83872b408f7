"""A run that worked is remembered, and told to the model of the next one: only when asked to."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.brains import fill_in, opening_first
from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.server import Brain, Reply

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

FORM = Path(__file__).parent.parent / "apps" / "sign_up.py"
MAIL = "ada-byron@analytical.example"
TOLD = "Tasks like this one were done before"


def deskhand(
    *args: str, env: Mapping[str, str], code: int = 0
) -> Any:  # Any: a document that the test knows
    done = subprocess.run(
        [sys.executable, "-m", "deskhand.agent.cli", *args, "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | env,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def prompts(
    brain: Brain, task: str, *more: str, env: Mapping[str, str], code: int = 0
) -> list[str]:
    """Run a task with a model on a server and return what the model was asked."""
    asked: list[str] = []

    def answer(prompt: str) -> Reply:
        asked.append(prompt)
        return brain(prompt)

    with OpenAIServer(answer) as server:
        model = ("--model", f"{server.address}/v1", "--model-name", "x", "--max-steps", "8")
        deskhand("run", "--sandbox", "--yes", *model, *more, task, env=env, code=code)
    return asked


def give_up(_prompt: str) -> Reply:
    return Reply("fail", {"reason": "only the prompt is of interest"})


def test_a_run_that_worked_is_told_to_the_next_one(tmp_path: Path) -> None:
    env = {
        "DESKHAND_RUNS": str(tmp_path / "runs"),
        "DESKHAND_MODEL_KEY": "key-of-the-test",
        "DESKHAND_SECRET_MAIL": MAIL,
    }
    program = [sys.executable, str(FORM), str(tmp_path / "stored.json")]
    brain = opening_first(
        program, "Sign up", fill_in("Name", "Ada Byron", "Register", "your data was stored")
    )
    task = f"sign Ada Byron up in the form, not with {MAIL}"
    first = prompts(brain, task, "--remember", env=env)
    assert [prompt for prompt in first if TOLD in prompt] == []

    (run,) = deskhand("recall", "--runs", "sign up in a form", env=env)["runs"]
    assert run["task"] == "sign Ada Byron up in the form, not with •••"
    assert run["outcome"] == "done"
    assert [step.split()[0] for step in run["steps"]] == ["open", "type", "click"]
    assert 'type "Ada Byron"' in run["steps"][1]
    screens = deskhand("recall", "--tag", run["screens_tag"], env=env)["screens"]
    assert "Sign up" in {screen["window"] for screen in screens}

    task = "sign Eve Miller up in the form"
    (told,) = prompts(give_up, task, "--remember", env=env, code=1)
    assert TOLD in told
    assert run["steps"][1] in told
    (unasked,) = prompts(give_up, task, env=env, code=1)
    assert TOLD not in unasked
    assert {one["outcome"] for one in deskhand("recall", "--runs", env=env)["runs"]} == {
        "done",
        "failed",
    }

    forgotten = deskhand("forget", "--all", "--yes", env=env)
    assert len(forgotten["runs"]) == 2
    assert deskhand("recall", "--runs", env=env) == {"runs": []}
    memory = Path(os.environ["DESKHAND_MEMORY"])
    kept = [path for path in memory.rglob("*") if path.is_file()]
    assert [path for path in kept if b"Ada Byron" in path.read_bytes()] == []
