"""Approvals out of band: bound to one action on what was shown, once, and not for long."""

import stat
from pathlib import Path

import pytest

from deskhand.memory.errors import ApprovalRequired, BadArgumentError
from deskhand.tools.actions import Action, Click, ElementTarget, Launch, TextTarget, TypeText
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.elements import Element
from deskhand.tools.safety.approvals import Approvals
from deskhand.tools.safety.gate import Approval
from deskhand.tools.safety.policy import ActionContext, Decision, Policy

DELETE = Click(target=TextTarget(text="Delete"))
BUTTON = Element(
    id=7, role="button", text="Delete", box=Box(10, 10, 60, 30), score=0.9, source="ocr"
)
DIALOG = ActionContext(element=BUTTON, window_title="Files", app="Files", shown="a.txt?")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def approvals(tmp_path: Path, clock: Clock) -> Approvals:
    return Approvals(tmp_path / "approvals", clock)


def decision(action: Action, context: ActionContext) -> Decision:
    return Policy().decide(action, context)


def ask(approvals: Approvals, action: Action, context: ActionContext = DIALOG) -> Approval | None:
    return approvals.approver(action, context, decision(action, context))


def requested(approvals: Approvals, action: Action, context: ActionContext = DIALOG) -> str:
    """Ask, and return the token of the request that waits."""
    with pytest.raises(ApprovalRequired) as raised:
        ask(approvals, action, context)
    [waiting] = approvals.waiting()
    assert raised.value.remedy == (
        f"approval_required: ask your user to run `deskhand approve {waiting.token}`, "
        "then call this again with the same arguments"
    )
    assert str(raised.value) == 'click on "Delete" in "Files": needs a person\'s yes'
    return waiting.token


def test_an_approved_action_may_be_done_once(approvals: Approvals) -> None:
    token = requested(approvals, DELETE)
    assert approvals.answer(token, "approve").what == 'click on "Delete" in "Files"'
    assert ask(approvals, DELETE) == Approval(answer="approve", by="deskhand approve")
    assert requested(approvals, DELETE) != token


def test_the_same_element_by_its_number_is_the_same_action(approvals: Approvals) -> None:
    approvals.answer(requested(approvals, DELETE), "approve")
    assert ask(approvals, Click(target=ElementTarget(id=7))) is not None


def test_a_refusal_is_an_answer(approvals: Approvals) -> None:
    approvals.answer(requested(approvals, DELETE), "refuse")
    answer = ask(approvals, DELETE)
    assert answer is not None
    assert answer.answer == "refuse"


@pytest.mark.parametrize(
    ("action", "context"),
    [
        (TypeText(text="x", into=TextTarget(text="Delete")), DIALOG),
        (Launch(command=("rm", "-r", "x")), DIALOG),
        (DELETE, ActionContext(element=BUTTON, window_title="Files", app="Files", shown="b.txt?")),
        (DELETE, ActionContext(element=BUTTON, window_title="Mail", app="Files", shown="a.txt?")),
        (DELETE, ActionContext(window_title="Files", app="Files", shown="a.txt?")),
    ],
    ids=["another kind", "a command", "the screen changed", "another window", "another element"],
)
def test_an_approval_holds_for_nothing_else(
    approvals: Approvals, action: Action, context: ActionContext
) -> None:
    approvals.answer(requested(approvals, DELETE), "approve")
    with pytest.raises(ApprovalRequired):
        ask(approvals, action, context)


def test_a_request_ends(approvals: Approvals, clock: Clock) -> None:
    token = requested(approvals, DELETE)
    approvals.answer(token, "approve")
    clock.now += 601
    with pytest.raises(ApprovalRequired):
        ask(approvals, DELETE)
    with pytest.raises(BadArgumentError, match=r"no request .* waits: it was answered, it ended"):
        approvals.answer(token, "approve")


def test_asking_again_is_the_same_request(approvals: Approvals) -> None:
    assert requested(approvals, DELETE) == requested(approvals, DELETE)


def test_requests_are_the_users_alone(approvals: Approvals, tmp_path: Path) -> None:
    requested(approvals, DELETE)
    [path] = (tmp_path / "approvals").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_damaged_approves_nothing(approvals: Approvals, tmp_path: Path) -> None:
    token = requested(approvals, DELETE)
    (tmp_path / "approvals" / f"{token}.json").write_text('{"answer": "approve"}')
    with pytest.raises(ApprovalRequired):
        ask(approvals, DELETE)
