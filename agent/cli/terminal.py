"""The person at the terminal: progress to read, and approvals and questions to answer."""

import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from ...tools.actions import Action
from ...tools.safety.gate import Approval
from ...tools.safety.policy import ActionContext, Decision
from ..trajectory.recording import StepRecord
from .output import effect, inert

POLL_S = 0.1


class TerminalPerson:
    """Asks on stderr and reads the answer from stdin; with no terminal there, nobody answers.

    Args:
        console: Where the questions go.
        says_yes: Approve whatever the policy asks about; what it denies stays denied.
        resume: Opens the takeover latch: reaching for the keyboard to answer moved the mouse.
        is_answered: Whether the answer came from elsewhere, or is of no use any more.
    """

    def __init__(
        self,
        console: Console,
        *,
        says_yes: bool,
        resume: Callable[[], None] = lambda: None,
        is_answered: Callable[[], bool] = lambda: False,
    ) -> None:
        self._console = console
        self._says_yes = says_yes
        self._resume = resume
        self._is_answered = is_answered

    def approve(
        self, action: Action, context: ActionContext, decision: Decision
    ) -> Approval | None:
        """Return yes or no to one action, None where nobody is there."""
        if self._says_yes:
            return Approval(answer="approve", by="--yes")
        del action  # the decision's reason says it in words
        rows = Table.grid(padding=(0, 2))
        rows.add_row("  what", inert(decision.reason, style="bold"))
        rows.add_row("  where", inert(_where(context)))
        rows.add_row("  why", inert(f"rule {decision.rule!r} asks before this"))
        answer = self._ask("This step needs your yes.", rows, "  Do it? [y/N] ")
        if answer is None:
            return None
        is_yes = answer.strip().casefold() in ("y", "yes")
        return Approval(answer="approve" if is_yes else "refuse", by="terminal")

    def answer(self, question: str) -> str | None:
        """Return the answer to a question, None where nobody is there."""
        return self._ask("The run asks:", inert(f"  {question}", style="bold"), "  Answer: ")

    def _ask(self, title: str, body: object, prompt: str) -> str | None:
        if not sys.stdin.isatty():
            return None
        self._console.print()
        self._console.print(f"[bold yellow]?[/] {title}")
        self._console.print(body)
        self._console.print(prompt, end="", markup=False)
        with _interruptible():
            line = self._line()
        if line is None:
            self._console.print("answered elsewhere")
        if not line:
            return None
        self._resume()
        return line.strip()

    def _line(self) -> str | None:
        """Return what is typed, empty at the end of the input; None if it is answered elsewhere."""
        try:
            keyboard = sys.stdin.fileno()
        except OSError:  # a program's own stream in its place
            return sys.stdin.readline()
        if sys.platform == "win32":  # where only sockets can be waited for
            return sys.stdin.readline()
        while not select.select([keyboard], [], [], POLL_S)[0]:
            if self._is_answered():
                return None
        return sys.stdin.readline()


class Progress:
    """One line a step.

    Nothing moves in between: on a desktop that shows this very terminal, a spinner would keep the
    screen from ever settling.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def step(self, record: StepRecord) -> None:
        """Print the line of a settled step, and its evidence where it is not confirmed."""
        verdict = str(record.outcome["effect"])
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(justify="right", width=3)
        row.add_column(ratio=1, overflow="fold")
        row.add_column(width=14, no_wrap=True)
        row.add_column(justify="right", width=7, no_wrap=True)
        row.add_row(
            str(record.step), inert(record.sentence), effect(verdict), f"{record.elapsed_s:.1f} s"
        )
        if verdict != "confirmed":
            row.add_row("", inert(str(record.outcome["evidence"]), style="dim"), "", "")
        if record.recovered:
            row.add_row("", inert(f"recovered: {record.recovered}", style="dim"), "", "")
        self._console.print(row)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the program while a question is open: there is no hand to be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _where(context: ActionContext) -> str:
    parts = []
    if context.element is not None:
        x, y = context.element.click_at
        parts.append(f'{context.element.role} "{context.element.text}" at {x:.0f}, {y:.0f}')
    if context.window_title:
        parts.append(f'window "{context.window_title}"')
    if context.app:
        parts.append(context.app)
    return ", ".join(parts) or "the desktop"
