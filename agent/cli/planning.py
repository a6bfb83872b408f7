"""From the words of a task and what `--model` names to a planner, ready to be run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...memory.errors import ConfigError, InstructionError
from ...tools.safety.policy import MODEL_RULES, Policy
from ..instructions.parse import begins_like_a_sentence, parse_instructions, point_at
from ..instructions.secrets import hide_secrets
from ..planners.choose import (
    INSTRUCTIONS,
    Belongings,
    ModelChoice,
    best_there,
    load_planner,
    no_model,
)
from ..planners.gui_choice import GUI
from ..planners.opening import OpeningPlanner, split_opening
from ..planners.past_runs import no_past_runs, recall_past_runs
from ..planners.pictures import Pictures
from ..planners.planner import Planner
from ..trajectory.run_folder import RunFolder
from .settings import CliSettings, load_prices
from .tasks import pointing_at, read_text, secrets_of, with_app

NEEDS_MODEL = "(a task in plain words is done by a model: --model provider:name)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A task and who plans it."""

    task: str
    """With its secrets hidden."""
    secrets: Mapping[str, str] = field(repr=False)
    planner: Planner | None = None
    """None for the instruction planner."""
    choice: ModelChoice | None = None
    """None for no model."""


def chosen_model(
    settings: CliSettings,
    *,
    model: str | None,
    name: str | None,
    pictures: Pictures,
    family: str | None = None,
    uncalibrated: bool = False,
) -> ModelChoice | None:
    """Return what the options name, else what the environment names, else None.

    Raises:
        ConfigError: If a server's model is named but no server, or an option of GUI models for
            another one.
    """
    named = settings.model if model is None else model
    if (family or uncalibrated) and not (named or "").startswith(GUI):
        option = "--family" if family else "--uncalibrated"
        raise ConfigError(f"{option} is for a GUI model: --model gui:NAME; got {named!r}")
    if named is None:
        if name is not None:
            raise ConfigError(f"--model-name is {name!r}; name its server as well: --model URL")
        return None
    return ModelChoice(
        model=named,
        name=(settings.model_name if name is None else name) or "",
        pictures=pictures,
        family=family or "",
        uncalibrated=uncalibrated,
    )


def plan_new(
    task: str,
    *,
    choice: ModelChoice | None,
    app: str | None,
    settings: CliSettings,
    recalls: bool = False,
) -> Plan:
    """Return a new task with its planner.

    Args:
        task: The text, the path of a file with it, or `-` for stdin.
        choice: What was named; None to find out what the task needs.
        app: What is opened first, if anything.
        settings: Keys, secrets, prices.
        recalls: Tell a chat model of earlier runs in the memory.

    Raises:
        ConfigError: If there is no planner for it.
        InstructionError: If it is in the instruction language, or looks like it, and is wrong.
    """
    text = read_text(task)
    if choice is None:
        choice = _default_for(text)
    if choice is None or choice.model == INSTRUCTIONS:
        with pointing_at(text):
            shown, hidden = hide_secrets(text)
        shown = shown if app is None else with_app(shown, app)
        return Plan(task=shown, secrets=secrets_of(shown, hidden=hidden, given=settings.secrets))
    if not text.strip():
        raise ConfigError("the task is empty")
    shown = text if app is None else with_app(text, app)
    return _plan_with(choice, shown, settings, recalls=recalls)


def plan_again(folder: RunFolder, settings: CliSettings, *, recalls: bool = False) -> Plan:
    """Return the task of a run that goes on, with the planner that it began with."""
    info = folder.info
    if info.model:
        choice = ModelChoice.from_json(info.model)
        return _plan_with(choice, info.task, settings, recalls=recalls)
    return Plan(task=info.task, secrets=secrets_of(info.task, hidden={}, given=settings.secrets))


def policy_for(plan: Plan) -> Policy:
    """Return the built-in policy: for a model it asks before commands and terminals as well."""
    return Policy() if plan.choice is None else Policy(rules=MODEL_RULES)


def _default_for(text: str) -> ModelChoice | None:
    """Return the model for a task with none named; None where the task needs none.

    Raises:
        ConfigError: If it needs one and there is none.
        InstructionError: If it reads like sentences with a mistake in the first one.
    """
    if not text.strip():
        return None
    try:
        parse_instructions(text)
    except InstructionError as error:
        best = best_there()
        if best is not None:
            return best
        if not begins_like_a_sentence(text):
            raise no_model() from error
        if error.line == 1:  # further on, it is surely meant for the language
            error.add_note(point_at(text, error))
            error.add_note(NEEDS_MODEL)
            raise
    return None


def _plan_with(choice: ModelChoice, task: str, settings: CliSettings, *, recalls: bool) -> Plan:
    # Sentences name a secret by the variable's name; so may a task in plain words.
    secrets = {name.casefold().replace("_", "-"): value for name, value in settings.secrets.items()}
    has = Belongings(
        keys=settings.keys,
        server_key=settings.server_key,
        secret_names=frozenset(secrets),
        prices=load_prices(settings.prices),
        past_runs=recall_past_runs if recalls else no_past_runs,
    )
    opening = split_opening(task)
    planner: Planner
    if opening is None or choice.model == INSTRUCTIONS:
        planner = load_planner(task, choice, has)
    else:
        launch, rest = opening
        planner = OpeningPlanner(launch, rest, load_planner(rest, choice, has))
    return Plan(task=task, secrets=secrets, planner=planner, choice=choice)
