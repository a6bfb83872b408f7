"""From the parse tree to descriptions of what stands on the screen."""

import re
from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from ...tools.actions import TextTarget
from ...tools.perception.elements import Role
from .build_pieces import Pieces
from .language_help import verbs

ROLE_WORDS: dict[str, Role] = {
    "button": "button", "field": "textbox", "box": "textbox", "textbox": "textbox",
    "textfield": "textbox", "checkbox": "checkbox", "radio": "radio", "radiobutton": "radio",
    "link": "link", "menu": "menuitem", "menuitem": "menuitem", "tab": "tab", "icon": "icon",
    "image": "image", "text": "text", "switch": "switch", "slider": "slider",
    "dropdown": "combobox", "combobox": "combobox",
}  # fmt: skip
"""Words for kinds of things, spaces and hyphens taken out."""

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def kind_word(token: str) -> Role:
    """Return the role that a word such as `menu item` means."""
    return ROLE_WORDS[re.sub(r"[\s-]", "", token)]


@v_args(meta=True)
class Targets(Pieces):
    """Builds what sentences act on; methods are named after the rules of the grammar."""

    def target(self, meta: Meta, children: list[Any]) -> TextTarget:
        """Return the description of a thing."""
        given: dict[str, Any] = {}
        for child in children:
            if isinstance(child, Token):
                continue  # "the"
            name, value = child
            if name in given:
                raise self._error(meta, f"{name!r} is said twice of one thing")
            given |= value if name == "thing" else {name: value}
        words = given["text"].split()
        is_plain = not self._text[meta.start_pos : meta.end_pos].count(given["text"] + '"')
        has_the = isinstance(children[0], Token)
        if has_the and len(words) > 1 and words[0].casefold() in ORDINALS and is_plain:
            rest = " ".join(words[1:])
            raise self._error(
                meta,
                f'quote the label: the {words[0]} "{rest}", or "{given["text"]}" if that is on it',
            )
        return self._checked(meta, TextTarget, given)

    def nth(self, meta: Meta, children: list[Any]) -> tuple[str, int]:
        """Return which one."""
        word = children[-1].casefold()
        return "nth", ORDINALS.get(word) or int(word[:-2])

    def quoted(self, _meta: Meta, children: list[Any]) -> tuple[str, dict[str, Any]]:
        """Return a label in quotes, with its kind."""
        thing: dict[str, Any] = {}
        for token in children:
            if token.type == "STRING":
                thing["text"] = self._string(token)
            elif "role" in thing:
                raise self._error(token, f"{str(token)!r} is a second kind for one thing")
            else:
                thing["role"] = kind_word(token)
        return "thing", thing

    def bare(self, _meta: Meta, children: list[Any]) -> tuple[str, dict[str, Any]]:
        """Return a label without quotes; its first or last word may be its kind."""
        words: list[Token] = children[0]
        if len(words) > 1 and words[0].type == "ROLE":
            return "thing", {"role": kind_word(words[0]), "text": " ".join(words[1:])}
        if len(words) > 1 and words[-1].type == "ROLE":
            return "thing", {"role": kind_word(words[-1]), "text": " ".join(words[:-1])}
        return "thing", {"text": " ".join(words)}

    def words(self, _meta: Meta, children: list[Any]) -> list[Token]:
        """Return the words of a plain label, if they cannot mean anything else."""
        beginnings = {verb.split()[0] for verb in verbs()}
        for word, following in zip(children, children[1:], strict=False):
            if word.casefold() == "and" and following.casefold() in beginnings:
                raise self._error(
                    word,
                    "sentences are joined by then; if it is part of the label, quote the label",
                )
        return children

    def in_window(self, meta: Meta, children: list[Any]) -> tuple[str, str]:
        """Return the window a thing is in."""
        return "window", self._name(meta, children[0])

    def near(self, meta: Meta, children: list[Any]) -> tuple[str, str]:
        """Return what a thing is close to."""
        return "near", self._name(meta, children[0])
