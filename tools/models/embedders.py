"""The embedder that is here: the best of those that were pulled, loaded once a process.

Nothing is fetched. Where none is here the functions return None, and the hints say what would bring
one, for whoever has to explain what is missing.
"""

import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ...memory.errors import MissingExtraError, ModelUnavailable
from .registry import entry_named
from .store import ModelStore, default_root

if TYPE_CHECKING:
    from .clip import ClipEmbedder
    from .sentence import SentenceEmbedder

logger = logging.getLogger(__name__)

TEXT_MODELS = ("minilm-l6",)
IMAGE_MODELS = ("siglip2-base", "siglip-base", "clip-vit-l-14", "clip-vit-b-32")
"""The best first, by published zero-shot accuracy on ImageNet (Tschannen et al. 2025, Zhai et al.
2023, Radford et al. 2021: 78, 76, 75 and 63 %). Not measured on screens."""
USUAL_TEXT_MODEL = "minilm-l6"
USUAL_IMAGE_MODEL = "clip-vit-b-32"
"""The smallest and fastest of them, named to those who have none."""
PACKAGES = ("torch", "transformers")
EXTRA = "clip"

_loading = threading.Lock()
_Loaded = TypeVar("_Loaded")


def default_text_embedder(*, root: Path | None = None) -> "SentenceEmbedder | None":
    """Return the best sentence model that is here; None for none (see `text_embedder_hint`).

    The same object each time. One that is here and cannot be loaded is passed over with a warning.

    Args:
        root: The store of models; None for the default one.
    """
    return _first(TEXT_MODELS, _load_sentence, root)


def default_image_embedder(*, root: Path | None = None) -> "ClipEmbedder | None":
    """Return the best picture-text model that is here; None for none (see `image_embedder_hint`).

    It embeds texts into the same space as well, and classifies. The same object each time. One that
    is here and cannot be loaded is passed over with a warning.

    Args:
        root: The store of models; None for the default one.
    """
    return _first(IMAGE_MODELS, _load_clip, root)


def load_image_embedder(
    name_or_path: str | Path | None = None, *, root: Path | None = None
) -> "ClipEmbedder":
    """Return a picture-text model, the best that is here where none is named.

    Args:
        name_or_path: As for `ClipEmbedder.load`.
        root: The store of models; None for the default one.

    Raises:
        ConfigError: If it is neither a name of the catalogue nor a path that exists.
        MissingExtraError: A package is not installed.
        ModelUnavailable: If there is none, with the command that brings one, or it is damaged.
    """
    if name_or_path is not None:
        from .clip import ClipEmbedder

        return ClipEmbedder.load(name_or_path, root=root)
    found = default_image_embedder(root=root)
    if found is None:
        raise ModelUnavailable(
            "no model that compares pictures with words is here; bring one with: "
            f"{image_embedder_hint()}"
        )
    return found


def text_embedder_hint() -> str:
    """Return the command that brings a sentence model and what runs it."""
    return _hint(USUAL_TEXT_MODEL)


def image_embedder_hint() -> str:
    """Return the command that brings a picture-text model and what runs it."""
    return _hint(USUAL_IMAGE_MODEL)


def _hint(name: str) -> str:
    pull = f"deskhand models pull {name}"
    if all(find_spec(package) is not None for package in PACKAGES):
        return pull
    return f"pip install 'deskhand[{EXTRA}]' && {pull}"


def _first(
    names: tuple[str, ...], load: Callable[[str, Path], _Loaded], root: Path | None
) -> _Loaded | None:
    store = ModelStore(root)
    for name in names:
        entry = entry_named(name)
        if not store.folder(name).is_dir():
            continue
        try:
            store.find(entry)
            with _loading:  # so that two threads do not load it twice
                return load(name, default_root() if root is None else root)
        except (MissingExtraError, ModelUnavailable) as error:
            logger.warning("%s is passed over: %s", name, error)
    return None


@lru_cache
def _load_sentence(name: str, root: Path) -> "SentenceEmbedder":
    from .sentence import SentenceEmbedder

    return SentenceEmbedder.load(name, root=root)


@lru_cache
def _load_clip(name: str, root: Path) -> "ClipEmbedder":
    from .clip import ClipEmbedder

    return ClipEmbedder.load(name, root=root)
