"""From actions back to sentences: recordings are written in the language that people write in."""

import re
import shlex
from collections.abc import Sequence
from functools import cache
from typing import assert_never

from ...memory.errors import BadArgumentError
from ...tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    ElementTarget,
    Expectation,
    Fail,
    FocusWindow,
    Launch,
    Move,
    Pause,
    PointTarget,
    PressKeys,
    RightClick,
    SaveScreenshot,
    Scroll,
    SetClipboard,
    Target,
    TextTarget,
    TypeText,
    WaitFor,
)
from ...tools.desktop.keys import key_name
from ...tools.perception.elements import Element, Role
from .parse import sentence_parser, terminals_after
from .sentences import Act, Condition, Expect, If, ScrollUntil, SelectFrom, Sentence, SetChecked

WAIT_S = 10.0
"""What `wait until` takes where it does not say; the default of `WaitFor`."""
EXPECT_S = 5.0
SCROLL_NOTCHES = 5
ROLE_NAMES: dict[Role, str] = {
    "textbox": "field", "menuitem": "menu", "combobox": "drop-down",
    **dict.fromkeys(("option", "treeitem", "cell", "spinbutton", "scrollbar", "progressbar"), ""),
}  # fmt: skip
"""Where the language's word is not the role's name; empty where it has none."""
MAX_BARE_CHARS = 40
NAME_CHARS = 200
"""As long as a target's text may be."""


def write_action(
    action: Action, element: Element | None = None, *, source: Element | None = None
) -> str:
    """Return one sentence for an action. A secret is written by its name.

    Args:
        action: Any action.
        element: What a numbered target or a point stands for; it is written by its label. One that
            has no label is described in quotes, so that a replay finds nothing rather than
            something else.
        source: The same for where a drag begins.
    """
    deed = _deed(action, element, source)
    joint = "then expect" if isinstance(action, _NO_EXPECTATION) else "and expect"
    return _expecting(deed, joint, action.expect)


def write_sentences(sentences: Sequence[Sentence], *, indent: str = "") -> str:
    """Return a text that parses to these sentences, one a line."""
    return "\n".join(f"{indent}{_sentence(sentence, indent)}" for sentence in sentences)


_NO_EXPECTATION = (WaitFor, Pause, SaveScreenshot, AskUser, Done, Fail)


def _sentence(sentence: Sentence, indent: str) -> str:
    match sentence:
        case Act(action=action):
            return write_action(action)
        case SelectFrom(option=option, target=target, expect=expect):
            deed = f"select {label(option)} from {_target(target, None)}"
            return _expecting(deed, "and expect", expect)
        case SetChecked(target=target, checked=checked, expect=expect):
            deed = f"{'check' if checked else 'uncheck'} {_target(target, None)}"
            return _expecting(deed, "and expect", expect)
        case ScrollUntil(direction=direction, text=text, target=target):
            over = "" if target is None else f" over {_target(target, None)}"
            return f"scroll {direction}{over} until {quote(text)} is visible"
        case Expect(condition=condition, within_s=within_s):
            within = "" if within_s == EXPECT_S else f" within {_number(within_s)} seconds"
            return f"expect {_seen(condition)}{within}"
        case If():
            return _block(sentence, indent)
        case unknown:
            assert_never(unknown)


def _block(sentence: If, indent: str) -> str:
    condition = sentence.condition
    if condition.what == "window":
        state = "is open" if condition.present else "is not open"
        lines = [f"if window {quote(condition.text)} {state}:"]
    else:
        state = "is visible" if condition.present else "is not visible"
        lines = [f"if {quote(condition.text)} {state}:"]
    deeper = f"{indent}  "
    if sentence.then:
        lines.append(write_sentences(sentence.then, indent=deeper))
    if sentence.otherwise:
        lines += [f"{indent}otherwise:", write_sentences(sentence.otherwise, indent=deeper)]
    return "\n".join([*lines, f"{indent}end"])


