"""Reads a task: words on the command line, a file, or stdin."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path

from ...memory.errors import ConfigError, InstructionError
from ...tools.actions import TypeText
from ..instructions.parse import parse_instructions, point_at
from ..instructions.secrets import hide_secrets
from ..instructions.sentences import Act, If, Sentence
from .settings import PREFIX, SECRET, secret_variable

MAX_NAME_CHARS = 255  # longer is no file name on any system


def read_task(task: str) -> tuple[str, Mapping[str, str]]:
    """Return a task with its secrets hidden, and the secrets.

    Args:
        task: Sentences, the path of a file with sentences, or `-` for stdin.

    Raises:
        ConfigError: If a file cannot be read.
        InstructionError: If the sentences do not parse; a note on it points at the word.
    """
    text = read_text(task)
    with pointing_at(text):
        return hide_secrets(text)


def read_text(task: str) -> str:
    """Return the text of a task, in whatever language it is.

    Args:
        task: The text, the path of a file with it, or `-` for stdin.

    Raises:
        ConfigError: If a file cannot be read.
    """
    return sys.stdin.read() if task == "-" else _from_file(task)


def with_app(task: str, app: str) -> str:
    """Return a task that opens an application first.

    Raises:
        ConfigError: If there is no such program.
    """
    program = app.split()[0] if app.split() else ""
    if shutil.which(program) is None:
        raise ConfigError(f"--app is {app!r}, but there is no program {program!r} on this machine")
    quoted = app.replace("\\", "\\\\").replace('"', '\\"')
    return f'open "{quoted}"\n{task}'


def secrets_of(task: str, *, hidden: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every secret that a task names.

    Args:
        task: A task with its secrets hidden.
        hidden: The values that stood in the task.
        given: The values in the environment (`CliSettings.secrets`).

    Raises:
        ConfigError: If one is in neither, and there is no terminal to ask at.
    """
    values = {}
    for name in dict.fromkeys(_secret_names(parse_instructions(task))):
        variable = secret_variable(name)
        value = hidden.get(name, given.get(variable.removeprefix(PREFIX + SECRET)))
        if value is None and sys.stdin.isatty():
            value = getpass(f"Secret {name!r}: ", stream=sys.stderr)
        if value is None:
            raise ConfigError(
                f"the secret {name!r} is not known; set {variable}, "
                "or run it in a terminal to be asked"
            )
        values[name] = value
    return values


def count_sentences(task: str) -> int:
    """Return how many sentences a task has, those under a condition not counted."""
    return len(parse_instructions(task))


def _secret_names(sentences: Sequence[Sentence]) -> Iterator[str]:
    for sentence in sentences:
        match sentence:
            case If(then=then, otherwise=otherwise):
                yield from _secret_names((*then, *otherwise))
            case Act(action=TypeText(secret=True, text=name)):
                yield name


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
