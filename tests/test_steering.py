"""`deskhand runs pause|go-on|stop|answer`: a word to a run that another process is on."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.agent.cli.app import invoke
from deskhand.agent.run_control import RunControl
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.tools.desktop.takeover import Takeover


class Running:
    """A run that listens."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = RunFolder.create(home, "a task")
        self.takeover = Takeover(lambda: (9, 9), panic_file=home / "panic")
        self.control = RunControl(self.folder.path, self.takeover)

    def say(self, command: str, *more: str) -> int:
        return invoke(["runs", command, *more, "last", "--runs-dir", str(self.home)])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    with running.control.listening():
        yield running


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_pause_and_go_on(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    wish = running.folder.path / "live" / "wish"
    assert running.say("pause") == 0
    assert "deskhand runs go-on" in capsys.readouterr().out
    until(lambda: not wish.exists())
    assert running.say("go-on") == 0
    until(lambda: not wish.exists())
    until(lambda: not running.control.hold())


def test_stop(running: Running) -> None:
    assert running.say("stop") == 0
    until(lambda: running.takeover.reason == "somebody who watches stopped it")


def test_answer(running: Running) -> None:
    with running.control.asking("Which?", running.control.answer_to) as look:
        assert running.say("answer", "the left one") == 0
        assert look() == "the left one"


@pytest.mark.parametrize("request_token", ["", "3f9a0c51d2e8"])
def test_only_a_question_in_words_is_answered_in_words(
    running: Running, capsys: pytest.CaptureFixture[str], request_token: str
) -> None:
    if request_token:
        running.control.tell(doing="asks", question="click on Delete", request=request_token)
    assert running.say("answer", "yes") == 1
    assert "asks nothing that is answered in words" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("pause",), ("go-on",), ("stop",)])
def test_a_run_that_is_over_takes_no_word(
    running: Running, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    running.folder.end(status="done", reason="")
    assert running.say(*command) == 1
    said = capsys.readouterr().err
    assert said == f"deskhand: error: run {running.folder.id} is not running\n"


@pytest.mark.parametrize("command", [("go-on",), ("answer", "yes")])
def test_a_terminal_of_the_hands_says_nothing_for_a_person(
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
) -> None:
    monkeypatch.setenv("DESKHAND_STARTED_BY_HANDS", "1")
    assert running.say(*command) == 1
    assert "opened by deskhand's hands" in capsys.readouterr().err
    assert invoke(["ui", "--no-open"]) == 1
