"""The catalogue of models: what each is, its files with their hashes, and where to get them."""

import re
import tomllib
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from ...memory.errors import ConfigError

CATALOGUE = Path(__file__).with_name("catalogue.toml")

Task = Literal["language", "vision-language", "embedding", "speech"]
Pinning = Literal["hashes", "revision", "none"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
PLAIN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
PlainName = Annotated[str, Field(pattern=PLAIN_NAME)]
"""A name that is one harmless path component: no folder, nothing hidden, no way up."""

PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model")
"""Files that a model without a list of files is made of. Pickles and Python are never among them:
loading those runs what they hold."""

SPEECH_WEIGHTS = "model.bin"
"""CTranslate2's own format, no pickle; it refuses anything else. Of speech models alone."""

MANIFEST = "manifest.json"
"""In which the store says what it has of a model; no file of a model is called so."""

CLOSE_ENOUGH = 60.0
"""Similarity in percent from which a wrong name is taken for a slip."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ModelFile:
    """One file of a model."""

    path: PlainName
    size_bytes: int
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class WheelPiece:
    """A stretch of one of the model's files, as a member of a wheel."""

    file: PlainName
    """The file that it is a piece of. Pieces of one file follow each other in its order."""
    distribution: PlainName
    member: str
    """Its path in the wheel's archive."""
    size_bytes: int
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class HubMirror:
    """The model hub that huggingface_hub is configured for."""

    kind: Literal["hub"] = "hub"


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class WheelsMirror:
    """Wheels that hold nothing but data, from the package index that pip is configured for."""

    kind: Literal["wheels"] = "wheels"
    version: str
    pieces: tuple[WheelPiece, ...]


Mirror = Annotated[HubMirror | WheelsMirror, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ModelEntry:
    """A model of the catalogue. What is not known for certain is None."""

    name: PlainName
    task: Task
    summary: str
    upstream: str
    """Its name on the model hub, owner/name."""
    revision: Commit | None = None
    licence: str | None = None
    weights_bytes: int | None = None
    """Size of the weights, for a model whose files are not listed."""
    memory_bytes: int | None = None
    """What running it was measured to take; None where that was not measured."""
    family: str | None = None
    """Which coordinates it answers in, for a model that points at things."""
    files: tuple[ModelFile, ...] = ()
    """Every file with its hash; empty where the hashes are not known beforehand."""
    mirrors: tuple[Mirror, ...] = (HubMirror(),)
    """Where to get it, in the order in which they are tried."""

    @property
    def is_pinned(self) -> bool:
        """Whether the hash of every file is known before it is pulled."""
        return bool(self.files)

    @property
    def pinning(self) -> Pinning:
        """What is fixed beforehand: the hashes of the files, a commit of the hub, or nothing."""
        if self.files:
            return "hashes"
        return "none" if self.revision is None else "revision"

    @property
    def size_bytes(self) -> int | None:
        """What it takes on the disk; None where not known."""
        return sum(file.size_bytes for file in self.files) or self.weights_bytes


def is_part_of_model(name: str, task: Task) -> bool:
    """Tell whether a file belongs to a model whose files are not listed, by its name and the task.

    The name may come from anywhere: one that leads to another folder is never part of a model.
    """
    if re.match(PLAIN_NAME, name) is None or name == MANIFEST:
        return False
    if task == "speech" and name == SPEECH_WEIGHTS:
        return True
    return any(fnmatchcase(name, pattern) for pattern in PATTERNS)


@lru_cache(maxsize=1)
def catalogue() -> tuple[ModelEntry, ...]:
    """Return every model that deskhand knows, in the order of the file."""
    document = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[ModelEntry, ...]).validate_python(document["model"])


def entry_named(name: str) -> ModelEntry:
    """Return the model of that name.

    Raises:
        ConfigError: If there is none, with the nearest name and the list.
    """
    from rapidfuzz import fuzz, process

    entries = {entry.name: entry for entry in catalogue()}
    found = entries.get(name.casefold())
    if found is not None:
        return found
    near = process.extractOne(
        name.casefold(), list(entries), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH
    )
    hint = "" if near is None else f" (did you mean {near[0]!r}?)"
    raise ConfigError(f"no model is called {name!r}{hint}; known are: {', '.join(entries)}")
