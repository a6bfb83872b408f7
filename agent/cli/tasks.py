"""Reads a task: words on the command line, a file, or stdin."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ...memory.errors import ConfigError, InstructionError
from ..instructions.parse import parse_instructions, point_at
from ..instructions.secrets import hide_secrets

MAX_NAME_CHARS = 255  # longer is no file name on any system


def read_task(task: str) -> tuple[str, Mapping[str, str]]:
    """Return a task with its secrets hidden, and the secrets.

    Args:
        task: Sentences, the path of a file with sentences, or `-` for stdin.

    Raises:
        ConfigError: If a file cannot be read.
        InstructionError: If the sentences do not parse; a note on it points at the word.
    """
    text = sys.stdin.read() if task == "-" else _from_file(task)
    shown, secrets = hide_secrets(text)
    with pointing_at(shown):
        parse_instructions(shown)
    return shown, secrets


def with_app(task: str, app: str) -> str:
    """Return a task that opens an application first.

    Raises:
        ConfigError: If there is no such program.
    """
    program = app.split()[0] if app.split() else ""
    if shutil.which(program) is None:
        raise ConfigError(f"--app is {app!r}, but there is no program {program!r} on this machine")
    return f"open {app}\n{task}"


@contextmanager
def pointing_at(text: str) -> Iterator[None]:
    """Put the line of the text and a mark under the word onto an error of the language."""
    try:
        yield
    except InstructionError as error:
        error.add_note(point_at(text, error))
        raise


def _from_file(task: str) -> str:
    is_name = len(task) <= MAX_NAME_CHARS and "\n" not in task
    path = Path(task)
    if not is_name or not path.is_file():
        if is_name and " " not in task and path.suffix in (".txt", ".task"):
            raise ConfigError(f"there is no task file {task}")
        return task
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"task file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"task file {path} is not UTF-8 text") from None
