"""How long and how much a memory keeps."""

from datetime import UTC, datetime, timedelta

from .errors import BadArgumentError
from .forgetting import forget_screens
from .open_memory import OpenMemory
from .screen_rows import to_number

ROOM = 0.9
"""A memory that is too large is brought down to this part of its limit, so that the next screens
do not each cause another round of forgetting."""


def retain(memory: OpenMemory, *, max_age: timedelta | None, max_bytes: int | None) -> int:
    """Forget what is too old or too much, oldest first; return how many screens that were.

    Raises:
        BadArgumentError: If a limit is negative.
    """
    if max_age is not None and max_age < timedelta(0):
        raise BadArgumentError(f"max_age must not be negative, got {max_age}")
    if max_bytes is not None and max_bytes < 0:
        raise BadArgumentError(f"max_bytes must not be negative, got {max_bytes}")
    with memory.writing():
        old = set() if max_age is None else set(_last_seen_before(memory, max_age))
        much = set() if max_bytes is None else set(_beyond(memory, max_bytes))
        return forget_screens(memory, sorted(old | much))


def database_bytes(memory: OpenMemory) -> int:
    """Return how large the database is, with its log."""
    path = memory.database.path
    log = path.with_name(path.name + "-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _last_seen_before(memory: OpenMemory, max_age: timedelta) -> list[int]:
    rows = memory.database.connection.execute(
        "SELECT number FROM screens WHERE last_seen < ?", (to_number(datetime.now(UTC) - max_age),)
    )
    return [number for (number,) in rows]


def _beyond(memory: OpenMemory, max_bytes: int) -> list[int]:
    rows = memory.database.connection.execute(
        "SELECT number, picture_bytes FROM screens ORDER BY last_seen DESC, number DESC"
    ).fetchall()
    if not rows:
        return []
    beside = database_bytes(memory) + memory.vectors.index_bytes()
    if beside + sum(size for _, size in rows) <= max_bytes:
        return []
    # What a screen takes beside its picture is about the same for all.
    share = beside / len(rows)
    kept = 0.0
    for at, (_, picture_bytes) in enumerate(rows):
        kept += picture_bytes + share
        if kept > max_bytes * ROOM:
            return [number for number, _ in rows[at:]]
    return []
