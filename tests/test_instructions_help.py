"""Help and documentation come from the grammar file, and every example in them is a sentence."""

from pathlib import Path

import pytest

from deskhand.agent.instructions.language_help import (
    Form,
    forms,
    grammar,
    help_table,
    help_text,
    shown_terminals,
    verbs,
)
from deskhand.agent.instructions.parse import parse_instructions, sentence_parser

DOCS = Path(__file__).parent.parent / "docs" / "instructions.md"


@pytest.mark.parametrize("form", forms(), ids=[form.rule for form in forms()])
def test_each_example_is_of_its_form(form: Form) -> None:
    tree = sentence_parser().parse(form.example)
    assert form.rule in {subtree.data for subtree in tree.iter_subtrees()}
    assert parse_instructions(form.example)


def test_every_sentence_of_the_grammar_is_in_the_help() -> None:
    parser = sentence_parser()
    told = {form.rule for form in forms()}
    deeds = {
        symbol.name
        for rule in parser.rules
        if rule.origin.name in ("_deed", "_plain")
        for symbol in rule.expansion
    }
    assert deeds
    assert deeds <= told


def test_every_terminal_has_a_name_for_messages() -> None:
    names = {terminal.name for terminal in sentence_parser().terminals}
    assert names - set(sentence_parser().ignore_tokens) == set(shown_terminals())


def test_the_verbs_are_what_sentences_begin_with() -> None:
    assert {"click", "wait until", "type secret", "save screenshot", "if"} <= set(verbs())


def test_the_help_and_the_page_hold_the_tables() -> None:
    for form in forms():
        assert form.form in help_text()
        assert form.example in help_text()
    assert help_table() in DOCS.read_text(encoding="utf-8")


def examples_of_the_page() -> list[str]:
    text = DOCS.read_text(encoding="utf-8")
    return [block.split("\n```")[0] for block in text.split("```deskhand\n")[1:]]


@pytest.mark.parametrize("example", examples_of_the_page())
def test_the_examples_of_the_page_parse(example: str) -> None:
    assert parse_instructions(example)


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    # lark settles a shift/reduce conflict silently; it tells only its debug log.
    import logging

    from lark import Lark, logger

    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(caplog.handler)
    try:
        Lark(grammar(), parser="lalr", lexer="contextual", debug=True)
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(before)
    assert [r.message for r in caplog.records if "conflict" in r.message.casefold()] == []
