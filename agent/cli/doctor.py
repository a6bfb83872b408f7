"""`deskhand doctor`: what is there, what is missing, and the command that brings it."""

from dataclasses import asdict
from typing import Annotated

import typer

from . import exit_codes
from .output import inert, print_json, results, table

STYLES = {
    "ok": ("green", "✓"),
    "warning": ("yellow", "○"),
    "missing": ("red", "×"),
}


def doctor(
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Check what is there, what is missing, and how to get it.

    Looks at display, input, fonts, models and programs. Exits with 1 if
    something is missing that a task on this machine needs.

    Example:
      deskhand doctor
    """
    from ...tools.system_check import check_system

    checks = check_system()
    if json:
        print_json([asdict(check) for check in checks])
    else:
        rows = table("", "what", "found", "to fix it")
        for check in checks:
            colour, sign = STYLES[check.status]
            rows.add_row(
                inert(sign, style=colour), check.name, inert(check.detail), inert(check.fix or "")
            )
        results().print(rows)
    if any(check.status == "missing" for check in checks):
        raise typer.Exit(exit_codes.FAILED)
