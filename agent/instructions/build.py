"""From the parse tree to sentences: what the grammar cannot say is checked here."""

import dataclasses
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lark import Token, Transformer, v_args
from lark.tree import Meta
from pydantic import ValidationError

from ...memory.errors import BadArgumentError, InstructionError
from ...tools.actions import (
    Action,
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
    Pause,
    PressKeys,
    RightClick,
    SaveScreenshot,
    Scroll,
    SetClipboard,
    TextTarget,
    TypeText,
    WaitFor,
)
from ...tools.desktop.keys import parse_keys
from ...tools.perception.elements import Role
from .language_help import verbs
from .sentences import (
    Act,
    Condition,
    Expect,
    If,
    ScrollUntil,
    SelectFrom,
    Sentence,
    SetChecked,
    Source,
)

EXPECT_WITHIN_S = 5.0
"""How long `expect` looks where the sentence does not say."""

ROLE_WORDS: dict[str, Role] = {
    "button": "button", "field": "textbox", "box": "textbox", "textbox": "textbox",
    "textfield": "textbox", "checkbox": "checkbox", "radio": "radio", "radiobutton": "radio",
    "link": "link", "menu": "menuitem", "menuitem": "menuitem", "tab": "tab", "icon": "icon",
    "image": "image", "text": "text", "switch": "switch", "slider": "slider",
    "dropdown": "combobox", "combobox": "combobox",
}  # fmt: skip
"""Words for kinds of things, spaces and hyphens taken out."""

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
Made = TypeVar("Made")

MAX_SEEN_CHARS = 200
"""As the actions and targets have it."""
TIMES = {"once": 1, "twice": 2}
ESCAPES = {"n": "\n", "t": "\t"}
MAX_TIMES = 100
EXPECTED = {
    ("text", True): "text_appears", ("text", False): "text_gone",
    ("window", True): "window_opened", ("window", False): "window_closed",
}  # fmt: skip


def kind_word(token: str) -> Role:
    """Return the role that a word such as `menu item` means."""
    return ROLE_WORDS[re.sub(r"[\s-]", "", token)]


def error_at(text: str, offset: int, message: str) -> InstructionError:
    """Return the error for a place in a text, with the place in front of the message."""
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return InstructionError(f"line {line}, column {column}: {message}", line=line, column=column)


