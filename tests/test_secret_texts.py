"""Secrets are found as a screen shows them, and what looks like them is left alone."""

import pytest

from deskhand.tools.remembering.secret_texts import find_secrets, is_random
from tests.secret_samples import INNOCENT, SECRETS, drawn


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_found(text: str) -> None:
    assert find_secrets(text) != []


@pytest.mark.parametrize("text", INNOCENT)
def test_what_looks_like_one_is_left_alone(text: str) -> None:
    assert find_secrets(text) == []


def test_the_samples_are_many_and_different() -> None:
    assert len(set(SECRETS)) == len(SECRETS) >= 60
    assert len(set(INNOCENT)) == len(INNOCENT) >= 60


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("Visa 4111 1111 1111 1111 exp 09/29", [("4111 1111 1111 1111", "card number")]),
        ("user ada password: s3cret99 host db", [("s3cret99", "password")]),
        ("postgres://app:pa55w0rd@db/shop", [("pa55w0rd", "password")]),
        ("IBAN DE89 3704 0044 0532 0130 00, thank you", [("DE89 3704 0044 0532 0130 00", "IBAN")]),
        ("Your login code: 550193. It expires.", [("550193", "one-time code")]),
        ("passphrase: correct horse battery", [("correct horse battery", "password")]),
        (
            "PIN 4821 and CVV 123",
            [("4821", "password"), ("123", "password")],
        ),
        ("password: ghp_a1B2c3D4e5F6g7H8$tail", [("ghp_a1B2c3D4e5F6g7H8$tail", "token")]),
        ("", []),
        ("\n", []),
    ],
)
def test_only_the_secret_itself_is_meant(text: str, secrets: list[tuple[str, str]]) -> None:
    found = [(text[span.start : span.end], span.kind) for span in find_secrets(text)]
    assert found == secrets


def test_a_token_is_followed_over_a_blank_but_not_into_words() -> None:
    first, second = f"ghp_{drawn(1, 20)}", drawn(2, 16)
    text = f"{first} {second} is yours"
    (span,) = find_secrets(text)
    assert text[span.start : span.end] == f"{first} {second}"


def test_neighbours_in_a_row_are_no_value_unless_they_look_like_one() -> None:
    assert find_secrets("User  Password  Role  Login") == []
    (span,) = find_secrets("Password  hunter2  Show")
    assert "Password  hunter2  Show"[span.start : span.end] == "hunter2"


def test_spans_are_in_order_and_do_not_overlap() -> None:
    text = "password: 4111 1111 1111 1111 code 2, your verification code is 482913"
    spans = find_secrets(text)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))
    assert [span.start for span in spans] == sorted(span.start for span in spans)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (drawn(3, 32), True),
        ("internationalization", False),
        ("a1b2", False),
        ("2026-11-25T18:04:33", False),
        ("two words 12 34 56 78", False),
    ],
)
def test_what_is_drawn_by_lot_is_told_from_words(word: str, expected: bool) -> None:
    assert is_random(word) is expected


@pytest.mark.parametrize(
    "text",
    ["password" + " " * 50_000, "4 " * 20_000, "a " * 20_000, "://" * 15_000, "DE12 " * 10_000],
    ids=["blanks", "digits", "words", "addresses", "account numbers"],
)
def test_no_screen_keeps_the_search_busy(text: str) -> None:
    # A pattern that backtracks takes minutes here, and the session's time limit ends it.
    assert all(span.kind != "private key" for span in find_secrets(text))
