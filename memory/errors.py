"""Every error deskhand raises on purpose, in one tree.

A class exists because a caller acts on it::

    DeskhandError
    |-- ConfigError             the user: a setting, an argument or a file is wrong
    |   |-- InstructionError    a sentence of the instruction language does not parse
    |   `-- MediaError          an audio or video file cannot be read, or has no sound
    |-- MissingExtraError       install: a Python package of an extra is not there
    |-- MissingProgramError     install: a system program is not there
    |-- DisplayError            there is no screen we may use (none, Wayland, lost)
    |-- ModelUnavailable        a model is not there, its files are wrong, or its server is away
    |-- RunError                a run folder cannot be made, read or resumed
    |-- MemoryLocked            another process writes to the memory; wait, or stop it
    |-- MemoryDamaged           a memory's files are not what they should be; check and repair it
    |-- BudgetExceeded          steps, seconds or repeats are used up
    |-- TakenOver               a person took over; the hands are stopped until resumed
    `-- ToolError               the agent sees it and may go on
        |-- BadArgumentError    the model may correct it and retry
        |   `-- StaleView       the point belongs to another or an older picture
        |-- GroundingError
        |   |-- NotFound        nothing on the screen answers the description
        |   `-- Ambiguous       several things answer equally well; `candidates` lists them
        |-- PolicyDenied        the policy forbids the action
        |-- ApprovalRequired    the policy asks, and nobody was there to answer
        |-- ModelOutputError    a model's answer is not what its format promises; ask it again
        `-- ActionFailed        an application, window or clipboard did not do its part
"""

from collections.abc import Sequence


class DeskhandError(Exception):
    """Base of all errors deskhand raises on purpose; the message is one line for a person."""


class ConfigError(DeskhandError):
    """A setting, an argument or an input file is wrong."""


class InstructionError(ConfigError):
    """A sentence does not parse. `line` and `column` count from 1 and point at the word."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class MediaError(ConfigError):
    """An audio or video file cannot be read, or does not hold what is asked of it."""


class MissingExtraError(DeskhandError):
    """A Python package of an optional extra is not installed."""

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(
            f"{package!r} is not installed; install it with: pip install 'deskhand[{extra}]'"
        )
        self.package = package
        self.extra = extra


class MissingProgramError(DeskhandError):
    """A system program is not installed. `debian` is the Debian package that brings it."""

    def __init__(self, program: str, *, debian: str, needed_for: str) -> None:
        super().__init__(
            f"{program!r} is not installed, needed for {needed_for}; "
            f"install it with: apt-get install {debian}"
        )
        self.program = program
        self.debian = debian


class DisplayError(DeskhandError):
    """There is no screen that deskhand may look at or act on."""


class ModelUnavailable(DeskhandError):
    """A model is not there, its files are not the pinned ones, or its server does not answer."""


class RunError(DeskhandError):
    """A run folder cannot be made, read or resumed."""


class MemoryLocked(DeskhandError):
    """Another process writes to the memory. `holder` is its number, None where it is not known."""

    def __init__(self, message: str, *, holder: int | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class MemoryDamaged(DeskhandError):
    """The files of a memory cannot be read, or a newer deskhand wrote them."""


class BudgetExceeded(DeskhandError):
    """A limit on steps, seconds or repeats is used up."""


class TakenOver(DeskhandError):
    """A person took over: the hands are stopped and stay so until a person resumes."""


class ToolError(DeskhandError):
    """A tool call that failed in a way the agent is told about."""


class BadArgumentError(ToolError):
    """An argument is wrong; the caller may correct it and call again."""


class StaleView(BadArgumentError):
    """A point belongs to another or an older picture than the one it is used with."""


class GroundingError(ToolError):
    """A description could not be matched to one place on the screen."""


class NotFound(GroundingError):
    """Nothing on the screen answers the description."""


class Ambiguous(GroundingError):
    """Several things on the screen answer the description equally well."""

    def __init__(self, message: str, *, candidates: Sequence[object]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class PolicyDenied(ToolError):
    """The policy forbids the action."""


class ApprovalRequired(ToolError):
    """The policy asks before this action, and nobody was there to answer.

    `remedy` says in words of ours alone how a person approves it; empty for no way.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class ModelOutputError(ToolError):
    """A model's answer is not what its format promises. Its text is data and was not acted on."""


class ActionFailed(ToolError):
    """An application, a window or the clipboard did not do its part."""
