"""What `deskhand` exits with; a script may rely on these."""

from collections.abc import Mapping
from typing import Final

from ...memory.errors import ApprovalRequired, ConfigError, DeskhandError, TakenOver
from ..run_settings import Status

DONE: Final = 0
FAILED: Final = 1
WRONG_INPUT: Final = 2
WAITS: Final = 3
INTERRUPTED: Final = 130

OF_STATUS: Mapping[Status, int] = {
    "done": DONE,
    "failed": FAILED,
    "budget": FAILED,
    "running": FAILED,
    "stopped": WAITS,
    "asked": WAITS,
}

EXPLAINED: Mapping[int, str] = {
    DONE: "done",
    FAILED: "failed, a limit was reached, or the screen does not have what was asked for",
    WRONG_INPUT: "wrong usage or input: an option, a file, a sentence that does not parse",
    WAITS: "stopped, waits for a person (an approval, a question, a takeover) or for a model "
    "that is away: can be resumed",
    INTERRUPTED: "interrupted by Ctrl-C",
}


def of_error(error: DeskhandError) -> int:
    """Return the exit code for an error."""
    match error:
        case ConfigError():
            return WRONG_INPUT
        case TakenOver() | ApprovalRequired():
            return WAITS
        case _:
            return FAILED
