"""The person a run can turn to, if there is one."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from ..tools.actions import Action
from ..tools.safety.approvals import LASTS_S, Approvals
from ..tools.safety.gate import Approval
from ..tools.safety.policy import ActionContext, Decision
from .run_control import RunControl

_Answer = TypeVar("_Answer")


class Person(Protocol):
    """Answers approvals and questions; every method returns None when nobody is there."""

    def approve(
        self, action: Action, context: ActionContext, decision: Decision
    ) -> Approval | None:
        """Return yes or no to one action. The action comes redacted."""
        ...

    def answer(self, question: str) -> str | None:
        """Return the answer to a question."""
        ...


class Nobody:
    """Nobody is there: an `ask` stops the run until someone resumes it."""

    def approve(
        self, action: Action, context: ActionContext, decision: Decision
    ) -> Approval | None:
        """Return None."""
        del action, context, decision
        return None

    def answer(self, question: str) -> str | None:
        """Return None."""
        del question
        return None


class Watched:
    """The person at hand, and whoever watches the run from elsewhere: the first answer counts.

    Where nobody is at hand, a question waits for as long as somebody watches, ten minutes at most.

    Args:
        near: Asked first; ends its waiting by itself once `RunControl.is_answered`.
        control: Shows the question, and knows whether somebody watches.
        approvals: Where a yes or no comes from elsewhere.
        run: The run folder: an answer to this run serves nobody else.
    """

    def __init__(
        self, near: Person, *, control: RunControl, approvals: Approvals, run: Path
    ) -> None:
        self._near = near
        self._control = control
        self._approvals = approvals
        self._run = run

    def approve(
        self, action: Action, context: ActionContext, decision: Decision
    ) -> Approval | None:
        """Return yes or no to one action, None where nobody answers."""
        request = self._approvals.post(
            action, context, decision, run=self._run.name, lock=self._run / "lock"
        )
        try:
            with self._control.asking(
                decision.reason,
                lambda _question: self._approvals.take(request.token),
                request=request.token,
            ) as look:
                given = self._near.approve(action, context, decision)
                return self._else_from_elsewhere(given, look)
        finally:
            self._approvals.withdraw(request.token)

    def answer(self, question: str) -> str | None:
        """Return the answer to a question, None where nobody answers."""
        with self._control.asking(question, self._control.answer_to) as look:
            return self._else_from_elsewhere(self._near.answer(question), look)

    def _else_from_elsewhere(
        self, given: _Answer | None, look: Callable[[], _Answer | None]
    ) -> _Answer | None:
        return self._control.wait(look, at_most_s=LASTS_S) if given is None else given
