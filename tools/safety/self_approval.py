"""The hands must not answer in their user's place: what they type or start is looked at for that.

An agent is told the token of a request, so that it can tell its user. With hands that reach a
terminal, a launcher or the clipboard, it could run `deskhand approve TOKEN` itself, or be talked
into it by a screen. So such an action always asks, whatever the policy allows, and a request for
that one is again answered by a person only.
"""

import re
from typing import TYPE_CHECKING

from ..actions import Action, Launch, PressKeys, SetClipboard, TypeText

if TYPE_CHECKING:
    from .policy import ActionContext

STARTED_BY_HANDS = "DESKHAND_STARTED_BY_HANDS"
"""Set for every program that the hands start: a terminal among them is no person's."""
KEPT_CHARS = 400
"""So much of what was typed before counts with what is typed next: a command comes in pieces."""

WATCH_PAGE = "deskhand watch page"
"""The title of the page on which a person approves; browsers show it in their window's."""
HARMLESS_THERE = ("wait_for", "pause", "focus_window", "save_screenshot", "launch", "set_clipboard")
"""Kinds of actions that put nothing into the window that has the keyboard."""

_ANSWERS = re.compile(
    r"deskhand\W(?:.{0,120}\W)?(?:approve|approvals|answer|resume|go-on|ui|--yes|--policy)\b"
    r"|DESKHAND_STARTED_BY_HANDS",
    re.IGNORECASE | re.DOTALL,
)


def written(action: Action) -> str:
    """Return the characters that an action writes somewhere, a command with spaces between."""
    match action:
        case TypeText(secret=False, text=text) | SetClipboard(text=text):
            return text
        case Launch(command=command):
            return f" {' '.join(command)} "
        case PressKeys(keys=(key,)):
            return {"space": " ", "enter": "\n", "return": "\n", "minus": "-"}.get(
                key, key if len(key) == 1 else ""
            )
        case _:
            return ""


def answers_for_a_person(text: str) -> bool:
    """Tell whether text, run as a command, could approve, or begin a run that approves itself.

    >>> answers_for_a_person("/usr/bin/env deskhand approve 3f9a0c51d2e8")
    True
    >>> answers_for_a_person("deskhand is a toolkit")
    False
    """
    return _ANSWERS.search(text) is not None


def is_for_people(action: Action, context: "ActionContext") -> bool:
    """Tell whether an action would press or type on the watch page, which is a person's alone."""
    return WATCH_PAGE in context.window_title and action.kind not in HARMLESS_THERE
