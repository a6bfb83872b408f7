"""Which planner a task gets: what `--model` may name, and what is taken if nothing is named."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self, get_args

from ...memory.errors import ConfigError, RunError
from .gui_choice import GUI, GUI_MODELS, is_ready, load_gui_planner
from .pictures import Pictures
from .planner import Planner
from .usage import Price

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

INSTRUCTIONS = "instructions"
LOCAL_MODEL = "qwen2.5-coder-1.5b"
VLM = "vlm:"
"""Before the name or the folder of a checkpoint that runs in this process."""


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
    from ...tools.models.chat_llama import ChatLlama
    from ...tools.models.store import find_model
    from .local import LocalPlanner

    return LocalPlanner(task, ChatLlama.load(find_model(LOCAL_MODEL)))


def _is_local_there() -> bool:
    from ...tools.models.registry import entry_named
    from ...tools.models.store import ModelStore

    return ModelStore().state(entry_named(LOCAL_MODEL)) == "yes"


def _vlm(task: str, choice: ModelChoice, has: Belongings) -> Planner:
    from ...tools.models.chat_vlm import ChatLocalVLM
    from ...tools.models.store import find_model

    model = ChatLocalVLM.load(find_model(choice.model.removeprefix(VLM)))
    return _chat(task, model, choice, has, name=choice.model, sees=True)


def _server(task: str, choice: ModelChoice, has: Belongings) -> Planner:
    from ...tools.models.providers import check_server, server_model

    check_server(choice.model, choice.name)
    model = server_model(choice.model, choice.name, key=has.server_key)
    return _chat(task, model, choice, has, name=f"{choice.name} at {choice.model}")


def _gui(_task: str, choice: ModelChoice, has: Belongings) -> Planner:
    return load_gui_planner(choice, has)


def _hosted(task: str, choice: ModelChoice, has: Belongings) -> Planner:
    from ...tools.models.providers import hosted_model

    model = hosted_model(choice.model, keys=has.keys)
    return _chat(task, model, choice, has, name=choice.model)


def _chat(
    task: str,
    model: "BaseChatModel",
    choice: ModelChoice,
    has: Belongings,
    *,
    name: str,
    sees: bool = False,
) -> Planner:
    from .chat import ChatOptions, ChatPlanner

    return ChatPlanner(
        task,
        model,
        # Who says "always" knows that it sees; otherwise its package's word is taken.
        sees_pictures=True if sees or choice.pictures == "always" else None,
        name=name,
        price=has.prices.get(choice.name or choice.model),
        secret_names=has.secret_names,
        options=ChatOptions(pictures=choice.pictures),
    )


ENGINES: tuple[Engine, ...] = (
    Engine(form=INSTRUCTIONS, takes=lambda model: model == INSTRUCTIONS, load=_instructions),
    Engine(form="local", takes=lambda model: model == "local", load=_local),
    Engine(form="vlm:NAME", takes=lambda model: model.startswith(VLM), load=_vlm),
    Engine(form="gui:NAME", takes=lambda model: model.startswith(GUI), load=_gui),
    Engine(
        form="http://HOST:PORT/v1 with --model-name",
        takes=lambda model: model.startswith(("http://", "https://")),
        load=_server,
    ),
    Engine(
        form="provider:model (anthropic, openai, google-genai, ollama, …)",
        takes=lambda model: all(model.partition(":")),
        load=_hosted,
    ),
)
"""The first that takes what was named loads it."""

ON_THIS_MACHINE: tuple[tuple[Callable[[], bool], ModelChoice], ...] = (
    *((partial(is_ready, name), ModelChoice(model=GUI + name)) for name in GUI_MODELS),
    (_is_local_there, ModelChoice(model="local")),
)
"""Models that are taken if nothing is named, the best first, each with whether it is there."""
