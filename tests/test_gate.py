"""No permit without a decision, and no action with a spent one."""

import pytest

from deskhand.memory.errors import ApprovalRequired, PolicyDenied
from deskhand.tools.actions import Action, Click, PressKeys, TextTarget, TypeText
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.elements import Element
from deskhand.tools.safety.gate import Approval, Gate, Permit
from deskhand.tools.safety.policy import ActionContext, Decision, Policy, Rule


def on(text: str, *, window: str = "", app: str = "") -> ActionContext:
    element = Element(id=1, role="button", text=text, box=Box(0, 0, 9, 9), score=1.0, source="ocr")
    return ActionContext(element=element, window_title=window, app=app)


def click(text: str = "x") -> Click:
    return Click(target=TextTarget(text=text))


@pytest.mark.parametrize(
    ("label", "rule"),
    [
        ("Delete", "destroys"),
        ("delete all files", "destroys"),
        ("Pay now", "commits"),
        ("Send", "commits"),
        ("SEND", "commits"),
        ("Place order", "commits"),
        ("De\u200blete", "destroys"),  # what nobody sees hides no word
        ("Ｐａｙ ｎｏｗ", "commits"),
        ("Konto löschen", "destroys"),
        ("Jetzt bezahlen", "commits"),
        ("ENVIAR a todos", "commits"),
        ("Vider la corbeille", "destroys"),
        ("立即支付", "commits"),
        ("Absender", "default"),
        ("Undelete", "default"),  # a word inside a word is another word
        ("Sender", "default"),
        ("Save", "default"),
        ("", "default"),
    ],
)
def test_words_on_the_target(label: str, rule: str) -> None:
    decision = Policy().decide(click(), on(label))
    assert decision.rule == rule
    assert decision.verdict == ("allow" if rule == "default" else "ask")


def test_typing_into_a_field_for_secrets_asks() -> None:
    decision = Policy().decide(TypeText(text="hunter2"), on("Password:"))
    assert (decision.verdict, decision.rule) == ("ask", "secret-field")


def test_a_named_secret_asks_wherever_it_is_typed() -> None:
    decision = Policy().decide(TypeText(text="name", secret=True), on("Comment"))
    assert decision.rule == "secret-field"


def test_keys_are_words_too() -> None:
    assert Policy().decide(PressKeys(keys=("alt", "f4")), ActionContext()).rule == "system-keys"
    assert Policy().decide(PressKeys(keys=("ctrl", "s")), ActionContext()).rule == "default"


def test_the_first_rule_that_matches_decides() -> None:
    policy = Policy(
        rules=(
            Rule(name="mail", verdict="deny", app="thunderbird"),
            Rule(name="bank", verdict="ask", window="My Bank"),
        ),
        default="allow",
    )
    assert policy.decide(click(), on("ok", app="Thunderbird", window="my bank")).rule == "mail"
    assert policy.decide(click(), on("ok", app="Firefox", window="my bank - login")).rule == "bank"
    assert policy.decide(click(), on("ok")).rule == "default"


def test_a_denied_action_gets_no_permit_even_with_a_yes() -> None:
    gate = Gate(Policy(rules=(), default="deny"), lambda *_: Approval(answer="approve", by="me"))
    with pytest.raises(PolicyDenied, match=r'^click on "Save": denied by policy$'):
        gate.authorize(click(), on("Save"), approval=Approval(answer="approve", by="me"))


def test_with_nobody_there_ask_means_refuse() -> None:
    with pytest.raises(ApprovalRequired, match=r'^click on "Delete": needs a person\'s yes'):
        Gate().authorize(click(), on("Delete"))


def test_a_person_says_no() -> None:
    gate = Gate(approver=lambda *_: Approval(answer="refuse", by="terminal"))
    with pytest.raises(PolicyDenied, match=r'^click on "Delete": refused by terminal$'):
        gate.authorize(click(), on("Delete"))


def test_a_person_says_yes() -> None:
    asked: list[str] = []

    def approver(_action: Action, _context: ActionContext, decision: Decision) -> Approval:
        asked.append(decision.reason)
        return Approval(answer="approve", by="terminal")

    permit = Gate(approver=approver).authorize(click(), on("Delete", window="Files"))
    permit.check()
    assert asked == ['click on "Delete" in "Files"']


def test_the_approver_never_sees_a_secret() -> None:
    seen: list[Action] = []

    def approver(action: Action, _context: ActionContext, _decision: Decision) -> Approval:
        seen.append(action)
        return Approval(answer="approve", by="terminal")

    Gate(approver=approver).authorize(TypeText(text="hunter2", secret=True), on("PIN"))
    assert "hunter2" not in repr(seen)


def test_only_the_gate_makes_permits() -> None:
    decision = Decision(verdict="allow", reason="", rule="")
    with pytest.raises(PolicyDenied, match=r"a permit comes from Gate\.authorize only"):
        Permit(seal=object(), decision=decision, on_commit=lambda: None)


def test_a_spent_permit_is_worth_nothing() -> None:
    permit = Gate().authorize(click(), ActionContext())
    permit.spend()
    with pytest.raises(PolicyDenied, match=r"^this permit was for an action that is over$"):
        permit.check()
    with pytest.raises(PolicyDenied):
        permit.commit()


def test_commit_is_told_once() -> None:
    told: list[str] = []
    permit = Gate().authorize(click(), ActionContext(), on_commit=lambda: told.append("commit"))
    permit.commit()
    permit.commit()
    assert told == ["commit"]


WATCHED = "(1) deskhand watch page - Chromium"


@pytest.mark.parametrize(
    "action",
    [click("Approve"), PressKeys(keys=("enter",)), TypeText(text="yes"), PressKeys(keys=("tab",))],
)
def test_the_page_on_which_a_person_approves_is_no_place_for_the_hands(action: Action) -> None:
    asked: list[str] = []

    def approver(_action: Action, _context: ActionContext, decision: Decision) -> Approval:
        asked.append(decision.reason)
        return Approval(answer="approve", by="terminal")

    gate = Gate(Policy(rules=(), default="allow"), approver)
    assert gate.decide(action, on("Approve", window=WATCHED)).rule == "watch-page"
    with pytest.raises(PolicyDenied, match=r"denied by policy$"):
        gate.authorize(
            action, on("Approve", window=WATCHED), approval=Approval(answer="approve", by="--yes")
        )
    assert asked == []
    gate.authorize(action, on("Approve", window="Travel - Chromium")).check()


@pytest.mark.parametrize(
    "typed",
    [
        "deskhand ui --no-open\n",
        "deskhand runs answer yes last\n",
        "deskhand runs go-on\n",
        "echo '{}' > ~/.local/state/deskhand/approvals/3f9a0c51d2e8.json\n",
    ],
)
def test_what_would_answer_for_a_person_is_asked_about(typed: str) -> None:
    gate = Gate(Policy(rules=(), default="allow"))
    decision = gate.decide(TypeText(text=typed), ActionContext(window_title="Terminal"))
    assert (decision.verdict, decision.rule) == ("ask", "answers-for-a-person")
