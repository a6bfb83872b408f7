"""Chat models of servers: a provider's, or any that speaks the OpenAI protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from ...memory.errors import ConfigError, MissingExtraError
from ..environment import in_environment

try:
    from langchain.chat_models import init_chat_model
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "langchain", extra="chat") from error

HOSTED_TIMEOUT_S = 120.0
OWN_SERVER_TIMEOUT_S = 600.0
"""A model on a CPU reads some ten tokens a second."""
RETRIES = 2
"""By the provider's own client, which waits as long as the server asks it to."""
REASON_CHARS = 200
NO_KEY = "none"
"""What is sent to a server that wants no key: the client insists on one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    keys: tuple[str, ...] = ()
    """Environment variables, any one of which holds the key."""
    options: Mapping[str, Any] = field(default_factory=dict)


_PROVIDERS: Mapping[str, _Provider] = {
    # More than a turn needs; without it the client takes what the model can, and refuses to wait
    # that long.
    "anthropic": _Provider(
        keys=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"), options={"max_tokens": 8192}
    ),
    "openai": _Provider(keys=("OPENAI_API_KEY",)),
    "google_genai": _Provider(keys=("GOOGLE_API_KEY", "GEMINI_API_KEY")),
    # Its default context is shorter than a prompt, and it cuts what is too long without a word.
    "ollama": _Provider(
        options={"num_ctx": 16384, "client_kwargs": {"timeout": OWN_SERVER_TIMEOUT_S}}
    ),
}


def hosted_model(
    model: str, *, keys: Mapping[str, str], options: Mapping[str, Any] = MappingProxyType({})
) -> BaseChatModel:
    """Return a provider's model; no call is made.

    Args:
        model: `provider:name`, as `init_chat_model` takes it; `-` and `_` are the same.
        keys: API keys by the name of their environment variable.
        options: Of its package's class, where a model is used in a way of its own.

    Raises:
        ConfigError: If the provider is unknown, or its package or key is missing.
    """
    provider, _, name = model.partition(":")
    provider = provider.replace("-", "_")
    known = _PROVIDERS.get(provider, _Provider())
    has_no_key = bool(known.keys) and not any(keys.get(key) for key in known.keys)
    built: BaseChatModel | None = None
    try:
        with in_environment(keys):
            built = init_chat_model(
                name,
                model_provider=provider,
                timeout=HOSTED_TIMEOUT_S,
                max_retries=RETRIES,
                **{**known.options, **options},
            )
    except ImportError as error:
        package = (error.name or f"langchain_{provider}").partition(".")[0].replace("_", "-")
        raise ConfigError(
            f"--model {model} needs the package {package}; install it with: pip install {package}"
        ) from error
    # Each provider's package has a tree of errors of its own, with no common root.
    except Exception as error:
        if not has_no_key:
            reason = " ".join(str(error).split())[:REASON_CHARS]
            raise ConfigError(f"--model {model} cannot be set up: {reason}") from error
    # Some packages complain of a missing key, others only once they are asked.
    if built is None or has_no_key:
        raise ConfigError(f"--model {model} needs a key in {' or '.join(known.keys)}")
    return built


def server_model(
    url: str,
    name: str,
    *,
    key: str | None = None,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> BaseChatModel:
    """Return a model of a server that speaks the OpenAI protocol; no call is made.

    Args:
        url: Its address, such as `http://127.0.0.1:8000/v1`.
        name: The model's name on it.
        key: Its key, if it wants one; a provider's key is never sent to it.
        options: Of langchain-openai's class, where a model is used in a way of its own.

    Raises:
        MissingExtraError: If the package langchain-openai is not installed.
    """
    try:
        built: BaseChatModel = init_chat_model(
            name,
            model_provider="openai",
            base_url=url,
            api_key=key or NO_KEY,
            timeout=OWN_SERVER_TIMEOUT_S,
            max_retries=RETRIES,
            **{"use_responses_api": False, **options},
        )
    except ImportError as error:
        raise MissingExtraError("langchain-openai", extra="chat") from error
    return built


def check_server(url: str, name: str) -> None:
    """Check how a model of a server was named.

    Raises:
        ConfigError: If its own name is missing, or the address holds more than an address.
    """
    if not name:
        raise ConfigError(f"--model is the server {url}; name its model as well: --model-name NAME")
    address = urlsplit(url)
    # These would be written into the run folder.
    if address.username or address.password or address.query or not address.hostname:
        raise ConfigError(
            "the address of a model's server is http://HOST:PORT/v1 and nothing more; "
            "its key goes into DESKHAND_MODEL_KEY"
        )
