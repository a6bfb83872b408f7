"""A folder of pictures as something to search: read once, and again only where it changed.

What is indexed is kept in the memory itself: each screen knows the path of its file and, as a tag,
the digest of the file's bytes. So an index that was killed goes on where it stopped, and there is
no list beside the memory that could say something else.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ...memory.errors import ConfigError
from ...memory.records import Filter, NewScreen, ScreenRecord
from ...memory.screens import VisualMemory
from ..desktop.capture import Capture, load_capture
from ..perception.elements import Observation
from .recorder import new_screen
from .redact import redact

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
DIGEST = "sha256:"
FOLDER = "folder:"
INDEXED = "indexed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexProgress:
    """How far an index is."""

    done: int
    total: int
    file: Path


@dataclass(slots=True, kw_only=True)
class IndexReport:
    """What an index did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    """Screens of files that are gone, forgotten."""
    hidden: int = 0
    """Secrets that were taken out."""
    bad: list[tuple[Path, str]] = field(default_factory=list)
    """Files that could not be read, each with why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """What became of one file."""

    file: Path
    screen: NewScreen | None = None
    """With its secrets taken out; None where it cannot be read."""
    hidden: int = 0
    """Secrets that were taken out."""
    why: str = ""
    """Why it cannot be read."""


ReadFiles = Callable[[Sequence[Path]], Iterator[ReadFile]]
"""Reads files in any order, here or elsewhere."""


def one_by_one(read: Callable[[Capture], Observation]) -> ReadFiles:
    """Return what reads files in this thread.

    Args:
        read: Returns what is on a picture.
    """
    return lambda files: (read_file(file, read) for file in files)


def read_file(file: Path, read: Callable[[Capture], Observation]) -> ReadFile:
    """Return what may be kept of a picture file; nothing else of it is held on to."""
    try:
        seen = read(load_capture(file))
        taken = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except (OSError, ConfigError) as error:
        return ReadFile(file=file, why=_why(error, file))
    kept = redact(seen)
    screen = new_screen(seen, kept, source=str(file), time=taken)
    return ReadFile(file=file, screen=screen, hidden=sum(kept.hidden.values()))


def folder_tag(folder: Path) -> str:
    """Return the tag of all screens that come from a folder."""
    return f"{FOLDER}{folder.resolve()}"


def picture_files(folder: Path) -> list[Path]:
    """Return the pictures in a folder and the folders in it, in order; hidden ones are left out.

    Raises:
        ConfigError: If there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}")
    return sorted(
        path
        for path in folder.resolve().rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder.resolve()).parts)
    )


def index_folder(
    folder: Path,
    memory: VisualMemory,
    read: ReadFiles,
    *,
    report: Callable[[IndexProgress], None] = lambda _progress: None,
) -> IndexReport:
    """Bring the memory up to date with a folder of pictures.

    Args:
        folder: Where the pictures lie, folders in it included.
        memory: Where their screens are kept; written by this process alone.
        read: Reads those that are new or changed; see `one_by_one` and `ray_workers.read_with_ray`.
        report: Told of each file that is done.

    Raises:
        ConfigError: If there is no such folder.
    """
    files = picture_files(folder)
    index = _Index(folder, memory)
    unknown = [file for file in files if not index.knows(file)]
    done = len(files) - len(unknown)
    for result in read(unknown):
        index.take(result)
        done += 1
        report(IndexProgress(done=done, total=len(files), file=result.file))
    index.finish(files)
    return index.report


class _Index:
    """One update of an index."""

    def __init__(self, folder: Path, memory: VisualMemory) -> None:
        self._memory = memory
        self._tag = folder_tag(folder)
        self._kept = _by_source(memory.list(Filter(tags={self._tag})))
        self._digests: dict[Path, str] = {}
        self._stale: set[str] = set()
        self.report = IndexReport()

    def knows(self, file: Path) -> bool:
        """Tell whether nothing is to be read of a file: it is known by its bytes, or unreadable."""
        try:
            digest = DIGEST + _digest(file)
        except OSError as error:
            self.report.bad.append((file, _why(error, file)))
            return True
        earlier = self._kept.get(str(file), [])
        known = [record for record in earlier if digest in record.tags]
        if not known:
            self._digests[file] = digest
            return False
        # Of a change that was killed, the old screen may be left.
        self._stale |= {record.id for record in earlier if record.id != known[0].id}
        self.report.unchanged += 1
        return True

    def take(self, result: ReadFile) -> None:
        """Keep what was read of a file."""
        if result.screen is None:
            self.report.bad.append((result.file, result.why))
            return
        tags = frozenset({INDEXED, self._tag, self._digests[result.file]})
        added = self._memory.add(replace(result.screen, tags=tags))
        self.report.hidden += result.hidden
        earlier = self._kept.get(str(result.file), [])
        self._stale |= {record.id for record in earlier if record.id != added.id}
        if earlier:
            self.report.changed += 1
        else:
            self.report.added += 1

    def finish(self, files: Sequence[Path]) -> None:
        """Forget the screens of files that are gone or have changed: once, for it takes a while."""
        there = {str(file) for file in files}
        gone = {
            record.id
            for source, records in self._kept.items()
            if source not in there
            for record in records
        }
        self.report.removed = len(gone)
        if gone | self._stale:
            self._memory.forget(Filter(ids=gone | self._stale))


def _by_source(records: Sequence[ScreenRecord]) -> Mapping[str, list[ScreenRecord]]:
    kept: dict[str, list[ScreenRecord]] = {}
    for record in records:
        kept.setdefault(record.source, []).append(record)
    return kept


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:32]


def _why(error: OSError | ConfigError, file: Path) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).replace(f"picture {file} ", "").replace(f"{file} ", "")
