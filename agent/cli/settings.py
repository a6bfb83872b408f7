"""Settings of the command line: option, then `DESKHAND_*` (read here), then default."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ...memory.errors import ConfigError
from ..run_settings import RunSettings

if TYPE_CHECKING:
    from ...tools.safety.policy import Policy
    from ..planners.usage import Price

PREFIX = "DESKHAND_"
NAMES = (
    "RUNS", "POLICY", "MAX_STEPS", "MAX_SECONDS", "MAX_TOKENS", "MODEL", "MODEL_NAME",
    "MODEL_KEY", "PRICES", "MCP_TOKEN", "GROUND_MODEL", "ACCESSIBILITY", "MODELS", "MEMORY",
    "MEDIA_CACHE_MB",
)  # fmt: skip
"""The last four are read where they are used, in the tools, for users of Python as well."""
SECRET = "SECRET_"
MODEL_KEY = "MODEL_KEY"
MCP_TOKEN = "MCP_TOKEN"
KEY_ENDINGS = ("_API_KEY", "_AUTH_TOKEN")
"""How the variables end in which providers' packages look for their keys."""
TRACING = ("LANGSMITH_", "LANGCHAIN_")
"""Keys of a tracing service, which is off by default and reads its key when it is used."""
BY_HANDS = "STARTED_BY_HANDS"
"""What the hands set for the programs that they start; nothing that a person sets."""
TEST = "TEST_"
"""What begins with it marks the processes of a test session and sets nothing."""

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class CliSettings:
    """What the environment sets."""

    runs: Path | None = None
    """Folder of all runs; None for the user's data folder."""
    policy: Path | None = None
    """Policy file; None for the default policy."""
    max_steps: int | None = None
    max_seconds: float | None = None
    max_tokens: int | None = None
    model: str | None = None
    """What plans, as `--model` names it."""
    model_name: str | None = None
    ground_model: str | None = None
    """What points at things, as `--ground-model` names it."""
    prices: Path | None = None
    """Price table; None for no prices."""
    server_key: str | None = field(default=None, repr=False)
    """The key of a model's server that is named by its address."""
    mcp_token: str | None = field(default=None, repr=False)
    """What clients of the MCP server over HTTP show; None for a new one each time."""
    is_started_by_hands: bool = False
    """Whether the hands started this program, or the terminal it is in: no person's then."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Providers' API keys, by the whole name of the variable."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`DESKHAND_SECRET_*`, by the name after that prefix."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "CliSettings":
        """Read `DESKHAND_*`.

        Raises:
            ConfigError: Naming a variable that is unknown or has a wrong value.
        """
        given = {
            name.removeprefix(PREFIX): value
            for name, value in env.items()
            if name.startswith(PREFIX)
        }
        unknown = sorted(
            name
            for name in given
            if name not in (*NAMES, BY_HANDS) and not name.startswith((SECRET, TEST))
        )
        if unknown:
            known = ", ".join(PREFIX + name for name in (*NAMES, f"{SECRET}<NAME>"))
            raise ConfigError(f"{PREFIX}{unknown[0]} is set but means nothing; known are {known}")
        return cls(
            runs=_path(given, "RUNS"),
            policy=_path(given, "POLICY"),
            max_steps=_number(given, "MAX_STEPS", int),
            max_seconds=_number(given, "MAX_SECONDS", float),
            max_tokens=_number(given, "MAX_TOKENS", int),
            model=given.get("MODEL") or None,
            model_name=given.get("MODEL_NAME") or None,
            ground_model=given.get("GROUND_MODEL") or None,
            prices=_path(given, "PRICES"),
            server_key=given.get(MODEL_KEY) or None,
            mcp_token=given.get(MCP_TOKEN) or None,
            is_started_by_hands=BY_HANDS in given,
            keys={
                name: value
                for name, value in env.items()
                if name.endswith(KEY_ENDINGS) and not name.startswith((PREFIX, *TRACING)) and value
            },
            secrets={
                name.removeprefix(SECRET): value
                for name, value in given.items()
                if name.startswith(SECRET)
            },
        )

    def limits(
        self,
        *,
        max_steps: int | None,
        max_seconds: float | None,
        max_tokens: int | None = None,
        keep_prompts: bool = False,
        otherwise: Mapping[str, object] | None = None,
    ) -> RunSettings:
        """Return a run's limits.

        Args:
            max_steps: The option, None where it was not given.
            max_seconds: The option, None where it was not given.
            max_tokens: The option, None where it was not given.
            keep_prompts: The option.
            otherwise: What the run was begun with, for one that is resumed.
        """
        limits = RunSettings(**(otherwise or {}))  # type: ignore[arg-type]  # what to_json wrote
        return RunSettings(
            max_steps=_first(max_steps, self.max_steps, limits.max_steps),
            max_seconds=_first(max_seconds, self.max_seconds, limits.max_seconds),
            max_tokens=_first(max_tokens, self.max_tokens, limits.max_tokens),
            max_repeats=limits.max_repeats,
            keep_prompts=keep_prompts or limits.keep_prompts,
        )


def secret_variable(name: str) -> str:
    """Return the environment variable that holds a secret.

    >>> secret_variable("mail-password")
    'DESKHAND_SECRET_MAIL_PASSWORD'
    """
    return PREFIX + SECRET + re.sub(r"\W", "_", name).upper()


def take_settings(env: MutableMapping[str, str]) -> CliSettings:
    """Read `DESKHAND_*` and take secrets and keys out, so that no launched program inherits them.

    Providers' keys go with them: whoever runs this has them for the planner.
    """
    settings = CliSettings.from_env(env)
    for name in settings.secrets:
        del env[PREFIX + SECRET + name]
    for name in (*settings.keys, PREFIX + MODEL_KEY, PREFIX + MCP_TOKEN):
        env.pop(name, None)
    return settings


def load_policy(path: Path | None) -> "Policy":
    """Return the policy in a TOML file, or the default policy.

    Raises:
        ConfigError: If the file cannot be read, or naming the first field that is wrong.
    """
    import tomllib

    from pydantic import ValidationError

    from ...tools.safety.policy import Policy

    if path is None:
        return Policy()
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"policy file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"policy file {path} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"policy file {path}: {place}: {first['msg']}") from None


def load_prices(path: Path | None) -> "Mapping[str, Price]":
    """Return the prices in a TOML file: a table for each model, with what a million tokens cost.

    Raises:
        ConfigError: If the file cannot be read, or naming the first entry that is wrong.
    """
    import tomllib

    from ..planners.usage import Price

    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"price file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"price file {path} is not TOML: {error}") from error
    prices = {}
    for model, entry in table.items():
        numbers = entry if isinstance(entry, dict) else {}
        is_right = {"input", "output"} <= set(numbers) <= {"input", "output", "cached"} and all(
            isinstance(number, int | float) and number >= 0 for number in numbers.values()
        )
        if not is_right:
            raise ConfigError(
                f"price file {path}: {model}: expected input, output and perhaps cached, each the "
                f"price of a million tokens; got {entry!r}"
            )
        prices[model] = Price(**numbers)
    return prices


def _path(given: Mapping[str, str], name: str) -> Path | None:
    return Path(given[name]).expanduser() if given.get(name) else None


def _number(given: Mapping[str, str], name: str, parse: Callable[[str], _Number]) -> _Number | None:
    raw = given.get(name)
    if raw is None:
        return None
    try:
        number = parse(raw)
    except ValueError:
        number = None
    # `not >` also turns down NaN.
    if number is None or not number > 0:
        raise ConfigError(f"{PREFIX}{name} must be a number above 0, got {raw!r}")
    return number


def _first(option: _Number | None, variable: _Number | None, default: _Number) -> _Number:
    if option is not None:
        return option
    return default if variable is None else variable
