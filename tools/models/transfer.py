"""One pull under way: where its bytes go, who is told of them, and whether to go on."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...memory.errors import ModelUnavailable
from .byte_counts import in_words
from .hashing import sha256_of
from .registry import ModelEntry, ModelFile
from .store import SWITCH, size_of

PARTS = ".parts"
SPARE_BYTES = 200_000_000
"""Left free on the disk: a full one hurts more than this model helps."""


class Cancelled(Exception):
    """The pull was told to stop. It never leaves `pull`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a pull is."""

    file: str
    """Which file is being brought."""
    done_bytes: int
    total_bytes: int | None
    """None until it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a mirror brought: files that lie in the staging folder with the right hashes."""

    mirror: str
    revision: str | None
    files: tuple[ModelFile, ...]


class Transfer:
    """Where a mirror puts what it brings.

    Whatever is finished stays in the staging folder, and so do the parts of what is not: the next
    pull goes on from there.

    Args:
        entry: The model.
        staging: The folder it is put together in; made if it is not there.
        report: Told how far it is.
        is_cancelled: Asked between two chunks whether to stop.
    """

    def __init__(
        self,
        entry: ModelEntry,
        staging: Path,
        *,
        report: Callable[[PullProgress], None] = lambda _progress: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.entry = entry
        self.staging = staging
        self._report = report
        self._is_cancelled = is_cancelled
        self._done = 0
        self._total: int | None = None
        (staging / PARTS).mkdir(parents=True, exist_ok=True, mode=0o700)
        staging.chmod(0o700)

    def begin(self, files: Sequence[ModelFile]) -> list[ModelFile]:
        """Return which files are still to be brought; wrong ones among those there are removed.

        Raises:
            ModelUnavailable: If the disk is too full for the rest.
        """
        self.expect(sum(file.size_bytes for file in files))
        missing = []
        for file in files:
            path = self.staging / file.path
            if path.is_file() and path.stat().st_size == file.size_bytes:
                if sha256_of(path, on_bytes=lambda _n: self.go_on()) == file.sha256:
                    self.add(file.path, file.size_bytes)
                    continue
            path.unlink(missing_ok=True)
            missing.append(file)
        return missing

    def reserve(self, total_bytes: int) -> None:
        """Check that so much fits on the disk, less what is there already.

        Raises:
            ModelUnavailable: If it does not.
        """
        needed = total_bytes - size_of(self.staging)
        free = shutil.disk_usage(self.staging).free
        if needed > 0 and free < needed + SPARE_BYTES:
            raise ModelUnavailable(
                f"{self.entry.name} takes {in_words(needed)} and {in_words(SPARE_BYTES)} to spare, "
                f"but {self.staging.parent} has {in_words(free)} free; make room, or set {SWITCH} "
                "to a folder on another disk"
            )

    def expect(self, total_bytes: int) -> None:
        """Say how much it is in all, and check that it fits; counting begins anew.

        Raises:
            ModelUnavailable: If the disk is too full for what is not there yet.
        """
        self._done, self._total = 0, total_bytes
        self.reserve(total_bytes)

    def add(self, file: str, n_bytes: int) -> None:
        """Count bytes that are there; negative ones were there in vain."""
        self._done += n_bytes
        self._report(PullProgress(file=file, done_bytes=self._done, total_bytes=self._total))
        self.go_on()

    def go_on(self) -> None:
        """Return if the pull goes on; raise `Cancelled` if it does not."""
        if self._is_cancelled():
            raise Cancelled

    def part(self, digest: str) -> Path:
        """Return where what is there of a file is kept.

        Named after its content, so that parts of two versions never meet.
        """
        return self.staging / PARTS / f"{digest[:32]}.part"

    def accept(self, part: Path, file: ModelFile) -> None:
        """Give a whole file its name if its hash is right; else remove it.

        Raises:
            ModelUnavailable: If the hash differs.
        """
        found = sha256_of(part, on_bytes=lambda _n: self.go_on())
        if found != file.sha256:
            part.unlink()
            raise wrong_hash(file.path, expected=file.sha256, found=found)
        part.replace(self.staging / file.path)


def open_private(path: Path, *, append: bool = False) -> BinaryIO:
    """Open a file for writing that only its owner may read."""
    flags = os.O_RDWR | os.O_CREAT | (0 if append else os.O_TRUNC)
    file = os.fdopen(os.open(path, flags, 0o600), "r+b")
    file.seek(0, os.SEEK_END)
    return file


def wrong_hash(
    what: str, *, expected: str, found: str, then: str = "it was removed"
) -> ModelUnavailable:
    """Return the error for a file that is not the one it should be, and what was done with it."""
    return ModelUnavailable(f"{what} has SHA-256 {found}, expected {expected}; {then}")
