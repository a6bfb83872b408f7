"""Where the indexes of videos lie, how much room they have, and how one is forgotten.

All files of an index begin with its key, and that with the content it is of: so one video's are
found without knowing how they were made. Where they need more room than they have, the one that was
used least recently goes first.
"""

import logging
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...memory.errors import ConfigError
from ...memory.file_lock import is_locked
from .finished_lines import content_of, key_of, user_cache

logger = logging.getLogger(__name__)

SWITCH = "DESKHAND_MEDIA_CACHE_MB"
DEFAULT_MB = 500.0
"""A minute of a busy desktop takes about a tenth of a megabyte, with vectors of its pictures two
tenths."""
CONTENT_CHARS, WAY_CHARS = 40, 16
_OURS = re.compile(r"(?P<key>[0-9a-f]{40}-[0-9a-f]{16}|[0-9a-f]{64})\.[\w.]+")
"""Names of 64 digits are those of earlier versions."""


@dataclass(slots=True)
class KeptIndex:
    """The files of one index."""

    key: str
    files: list[Path] = field(default_factory=list)
    size_bytes: int = 0
    used_ns: int = 0
    """When it was used last."""


def default_folder() -> Path:
    """Return where indexes lie unless told otherwise: in the user's folder for caches."""
    return user_cache("videos")


def limit_bytes(env: Mapping[str, str] = os.environ) -> int:
    """Return how much room all indexes have together: `DESKHAND_MEDIA_CACHE_MB`, else 500 MB.

    Raises:
        ConfigError: If that is no number above 0.
    """
    raw = env.get(SWITCH) or str(DEFAULT_MB)
    try:
        size_mb = float(raw)
    except ValueError:
        size_mb = 0.0
    if not 0 < size_mb < float("inf"):
        raise ConfigError(f"{SWITCH} must be a number above 0, got {raw!r}")
    return int(size_mb * 1e6)


def index_key(content: str, way: Mapping[str, Any]) -> str:
    """Return a name for a content, indexed in some way.

    Args:
        content: Digest of a file's bytes.
        way: All else that decides what comes out; plain data.
    """
    return f"{content[:CONTENT_CHARS]}-{key_of(way)[:WAY_CHARS]}"


def kept_indexes(folder: Path) -> list[KeptIndex]:
    """Return the indexes in a folder, the one that was used least recently first."""
    found: dict[str, KeptIndex] = {}
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            named = _OURS.fullmatch(path.name)
            if named is None:
                continue
            with suppress(FileNotFoundError):  # another process removes it
                stat = path.stat()
                index = found.setdefault(named["key"], KeptIndex(named["key"]))
                index.files.append(path)
                index.size_bytes += stat.st_size
                index.used_ns = max(index.used_ns, stat.st_mtime_ns)
    return sorted(found.values(), key=lambda one: (one.used_ns, one.key))


def mark_used(path: Path) -> None:
    """Note that an index is used now.

    Args:
        path: Any of its files; nothing happens where it is not there.
    """
    with suppress(OSError):
        os.utime(path)


def make_room(folder: Path, keep: str, *, room_bytes: int) -> list[str]:
    """Remove what was used least recently until the rest has room, and return the keys.

    Args:
        folder: Of the indexes.
        keep: The key of one that stays, however large it is.
        room_bytes: For all of them together.
    """
    indexes = kept_indexes(folder)
    size = sum(one.size_bytes for one in indexes)
    gone = []
    for one in indexes:
        if size <= room_bytes:
            break
        if one.key != keep and _remove(one):
            size -= one.size_bytes
            gone.append(one.key)
    if gone:
        logger.info("removed %d indexes of videos: there is room for %d bytes", len(gone), size)
    return gone


def forget_video(path: Path | None, *, kept_in: Path | None = None) -> list[KeptIndex]:
    """Remove what was read and heard in a video, and return what that was.

    Args:
        path: The video, wherever it lies by now; None for all videos.
        kept_in: Folder of indexes; None for the default one.

    Raises:
        ConfigError: If another process is reading the video.
        MediaError: If the file cannot be read.
    """
    folder = default_folder() if kept_in is None else kept_in
    begins = "" if path is None else content_of(path)[:CONTENT_CHARS]
    gone = [one for one in kept_indexes(folder) if one.key.startswith(begins)]
    for one in gone:
        if not _remove(one):
            named = "a video" if path is None else path.name
            raise ConfigError(f"{named} is being read by another process; stop that first")
    return gone


def keep_private(path: Path, content: bytes) -> None:
    """Write a file for its owner only, all of it or nothing; where that fails, warn and go on.

    What is kept saves work, and is not worth losing the work that was just done.
    """
    whole = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        whole.replace(path)
    except OSError as error:
        with suppress(OSError):
            whole.unlink(missing_ok=True)
        logger.warning("%s is not kept: %s", path, error.strerror)


def _remove(index: KeptIndex) -> bool:
    """Remove the files of an index; False if a process is writing one of them."""
    if any(path.suffix == ".jsonl" and is_locked(path) for path in index.files):
        return False
    for path in index.files:
        path.unlink(missing_ok=True)
    return True
