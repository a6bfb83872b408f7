"""Which planner a task gets: what `--model` may name, and what is taken if nothing is named."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, get_args

from ...memory.errors import ConfigError, RunError
from ...tools.models.chat_models import (
    HOSTED_FORM,
    LOCAL,
    LOCAL_FORM,
    LOCAL_MODEL,
    SERVER_FORM,
    VLM,
    VLM_FORM,
    ModelAccess,
    is_hosted,
    is_local_there,
    is_server,
    load_chat_model,
)
from .gui_choice import GUI, GUI_MODELS, is_ready, load_gui_planner
from .past_runs import PastRun, no_past_runs
from .pictures import Pictures
from .planner import Planner
from .usage import Price

INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """What was named to plan with."""

    model: str
    """In one of the forms of `ENGINES`."""
    name: str = ""
    """The model's name on a server that is named by its address."""
    pictures: Pictures = "auto"
    family: str = ""
    """The format of a GUI model, where its name does not tell it."""
    uncalibrated: bool = False
    """Whether a GUI model may click that did not pass its calibration."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the run folder; no key is in it."""
        rare = {"family": self.family, "uncalibrated": self.uncalibrated}
        always = {"model": self.model, "name": self.name, "pictures": self.pictures}
        return always | {name: value for name, value in rare.items() if value}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote.

        Raises:
            RunError: If it is something else.
        """
        kinds = {"model": str, "name": str, "pictures": str, "family": str, "uncalibrated": bool}
        is_ours = {"model", "name", "pictures"} <= set(record) <= set(kinds) and all(
            isinstance(value, kinds[name]) for name, value in record.items()
        )
        if not is_ours or record["pictures"] not in get_args(Pictures):
            raise RunError(f"the run's model is recorded as {record!r}; expected another form")
        return cls(**record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What this process has that a planner may need; none of it is written down."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """API keys by the name of their environment variable."""
    server_key: str | None = field(default=None, repr=False)
    """The key of a server that is named by its address."""
    secret_names: Collection[str] = ()
    """Secrets that a model may have typed."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By what `--model` names, or by the name of a server's model."""
    past_runs: Callable[[str], Sequence[PastRun]] = no_past_runs
    """Recalls earlier runs of tasks like one; asked only by planners that can use them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One kind of planner."""

    form: str
    """What `--model` says, for messages."""
    takes: Callable[[str], bool]
    """Whether what `--model` says is of this form."""
    load: Callable[[str, ModelChoice, Belongings], Planner]
    """From the task, the choice and the belongings; imports what is heavy."""


def load_planner(task: str, choice: ModelChoice, has: Belongings) -> Planner:
    """Return the planner that was named.

    Raises:
        ConfigError: If it cannot be had like this: a form that there is not, a key or a package
            that is missing.
        MissingExtraError: If an extra of deskhand is not installed.
        ModelUnavailable: If a local model's files are not there.
        InstructionError: If a task for the instruction planner does not parse.
    """
    for engine in ENGINES:
        if engine.takes(choice.model):
            return engine.load(task, choice, has)
    forms = ", ".join(engine.form for engine in ENGINES)
    raise ConfigError(f"--model is {choice.model!r}; expected one of: {forms}")


def best_there() -> ModelChoice | None:
    """Return the best model that is on this machine, None if there is none.

    Nothing hosted is ever taken unasked, even if its key is there: it sees the screen.
    """
    for is_there, choice in ON_THIS_MACHINE:
        if is_there():
            return choice
    return None


def no_model() -> ConfigError:
    """Return the error for a task in plain words with no model to do it."""
    return ConfigError(
        "the task is in plain words, and there is no model to do it; bring the local one: "
        f"deskhand models pull {LOCAL_MODEL}; or name one and set its key: --model provider:name; "
        "sentences of `deskhand language` need none"
    )


def _instructions(task: str, _choice: ModelChoice, _has: Belongings) -> Planner:
    from .instructions import InstructionPlanner

    return InstructionPlanner(task)


def _local(task: str, _choice: ModelChoice, _has: Belongings) -> Planner:
    from .local import LocalPlanner

    return LocalPlanner(task, load_chat_model(LOCAL).model)


def _gui(_task: str, choice: ModelChoice, has: Belongings) -> Planner:
    return load_gui_planner(choice, has)


def _chat(task: str, choice: ModelChoice, has: Belongings) -> Planner:
    access = ModelAccess(server_model=choice.name, keys=has.keys, server_key=has.server_key)
    loaded = load_chat_model(choice.model, access)
    from .chat import ChatOptions, ChatPlanner

    return ChatPlanner(
        task,
        loaded.model,
        # Who says "always" knows that it sees; otherwise its package's word is taken.
        sees_pictures=True if loaded.sees or choice.pictures == "always" else None,
        name=loaded.name,
        price=has.prices.get(choice.name or choice.model),
        secret_names=has.secret_names,
        past=has.past_runs(task),
        options=ChatOptions(pictures=choice.pictures),
    )


ENGINES: tuple[Engine, ...] = (
    Engine(form=INSTRUCTIONS, takes=lambda model: model == INSTRUCTIONS, load=_instructions),
    Engine(form=LOCAL_FORM, takes=lambda model: model == LOCAL, load=_local),
    Engine(form=VLM_FORM, takes=lambda model: model.startswith(VLM), load=_chat),
    Engine(form="gui:NAME", takes=lambda model: model.startswith(GUI), load=_gui),
    Engine(form=SERVER_FORM, takes=is_server, load=_chat),
    Engine(form=HOSTED_FORM, takes=is_hosted, load=_chat),
)
"""The first that takes what was named loads it."""

ON_THIS_MACHINE: tuple[tuple[Callable[[], bool], ModelChoice], ...] = (
    *((partial(is_ready, name), ModelChoice(model=GUI + name)) for name in GUI_MODELS),
    (is_local_there, ModelChoice(model=LOCAL)),
)
"""Models that are taken if nothing is named, the best first, each with whether it is there."""
