"""Forgetting that leaves nothing behind in the memory's folder: no row, no vector, no picture.

SQLite keeps deleted bytes in its pages, its full-text index keeps deleted words until its parts
are merged, its log keeps pages as they were, and Chroma never shrinks. So: rows are deleted in
one transaction that also notes what is still to be done; then pictures are removed, the index of
vectors is dropped (it is made anew from the database), the full-text index is merged into one
part, the file is written anew without its gaps and the log is emptied. A kill in between is made
good by whoever writes next, or by `check`. What a disk or its snapshots keep of removed files is
beyond reach.
"""

import json
import logging
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from .errors import ConfigError
from .open_memory import OpenMemory

logger = logging.getLogger(__name__)

UNDONE = "forgetting"
"""The fact that names the pictures of what is being forgotten."""


def forget_screens(memory: OpenMemory, numbers: Sequence[int]) -> int:
    """Forget screens, and return how many there were. The caller holds the memory's lock.

    Raises:
        ConfigError: If the vectors on a Chroma server could not be removed; what is in the folder
            is gone by then.
    """
    if not numbers:
        return 0
    ids = [record.id for record in memory.rows.records(numbers).values()]
    with memory.database.transaction():
        memory.rows.delete(numbers)
        begin_forgetting(memory, ids)
    finish_forgetting(memory)
    return len(ids)


def begin_forgetting(memory: OpenMemory, ids: Sequence[str]) -> None:
    """Note, in the transaction that deletes rows, what is to be done after it.

    Args:
        memory: An open memory.
        ids: The screens whose pictures have to go; none where only other rows are deleted.
    """
    generation = memory.database.fact("erasures")
    assert isinstance(generation, int)
    memory.database.note("erasures", generation + 1)
    memory.database.note(UNDONE, json.dumps([*unfinished(memory), *ids]))


def unfinished(memory: OpenMemory) -> list[str]:
    """Return the ids of screens whose forgetting was begun and may not be finished."""
    noted = memory.database.fact(UNDONE)
    return [] if noted is None else [str(id) for id in json.loads(str(noted))]


def finish_forgetting(memory: OpenMemory) -> bool:
    """Remove what deleted rows leave behind; tell whether there was anything to do.

    The caller holds the memory's lock.

    Raises:
        ConfigError: If the vectors on a Chroma server could not be removed.
    """
    if memory.database.fact(UNDONE) is None:
        return False
    for id in unfinished(memory):
        picture = memory.rows.picture(id)
        picture.unlink(missing_ok=True)
        with suppress(OSError):  # other screens' pictures are in it
            picture.parent.rmdir()
    _scrub(memory)
    try:
        memory.vectors.drop_old_indices()
    except ConfigError as error:
        raise ConfigError(
            f"forgotten in {memory.folder}, but not on the Chroma server ({error}); "
            "check and repair the memory when it answers"
        ) from error
    if _empty_log(memory):
        memory.database.note(UNDONE, None)
        _empty_log(memory)
    else:
        logger.warning(
            "a reader keeps the log of %s from being emptied; who writes next tries again",
            memory.database.path,
        )
    return True


def _scrub(memory: OpenMemory) -> None:
    run = memory.database.connection.execute
    for table in ("words", "parts", "task_words", "moment_words"):
        run(f"INSERT INTO {table}({table}) VALUES ('optimize')")
    try:
        run("VACUUM")
    except sqlite3.OperationalError as error:
        raise ConfigError(
            f"forgotten, but {memory.database.path} could not be written anew ({error}); make room "
            "on the disk, then check and repair the memory"
        ) from error


def _empty_log(memory: OpenMemory) -> bool:
    run = memory.database.connection.execute
    (is_busy, _, _) = run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy
