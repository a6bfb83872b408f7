"""A virtual desktop is recorded: by tools, by the command, with a run."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.messages import ToolMessage

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.media.moments import find_in_video
from deskhand.tools.toolkit import DesktopToolkit

pytestmark = [pytest.mark.desktop, pytest.mark.slow]


def test_an_agent_records_what_it_does(
    desktop: Desktop, launch: Callable[..., Window], tmp_path: Path
) -> None:
    toolkit = DesktopToolkit(desktop, recordings=tmp_path)
    tools = {tool.name: tool for tool in toolkit.get_tools()}

    def call(tool: str, **given: object) -> str:
        request = {"name": tool, "args": given, "id": "1", "type": "tool_call"}
        answer = tools[tool].invoke(request)
        assert isinstance(answer, ToolMessage)
        return answer.text

    assert call("stop_recording") == "nothing is recorded; call start_recording first"
    assert "should match pattern" in call("start_recording", name="../outside")
    video = tmp_path / "calculating.mp4"
    assert call("start_recording", name="calculating", seconds=60) == (
        f"recording to {video} for 60 s at most"
    )
    assert call("start_recording") == "a recording runs already; call stop_recording first"
    launch("galculator")
    call("read_screen")
    for _ in range(3):
        call("click", text="7", role="button")
    call("wait_for", text="777")
    assert call("stop_recording").startswith(f"{video}: ")
    found = find_in_video(video, "777", speech_model=None, kept_in=tmp_path / "indexes")
    assert found.verdict == "found"
    assert 0 < found.moments[0].start_s < found.duration_s
    call("start_recording", name="left running")
    toolkit.close()
    left = find_in_video(
        tmp_path / "left running.mp4", "777", speech_model=None, kept_in=tmp_path / "indexes"
    )
    assert left.verdict == "found"


def test_the_command_records_until_it_is_told_to_end(sandbox: Sandbox, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deskhand.agent.cli", "record", "a.mp4", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=dict(sandbox.env), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stderr.readline() == "recording a.mp4; Ctrl-C ends it\n"
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    document = json.loads(told)
    assert (document["ended"], document["size_wh"]) == ("stopped", list(sandbox.size))
    again = subprocess.run(
        command, cwd=tmp_path, env=dict(sandbox.env), text=True, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert again.returncode == 2
    assert again.stderr == (
        "deskhand: error: a.mp4 is there already; name another file (deskhand record --force "
        "replaces it)\n"
    )
