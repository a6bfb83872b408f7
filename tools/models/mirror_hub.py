"""A model from the model hub, through huggingface_hub as the user has it configured.

A file that came over in part is gone on with: huggingface_hub itself begins it anew.
"""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ...memory.errors import MissingExtraError, ModelUnavailable
from .hashing import git_blob_id_of, sha256_of
from .registry import ModelFile, is_part_of_model
from .transfer import Fetched, Transfer, open_private

# Read as huggingface_hub is imported; what the user set stays.
for _name in ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS", "DO_NOT_TRACK"):
    os.environ.setdefault(_name, "1")

try:
    from huggingface_hub import HfApi, hf_hub_url
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.hf_api import RepoSibling

    # documented, but in no __all__
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "huggingface_hub", extra="hub") from error

try:  # what huggingface_hub 2 is built on
    from httpx2 import HTTPError
except ModuleNotFoundError:  # and huggingface_hub 1
    from httpx import HTTPError  # type: ignore[assignment]  # the same class of another package

NAME = "hub"
COMMIT = r"[0-9a-f]{40}"
"""Also the form of a blob id: git's SHA-1."""
SHA256 = r"[0-9a-f]{64}"
ANSWER_TIMEOUT_S = 5.0
"""Somebody waits, and there may be another mirror."""

FAILURES = (HTTPError, OSError, ValueError)
"""Of the network, of the hub, and of answers that are not what huggingface_hub expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A file as the hub states it."""

    path: str
    size_bytes: int
    sha256: str | None
    """None for small files, which the hub does not keep apart from git."""
    blob_id: str

    def problem(self, path: Path) -> str | None:
        """Return what is wrong with a file that should be this one."""
        if path.stat().st_size != self.size_bytes:
            return f"has {path.stat().st_size} bytes, expected {self.size_bytes}"
        if self.sha256 is not None:
            return _differs("SHA-256", sha256_of(path), self.sha256)
        return _differs("git blob id", git_blob_id_of(path), self.blob_id)


def _differs(kind: str, found: str, expected: str) -> str | None:
    return None if found == expected else f"has {kind} {found}, expected {expected}"


def fetch(transfer: Transfer) -> Fetched:
    """Bring a model's files from one commit of its repository.

    Without pinned hashes, the commit is the newest, and each file is held against the hash that the
    hub states for it.

    Raises:
        ModelUnavailable: If the hub cannot be reached, has not got it, or has something else.
    """
    entry = transfer.entry
    try:
        commit, stated = _listing(transfer)
        transfer.expect(sum(file.size_bytes for file in stated))
        files = tuple(_bring(transfer, commit, file) for file in stated)
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{entry.upstream} is open to those only who accepted its terms: do so on its page, "
            "then log in with: hf auth login"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelUnavailable(f"the hub has no {entry.upstream}") from error
    except FAILURES as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise ModelUnavailable(words) from error
    return Fetched(mirror=NAME, revision=commit, files=files)


def _listing(transfer: Transfer) -> tuple[str, list[Stated]]:
    """Return a commit, and the model's files as the hub states them for it."""
    entry = transfer.entry
    info = HfApi(endpoint=_endpoint()).model_info(
        entry.upstream,
        revision=entry.revision,
        files_metadata=True,
        timeout=ANSWER_TIMEOUT_S,
    )
    commit = info.sha or ""
    if re.fullmatch(COMMIT, commit) is None or entry.revision not in (None, commit):
        raise ModelUnavailable(f"the hub answered with commit {commit!r}, not {entry.revision}")
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    if entry.is_pinned:
        return commit, [_pinned(siblings.get(file.path), file) for file in entry.files]
    stated = [
        _stated(siblings[name]) for name in sorted(siblings) if is_part_of_model(name, entry.task)
    ]
    if not stated:
        raise ModelUnavailable(f"{entry.upstream} holds no files of a model")
    return commit, stated


def _stated(sibling: RepoSibling) -> Stated:
    """Return what the hub states of a file. Its hashes become names of files here: checked."""
    sha256, blob_id = None if sibling.lfs is None else sibling.lfs.sha256, sibling.blob_id or ""
    is_hash = (
        re.fullmatch(COMMIT, blob_id) if sha256 is None else re.fullmatch(SHA256, sha256)
    ) is not None
    if sibling.size is None or not is_hash:
        raise ModelUnavailable(f"the hub states no size or hash for {sibling.rfilename!r}")
    return Stated(path=sibling.rfilename, size_bytes=sibling.size, sha256=sha256, blob_id=blob_id)


def _pinned(sibling: RepoSibling | None, file: ModelFile) -> Stated:
    """Return a file with its pinned hash; what the hub states must not contradict it."""
    if sibling is None:
        raise ModelUnavailable(f"the hub has no {file.path}")
    stated = _stated(sibling)
    if stated.sha256 not in (None, file.sha256) or stated.size_bytes != file.size_bytes:
        raise ModelUnavailable(
            f"the hub states SHA-256 {stated.sha256} and {stated.size_bytes} bytes for {file.path},"
            f" expected {file.sha256} and {file.size_bytes}"
        )
    return replace(stated, sha256=file.sha256)


def _bring(transfer: Transfer, commit: str, stated: Stated) -> ModelFile:
    """Bring one file, going on where an earlier pull stopped."""
    path = transfer.staging / stated.path
    if path.is_file() and stated.problem(path) is None:
        transfer.add(stated.path, stated.size_bytes)
        return _model_file(path, stated)
    part = transfer.part(stated.sha256 or stated.blob_id)
    with open_private(part, append=True) as file:
        if file.tell() > stated.size_bytes:
            file.seek(0)
            file.truncate()
        transfer.add(stated.path, file.tell())
        url = hf_hub_url(
            transfer.entry.upstream, stated.path, revision=commit, endpoint=_endpoint()
        )
        http_get(
            url,
            Counted(file, transfer, stated.path),  # type: ignore[arg-type]  # the four it uses
            resume_size=file.tell(),
            # A packed answer could not be gone on with.
            headers=build_hf_headers() | {"Accept-Encoding": "identity"},
            expected_size=stated.size_bytes,
        )
    problem = stated.problem(part)
    if problem is not None:
        part.unlink()
        raise ModelUnavailable(f"{stated.path} {problem}; it was removed")
    part.replace(path)
    return _model_file(path, stated)


def _model_file(path: Path, stated: Stated) -> ModelFile:
    sha256 = sha256_of(path) if stated.sha256 is None else stated.sha256
    return ModelFile(path=stated.path, size_bytes=stated.size_bytes, sha256=sha256)


def _endpoint() -> str | None:
    """Return the hub that the user set, also after huggingface_hub was imported."""
    return os.environ.get("HF_ENDPOINT") or None


class Counted:
    """A file that tells a transfer what is written to it."""

    def __init__(self, file: BinaryIO, transfer: Transfer, name: str) -> None:
        self._file = file
        self._transfer = transfer
        self._name = name

    def write(self, chunk: bytes) -> int:
        """Write, and count."""
        n_written = self._file.write(chunk)
        self._transfer.add(self._name, n_written)
        return n_written

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seek(self, position: int) -> int:
        """Move; what lies behind will be written again and is not counted twice."""
        self._transfer.add(self._name, position - self._file.tell())
        return self._file.seek(position)

    def truncate(self) -> int:
        """Cut off what lies behind the position."""
        return self._file.truncate()
