"""What the commands write: results to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

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


def print_json(document: Any) -> None:  # noqa: ANN401 - anything that json takes
    """Write one JSON document to stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_error(error: BaseException) -> None:
    """Write an error as one line to stderr, and below it what was noted on it."""
    first, *rest = (str(error), *getattr(error, "__notes__", ()))
    # Not through rich: a line that is wrapped at the terminal's width is not one line.
    sys.stderr.write("\n".join([f"deskhand: error: {first}", *rest]) + "\n")


def table(*columns: str, numeric: Sequence[str] = ()) -> "Table":
    """Return an empty table in the house style; `numeric` columns are set to the right."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        is_numeric = column in numeric
        made.add_column(
            column, justify="right" if is_numeric else "left", no_wrap=is_numeric, overflow="fold"
        )
    return made


def inert(text: str, *, style: str = "") -> "RenderableType":
    """Return text from a screen or a person: no markup is read from it, no escape code passes."""
    from rich.text import Text

    shown = "".join(char if char.isprintable() else " " for char in text)
    return Text(shown, style=style)


def effect(name: str) -> "RenderableType":
    """Return a verdict with its sign and colour."""
    from rich.text import Text

    colour, sign, word = EFFECT_STYLES[name]
    return Text(f"{sign} {word}", style=colour)


def status(name: str) -> "RenderableType":
    """Return a run's status in its colour."""
    from rich.text import Text

    return Text(name, style=STATUS_STYLES[name])
