"""`deskhand ask` and `describe` on a real editor, answered by a server of the OpenAI protocol."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskhand.agent.cli import main
from deskhand.tools.desktop.backend import Window
from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.server import Reply

pytestmark = [pytest.mark.desktop, pytest.mark.slow]


@pytest.fixture
def editor(launch: Callable[..., Window], tmp_path: Path) -> Window:
    path = tmp_path / "bill.txt"
    path.write_text("Invoice 20417\nTotal due 1,324.80 euros\n", encoding="utf-8")
    return launch("mousepad", "--disable-server", str(path))


def document(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(args)
    assert left.value.code == 0
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_a_question_about_a_window(
    editor: Window, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    prompts = []

    def answer(prompt: str) -> Reply:
        prompts.append(prompt)
        found = re.search(r'(\d+)(?: textbox)? "[^"]*1,324\.80', prompt)
        assert found is not None
        return Reply(text=f"1,324.80 euros are due [e{found[1]}].")

    with OpenAIServer(answer) as server:
        answered = document(
            capsys, "ask", "--window", "bill.txt", "How much is due?", "--json",
            "--annotate", str(tmp_path / "why.png"),
            "--model", f"{server.address}/v1", "--model-name", "tiny",
        )  # fmt: skip
        assert all(not received.problems for received in server.received)
    assert (answered["answer"], answered["unsupported"]) == ("1,324.80 euros are due.", [])
    (element,) = answered["elements"]
    assert "1,324.80" in element["text"]
    assert editor.title in element["window"]
    assert len(prompts) == 1
    assert (tmp_path / "why.png").stat().st_size > 0


def test_the_facts_of_a_desktop(editor: Window, capsys: pytest.CaptureFixture[str]) -> None:
    described = document(capsys, "describe", "--screen", "--facts", "--json")
    assert f'Window "{editor.title}" of Mousepad, in front.' in described["facts"]
    assert described["model"] == ""
