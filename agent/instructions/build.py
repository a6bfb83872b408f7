"""From the parse tree to sentences: what the grammar cannot say is checked here."""

import dataclasses
import shlex
from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from ...memory.errors import BadArgumentError
from ...tools.actions import (
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    Expectation,
    Fail,
    FocusWindow,
    Launch,
    Move,
    PressKeys,
    RightClick,
    SaveScreenshot,
    Scroll,
    SetClipboard,
    TextTarget,
    TypeText,
)
from ...tools.desktop.keys import parse_keys
from .build_conditions import Conditions
from .build_pieces import error_at
from .build_targets import Targets
from .sentences import (
    Act,
    Expect,
    If,
    ScrollUntil,
    SelectFrom,
    Sentence,
    SetChecked,
)

TIMES = {"once": 1, "twice": 2}
MAX_TIMES = 100


@v_args(meta=True)
class SentenceBuilder(Targets, Conditions):
    """Turns the tree of each rule of the grammar into what it says; methods are named after rules.

    Args:
        text: The text that was parsed.
    """

    # Texts

    def start(self, _meta: Meta, children: list[Any]) -> tuple[Sentence, ...]:
        """Return all sentences."""
        return tuple(sentence for line in children for sentence in line)

    def body(self, _meta: Meta, children: list[Any]) -> tuple[Sentence, ...]:
        """Return the sentences of a block."""
        return tuple(sentence for line in children for sentence in line)

    def line(self, _meta: Meta, children: list[Any]) -> tuple[Sentence, ...]:
        """Return sentences that are joined by `then`."""
        sentences: list[Sentence] = []
        for child in children:
            if isinstance(child, If):
                sentences.append(child)
                continue
            is_keys_again, deeds = child
            last = sentences[-1] if sentences else None
            if is_keys_again and not (isinstance(last, Act) and isinstance(last.action, PressKeys)):
                source = deeds[0].source
                message = f"{source.text!r} alone is no sentence; write: press {source.text}"
                raise error_at(self._text, source.start, message)
            sentences.extend(deeds)
        return tuple(sentences)

    chain = line

    def sentence(self, meta: Meta, children: list[Any]) -> tuple[bool, list[Sentence]]:
        """Return one sentence; several where keys are pressed several times."""
        first, *expected = children
        given = first if isinstance(first, list) else [first]
        source = self._source(meta)
        sentences = [dataclasses.replace(sentence, source=source) for sentence in given]
        sentences[-1] = _with_expectations(sentences[-1], tuple(expected))
        return False, sentences

    def keys_again(self, meta: Meta, children: list[Any]) -> tuple[bool, list[Sentence]]:
        """Return keys that follow other keys."""
        keys = [child for child in children if isinstance(child, Token)]
        expected = [child for child in children if isinstance(child, Expectation)]
        return True, self.sentence(meta, [self.press(meta, keys), *expected])[1]

    # Pointer

    def click(self, meta: Meta, children: list[Any]) -> Act:
        """Return a click."""
        return self._act(meta, Click, target=children[0])

    def double_click(self, meta: Meta, children: list[Any]) -> Act:
        """Return a double click."""
        return self._act(meta, DoubleClick, target=children[0])

    def right_click(self, meta: Meta, children: list[Any]) -> Act:
        """Return a click with the right button."""
        return self._act(meta, RightClick, target=children[0])

    def hover(self, meta: Meta, children: list[Any]) -> Act:
        """Return a move of the pointer."""
        return self._act(meta, Move, target=children[0])

    def drag(self, meta: Meta, children: list[Any]) -> Act:
        """Return a drag."""
        return self._act(meta, Drag, source=children[0], target=children[1])

    def scroll(self, meta: Meta, children: list[Any]) -> Act:
        """Return a turn of the wheel."""
        given: dict[str, Any] = {"direction": children[0].casefold()}
        for child in children[1:]:
            if isinstance(child, TextTarget):
                given["target"] = child
            else:
                given["notches"] = self._whole_number(child)
        return self._act(meta, Scroll, **given)

    def scroll_until(self, meta: Meta, children: list[Any]) -> ScrollUntil:
        """Return scrolling to words."""
        target = children[1] if len(children) == 3 else None
        return ScrollUntil(
            direction=children[0].casefold(),
            text=self._seen_text(children[-1]),
            target=target,
            source=self._source(meta),
        )

    # Keyboard

    def type_text(self, meta: Meta, children: list[Any], *, secret: bool = False) -> Act:
        """Return text to type."""
        given: dict[str, Any] = {"text": self._word_or_string(children[0]), "secret": secret}
        for child in children[1:]:
            if isinstance(child, TextTarget):
                given["into"] = child
            else:
                given["replace"] = True
        return self._act(meta, TypeText, **given)

    def type_secret(self, meta: Meta, children: list[Any]) -> Act:
        """Return a secret to type."""
        return self.type_text(meta, children, secret=True)

    def replace(self, meta: Meta, children: list[Any]) -> Act:
        """Return text to type over what is there."""
        text = self._string(children[1])
        return self._act(meta, TypeText, text=text, into=children[0], replace=True)

    def press(self, meta: Meta, children: list[Any]) -> list[Act]:
        """Return keys to press, as often as told."""
        try:
            keys = parse_keys(children[0])
        except BadArgumentError as error:
            raise self._error(children[0], str(error)) from None
        times = 1
        if len(children) > 1:
            word = children[1].split()[0].casefold()
            times = TIMES.get(word) or int(word)
            if not 1 <= times <= MAX_TIMES:
                raise self._error(children[1], f"keys are pressed 1 to {MAX_TIMES} times")
        return [self._act(meta, PressKeys, keys=keys)] * times

    # Choosing

    def select(self, meta: Meta, children: list[Any]) -> SelectFrom:
        """Return an option to choose from a list."""
        option, target = children
        text = " ".join(option) if isinstance(option, list) else self._seen_text(option)
        return SelectFrom(option=text, target=target, source=self._source(meta))

    def check(self, meta: Meta, children: list[Any]) -> SetChecked:
        """Return a box to tick."""
        return SetChecked(target=children[0], checked=True, source=self._source(meta))

    def uncheck(self, meta: Meta, children: list[Any]) -> SetChecked:
        """Return a box to untick."""
        return SetChecked(target=children[0], checked=False, source=self._source(meta))

    # Applications and windows

    def open(self, meta: Meta, children: list[Any]) -> Act:
        """Return an application to start."""
        first = children[0]
        if len(children) == 1 and first.type == "STRING":
            try:
                command = shlex.split(self._string(first))
            except ValueError as error:
                raise self._error(first, f"the command cannot be split: {error}") from None
        else:
            command = [self._word_or_string(child) for child in children]
            if command[0].casefold() == "the" or children[-1].type == "ROLE":
                raise self._error(
                    first, "open starts applications; what is on the screen is clicked: click X"
                )
        return self._act(meta, Launch, command=tuple(command))

    def focus(self, meta: Meta, children: list[Any]) -> Act:
        """Return a window to bring to the front."""
        return self._act(meta, FocusWindow, title=self._name(meta, children[0]))

    def ask(self, meta: Meta, children: list[Any]) -> Act:
        """Return a question to a person."""
        return self._act(meta, AskUser, question=self._string(children[0]))

    def done(self, meta: Meta, children: list[Any]) -> Act:
        """Return the end."""
        return self._act(meta, Done, summary=self._string(children[0]) if children else "")

    def stop(self, meta: Meta, children: list[Any]) -> Act:
        """Return the end in failure."""
        return self._act(meta, Fail, reason=self._string(children[0]) if children else "")

    # Clipboard and pictures

    def copy(self, meta: Meta, children: list[Any]) -> Act:
        """Return text for the clipboard."""
        return self._act(meta, SetClipboard, text=self._string(children[0]))

    set_clipboard = copy

    def screenshot(self, meta: Meta, children: list[Any]) -> Act:
        """Return a picture to save."""
        path = self._word_or_string(children[0]) if children else None
        return self._act(meta, SaveScreenshot, path=path)


def _with_expectations(sentence: Sentence, expected: tuple[Expectation, ...]) -> Sentence:
    if not expected:
        return sentence
    match sentence:
        case Act(action=action):
            return dataclasses.replace(
                sentence, action=action.model_copy(update={"expect": expected})
            )
        case SelectFrom() | SetChecked():
            return dataclasses.replace(sentence, expect=expected)
        case ScrollUntil() | Expect() | If():
            raise AssertionError("the grammar has no expectation after these")
