"""The SQLite file of a memory: the one place that says what is there.

Texts, their indices, vectors and looks lie in it, so that a kill leaves either all of a screen or
nothing; pictures lie beside it, and the vector index is made from it. WAL: readers never wait for
the writer.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ConfigError, MemoryDamaged, MemoryLocked
from .folded_text import folded

VERSION = 3
FILE = "memory.sqlite3"
PICTURES = "pictures"
BUSY_S = 30.0
SWITCH_EVERY_S = 0.02

RECORDINGS = """
CREATE TABLE recordings(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    duration REAL NOT NULL,
    time INTEGER NOT NULL
);
CREATE TABLE moments(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    recording INTEGER NOT NULL REFERENCES recordings(number) ON DELETE CASCADE,
    start REAL NOT NULL,
    until REAL NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX moments_recording ON moments(recording);
CREATE VIRTUAL TABLE moment_words USING fts5(
    text, content='moments', content_rowid='number', tokenize='unicode61 remove_diacritics 2'
);
"""
"""Of version 3: what is shown and said in recordings, and when."""
SCHEMA = (
    """
CREATE TABLE facts(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE screens(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    times_seen INTEGER NOT NULL,
    app TEXT NOT NULL,
    window TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    same_text BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    picture_bytes INTEGER NOT NULL,
    tones INTEGER NOT NULL,
    outlines INTEGER NOT NULL
);
CREATE INDEX screens_same_text ON screens(same_text);
CREATE INDEX screens_last_seen ON screens(last_seen);
CREATE TABLE sightings(
    screen INTEGER NOT NULL REFERENCES screens(number) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (screen, since)
) WITHOUT ROWID;
CREATE TABLE tags(
    screen INTEGER NOT NULL REFERENCES screens(number) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (screen, tag)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    text, window, app, content='screens', content_rowid='number',
    tokenize='unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE parts USING fts5(
    text, window, app, content='screens', content_rowid='number',
    tokenize='trigram', detail=none
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row');
CREATE TABLE spaces(
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    space TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    UNIQUE (kind, space, dimensions)
);
CREATE TABLE vectors(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    space INTEGER NOT NULL REFERENCES spaces(number) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX vectors_item ON vectors(space, item);
CREATE INDEX vectors_space ON vectors(space);
CREATE TABLE points(
    screen INTEGER PRIMARY KEY REFERENCES screens(number) ON DELETE CASCADE,
    data BLOB NOT NULL
);
CREATE TABLE episodes(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    time INTEGER NOT NULL,
    task TEXT NOT NULL,
    steps TEXT NOT NULL,
    outcome TEXT NOT NULL,
    app TEXT NOT NULL,
    run TEXT NOT NULL DEFAULT ''
);
CREATE VIRTUAL TABLE task_words USING fts5(
    task, steps, app, content='episodes', content_rowid='number',
    tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO facts VALUES ('id', lower(hex(randomblob(8)))), ('erasures', 0);
"""
    + RECORDINGS
)
"""`vectors.item` is the number of a screen, an episode or a moment, by the kind of the space."""

UPDATES = {
    0: SCHEMA,
    1: "ALTER TABLE episodes ADD COLUMN run TEXT NOT NULL DEFAULT '';\n" + RECORDINGS,
    2: RECORDINGS,
}
"""What makes today's tables of those of an earlier version; 0 is an empty file."""


class Database:
    """An open memory file. Of one thread at a time; `VisualMemory` sees to that.

    Args:
        folder: The memory's folder; made, private to the user, if it is not there.

    Raises:
        ConfigError: If it cannot be made or opened.
        MemoryLocked: If another process keeps it from being opened for too long.
        MemoryDamaged: If it is no memory, or a newer deskhand's.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        _make_private(folder, self.path)
        try:
            self.connection = sqlite3.connect(
                self.path, isolation_level=None, timeout=BUSY_S, check_same_thread=False
            )
        except sqlite3.OperationalError as error:
            raise ConfigError(f"cannot open {self.path}: {error}") from error
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.connection.close()
            if _is_busy(error):
                raise MemoryLocked(f"{self.path} is in use; try again") from error
            raise MemoryDamaged(f"{self.path} cannot be read as a memory: {error}") from error
        except MemoryDamaged:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        run = self.connection.execute
        self._log_ahead()
        run("PRAGMA synchronous = FULL")
        run("PRAGMA secure_delete = ON")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA cache_size = -32000")
        self.connection.create_function("folded", 1, folded, deterministic=True)
        (version,) = run("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise MemoryDamaged(
                f"{self.path} was written by a newer deskhand (version {version}, this one reads "
                f"{VERSION}); update deskhand"
            )
        if version < VERSION:
            self._create_or_update()

    def _log_ahead(self) -> None:
        """Switch to a write-ahead log; of several processes that open a new file, one does it.

        SQLite does not wait by itself for this switch.
        """
        deadline = time.monotonic() + BUSY_S
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= deadline:
                    raise
                time.sleep(SWITCH_EVERY_S)
            else:
                return

    def _create_or_update(self) -> None:
        with self.transaction():
            # Another process may have been first.
            (version,) = self.connection.execute("PRAGMA user_version").fetchone()
            if version == VERSION:
                return
            for statement in UPDATES[version].split(";\n"):
                if statement.strip():
                    self.connection.execute(statement)
            self.connection.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all or nothing.

        Raises:
            ConfigError: If the disk does not take it.
            MemoryDamaged: If the file is damaged.
        """
        with self._told():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state of the memory, whatever is written meanwhile."""
        if self.connection.in_transaction:
            yield
            return
        with self._told():
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                self.connection.execute("ROLLBACK")

    def fact(self, name: str) -> object:
        """Return what is noted under a name, None if nothing is."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def note(self, name: str, value: object) -> None:
        """Note something under a name; None takes it away."""
        if value is None:
            self.connection.execute("DELETE FROM facts WHERE name = ?", (name,))
        else:
            self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ConfigError(f"{self.path} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise MemoryDamaged(
                f"{self.path} is damaged ({error}); check the memory, and bring the file back from "
                "a backup"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _make_private(folder: Path, file: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its -wal and -shm files the permissions of the file.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        (folder / PICTURES).mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"cannot make the memory {folder}: {error.strerror}") from error