def _deed(action: Action, element: Element | None, source: Element | None) -> str:  # noqa: C901
    # One arm a kind: splitting it would hide that none is missing.
    match action:
        case Click(target=target):
            return f"click {_target(target, element)}"
        case DoubleClick(target=target):
            return f"double-click {_target(target, element)}"
        case RightClick(target=target):
            return f"right-click {_target(target, element)}"
        case Move(target=target):
            return f"hover over {_target(target, element)}"
        case Drag(source=start, target=target):
            return f"drag {_target(start, source)} to {_target(target, element)}"
        case Scroll(direction=direction, notches=notches, target=over):
            count = "" if notches == SCROLL_NOTCHES else f" {notches} notches"
            place = "" if over is None else f" over {_target(over, element)}"
            return f"scroll {direction}{count}{place}"
        case TypeText(text=text, into=into):
            secret = "secret " if action.secret else ""
            place = "" if into is None else f" into {_target(into, element)}"
            replacing = ", replacing what is there" if action.replace else ""
            return f"type {secret}{quote(text)}{place}{replacing}"
        case PressKeys(keys=keys):
            return f"press {'+'.join(_key(key) for key in keys)}"
        case WaitFor():
            return _wait(action)
        case Pause(seconds=seconds):
            return f"wait {_number(seconds)} seconds"
        case Launch(command=command):
            return f"open {_command(command)}"
        case FocusWindow(title=title):
            return f"focus window {quote(title)}"
        case SetClipboard(text=text):
            return f"copy {quote(text)} to the clipboard"
        case SaveScreenshot(path=path):
            return "save screenshot" if path is None else f"save screenshot as {quote(path)}"
        case AskUser(question=question):
            return f"ask {quote(question)}"
        case Done(summary=summary):
            return f"done {quote(summary)}" if summary else "done"
        case Fail(reason=reason):
            return f"stop {quote(reason)}" if reason else "stop"
        case unknown:
            assert_never(unknown)


def quote(text: str) -> str:
    r"""Return the text in quotes, so that it parses to itself.

    >>> print(quote('a "b" c'))
    "a \"b\" c"
    """
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def label(text: str) -> str:
    """Return a label as it is written: bare if that reads as nothing else, else in quotes.

    >>> label("Save As..."), label("Go to page")
    ('Save As...', '"Go to page"')
    """
    is_plain = re.fullmatch(r"\d|[^\W\d_]\w*(?: [^\W_]\w*){0,4}(?:\.\.\.)?", text) is not None
    words = text.casefold().rstrip(".").split(" ")
    if is_plain and len(text) <= MAX_BARE_CHARS and not set(words) & _keywords():
        return text
    return quote(text)


@cache
def _keywords() -> frozenset[str]:
    """Return the words that can end or change a bare label; more than needed does no harm."""
    patterns = {terminal.name: terminal.pattern for terminal in sentence_parser().terminals}
    names = (terminals_after("click Save") | {"THE", "ORDINAL", "ROLE", "WINDOW"}) - {"WORD"}
    words: set[str] = set()
    for name in names & set(patterns):
        plain = re.sub(r"\\[a-zA-Z]", " ", patterns[name].to_regexp())
        words.update(re.findall(r"[a-z]{2,}", plain))
    return frozenset(words)


def _target(target: Target, element: Element | None) -> str:
    if isinstance(target, TextTarget):
        return _text_target(target)
    if element is not None and element.text and len(element.text) <= NAME_CHARS:
        role = None if element.role == "text" else element.role
        return _text_target(TextTarget(text=element.text, role=role))
    if isinstance(target, PointTarget):
        return quote(f"the point {target.x:g}, {target.y:g}")
    assert isinstance(target, ElementTarget)
    kind = "thing" if element is None else element.role
    return quote(f"{kind} number {target.id}, which has no label")


def _text_target(target: TextTarget) -> str:
    nth = "" if target.nth is None else f"the {_ordinal(target.nth)} "
    kind = "" if target.role is None else ROLE_NAMES.get(target.role, target.role)
    role = f"{kind} " if kind else ""
    window = "" if target.window is None else f" in window {quote(target.window)}"
    near = "" if target.near is None else f" near {quote(target.near)}"
    return f"{nth}{role}{label(target.text)}{window}{near}"


def _ordinal(number: int) -> str:
    is_teen = 10 <= number % 100 <= 20
    suffix = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _key(key: str) -> str:
    try:
        return key_name(key)
    except BadArgumentError:
        return key  # a planner's mistake: the hands will refuse it by this name


def _command(command: Sequence[str]) -> str:
    is_plain = all(re.fullmatch(r"[\w./-]*\w", word) for word in command)
    if is_plain and not {word.casefold() for word in command} & _keywords():
        return " ".join(command)
    return quote(shlex.join(command))


def _wait(action: WaitFor) -> str:
    if action.what == "window":
        what, state = f"window {quote(action.text)}", "opens" if action.present else "closes"
    else:
        what, state = quote(action.text), "appears" if action.present else "disappears"
    within = "" if action.timeout_s == WAIT_S else f" within {_number(action.timeout_s)} seconds"
    return f"wait until {what} {state}{within}"


def _expecting(deed: str, joint: str, claims: Sequence[Expectation]) -> str:
    return " ".join((deed, *(f"{joint} {_seen(Condition.of(claim))}" for claim in claims)))


def _seen(condition: Condition) -> str:
    no = "" if condition.present else "no "
    window = "window " if condition.what == "window" else ""
    return f"{no}{window}{quote(condition.text)}"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
