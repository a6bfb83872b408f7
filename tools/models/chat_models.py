"""The chat model that a name means: a local one, a checkpoint, a server's or a provider's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...memory.errors import ConfigError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOCAL = "local"
LOCAL_MODEL = "qwen2.5-coder-1.5b"
SMALL_VLM = "qwen3-vl-2b"
VLM = "vlm:"
"""Before the name or the folder of a checkpoint that runs in this process."""
OPERATORS = ("ui-tars", "ui-venus")
LOCAL_FORM = "local"
VLM_FORM = "vlm:NAME"
SERVER_FORM = "http://HOST:PORT/v1 with --model-name"
HOSTED_FORM = "provider:model (anthropic, openai, google-genai, ollama, …)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAccess:
    """What a model is reached with."""

    server_model: str = ""
    """The model's name on a server that is named by its address."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """API keys by the name of their environment variable."""
    server_key: str | None = field(default=None, repr=False)
    """The key of a server that is named by its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedChatModel:
    """A chat model that is ready to be asked."""

    model: "BaseChatModel"
    name: str
    """What records and errors call it."""
    sees: bool | None = None
    """Whether it takes pictures; None to go by what its package says of it."""
    is_small: bool = False
    """Whether it needs names instead of numbers, and a grammar to be held by."""

    @property
    def sees_pictures(self) -> bool:
        """Whether it takes pictures, which is no where nobody says so."""
        if self.sees is not None:
            return self.sees
        return bool((self.model.profile or {}).get("image_inputs", False))


def is_server(model: str) -> bool:
    """Tell whether a name is the address of a server."""
    return model.startswith(("http://", "https://"))


def is_hosted(model: str) -> bool:
    """Tell whether a name is of the form `provider:name`."""
    return all(model.partition(":"))


def load_chat_model(model: str, access: ModelAccess | None = None) -> LoadedChatModel:
    """Return the chat model that is named: `local`, `vlm:NAME`, `http://…/v1` or `provider:name`.

    Raises:
        ConfigError: If it cannot be had like this: a form that there is not, a key or a package
            that is missing.
        MissingExtraError: If an extra of deskhand is not installed.
        ModelUnavailable: If a local model's files are not there.
    """
    has = ModelAccess() if access is None else access
    if model == LOCAL:
        return _local()
    if model.startswith(VLM):
        return _vlm(model)
    if is_server(model):
        return _server(model, has)
    if is_hosted(model):
        return _hosted(model, has)
    forms = ", ".join((LOCAL_FORM, VLM_FORM, SERVER_FORM, HOSTED_FORM))
    raise ConfigError(f"--model is {model!r}; expected one of: {forms}")


def best_there() -> str | None:
    """Return the name of the best chat model that is pulled, None if there is none.

    One that sees comes first where there is a graphics card: without one a picture takes it
    minutes. Nothing hosted is ever taken unasked, even if its key is there: it sees the screen.
    """
    seeing = pulled_vlm()
    is_there = is_local_there()
    if seeing is not None and (not is_there or _has_gpu()):
        return f"{VLM}{seeing}"
    return LOCAL if is_there else None


def _has_gpu() -> bool:
    from .machine import read_machine

    return read_machine().gpu_bytes > 0


def pulled_vlm() -> str | None:
    """Return the name of a vision-language model that is pulled, None if there is none.

    Models that were trained to operate a computer and for nothing else answer in actions.
    """
    from .registry import catalogue
    from .store import ModelStore

    store = ModelStore()
    return next(
        (
            entry.name
            for entry in catalogue()
            if entry.task == "vision-language"
            and not entry.name.startswith(OPERATORS)
            and store.state(entry) == "yes"
        ),
        None,
    )


def is_local_there() -> bool:
    """Tell whether the local language model is pulled."""
    from .registry import entry_named
    from .store import ModelStore

    return ModelStore().state(entry_named(LOCAL_MODEL)) == "yes"


def _local() -> LoadedChatModel:
    from .chat_llama import ChatLlama
    from .store import find_model

    model = ChatLlama.load(find_model(LOCAL_MODEL))
    return LoadedChatModel(model=model, name=LOCAL_MODEL, sees=False, is_small=True)


def _vlm(name: str) -> LoadedChatModel:
    from .chat_vlm import ChatLocalVLM
    from .store import find_model

    model = ChatLocalVLM.load(find_model(name.removeprefix(VLM)))
    return LoadedChatModel(model=model, name=name, sees=True)


def _server(url: str, has: ModelAccess) -> LoadedChatModel:
    from .providers import check_server, server_model

    check_server(url, has.server_model)
    model = server_model(url, has.server_model, key=has.server_key)
    return LoadedChatModel(model=model, name=f"{has.server_model} at {url}")


def _hosted(name: str, has: ModelAccess) -> LoadedChatModel:
    from .providers import hosted_model

    return LoadedChatModel(model=hosted_model(name, keys=has.keys), name=name)
