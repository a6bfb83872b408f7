"""The examples, run as a newcomer runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.sandbox import Sandbox

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.server import Reply
from tests.videos import screen

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "tests" / "apps" / "delete_button.py"


class PlainServer(OpenAIServer):
    """The protocol without our planners' own narrower rules for tools."""

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        yield from self._check_messages(body["messages"])


def example(
    name: str, *arguments: str, env: dict[str, str] | None = None, said: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *arguments],
        env=env, input=said, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def replying(*replies: Reply) -> Callable[[str], Reply]:
    left: Iterator[Reply] = iter(replies)
    return lambda _prompt: next(left)


def test_somebody_elses_agent_asks_before_it_runs_a_command() -> None:
    replies = (
        Reply("price_of", {"article": "pump"}),
        Reply("click", {"text": "7", "role": "button"}),
        Reply("launch_app", {"command": ["sh", "-c", "exit 0"]}),
        Reply(text="Six pumps cost 42 euros."),
    )
    with PlainServer(replying(*replies)) as server:
        ran = example(
            "foreign_langgraph_agent.py",
            "--model",
            f"{server.address}/v1",
            "--model-name",
            "m",
            said="no\n",
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ("The agent wants to launch sh. Yes or no? Six pumps cost 42 euros.\n")
    last = server.received[-1].body["messages"]
    answers = [message["content"] for message in last if message["role"] == "tool"]
    assert answers[0] == "7 euros"
    assert answers[1].startswith("confirmed\n[untrusted ")
    assert answers[2].startswith("the user said no to this call")


def test_an_mcp_client_works_out_a_sum() -> None:
    ran = example("mcp_client.py")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "wait_for 42: confirmed"


def test_a_supervisor_leads_two_workers() -> None:
    sentences = "open galculator\n" + "".join(
        f'click "{key}" in window "galculator"\n' for key in "12*12="
    )
    replies = (
        Reply("operate_desktop", {"sentences": f'{sentences}expect "144"'}),
        Reply("keep_note", {"text": "12 times 12 is 144"}),
        Reply(text="It is in the notes."),
    )
    with PlainServer(replying(*replies)) as server:
        ran = example("supervisor.py", "--model", f"{server.address}/v1", "--model-name", "m")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "It is in the notes.\nnotes: 12 times 12 is 144\n\n"
    told = [one["content"] for one in server.received[-1].body["messages"] if one["role"] == "tool"]
    assert told[0].startswith("done after ")


def test_a_scheduled_task_waits_for_a_yes_and_goes_on(
    sandbox: Sandbox, launch: Callable[..., Window], tmp_path: Path
) -> None:
    (tmp_path / "note").write_text("12 letters", encoding="utf-8")
    launch(sys.executable, str(APP), str(tmp_path / "log"), str(tmp_path / "note"))
    env = {**sandbox.env, "XDG_STATE_HOME": str(tmp_path / "state")}
    task = 'click "Delete all" in window "Archive"'
    arguments = ("--state", str(tmp_path / "runs"), "--patience", "0", task)
    first = example("scheduled_task.py", *arguments, env=env)
    assert first.returncode == 3, first.stderr
    assert not (tmp_path / "log").exists()
    listed = subprocess.run(
        [sys.executable, "-m", "deskhand.agent.cli", "approve", "--json"],
        env=env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    [waiting] = json.loads(listed.stdout)
    assert f"deskhand approve {waiting['token']}" in first.stderr
    subprocess.run(
        [sys.executable, "-m", "deskhand.agent.cli", "approve", waiting["token"]],
        env=env, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    second = example("scheduled_task.py", *arguments, env=env)
    assert second.returncode == 0, second.stderr
    assert (tmp_path / "log").read_text(encoding="utf-8") == "deleted\n"


@pytest.mark.models
def test_a_screenshot_is_asked(gguf: Path, tmp_path: Path) -> None:
    Image.fromarray(screen("Invoice 4711", "Total 1,204.00 EUR")).save(tmp_path / "shot.png")
    ran = example(
        "ask_a_screenshot.py", str(tmp_path / "shot.png"), "What is the total?",
        env=os.environ | {"DESKHAND_MODELS": str(gguf.parent.parent)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "1,204.00" in ran.stdout
    assert "rests on text" in ran.stdout
