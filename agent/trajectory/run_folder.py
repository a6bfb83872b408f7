"""The folder that a run leaves behind, and who may write to it.

run.json        what was asked, where, how it stands; replaced as a whole
steps.jsonl     one settled step a line
model_calls.jsonl  one model call a line, if the planner calls models
captures/       pictures, each stored once, and what was seen in them
journal.db      makes each action happen at most once
checkpoint.db   the graph's state
report.html     everything above, to look at
lock            held by the process that is on the run
live/           what it does now, and what somebody who watches wants of it (`run_control`)
"""

import json
import logging
import os
import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...memory.errors import RunError
from ...memory.file_lock import is_locked
from ..run_settings import Status
from .run_info import DesktopPlace, RunInfo
from .run_lock import RunLock

logger = logging.getLogger(__name__)

SLUG_CHARS = 32
"""Of the task in a run's id: enough to tell runs apart, short enough for a path."""


class RunFolder:
    """One run on disk. Reading needs no lock; `create` and `begin_again` take it.

    Args:
        path: The folder; it must hold a `run.json`.

    Raises:
        RunError: If it holds none, or one that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._info = _read_info(path)
        self._lock: RunLock | None = None

    @property
    def id(self) -> str:
        """The run's name, also its folder's; the graph's thread id."""
        return self._info.id

    @property
    def info(self) -> RunInfo:
        """What `run.json` held when this object last read or wrote it."""
        return self._info

    @property
    def spent_s(self) -> float:
        """Seconds that earlier processes spent on this run."""
        return self._info.spent_s

    @property
    def report(self) -> Path:
        """Where the report lies, once it is written."""
        return self.path / "report.html"

    @property
    def is_ours(self) -> bool:
        """True while this object holds the run's lock."""
        return self._lock is not None

    @property
    def is_killed(self) -> bool:
        """True for a run that says `running` though no process is on it."""
        return self._info.status == "running" and not is_locked(self.path / "lock")

    @classmethod
    def create(
        cls,
        home: Path | None,
        task: str,
        *,
        planner: str = "instructions",
        model: Mapping[str, Any] | None = None,
        desktop: DesktopPlace | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> "RunFolder":
        """Make the folder of a new run and take its lock.

        Args:
            home: Folder of all runs; None for the user's data folder.
            task: What was asked, with its secrets hidden.
            planner: Name of the planner.
            model: Which model it asks, plain data without its key.
            desktop: Where it acts, where that is known already.
            config: Settings to remember, plain data.

        Raises:
            RunError: If the folder cannot be made or written.
        """
        home = default_home() if home is None else home
        now = time.time()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = _make_folder(home, run_id(task, now))
            (path / "captures").mkdir(mode=0o700)
        except OSError as error:
            raise RunError(
                f"cannot make a run folder in {home}: {_why(error)}; "
                "choose another place with --runs-dir"
            ) from error
        lock = RunLock.take(path / "lock", path.name)
        info = RunInfo(
            id=path.name,
            task=task,
            planner=planner,
            model={} if model is None else model,
            status="running",
            created=now,
            began=now,
            desktop=DesktopPlace() if desktop is None else desktop,
            config={} if config is None else config,
            version=_version(),
            pid=os.getpid(),
        )
        _write_info(path, info)
        folder = cls(path)
        folder._lock = lock
        return folder

    @classmethod
    def open(cls, name: str | Path, home: Path | None = None) -> "RunFolder":
        """Return a run to look at or to resume.

        Args:
            name: The run's id, the path of its folder, or `last` for the newest.
            home: Folder of all runs; None for the user's data folder.

        Raises:
            RunError: If there is no such run.
        """
        home = default_home() if home is None else home
        if name == "last":
            runs = list_runs(home)
            if not runs:
                raise RunError(f"there are no runs in {home}")
            return runs[0]
        path = Path(name)
        is_id = not path.is_absolute() and len(path.parts) == 1
        if is_id and (home / path / "run.json").is_file():
            return cls(home / path)
        if (path / "run.json").is_file():
            return cls(path)
        raise RunError(
            f"there is no run {str(name)!r} in {home}; `deskhand runs list` shows what is there"
        )

    def place(self, desktop: DesktopPlace) -> None:
        """Write down which desktop the run acts on."""
        self._write(replace(self._info, desktop=desktop))

    def require_unfinished(self) -> None:
        """Raise if there is nothing to go on with.

        Raises:
            RunError: If the run is done.
        """
        if self._info.status == "done":
            raise RunError(f"run {self.id} is done; there is nothing to resume")

    def begin_again(self) -> str:
        """Take the lock of a run that stopped or was killed, and return its task.

        Raises:
            RunError: If another process is on it, or it is done.
        """
        if self._lock is None:
            self._lock = RunLock.take(self.path / "lock", self.id)
        # Another process may have finished it since this object read it.
        self._info = info = _read_info(self.path)
        try:
            self.require_unfinished()
        except RunError:
            self._release()
            raise
        self._write(
            replace(
                info,
                status="running",
                reason="",
                spent_s=info.spent_s + self._unaccounted_s(info),
                began=time.time(),
                ended=None,
                pid=os.getpid(),
            )
        )
        return info.task

    def end(self, *, status: Status, reason: str) -> None:
        """Write how this process's share of the run ended, and let go of the lock."""
        now = time.time()
        spent_s = self._info.spent_s + max(0.0, now - self._info.began)
        self._write(replace(self._info, status=status, reason=reason, ended=now, spent_s=spent_s))
        self._release()

    def _unaccounted_s(self, info: RunInfo) -> float:
        """Seconds of a killed process: until the last thing it wrote."""
        if info.ended is not None:
            return 0.0
        written = [self.path / "run.json", *self.path.glob("*.jsonl"), *self.path.glob("*.db*")]
        last = max(path.stat().st_mtime for path in written)
        return max(0.0, last - info.began)

    def _write(self, info: RunInfo) -> None:
        _write_info(self.path, info)
        self._info = info

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def default_home() -> Path:
    """Return the folder for runs in the user's data folder."""
    from platformdirs import user_data_path

    return user_data_path("deskhand", appauthor=False) / "runs"


def list_runs(home: Path | None = None) -> list[RunFolder]:
    """Return all readable runs, newest first. Folders that are no runs are passed over."""
    home = default_home() if home is None else home
    runs = []
    for path in sorted(home.glob("*/run.json")):
        try:
            runs.append(RunFolder(path.parent))
        except RunError as error:
            logger.warning("%s", error)
    return sorted(runs, key=lambda run: (run.info.created, run.id), reverse=True)


def running(home: Path | None = None) -> list[RunFolder]:
    """Return the runs that a process is on now, newest first; of the others nothing is read."""
    home = default_home() if home is None else home
    held = [path for path in home.glob("*/lock") if is_locked(path)]
    runs = []
    for path in held:
        try:
            runs.append(RunFolder(path.parent))
        except RunError as error:  # it is only just being made
            logger.debug("%s", error)
    return sorted(runs, key=lambda run: (run.info.began, run.id), reverse=True)


def run_id(task: str, created: float) -> str:
    """Return a run's id: local time and the first words of its task, safe as a file name.

    >>> run_id("Save a note, then close", 0)[16:]
    'save-a-note-then-close'
    """
    plain = unicodedata.normalize("NFKD", task.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        if len(slug) + len(word) >= SLUG_CHARS:
            break
        slug = f"{slug}-{word}" if slug else word
    return f"{datetime.fromtimestamp(created):%Y%m%d-%H%M%S}-{slug or 'task'}"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, also after a kill, finds the old content or the new one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _make_folder(home: Path, name: str) -> Path:
    count = 1
    while True:
        path = home / (name if count == 1 else f"{name}-{count}")
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            count += 1
        else:
            return path


def _read_info(path: Path) -> RunInfo:
    file = path / "run.json"
    try:
        return RunInfo.from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RunError(f"{path} is no run folder: it has no run.json") from None
    except OSError as error:
        raise RunError(f"{file} cannot be read: {_why(error)}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{file} is damaged: {error!r}") from error


def _write_info(path: Path, info: RunInfo) -> None:
    text = json.dumps(info.to_json(), indent=2, ensure_ascii=False) + "\n"
    try:
        write_atomically(path / "run.json", text.encode())
    except OSError as error:
        raise RunError(f"cannot write {path / 'run.json'}: {_why(error)}") from error


def _version() -> str:
    try:
        return version("deskhand")
    except PackageNotFoundError:
        return "unknown"


def _why(error: OSError) -> str:
    return error.strerror or str(error)
