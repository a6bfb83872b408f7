"""Grammars that a model's answer must follow (GBNF), and how a chat model is given one."""

from typing import Any

from langchain_core.language_models import BaseChatModel


def literal(text: str) -> str:
    r"""Return text as a GBNF literal.

    >>> print(literal('say "hi" \\ there'))
    "say \"hi\" \\ there"
    """
    written = []
    for character in text:
        code = ord(character)
        if character in '"\\':
            written.append("\\" + character)
        elif character.isprintable():
            written.append(character)
        elif code <= 0xFFFF:
            written.append(f"\\u{code:04X}")
        else:
            written.append(f"\\U{code:08X}")
    return '"' + "".join(written) + '"'


def grammar_arguments(model: BaseChatModel, grammar: str) -> dict[str, Any]:
    """Return how a grammar is passed to a chat model."""
    # By name: langchain-openai is another extra, and a heavy import.
    is_openai = any(kind.__name__ == "BaseChatOpenAI" for kind in type(model).__mro__)
    return {"extra_body": {"grammar": grammar}} if is_openai else {"grammar": grammar}
