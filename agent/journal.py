"""The write-ahead journal that makes an action run at most once.

LangGraph runs a node at least once. Before an action its intent is on disk; right before the first
event that cannot be taken back, `committed`; after the last event, `acted`. A run that was killed
reads from the entry how far the action came:

    intended    nothing irreversible was sent: the action may be done again
    committed   it may or may not have happened: look at the screen, and if that cannot tell, ask
    acted       it happened: never again; only its verdict may be missing
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..memory.errors import RunError

Phase = Literal["intended", "committed", "acted"]

_SCHEMA = """
create table if not exists action (
    step integer primary key,
    phase text not null,
    action text not null,
    acted text
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How far the action of one step came."""

    step: int
    phase: Phase
    action: Mapping[str, Any]
    acted: Mapping[str, Any] | None
    """What the hands reported, once `phase` is `acted`."""


class Journal:
    """One run's journal, in an SQLite file that is flushed to disk at every entry."""

    def __init__(self, path: Path) -> None:
        try:
            # The graph may run a node on another thread than the one that opened the file.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            self._db.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise RunError(f"the journal {path} cannot be opened: {error}") from error

    def entry(self, step: int) -> Entry | None:
        """Return the entry of a step, or None if its action was never intended."""
        row = self._db.execute(
            "select phase, action, acted from action where step = ?", (step,)
        ).fetchone()
        if row is None:
            return None
        phase, action, acted = row
        return Entry(
            step=step,
            phase=phase,
            action=json.loads(action),
            acted=None if acted is None else json.loads(acted),
        )

    def intend(self, step: int, action: Mapping[str, Any]) -> None:
        """Write that an action is about to be done.

        Raises:
            RunError: If the step's action may have happened already: it must be settled first.
        """
        entry = self.entry(step)
        if entry is not None and entry.phase != "intended":
            raise RunError(f"step {step} is {entry.phase} in the journal; it is not done again")
        self._db.execute(
            "insert or replace into action values (?, 'intended', ?, null)",
            (step, json.dumps(action)),
        )

    def commit(self, step: int) -> None:
        """Write that the next event of the step cannot be taken back."""
        self._db.execute("update action set phase = 'committed' where step = ?", (step,))

    def acted(self, step: int, report: Mapping[str, Any]) -> None:
        """Write that every event of the step went out."""
        self._db.execute(
            "update action set phase = 'acted', acted = ? where step = ?",
            (json.dumps(report), step),
        )

    def forget(self, step: int) -> None:
        """Drop a step's entry: it was found, or a person said, that it did not happen."""
        self._db.execute("delete from action where step = ?", (step,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
