"""The one door to the mouse and keyboard: a decision before every action.

The input layer takes a `Permit` with every call and refuses without one; only `Gate.authorize`
makes permits, and it makes one only after the policy said yes, or a person did.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from ...memory.errors import ApprovalRequired, PolicyDenied
from ..actions import Action, redact
from .policy import ActionContext, Decision, Policy
from .self_approval import KEPT_CHARS, answers_for_a_person, is_for_people, written

_SEAL: Final = object()


class Permit:
    """Leave to do one action. Made by `Gate.authorize` alone; spent when its action ends."""

    def __init__(self, *, seal: object, decision: Decision, on_commit: Callable[[], None]) -> None:
        if seal is not _SEAL:
            raise PolicyDenied("a permit comes from Gate.authorize only; call the hands instead")
        self.decision = decision
        self._on_commit = on_commit
        self._is_committed = False
        self._is_spent = False

    def check(self) -> None:
        """Raise `PolicyDenied` if this permit is spent."""
        if self._is_spent:
            raise PolicyDenied("this permit was for an action that is over")

    def commit(self) -> None:
        """Tell the journal, once, that the next event cannot be taken back.

        Called by the input layer right before the first press, key, wheel turn, launch or
        clipboard write. Moving the pointer does not commit.
        """
        self.check()
        if not self._is_committed:
            self._on_commit()
            self._is_committed = True

    @property
    def is_committed(self) -> bool:
        """True once an event went out that cannot be taken back."""
        return self._is_committed

    def spend(self) -> None:
        """End the permit; every later use raises."""
        self._is_spent = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a person answers when asked."""

    answer: Literal["approve", "refuse"]
    by: str
    """Who or what answered, such as `terminal` or `--yes`; goes into the record."""


Approver = Callable[[Action, ActionContext, Decision], Approval | None]
"""Asks a person; None where nobody is there. The action comes redacted."""


def nobody(_action: Action, _context: ActionContext, _decision: Decision) -> None:
    """Answer nothing: the approver of a program without a terminal."""


class Gate:
    """Applies a policy, and asks a person where the policy says so.

    Args:
        policy: What may be done.
        approver: Asks a person; without one, an `ask` is refused.
    """

    def __init__(self, policy: Policy | None = None, approver: Approver = nobody) -> None:
        self.policy = Policy() if policy is None else policy
        self.approver = approver
        self._written = ""

    def decide(self, action: Action, context: ActionContext) -> Decision:
        """Return what the policy says, asking nobody.

        Two things no policy allows: to write or start what would answer for a person, unasked, and
        to touch the page on which a person answers.
        """
        decision = self.policy.decide(action, context)
        if is_for_people(action, context):
            return replace(decision, verdict="deny", rule="watch-page")
        text = written(action)
        if decision.verdict == "allow" and text and answers_for_a_person(self._written + text):
            return replace(decision, verdict="ask", rule="answers-for-a-person")
        return decision

    def authorize(
        self,
        action: Action,
        context: ActionContext,
        *,
        on_commit: Callable[[], None] = lambda: None,
        approval: Approval | None = None,
    ) -> Permit:
        """Return leave to do this one action.

        Args:
            action: What is to be done.
            context: Where it would land.
            on_commit: Called once, right before the first event that cannot be taken back.
            approval: A person's answer that was already given for this very action.

        Raises:
            PolicyDenied: If the policy or a person says no.
            ApprovalRequired: If the policy asks and nobody is there to answer.
        """
        decision = self.decide(action, context)
        if decision.verdict == "deny":
            raise PolicyDenied(f"{decision.reason}: denied by policy")
        if decision.verdict == "ask":
            if approval is None:
                approval = self.approver(redact(action), context, decision)
            if approval is None:
                raise ApprovalRequired(
                    f"{decision.reason}: needs a person's yes and nobody is here to ask; "
                    "run it in a terminal, or allow it with --yes or a policy file"
                )
            if approval.answer == "refuse":
                raise PolicyDenied(f"{decision.reason}: refused by {approval.by}")
        self._written = (self._written + written(action))[-KEPT_CHARS:]
        return Permit(seal=_SEAL, decision=decision, on_commit=on_commit)
