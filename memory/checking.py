"""What is wrong in a memory's folder, and its repair."""

import os
import sqlite3
from collections.abc import Iterator

from .forgetting import UNDONE, finish_forgetting, forget_screens, unfinished
from .open_memory import OpenMemory
from .picture_files import UNFINISHED, pictures_in
from .records import Problem

OTHERS = 0o077
SOME = 20
"""So many texts of SQLite's own check are reported."""
LOOSE_ROWS = {
    "vectors of no screen": "FROM vectors WHERE space IN (SELECT number FROM spaces WHERE kind IN "
    "('text', 'picture')) AND item NOT IN (SELECT number FROM screens)",
    "vectors of no episode": "FROM vectors WHERE space IN (SELECT number FROM spaces WHERE kind = "
    "'task') AND item NOT IN (SELECT number FROM episodes)",
    "vectors of no moment": "FROM vectors WHERE space IN (SELECT number FROM spaces WHERE kind = "
    "'moment') AND item NOT IN (SELECT number FROM moments)",
    "vectors of another length than their space": "FROM vectors WHERE length(data) != 4 * "
    "(SELECT dimensions FROM spaces WHERE spaces.number = vectors.space)",
    "points of no screen": "FROM points WHERE screen NOT IN (SELECT number FROM screens)",
}


def check_memory(memory: OpenMemory, *, repair: bool) -> list[Problem]:
    """Return what is wrong, and mend it if asked to.

    A screen whose picture is gone or was cut off is forgotten by a repair: who removes a picture by
    hand wants it gone. A database that is damaged itself is only reported.

    Raises:
        MemoryLocked: If another process writes for too long.
    """
    with memory.writing():
        broken = list(_database_problems(memory))
        if broken:
            return broken
        return [
            *_unfinished_forgetting(memory, repair),
            *_full_text(memory, repair),
            *_loose_rows(memory, repair),
            *_pictures_without_screens(memory, repair),
            *_screens_without_pictures(memory, repair),
            *_old_indices(memory, repair),
            *_open_to_others(memory, repair),
        ]


def _database_problems(memory: OpenMemory) -> Iterator[Problem]:
    try:
        said = [text for (text,) in memory.database.connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    for text in said[:SOME]:
        # Of the full-text tables' content SQLite's check knows as well; they can be made anew.
        if text != "ok" and "fts5" not in text.lower() and "inverted index" not in text:
            yield Problem(
                what=f"the database is damaged: {text}; bring it back from a backup",
                is_repaired=False,
                subject=memory.database.path.name,
            )


def _unfinished_forgetting(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    if memory.database.fact(UNDONE) is None:
        return
    several = len(unfinished(memory))
    if repair:
        finish_forgetting(memory)
    yield Problem(
        what=f"forgetting {several} screens was not finished; they are not found any more, but "
        "parts of them may be left in the files",
        is_repaired=repair,
    )


def _full_text(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    run = memory.database.connection.execute
    for table in ("words", "parts", "task_words", "moment_words"):
        try:
            # Rank 1: compare with the texts as well.
            run(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError:
            if repair:
                run(f"INSERT INTO {table}({table}) VALUES ('rebuild')")
            yield Problem(
                what=f"the full-text index {table!r} does not agree with the texts",
                is_repaired=repair,
            )


def _loose_rows(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    for what, rows in LOOSE_ROWS.items():
        (several,) = memory.database.connection.execute(f"SELECT count(*) {rows}").fetchone()
        if several == 0:
            continue
        if repair:
            with memory.database.transaction():
                memory.database.connection.execute(f"DELETE {rows}")
        yield Problem(what=f"{several} {what}", is_repaired=repair)


def _pictures_without_screens(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    ids = {id for (id,) in memory.database.connection.execute("SELECT id FROM screens")}
    for path in sorted(pictures_in(memory.pictures)):
        if path == memory.rows.picture(path.stem) and path.stem in ids:
            continue
        if repair:
            path.unlink()
        is_unfinished = path.suffix == UNFINISHED
        why = "was not written to its end" if is_unfinished else "belongs to no screen"
        yield Problem(what=f"a picture that {why}", is_repaired=repair, subject=path.name)


def _screens_without_pictures(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    rows = memory.database.connection.execute("SELECT number, id, picture_bytes FROM screens")
    lost: list[int] = []
    for number, id, size in rows.fetchall():
        path = memory.rows.picture(id)
        there = path.stat().st_size if path.is_file() else None
        if there == size:
            continue
        lost.append(number)
        what = "has no picture" if there is None else f"has a picture of {there} bytes, not {size}"
        yield Problem(what=f"the screen {what}", is_repaired=repair, subject=id)
    if repair:
        forget_screens(memory, lost)


def _old_indices(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    for name in memory.vectors.old_indices():
        yield Problem(
            what="an index of vectors from before something was forgotten",
            is_repaired=repair,
            subject=name,
        )
    if repair:
        memory.vectors.drop_old_indices()


def _open_to_others(memory: OpenMemory, repair: bool) -> Iterator[Problem]:
    if os.name != "posix":
        return
    private = [memory.database.path, memory.pictures, *pictures_in(memory.pictures)]
    for path in private:
        if path.exists() and path.stat().st_mode & OTHERS:
            if repair:
                path.chmod(path.stat().st_mode & ~OTHERS)
            yield Problem(
                what="other users can read it",
                is_repaired=repair,
                subject=path.name,
            )
