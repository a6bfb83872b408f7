"""Which claims of an answer the screen does not bear out."""

import sys
from pathlib import Path

import pytest

from deskhand.tools.questions.claims import unsupported
from deskhand.tools.questions.states import contradicted

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing

SCREEN = rows(
    [thing("text", "Invoice 20417"), thing("text", "Frances Allen", left=400)],
    form_field("Due", "2025-03-14"),
    [thing("text", "Total:"), thing("text", "€ 1,324.80", left=400)],
    [thing("text", "Call 0732 445 901"), thing("text", "list.txt", left=400)],
    [thing("checkbox", "Paid", "unchecked"), thing("checkbox", "Sent", "checked", left=400)],
    [thing("button", "Delete", "disabled"), thing("button", "Close", left=400)],
    title="Invoices - Ledger",
)


@pytest.mark.parametrize(
    "answer",
    [
        "1,324.80", "1324.80", "1324.8 euros", "€1 324.80".replace(" ", ","), "It is 1.324,80.",
        "Frances Allen", "Frances Alien", "frances allen's", 'It says "invoice 20417".',
        "14 March 2025", "March 14", "0732445901", "The file is list.txt.",
        "No, it is not ticked.", "Two check boxes, 1 of them ticked.", "Delete is disabled",
        "Ledger shows it.", "'Invoice 20417' is open.", "Yes", "",
    ],
)  # fmt: skip
def test_what_the_screen_says_is_not_flagged(answer: str) -> None:
    assert unsupported(answer, SCREEN, "What is there?") == ()


@pytest.mark.parametrize(
    ("answer", "claims"),
    [
        ("1,324.90", ("1,324.90",)),
        ("324", ("324",)),
        ("HACKED", ("HACKED",)),
        ("It is of Grace Hopper.", ("Grace", "Hopper")),
        ('It says "paid in full".', ("paid in full",)),
        ("It is due on 15 April 2026.", ("15", "2026", "April")),
        ("Mail ada@example.org.", ("ada@example.org",)),
        ("There are seven buttons.", ("seven",)),
        ("The file is notes.txt.", ("notes.txt",)),
    ],
)
def test_what_it_does_not_say_is(answer: str, claims: tuple[str, ...]) -> None:
    assert unsupported(answer, SCREEN, "What is there?") == claims


def test_words_of_the_question_are_no_claims() -> None:
    assert unsupported("No, Kerstin has no 99 euros.", SCREEN, "Does Kerstin have 99 euros?") == ()


@pytest.mark.parametrize(
    ("answer", "question", "claims"),
    [
        ("Yes, Paid is ticked", "Is it paid?", ("Paid is ticked",)),
        ("No, Paid is not ticked", "Is it paid?", ()),
        ("No", "Is Sent ticked?", ("Sent is not ticked",)),
        ("Yes", "Is Sent ticked?", ()),
        ("It is unchecked.", "Is Sent ticked?", ("Sent is not ticked",)),
        ("Paid is not ticked, Sent is.", "Which are ticked?", ()),
        ("1,324.80", "How much is to be Paid on Friday?", ()),
    ],
)
def test_states_that_are_otherwise_are_told(
    answer: str, question: str, claims: tuple[str, ...]
) -> None:
    assert contradicted(answer, SCREEN, question) == claims


def test_letters_that_were_read_for_digits_are_digits() -> None:
    misread = rows([thing("text", "Total l,324.8O")])
    assert unsupported("1,324.80", misread, "") == ()
