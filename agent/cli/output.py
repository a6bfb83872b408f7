"""What the commands write: results to stdout, everything else to stderr."""

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

EFFECT_STYLES = {
    "confirmed": ("green", "✓", "confirmed"),
    "no_effect": ("yellow", "○", "no effect"),
    "diverged": ("red", "!", "diverged"),
    "unverifiable": ("magenta", "?", "unverifiable"),
    "refused": ("bright_black", "⊘", "refused"),
}

STATUS_STYLES = {
    "running": "magenta",
    "killed": "red",
    "done": "green",
    "failed": "red",
    "stopped": "yellow",
    "asked": "yellow",
    "budget": "yellow",
}


def results() -> "Console":
    """Return the console for results."""
    from rich.console import Console

    return Console(highlight=False)


def notes() -> "Console":
    """Return the console for everything else: progress, questions, errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def open_in_browser(address: str) -> None:
    """Open a page in the user's browser, where there is a screen.

    Without one `webbrowser` may pick a text browser and take over the terminal.
    """
    import webbrowser

    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt":
        webbrowser.open(address)


def print_error(error: BaseException) -> None:
    """Write an error as one line to stderr, and below it what was noted on it."""
    noted: list[str] = getattr(error, "__notes__", [])
    # Not through rich: a line that is wrapped at the terminal's width is not one line.
    sys.stderr.write("\n".join([f"deskhand: error: {_printable(str(error))}", *noted]) + "\n")


def table(*columns: str, numeric: Sequence[str] = (), one_line: Sequence[str] = ()) -> "Table":
    """Return an empty table in the house style.

    Args:
        columns: Their headings.
        numeric: Those that are set to the right and never wrapped.
        one_line: Others that are never wrapped, such as ids that are copied.
    """
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in numeric else "left",
            no_wrap=column in numeric or column in one_line,
            overflow="fold",
        )
    return made


def inert(text: str, *, style: str = "") -> "Text":
    """Return text from a screen or a person: no markup is read from it, no escape code passes."""
    from rich.text import Text

    return Text(_printable(text), style=style)


def _printable(text: str) -> str:
    # The name of a file may have line ends and escape codes in it.
    return "".join(char if char.isprintable() else " " for char in text)


def effect(name: str) -> "Text":
    """Return a verdict with its sign and colour."""
    from rich.text import Text

    colour, sign, word = EFFECT_STYLES[name]
    return Text(f"{sign} {word}", style=colour)


def status(name: str) -> "Text":
    """Return a run's status in its colour."""
    from rich.text import Text

    return Text(name, style=STATUS_STYLES[name])