@v_args(meta=True)
class SentenceBuilder(Transformer[Token, Any]):
    """Turns the tree of each rule of the grammar into what it says; methods are named after rules.

    Args:
        text: The text that was parsed.
    """

    # `Any` in here: lark hands over what the parts of a rule became as one mixed list.

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

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

    # Waiting, checking, deciding

    def wait_until(self, meta: Meta, children: list[Any]) -> Act:
        """Return a wait for something on the screen."""
        condition, *within = children
        given = {"text": condition.text, "what": condition.what, "present": condition.present}
        if within:
            given["timeout_s"] = within[0]
        return self._act(meta, WaitFor, **given)

    def wait_for(self, meta: Meta, children: list[Any]) -> Act:
        """Return a wait for something to appear."""
        within = [child for child in children if isinstance(child, float)]
        tokens = [child for child in children if isinstance(child, Token)]
        condition = Condition(
            what="window" if len(tokens) == 2 else "text", text=self._seen_text(tokens[-1])
        )
        return self.wait_until(meta, [condition, *within])

    def wait(self, meta: Meta, children: list[Any]) -> Act:
        """Return a pause."""
        return self._act(meta, Pause, seconds=_seconds(children))

    def within(self, _meta: Meta, children: list[Any]) -> float:
        """Return seconds."""
        return _seconds(children)

    def expect(self, meta: Meta, children: list[Any]) -> Expect:
        """Return a look that must show something."""
        condition, *within = children
        # The action that it becomes has the limits of all waits.
        within_s = within[0] if within else EXPECT_WITHIN_S
        self._act(meta, WaitFor, text=condition.text, timeout_s=within_s)
        return Expect(condition=condition, within_s=within_s, source=self._source(meta))

    def and_expect(self, _meta: Meta, children: list[Any]) -> Expectation:
        """Return what must be seen after an action."""
        condition = children[0]
        kind: Any = EXPECTED[condition.what, condition.present]
        return Expectation(kind=kind, text=condition.text)

    def text_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that words are seen."""
        return Condition(what="text", text=self._seen_text(children[-1]))

    def text_not_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that words are not seen."""
        return Condition(what="text", text=self._seen_text(children[-1]), present=False)

    def window_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that a window is open."""
        return Condition(what="window", text=self._seen_text(children[-1]))

    def window_not_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that a window is not open."""
        return Condition(what="window", text=self._seen_text(children[-1]), present=False)

    def if_line(self, meta: Meta, children: list[Any]) -> If:
        """Return a decision on one line."""
        condition, then, *otherwise = children
        return If(
            condition=condition,
            then=then,
            otherwise=otherwise[0] if otherwise else (),
            source=self._source(meta),
        )

    def if_block(self, meta: Meta, children: list[Any]) -> tuple[Sentence, ...] | If:
        """Return a decision over several lines."""
        return self.if_line(meta, [child for child in children if not isinstance(child, Token)])

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

    # Naming things

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

    # Pieces

    def _source(self, meta: Meta) -> Source:
        start = meta.start_pos
        return Source(
            line=self._text.count("\n", 0, start) + 1,
            column=start - self._text.rfind("\n", 0, start),
            start=start,
            text=self._text[start : meta.end_pos],
        )

    def _error(self, place: Meta | Token, message: str) -> InstructionError:
        return error_at(self._text, place.start_pos or 0, message)

    def _act(self, meta: Meta, kind: Callable[..., Action], **given: Any) -> Act:
        return Act(action=self._checked(meta, kind, given), source=self._source(meta))

    def _checked(self, meta: Meta, kind: Callable[..., Made], given: Mapping[str, Any]) -> Made:
        try:
            return kind(**given)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in problem["loc"])
            raise self._error(meta, f"{field}: {problem['msg']}") from None

    def _string(self, token: Token) -> str:
        """Return what a text in quotes says."""

        def escape(match: re.Match[str]) -> str:
            sign = match[1]
            if sign in ESCAPES:
                return ESCAPES[sign]
            if sign in "\\\"'“”‘’":
                return sign
            message = f"{match[0]!s} has no meaning in quotes; a backslash itself is written \\\\"
            raise error_at(self._text, (token.start_pos or 0) + 1 + match.start(), message)

        return re.sub(r"\\(.)", escape, token[1:-1], flags=re.DOTALL)

    def _word_or_string(self, token: Token) -> str:
        return self._string(token) if token.type == "STRING" else str(token)

    def _seen_text(self, token: Token) -> str:
        text = self._string(token)
        if not 1 <= len(text) <= MAX_SEEN_CHARS:
            raise self._error(token, f"words on the screen are 1 to {MAX_SEEN_CHARS} characters")
        return text

    def _name(self, meta: Meta, name: Token | list[Token]) -> str:
        """Return a name that may stand in quotes or not, without the word `window` after it."""
        if isinstance(name, Token):
            return self._seen_text(name)
        words = name[:-1] if len(name) > 1 and name[-1].casefold() == "window" else name
        text = " ".join(words)
        if len(text) > MAX_SEEN_CHARS:
            raise self._error(meta, f"a name is 1 to {MAX_SEEN_CHARS} characters")
        return text

    def _whole_number(self, token: Token) -> int:
        if "." in token:
            raise self._error(token, f"expected a whole number, got {token!s}")
        return int(token)


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


def _seconds(children: list[Any]) -> float:
    number = float(children[0])
    is_minutes = len(children) > 1 and children[1].casefold().startswith("m")
    return number * 60 if is_minutes else number
