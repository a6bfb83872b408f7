"""The person a run can turn to, if there is one."""

from typing import Protocol

from ..tools.actions import Action
from ..tools.safety.gate import Approval
from ..tools.safety.policy import ActionContext, Decision


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
