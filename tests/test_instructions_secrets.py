"""Literals for secret fields never stay in the task."""

import pytest

from deskhand.agent.instructions.parse import parse_instructions
from deskhand.agent.instructions.secrets import hide_secrets
from deskhand.agent.instructions.sentences import Act
from deskhand.memory.errors import InstructionError
from deskhand.tools.actions import TypeText

CASES = [
    ('type "hunter2" into Password', 'type secret "password-1" into Password', ["hunter2"]),
    ('open a # x\ntype "a\\"bcd" into the API key field then press enter',
     'open a # x\ntype secret "api-key-1" into field API key then press enter', ['a"bcd']),
    ('replace the text in PIN with "12"',
     'type secret "pin-1" into PIN, replacing what is there', ["12"]),
    ('type "x1234" into Box near "Passphrase" and expect "ok"',
     'type secret "passphrase-1" into "Box" near "Passphrase" and expect "ok"', ["x1234"]),
    ('if "a" is visible then type "one1" into Password; type "two2" into Password',
     'if "a" is visible then type secret "password-1" into Password; '
     'type secret "password-2" into Password', ["one1", "two2"]),
    ('type "same" into Password then type "same" into Password',
     'type secret "password-1" into Password then type secret "password-1" into Password',
     ["same"]),
    ('type "Ada" into Name', 'type "Ada" into Name', []),
    ('type "Ada" into Pinboard', 'type "Ada" into Pinboard', []),
    ("type secret mail into Password", "type secret mail into Password", []),
    ('type "hunter2"', 'type "hunter2"', []),
]  # fmt: skip


@pytest.mark.parametrize(("task", "hidden", "values"), CASES)
def test_literals_for_secret_fields_get_names(task: str, hidden: str, values: list[str]) -> None:
    shown, secrets = hide_secrets(task)
    assert (shown, list(secrets.values())) == (hidden, values)
    typed = [
        sentence.action.text
        for sentence in parse_instructions(shown)
        if isinstance(sentence, Act) and isinstance(sentence.action, TypeText)
        and sentence.action.secret
    ]  # fmt: skip
    assert set(typed) <= {*secrets, "mail"}
    assert hide_secrets(shown) == (shown, {})


@pytest.mark.parametrize(
    "task",
    [
        'type "hunter2" into Password and expect "hunter2"',
        'type "hunter2" into Password # it is hunter2',
        'type "a\\\\b\\"c" into Password then copy "a\\\\b\\"c" to the clipboard',
        'type "12" into PIN then expect "12"',
    ],
)
def test_a_secret_that_also_stands_in_the_open_is_refused(task: str) -> None:
    with pytest.raises(InstructionError, match=r"^line 1: the text of the secret '\w+-1' also"):
        hide_secrets(task)
