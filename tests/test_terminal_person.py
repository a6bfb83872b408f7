"""The person at a terminal: what is typed counts, and so does an answer from elsewhere."""

import io
import os
import sys
from collections.abc import Iterator

import pytest
from rich.console import Console

from deskhand.agent.cli.terminal import TerminalPerson
from deskhand.tools.actions import Click, TextTarget
from deskhand.tools.safety.policy import ActionContext, Policy

if sys.platform == "win32":
    pytest.skip("a terminal is made with pty", allow_module_level=True)

import pty

DELETE = Click(target=TextTarget(text="Delete"))
FILES = ActionContext(window_title="Files")


class Terminal:
    """A terminal with a person's hands on its keyboard."""

    def __init__(self, hands: int) -> None:
        self._hands = hands
        self.shown = io.StringIO()
        self.console = Console(file=self.shown, width=80)

    def type(self, text: str) -> None:
        os.write(self._hands, text.encode())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    hands, keyboard = pty.openpty()
    with os.fdopen(keyboard, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield Terminal(hands)
    os.close(hands)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("y\n", "approve"), ("YES\n", "approve"), ("n\n", "refuse"), ("\n", "refuse")],
)
def test_what_is_typed_is_the_answer(terminal: Terminal, typed: str, answer: str) -> None:
    resumed: list[bool] = []
    person = TerminalPerson(terminal.console, says_yes=False, resume=lambda: resumed.append(True))
    terminal.type(typed)
    approval = person.approve(DELETE, FILES, Policy().decide(DELETE, FILES))
    assert approval is not None
    assert (approval.answer, approval.by) == (answer, "terminal")
    assert resumed == [True]  # reaching for the keyboard moved the mouse


def test_an_answer_from_elsewhere_ends_the_question(terminal: Terminal) -> None:
    looks = iter([False, False, True])
    person = TerminalPerson(terminal.console, says_yes=False, is_answered=lambda: next(looks))
    assert person.answer("Which?") is None
    assert "Which?" in terminal.shown.getvalue()
    assert terminal.shown.getvalue().endswith("answered elsewhere\n")


def test_the_end_of_the_input_is_no_answer(terminal: Terminal) -> None:
    terminal.type("\x04")
    assert TerminalPerson(terminal.console, says_yes=False).answer("Which?") is None


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    shown = io.StringIO()
    person = TerminalPerson(Console(file=shown), says_yes=False)
    assert person.answer("Which?") is None
    assert shown.getvalue() == ""
