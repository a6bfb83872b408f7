"""The command line, one module a command group."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

TELEMETRY_OFF = {
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""Screens and tasks are private. Set before any dependency is imported; a value that the user set
stays."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run `deskhand` and exit with its code (see `deskhand --help`).

    Args:
        args: Arguments without the program's name; those of this process by default.
    """
    for name, value in TELEMETRY_OFF.items():
        os.environ.setdefault(name, value)
    from .app import invoke

    sys.exit(invoke(args))
