"""A model from a file or folder of this machine."""

import hashlib
from fnmatch import fnmatch
from pathlib import Path

from ...memory.errors import ModelUnavailable
from .hashing import CHUNK_BYTES, sha256_of
from .registry import SPEECH_WEIGHTS, ModelEntry, ModelFile, is_part_of_model
from .transfer import Fetched, Transfer, open_private, wrong_hash

NAME = "local"
WEIGHTS = ("*.safetensors", "*.gguf")


def fetch(transfer: Transfer, source: Path) -> Fetched:
    """Copy a model's files out of a folder, or its only file.

    Raises:
        ModelUnavailable: If a file is not there, or its hash is not the pinned one.
    """
    entry = transfer.entry
    if not source.exists():
        raise ModelUnavailable(f"{source} is not there")
    files = entry.files if entry.is_pinned else _files_of(source, entry)
    for file in transfer.begin(files):
        _copy(transfer, _origin(source, file, entry), file)
    return Fetched(mirror=NAME, revision=entry.revision if entry.is_pinned else None, files=files)


def _files_of(source: Path, entry: ModelEntry) -> tuple[ModelFile, ...]:
    """Return what a model without pinned hashes is made of in a folder."""
    if not source.is_dir():
        raise ModelUnavailable(f"{source} is a file, and {entry.name} has several: name the folder")
    paths = sorted(
        path
        for path in source.iterdir()
        if path.is_file() and is_part_of_model(path.name, entry.task)
    )
    weights = (SPEECH_WEIGHTS,) if entry.task == "speech" else WEIGHTS
    if not any(fnmatch(path.name, pattern) for path in paths for pattern in weights):
        raise ModelUnavailable(f"{source} holds no weights ({' or '.join(weights)})")
    return tuple(
        ModelFile(path=path.name, size_bytes=path.stat().st_size, sha256=sha256_of(path))
        for path in paths
    )


def _origin(source: Path, file: ModelFile, entry: ModelEntry) -> Path:
    if source.is_dir():
        path = source / file.path
        if not path.is_file():
            raise ModelUnavailable(f"{source} holds no {file.path}")
        return path
    if len(entry.files) != 1:
        raise ModelUnavailable(
            f"{source} is a file, and {entry.name} has {len(entry.files)}: name the folder"
        )
    return source


def _copy(transfer: Transfer, origin: Path, file: ModelFile) -> None:
    """Copy a file and hash it on the way; the original stays whatever comes of it."""
    part = transfer.part(file.sha256)
    digest = hashlib.sha256()
    with origin.open("rb") as source, open_private(part) as copy:
        while chunk := source.read(CHUNK_BYTES):
            copy.write(chunk)
            digest.update(chunk)
            transfer.add(file.path, len(chunk))
    if digest.hexdigest() != file.sha256:
        part.unlink()
        raise wrong_hash(
            str(origin), expected=file.sha256, found=digest.hexdigest(), then="it is not taken"
        )
    part.replace(transfer.staging / file.path)
