"""Recordings and their lines as rows of the database."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .database import Database
from .screen_rows import in_parts, to_number, to_time

MomentSource = Literal["screen", "speech"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A line that is shown or said in a recording."""

    start_s: float
    end_s: float
    source: MomentSource
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedRecording:
    """A recording that is kept."""

    number: int
    id: str
    path: str
    """Where its file was last seen."""
    kind: Literal["video", "audio"]
    duration_s: float
    time: datetime
    n_moments: int

    def citation_at(self, start_s: float) -> str:
        """Return what names a moment of it in a text.

        >>> from datetime import UTC
        >>> RememberedRecording(
        ...     number=1, id="3f9a", path="a.mp4", kind="video", duration_s=90.0,
        ...     time=datetime(2026, 5, 1, tzinfo=UTC), n_moments=3,
        ... ).citation_at(62.5)
        '[video:3f9a@1:02]'
        """
        minutes, seconds = divmod(int(start_s), 60)
        hours, minutes = divmod(minutes, 60)
        time = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        return f"[{self.kind}:{self.id}@{time}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentHit:
    """A line that was found."""

    number: int
    recording: RememberedRecording
    moment: Moment
    score: float
    """Of the fusion: orders the hits of one search and says nothing else."""
    reasons: tuple[tuple[Literal["words", "meaning"], int, float], ...]
    """By which source, at which place, with which score of its own."""

    @property
    def citation(self) -> str:
        """Return what names this moment in a text."""
        return self.recording.citation_at(self.moment.start_s)


class RecordingRows:
    """The rows of a database."""

    def __init__(self, database: Database) -> None:
        self._run = database.connection.execute
        self._many = database.connection.executemany

    def insert(
        self,
        id: str,
        *,
        content: str,
        path: str,
        kind: str,
        duration_s: float,
        time: int,
        moments: Sequence[Moment],
    ) -> int:
        """Add a recording in the transaction of the caller; its number."""
        cursor = self._run(
            "INSERT INTO recordings(id, content, path, kind, duration, time) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (id, content, path, kind, duration_s, time),
        )
        number = cursor.lastrowid
        assert number is not None
        self._many(
            "INSERT INTO moments(recording, start, until, source, text) VALUES (?, ?, ?, ?, ?)",
            [(number, one.start_s, one.end_s, one.source, one.text) for one in moments],
        )
        self._run(
            "INSERT INTO moment_words(rowid, text) "
            "SELECT number, text FROM moments WHERE recording = ?",
            (number,),
        )
        return number

    def move(self, number: int, path: str) -> None:
        """Note where the file is now."""
        self._run("UPDATE recordings SET path = ? WHERE number = ?", (path, number))

    def by_content(self, content: str) -> RememberedRecording | None:
        """Return the recording of a content, None if there is none."""
        row = self._run("SELECT number FROM recordings WHERE content = ?", (content,)).fetchone()
        return None if row is None else self.records([row[0]])[row[0]]

    def numbers(
        self,
        *,
        ids: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[int]:
        """Return the recordings that pass, the newest first; all where nothing is said."""
        where, values = ["TRUE"], list[object]()
        if ids:
            where.append("id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(ids)))
        if since is not None:
            where.append("time >= ?")
            values.append(to_number(since))
        if until is not None:
            where.append("time <= ?")
            values.append(to_number(until))
        rows = self._run(
            f"SELECT number FROM recordings WHERE {' AND '.join(where)} "
            "ORDER BY time DESC, number DESC",
            values,
        )
        return [number for (number,) in rows]

    def records(self, numbers: Sequence[int]) -> dict[int, RememberedRecording]:
        """Return recordings by their numbers."""
        found: dict[int, RememberedRecording] = {}
        for part, marks in in_parts(numbers):
            rows = self._run(
                "SELECT number, id, path, kind, duration, time, "
                "(SELECT count(*) FROM moments WHERE recording = recordings.number) "
                f"FROM recordings WHERE number IN ({marks})",
                part,
            )
            for number, id, path, kind, duration_s, time, n_moments in rows:
                found[number] = RememberedRecording(
                    number=number,
                    id=id,
                    path=path,
                    kind=kind,
                    duration_s=duration_s,
                    time=to_time(time),
                    n_moments=n_moments,
                )
        return found

    def numbered_moments_of(self, recording: int) -> list[tuple[int, Moment]]:
        """Return the lines of a recording with their numbers, in the order they were added."""
        rows = self._run(
            "SELECT number, start, until, source, text FROM moments WHERE recording = ? "
            "ORDER BY number",
            (recording,),
        )
        return [
            (number, Moment(start_s=start_s, end_s=end_s, source=source, text=text))
            for number, start_s, end_s, source, text in rows
        ]

    def moments(self, numbers: Sequence[int]) -> dict[int, tuple[int, Moment]]:
        """Return lines by their numbers, each with the number of its recording."""
        found: dict[int, tuple[int, Moment]] = {}
        for part, marks in in_parts(numbers):
            rows = self._run(
                "SELECT number, recording, start, until, source, text FROM moments "
                f"WHERE number IN ({marks})",
                part,
            )
            for number, recording, start_s, end_s, source, text in rows:
                moment = Moment(start_s=start_s, end_s=end_s, source=source, text=text)
                found[number] = (recording, moment)
        return found

    def delete(self, recordings: Sequence[int]) -> None:
        """Delete recordings with their lines, in the transaction of the caller."""
        for number in recordings:
            rows = self._run("SELECT number FROM moments WHERE recording = ?", (number,))
            self.delete_moments([moment for (moment,) in rows.fetchall()])
            self._run("DELETE FROM recordings WHERE number = ?", (number,))

    def delete_moments(self, numbers: Sequence[int]) -> None:
        """Delete lines, in the transaction of the caller."""
        for part, marks in in_parts(numbers):
            self._run(
                "INSERT INTO moment_words(moment_words, rowid, text) "
                f"SELECT 'delete', number, text FROM moments WHERE number IN ({marks})",
                part,
            )
            self._run(
                f"DELETE FROM vectors WHERE item IN ({marks}) AND space IN "
                "(SELECT number FROM spaces WHERE kind = 'moment')",
                part,
            )
            self._run(f"DELETE FROM moments WHERE number IN ({marks})", part)
