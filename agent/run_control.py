"""A run and whoever watches it from another process: what it tells, what it is asked to do.

Both sides share files in the `live` folder of the run:

now.json     what the run is doing; replaced as a whole
wish         what a person wants of it: pause, go on or stop; removed once it is taken up
answer.json  what a person answered to the question that waits
watched      touched while somebody looks, so that a question is worth waiting for
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from ..memory.errors import RunError, TakenOver
from ..memory.file_lock import is_locked
from ..tools.desktop.takeover import INTERRUPTED, Takeover

Doing = Literal["starting", "observe", "plan", "guard", "act", "verify", "paused", "asks", "over"]
Wish = Literal["pause", "go on", "stop"]

_Answer = TypeVar("_Answer")

POLL_S = 0.1
WATCHED_S = 10.0
"""Somebody looked so short a time ago that an answer may come."""
STOPPED = "somebody who watches stopped it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What a run is doing."""

    doing: Doing = "starting"
    since: float = 0.0
    """Seconds since the epoch."""
    step: int = 0
    observation: str = ""
    """Handle of the look that the step is chosen on; empty before the first one."""
    sentence: str = ""
    """The action that comes next, secrets hidden; empty until it is chosen."""
    note: str = ""
    """What the planner had to say of it."""
    target: Mapping[str, Any] | None = None
    """`text`, `role`, `box` and `point` of what it acts on, in pixels of the observation."""
    question: str = ""
    """What a person is asked; empty where nothing is."""
    question_id: str = ""
    request: str = ""
    """Token of the approval that is waited for."""
    wish: Literal["", "pause", "stop"] = ""
    """What comes with the next look or action. A model that answers is left at a stop only."""


_NOW: TypeAdapter[Now] = TypeAdapter(Now)


class RunControl:
    """The run's side. `listening` has to be open for wishes to be taken up.

    Args:
        run: The run folder.
        takeover: Closed by a wish to stop; opened as a pause ends, since a person who paused the
            run may have used the mouse meanwhile.
    """

    def __init__(self, run: Path, takeover: Takeover) -> None:
        self._folder = run / "live"
        self._takeover = takeover
        self._now = Now()
        self._is_paused = threading.Event()
        self._is_stopped = threading.Event()
        self._telling = threading.Lock()  # wishes are taken up on a thread of their own
        self._look: Callable[[], object | None] = lambda: None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take up wishes while the block runs; those to an earlier process of the run are gone.

        Raises:
            RunError: If the run folder cannot be written.
        """
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for name in ("wish", "answer.json"):
                (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise RunError(f"cannot write {self._folder}: {error.strerror}") from error
        self.tell(doing="starting")
        over = threading.Event()
        thread = threading.Thread(target=self._listen, args=(over,), name="wishes", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.tell(doing="over", question="", question_id="", request="", wish="")

    def tell(self, **news: Any) -> None:
        """Write down what is new of `Now`; nobody's work hangs on it, so it is not flushed."""
        with self._telling:
            self._now = replace(self._now, since=time.time(), **news)
            _write(self._folder / "now.json", json.dumps(asdict(self._now)))

    def hold(self) -> bool:
        """Wait while the run is paused; True if it was.

        Raises:
            TakenOver: If it is to stop.
        """
        if not self._is_paused.is_set():
            return False
        before = self._now.doing
        self.tell(doing="paused", wish="")
        while self._is_paused.is_set():
            self.stop_if_told()
            time.sleep(POLL_S)
        self._takeover.resume()
        self.tell(doing=before)
        return True

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at the run."""
        return _age_s(self._folder / "watched") < WATCHED_S

    def is_answered(self) -> bool:
        """Tell whether the question that waits was answered from elsewhere, or is of no use now."""
        return self._is_stopped.is_set() or self._look() is not None

    @contextmanager
    def asking(
        self, question: str, find: Callable[[str], _Answer | None], *, request: str = ""
    ) -> Iterator[Callable[[], _Answer | None]]:
        """Tell that something is asked while the block runs; it gets what looks for the answer.

        Args:
            question: In words.
            find: Looks for the answer to the question of this id, None while there is none.
            request: Token of the approval, where it is one.
        """
        before, id = self._now.doing, secrets.token_hex(6)
        found: list[_Answer] = []

        def look() -> _Answer | None:
            if not found and (given := find(id)) is not None:
                found.append(given)  # an approval is there to be taken once
            return found[0] if found else None

        self._look = look
        self.tell(doing="asks", question=question, question_id=id, request=request)
        try:
            yield look
        finally:
            self._look = lambda: None
            self.tell(doing=before, question="", question_id="", request="")

    def answer_to(self, question_id: str) -> str | None:
        """Return what a watcher answered to a question in words."""
        text = _read(self._folder / "answer.json")
        try:
            record = json.loads(text or "{}")
        except ValueError:
            return None
        is_right = isinstance(record, dict) and record.get("question") == question_id
        return str(record.get("answer", "")) if is_right else None

    def wait(self, look: Callable[[], _Answer | None], *, at_most_s: float) -> _Answer | None:
        """Return the answer once it is there; None if nobody looks any more, or after this time.

        Raises:
            TakenOver: If the run is to stop.
        """
        ends = time.monotonic() + at_most_s
        while (found := look()) is None:
            self.stop_if_told()
            if not self.is_watched or time.monotonic() > ends:
                return None
            time.sleep(POLL_S)
        # Answering moves the mouse, where the page is on the very desktop.
        self._takeover.resume()
        return found

    def stop_if_told(self) -> None:
        """Raise if somebody stops the run; a mouse that moves is for the hands to heed.

        Raises:
            TakenOver: If somebody who watches wants it, or pressed Ctrl-C.
        """
        if self._is_stopped.is_set():
            raise TakenOver(f"stopped: {STOPPED}; resume the run to go on")
        if self._takeover.reason == INTERRUPTED:
            self._takeover.check()

    def _listen(self, over: threading.Event) -> None:
        while not over.wait(POLL_S):
            wish = _read(self._folder / "wish")
            if wish is None:
                continue
            (self._folder / "wish").unlink(missing_ok=True)
            if wish == "stop":
                self._is_stopped.set()
                self._takeover.trip(STOPPED)
                self.tell(wish="stop")
            elif wish == "pause":
                self.tell(wish="pause")
                self._is_paused.set()
            elif wish == "go on":
                self._is_paused.clear()
                self.tell(wish="")


class RunWatch:
    """The watcher's side of a run, in whatever process.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._folder = run / "live"

    def now(self) -> Now | None:
        """Return what the run tells; None where it told nothing, or cannot be read."""
        try:
            return _NOW.validate_json(_read(self._folder / "now.json") or "")
        except ValidationError:
            return None

    def look(self) -> None:
        """Let the run know that somebody is there to answer, for some seconds."""
        watched = self._folder / "watched"
        try:
            watched.touch(mode=0o600)
        except OSError:  # nothing runs in this folder, or it was deleted
            return

    def want(self, wish: Wish) -> None:
        """Ask the run to pause, to go on or to stop.

        Raises:
            RunError: If no process is on the run.
        """
        if wish not in get_args(Wish):
            raise ValueError(f"wish is {wish!r}")
        self._put("wish", wish)

    def answer(self, question_id: str, answer: str) -> None:
        """Answer the question that waits.

        Raises:
            RunError: If no process is on the run.
        """
        self._put("answer.json", json.dumps({"question": question_id, "answer": answer}))

    def _put(self, name: str, text: str) -> None:
        if not is_locked(self._run / "lock"):
            raise RunError(f"run {self._run.name} is not running")
        _write(self._folder / name, text)


def _write(path: Path, text: str) -> None:
    """Replace a small file as a whole.

    Raises:
        RunError: If it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from error


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")
