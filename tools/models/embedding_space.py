"""Which weights an embedder runs, and the name of the space that its vectors lie in."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ...memory.errors import ModelUnavailable
from .hashing import sha256_of
from .registry import catalogue
from .store import ModelStore, find_model
from .vlm_checkpoint import check_checkpoint

DIGEST_CHARS = 16
"""64 bits: enough that no two weights of one user ever meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingCheckpoint:
    """A checkpoint folder whose files are all there."""

    folder: Path
    family: str
    """Its `model_type`."""
    space: str
    """Such as `minilm-l6@53aa51172d142c89`: a name for a person and the hash of the weights. The
    same weights make the same space wherever they lie, other weights never do."""


def find_checkpoint(
    name_or_path: str | Path, *, families: tuple[str, ...], kind: str, root: Path | None = None
) -> EmbeddingCheckpoint:
    """Return the checkpoint of a pulled model or of a folder.

    Args:
        name_or_path: As for `find_model`. What lies in a folder is hashed, what was pulled was.
        families: The values of `model_type` that serve.
        kind: What those are, for the error: `a CLIP or SigLIP model`.
        root: The store; None for the default one.

    Raises:
        ModelUnavailable: If it is not there, damaged, or of another family.
        ConfigError: If it is neither a path that exists nor a name of the catalogue.
    """
    folder = find_model(name_or_path, root=root)
    family = check_checkpoint(folder)
    if family not in families:
        raise ModelUnavailable(
            f"{str(folder)!r} is of the family {family!r}; expected {kind} ({', '.join(families)})"
        )
    hashes = _weight_hashes(folder, root)
    return EmbeddingCheckpoint(
        folder=folder, family=family, space=f"{_name(hashes) or family}@{_digest(hashes)}"
    )


def _weight_hashes(folder: Path, root: Path | None) -> list[str]:
    """Return the SHA-256 of every file of weights, by the names of the files."""
    store = ModelStore(root)
    if folder.parent == store.root:
        files = store.there(folder.name).files
        return [file.sha256 for file in files if file.path.endswith(".safetensors")]
    return [sha256_of(path) for path in sorted(folder.glob("*.safetensors"))]


def _name(hashes: list[str]) -> str | None:
    """Return what the catalogue calls a model of these weights."""
    for entry in catalogue():
        pinned = [file.sha256 for file in entry.files if file.path.endswith(".safetensors")]
        if pinned == hashes:
            return entry.name
    return None


def _digest(hashes: list[str]) -> str:
    if len(hashes) == 1:
        return hashes[0][:DIGEST_CHARS]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:DIGEST_CHARS]
