"""Targets as they are written: words around a label, and what says where it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token, Tree

from ...memory.errors import BadArgumentError
from ...tools.actions import TextTarget
from ...tools.perception.elements import Role

Node = Tree[Token]

ROLE_WORDS: dict[str, Role] = {
    "button": "button",
    "field": "textbox",
    "textbox": "textbox",
    "box": "textbox",
    "editor": "textbox",
    "checkbox": "checkbox",
    "radio": "radio",
    "link": "link",
    "menu": "menuitem",
    "item": "menuitem",
    "tab": "tab",
    "icon": "icon",
    "image": "image",
    "text": "text",
}
"""Words for kinds of things; they may stand before or after the label."""

PHRASES = {"menu item": "item", "text field": "field", "text box": "box", "check box": "checkbox",
           "radio button": "radio"}  # fmt: skip

ORDINALS = {
    word: number
    for number, words in enumerate(
        (("1st", "first"), ("2nd", "second"), ("3rd", "third"), ("4th", "fourth"),
         ("5th", "fifth"), ("6th",), ("7th",), ("8th",), ("9th",)),
        1,
    )
    for word in words
}  # fmt: skip

_ESCAPES = {"n": "\n", "t": "\t"}


def unquote(token: str) -> str:
    r"""Return what a quoted text says; `\n`, `\t` and a backslash before a quote are read.

    >>> unquote('"a\\\\tb"')
    'a\tb'
    """
    if token[0] == "“":
        return token[1:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1])


def quote(text: str) -> str:
    r"""Return the text in quotes, so that `unquote` gives it back.

    >>> quote('say "hi"')
    '"say \\"hi\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped.replace(chr(10), chr(92) + "n").replace(chr(9), chr(92) + "t")}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualifiers:
    """What says where a target is."""

    window: str | None = None
    near: str | None = None

    @classmethod
    def read(cls, nodes: Sequence[Node]) -> "Qualifiers":
        """Return the qualifiers of `in …` and `near …`."""
        window = near = None
        for node in nodes:
            (inner,) = (child for child in node.children if isinstance(child, Tree))
            text = _plain(inner.children[1:])
            if inner.data == "near":
                near = text
            else:
                window = re.sub(r"^(the )?window ", "", text)
        return cls(window=window, near=near)

    def as_target(self) -> TextTarget:
        """Return the place itself as a target: what `scroll down in X` scrolls over."""
        return TextTarget(text=self.window or self.near or "", near=self.near)


def read_target(parts: Sequence[Node | Token]) -> TextTarget:
    """Return the target of the parts of a `target` rule.

    Raises:
        BadArgumentError: If words stand beside a quoted label that are no role and no ordinal.
    """
    tokens = [part for part in parts if isinstance(part, Token)]
    qualifiers = Qualifiers.read([part for part in parts if isinstance(part, Tree)])
    quoted = [token for token in tokens if token.type == "STRING"]
    role: Role | None = None
    nth: int | None = None
    if quoted:
        at = tokens.index(quoted[0])
        label = unquote(quoted[0])
        around = _join_phrases([str(token) for token in (*tokens[:at], *tokens[at + 1 :])])
        for word in around:
            key = word.casefold()
            if key in ROLE_WORDS:
                role = ROLE_WORDS[key]
            elif key in ORDINALS:
                nth = ORDINALS[key]
            elif key not in ("the", "a", "an"):
                raise BadArgumentError(
                    f"{word!r} beside {str(quoted[0])} is no kind of thing such as button or field"
                )
    else:
        label, role, nth = _read_bare(_join_phrases([str(token) for token in tokens]))
    return TextTarget(
        text=label, role=role, window=qualifiers.window, near=qualifiers.near, nth=nth
    )


def _read_bare(words: list[str]) -> tuple[str, Role | None, int | None]:
    """Return label, role and ordinal of bare words; what is left of them is the label."""
    role: Role | None = None
    nth: int | None = None
    # A full stop ends the sentence; an ellipsis belongs to the label.
    last = words[-1]
    if last.endswith(".") and not last.endswith("..") and len(last) > 1:
        words = [*words[:-1], last[:-1]]
    if len(words) > 1 and words[0].casefold() == "the":
        words = words[1:]
    if len(words) > 1 and words[0].casefold() in ORDINALS:
        nth = ORDINALS[words[0].casefold()]
        words = words[1:]
    if len(words) > 1 and words[0].casefold() in ROLE_WORDS:
        role = ROLE_WORDS[words[0].casefold()]
        words = words[1:]
    elif len(words) > 1 and words[-1].casefold() in ROLE_WORDS:
        role = ROLE_WORDS[words[-1].casefold()]
        words = words[:-1]
    return " ".join(words), role, nth


def _join_phrases(words: list[str]) -> list[str]:
    joined = " ".join(words)
    for phrase, word in PHRASES.items():
        # Only where a label is left beside it.
        joined = re.sub(rf"(?i)(?<=\S ){phrase}$|^(the )?{phrase}(?= \S)", word, joined)
    return joined.split(" ") if joined else []


def _plain(parts: Sequence[Node | Token]) -> str:
    tokens = [part for part in parts if isinstance(part, Token)]
    text = " ".join(
        unquote(token) if token.type == "STRING" else str(token)
        for token in tokens
        if token.type != "WINDOW" or len(tokens) == 1
    )
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text
