"""Screens as rows: written, read, filtered and taken out."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .database import Database
from .records import Filter, NewScreen, ScreenRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SAME_SIGHTING = timedelta(minutes=10)
"""Seen again within this time, a screen counts as having been there all the while."""
AT_ONCE = 500
"""How many numbers go into one statement; older SQLite takes 999."""

_COLUMNS = (
    "s.number, s.id, s.first_seen, s.last_seen, s.times_seen, s.app, s.window, s.source, s.text, "
    "s.width, s.height"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Two perceptual hashes of a picture, 64 bits each."""

    tones: int
    outlines: int


def to_number(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def to_time(number: int) -> datetime:
    """Return the time that `to_number` made a number of, in UTC."""
    return EPOCH + number * MICROSECOND


def text_of(screen: NewScreen) -> str:
    """Return the lines as they are kept, each on a line of its own."""
    lines = (" ".join(line.split()) for line in screen.lines)
    return "\n".join(line for line in lines if line)


def same_text_key(screen: NewScreen) -> bytes:
    """Return what screens share that may be near-duplicates: texts, app, window and source.

    Each letter counts. A digit is all that differs between two invoices, and "Paid" is near
    "Unpaid": what any likeness of texts would fold is lost for good.
    """
    parts = (text_of(screen), screen.app, screen.window, screen.source)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


class ScreenRows:
    """The rows of screens in a database.

    Args:
        database: The open memory.
        pictures: The folder of the pictures.
    """

    def __init__(self, database: Database, pictures: Path) -> None:
        self._database = database
        self._run = database.connection.execute
        self._many = database.connection.executemany
        self._pictures = pictures

    def picture(self, id: str) -> Path:
        """Return where the picture of a screen lies."""
        return self._pictures / id[:2] / f"{id}.png"

    def insert(self, id: str, screen: NewScreen, looks: Looks, picture_bytes: int) -> int:
        """Write a screen with its words, and return its number."""
        height, width = screen.pixels.shape[:2]
        text = text_of(screen)
        moment = to_number(screen.time)
        cursor = self._run(
            "INSERT INTO screens(id, first_seen, last_seen, times_seen, app, window, source, text,"
            " same_text, width, height, picture_bytes, tones, outlines)"
            " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id, moment, moment, screen.app, screen.window, screen.source, text,
                same_text_key(screen), width, height, picture_bytes, looks.tones, looks.outlines,
            ),
        )  # fmt: skip
        number = cursor.lastrowid
        assert number is not None
        for table in ("words", "parts"):
            self._run(
                f"INSERT INTO {table}(rowid, text, window, app) VALUES (?, ?, ?, ?)",
                (number, text, screen.window, screen.app),
            )
        self._run("INSERT INTO sightings VALUES (?, ?, ?)", (number, moment, moment))
        self.add_tags(number, screen.tags)
        return number

    def add_tags(self, number: int, tags: Iterable[str]) -> None:
        """Add tags to a screen."""
        self._many("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(number, tag) for tag in tags])

    def see_again(self, number: int, moment: datetime) -> None:
        """Note that a screen was there again; nothing if that very moment is noted already.

        A folder that is indexed twice names the same moment of a file twice.
        """
        at = to_number(moment)
        gap = SAME_SIGHTING // MICROSECOND
        row = self._run(
            "SELECT since, until FROM sightings WHERE screen = ? AND since - ? <= ? "
            "AND until + ? >= ? ORDER BY abs(since - ?) LIMIT 1",
            (number, gap, at, gap, at, at),
        ).fetchone()
        if row is not None and at in row:
            return
        if row is None:
            self._run("INSERT INTO sightings VALUES (?, ?, ?)", (number, at, at))
        else:
            self._run(
                "UPDATE sightings SET since = min(since, ?), until = max(until, ?) "
                "WHERE screen = ? AND since = ?",
                (at, at, number, row[0]),
            )
        self._run(
            "UPDATE screens SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?),"
            " times_seen = times_seen + 1 WHERE number = ?",
            (at, at, number),
        )

    def numbers(self, filter: Filter, limit: int | None = None) -> list[int]:
        """Return the numbers of the screens that pass, the one seen last first."""
        where, values = where_clause(filter)
        rows = self._run(
            f"SELECT s.number FROM screens s WHERE {where} "
            "ORDER BY s.last_seen DESC, s.number DESC LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        return [number for (number,) in rows]

    def number_of(self, id: str) -> int | None:
        """Return the number of an id, None if there is none."""
        row = self._run("SELECT number FROM screens WHERE id = ?", (id,)).fetchone()
        return None if row is None else int(row[0])

    def records(self, numbers: Sequence[int]) -> dict[int, ScreenRecord]:
        """Return the records of screens; those that are not there any more are left out."""
        found: dict[int, ScreenRecord] = {}
        for part, marks in in_parts(numbers):
            tags: dict[int, set[str]] = {}
            for number, tag in self._run(f"SELECT * FROM tags WHERE screen IN ({marks})", part):
                tags.setdefault(number, set()).add(tag)
            rows = self._run(f"SELECT {_COLUMNS} FROM screens s WHERE s.number IN ({marks})", part)
            for number, id, first, last, times, app, window, source, text, width, height in rows:
                found[number] = ScreenRecord(
                    id=id,
                    time=to_time(first),
                    last_seen=to_time(last),
                    times_seen=times,
                    app=app,
                    window=window,
                    tags=frozenset(tags.get(number, ())),
                    source=source,
                    lines=tuple(text.split("\n")) if text else (),
                    picture=self.picture(id),
                    width=width,
                    height=height,
                )
        return found

    def delete(self, numbers: Sequence[int]) -> None:
        """Take out rows with all that hangs on them, in the transaction of the caller."""
        for part, marks in in_parts(numbers):
            rows = self._run(
                f"SELECT number, text, window, app FROM screens WHERE number IN ({marks})", part
            ).fetchall()
            for table in ("words", "parts"):
                self._many(
                    f"INSERT INTO {table}({table}, rowid, text, window, app) "
                    "VALUES ('delete', ?, ?, ?, ?)",
                    rows,
                )
            self._run(
                f"DELETE FROM vectors WHERE item IN ({marks}) AND space IN "
                "(SELECT number FROM spaces WHERE kind != 'task')",
                part,
            )
            self._run(f"DELETE FROM screens WHERE number IN ({marks})", part)


def in_parts(numbers: Sequence[int]) -> Iterable[tuple[Sequence[int], str]]:
    """Yield the numbers as many at a time as a statement takes, with their question marks."""
    for start in range(0, len(numbers), AT_ONCE):
        part = numbers[start : start + AT_ONCE]
        yield part, ",".join("?" * len(part))


def where_clause(filter: Filter) -> tuple[str, list[object]]:
    """Return a filter as a condition on `screens s`, with its values."""
    conditions: list[str] = []
    values: list[object] = []
    for column, part in (("app", filter.app), ("window", filter.window)):
        if part:
            conditions.append(f"instr(folded(s.{column}), folded(?))")
            values.append(part)
    if filter.since is not None or filter.until is not None:
        since = -(2**62) if filter.since is None else to_number(filter.since)
        until = 2**62 if filter.until is None else to_number(filter.until)
        conditions.append(
            "EXISTS (SELECT 1 FROM sightings g WHERE g.screen = s.number"
            " AND g.until >= ? AND g.since <= ?)"
        )
        values += [since, until]
    for tag in sorted(filter.tags):
        conditions.append("EXISTS (SELECT 1 FROM tags t WHERE t.screen = s.number AND t.tag = ?)")
        values.append(tag)
    if filter.ids:
        conditions.append("s.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(filter.ids)))
    return " AND ".join(conditions) or "TRUE", values
