"""What lies in the store of one model: its files with their hashes, and where they came from."""

import os
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ...memory.errors import ModelUnavailable
from .registry import MANIFEST, ModelEntry, ModelFile, PlainName, Sha256

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class StoredFile:
    """One file as it was when its hash was last computed."""

    path: PlainName
    size_bytes: int
    sha256: Sha256
    mtime_ns: int
    """Another time of change than this one has the hash computed anew before the file is used."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Manifest:
    """What was pulled."""

    format: Literal[1] = 1
    name: str
    upstream: str
    revision: str | None
    """Commit of the hub; None for files that were taken from this machine without one."""
    mirror: str
    """Where the files came from: hub, wheels, or local."""
    pulled: str
    """When, ISO 8601, UTC."""
    is_pinned: bool
    """Whether the catalogue knew the hashes; else they were taken as they came, on first use."""
    files: tuple[StoredFile, ...]
    damaged: tuple[str, ...] = ()
    """Files whose hash was found to differ. They are not loaded."""

    @property
    def size_bytes(self) -> int:
        """What the files take on the disk."""
        return sum(file.size_bytes for file in self.files)

    def holds(self, entry: ModelEntry) -> bool:
        """Whether these are the files that the catalogue pins; True where it pins none."""
        stored = {(file.path, file.sha256) for file in self.files}
        return not entry.is_pinned or stored == {(file.path, file.sha256) for file in entry.files}


_MANIFESTS = TypeAdapter(Manifest)


def stored_file(folder: Path, file: ModelFile) -> StoredFile:
    """Return the record of a file whose hash was just found right."""
    found = (folder / file.path).stat()
    return StoredFile(
        path=file.path, size_bytes=found.st_size, sha256=file.sha256, mtime_ns=found.st_mtime_ns
    )


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, None where there is none.

    Raises:
        ModelUnavailable: If it cannot be read.
    """
    path = folder / MANIFEST
    try:
        return _MANIFESTS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelUnavailable(
            f"{path} cannot be read; bring the model anew with: deskhand models pull {folder.name}"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a folder's manifest, private, whole or not at all."""
    part = folder / f"{MANIFEST}.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_MANIFESTS.dump_json(manifest, indent=1))
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / MANIFEST)
