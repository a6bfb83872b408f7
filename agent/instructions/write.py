"""From actions to sentences: what people write, recordings are written in."""

import shlex
from typing import assert_never

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
from ...tools.desktop.keys import KEY_NAMES
from ...tools.perception.elements import Element, Role
from .labels import quote

ROLE_NAMES: dict[Role, str] = {
    "button": "button",
    "textbox": "field",
    "checkbox": "checkbox",
    "radio": "radio",
    "link": "link",
    "menuitem": "item",
    "tab": "tab",
    "icon": "icon",
    "image": "image",
    "text": "text",
}

ORDINAL_NAMES = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")


def write_action(action: Action, element: Element | None = None) -> str:
    """Return one sentence for an action.

    Args:
        action: Any action. A secret is written by its name.
        element: What an element number or a position stands for; it is written by its label.
    """
    return _phrase(action, element) + "".join(_claim(claim) for claim in action.expect)


def _phrase(action: Action, element: Element | None) -> str:  # noqa: C901 - one arm a kind
    match action:
        case Click():
            return f"click {_target(action.target, element)}"
        case DoubleClick():
            return f"double-click {_target(action.target, element)}"
        case RightClick():
            return f"right-click {_target(action.target, element)}"
        case Move():
            return f"hover over {_target(action.target, element)}"
        case Drag():
            return f"drag {_target(action.source, None)} to {_target(action.target, element)}"
        case Scroll():
            over = "" if action.target is None else f" in {_label(action.target, element)}"
            return f"scroll {action.direction} {action.notches} notches{over}"
        case TypeText():
            into = "" if action.into is None else f" into {_target(action.into, element)}"
            what = f"secret {quote(action.text)}" if action.secret else quote(action.text)
            return f"type {what}{into}{', replacing what is there' if action.replace else ''}"
        case PressKeys():
            return f"press {'+'.join(_key(key) for key in action.keys)}"
        case WaitFor():
            return _wait(action)
        case Launch():
            return f"open {quote(shlex.join(action.command))}"
        case FocusWindow():
            return f"switch to {quote(action.title)}"
        case SetClipboard():
            return f"copy {quote(action.text)} to the clipboard"
        case SaveScreenshot():
            named = "" if action.path is None else f" as {quote(action.path)}"
            return f"save screenshot{named}"
        case AskUser():
            return f"ask {quote(action.question)}"
        case Done():
            return "done"
        case Fail():
            return f"done  # failed: {action.reason}"
        case unknown:
            assert_never(unknown)


def _target(target: Target, element: Element | None) -> str:
    match target:
        case TextTarget():
            role = "" if target.role is None else f"{ROLE_NAMES[target.role]} "
            nth = "" if target.nth is None else f"the {ORDINAL_NAMES[target.nth - 1]} "
            window = "" if target.window is None else f" in window {quote(target.window)}"
            near = "" if target.near is None else f" near {quote(target.near)}"
            return f"{nth}{role}{quote(target.text)}{window}{near}"
        case ElementTarget() | PointTarget():
            return _label(target, element)


def _label(target: Target, element: Element | None) -> str:
    if isinstance(target, TextTarget):
        return quote(target.text)
    if element is None:
        return quote("?")
    role = "" if element.role == "text" else f"{ROLE_NAMES[element.role]} "
    window = f" in window {quote(element.window)}" if element.window else ""
    return f"{role}{quote(element.text)}{window}"


def _key(key: str) -> str:
    return key if key in KEY_NAMES or key not in ",;" else {",": "comma", ";": "semicolon"}[key]


def _wait(action: WaitFor) -> str:
    if action.what == "window":
        what, states = f"window {quote(action.text)}", ("opens", "closes")
    else:
        what, states = quote(action.text), ("appears", "disappears")
    state = states[0] if action.present else states[1]
    return f"wait until {what} {state} within {action.timeout_s:.0f} seconds"


def _claim(claim: Expectation) -> str:
    negated = "no " if claim.kind in ("text_gone", "window_closed") else ""
    window = "window " if claim.kind.startswith("window") else ""
    return f" and expect {negated}{window}{quote(claim.text)}"
