"""Forgetting leaves nothing behind, limits are kept, and what is wrong is found and mended."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskhand.memory.database import FILE
from deskhand.memory.errors import BadArgumentError
from deskhand.memory.records import Filter, NewScreen, Query
from deskhand.memory.screens import VisualMemory
from tests.memory_embedders import ColourEmbedder, WordEmbedder
from tests.memory_screens import NOON, draw, screen

SECRET = "xylophone"


def open_memory(folder: Path, index_from: int = 10_000) -> VisualMemory:
    return VisualMemory.open(
        folder,
        text_embedder=WordEmbedder(),
        image_embedder=ColourEmbedder(),
        index_from=index_from,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "memory"


def holding(folder: Path, *traces: bytes) -> list[str]:
    """Return the files that hold any of some bytes, or are named so."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(trace in path.read_bytes() for trace in traces)
    ]


def traces_of(folder: Path, id: str) -> list[bytes]:
    """Return what of a screen must be gone: its words, its vectors, its points."""
    database = sqlite3.connect(folder / FILE)
    (number,) = database.execute("SELECT number FROM screens WHERE id = ?", (id,)).fetchone()
    vectors = [
        data for (data,) in database.execute("SELECT data FROM vectors WHERE item = ?", (number,))
    ]
    (points,) = database.execute("SELECT data FROM points WHERE screen = ?", (number,)).fetchone()
    database.close()
    # The colour of a picture is another's as well.
    vectors = [vector for vector in vectors if len(vector) > 12]
    # FTS5 leaves out what a word has in common with the one before.
    words = [SECRET.encode(), SECRET[3:].encode(), b"31,337"]
    return [*words, *vectors, points[:200], points[-200:]]


@pytest.mark.parametrize("index_from", [10_000, 1], ids=["exact", "chroma"])
def test_nothing_of_a_forgotten_screen_is_left(folder: Path, index_from: int) -> None:
    with open_memory(folder, index_from) as memory:
        for number in range(30):
            memory.add(screen(f"other screen {number}", f"{number:,}", seed=number + 1))
        added = memory.add(screen(f"the {SECRET} costs 31,337", window=SECRET, seed=77))
    # Closing moves all from the log into the file.
    with open_memory(folder, index_from) as memory:
        memory.reindex()
        memory.search(Query(text="screen"))
        picture = memory.show(added.id).picture
        traces = traces_of(folder, added.id)
        assert len(traces) == 6
        assert FILE in holding(folder, *traces)
        if index_from == 1:
            assert memory.stats().vector_search == "chroma"
            assert "chroma.sqlite3" in holding(folder, *traces)
        assert memory.forget(Filter(ids={added.id})) == 1
        assert holding(folder, *traces, added.id.encode()) == []
        assert not picture.exists()
        assert memory.search(Query(text=SECRET, limit=50))[0].reasons[0].source != "words"
        assert len(memory.list()) == 30
        assert memory.check() == []
        with pytest.raises(BadArgumentError) as caught:
            memory.show(added.id)
    assert str(caught.value) == f"there is no screen '{added.id}' in the memory"
    assert holding(folder, *traces) == []


def test_an_empty_filter_forgets_nothing(folder: Path) -> None:
    with open_memory(folder) as memory:
        memory.add(screen("kept"))
        for nothing in (Filter(), Filter(app="", window="", tags=(), ids=())):
            with pytest.raises(BadArgumentError) as caught:
                memory.forget(nothing)
            assert str(caught.value) == (
                "an empty filter would forget everything; say which screens, such as since=…"
            )
        assert len(memory.list()) == 1


def test_what_a_filter_names_is_forgotten(folder: Path) -> None:
    with open_memory(folder) as memory:
        for number in range(6):
            memory.add(screen(f"screen {number}", app="ab"[number % 2], minutes=number * 60))
        assert memory.forget(Filter(app="a", since=NOON + timedelta(minutes=100))) == 2
        assert [record.lines[0] for record in memory.list()] == [
            "screen 5", "screen 3", "screen 1", "screen 0",
        ]  # fmt: skip
        assert memory.forget(Filter(app="a", since=NOON + timedelta(minutes=100))) == 0


def test_old_screens_are_not_retained(folder: Path) -> None:
    now = datetime.now(UTC)
    with open_memory(folder) as memory:
        for days in range(5):
            memory.add(
                NewScreen(
                    pixels=draw([f"{days} days"]),
                    lines=(f"{days} days",),
                    time=now - timedelta(days=days, hours=1),
                )
            )
        memory.add(NewScreen(pixels=draw(["4 days"]), lines=("4 days",), time=now))
        assert memory.retain(max_age=timedelta(days=2)) == 2
        kept = {record.lines[0] for record in memory.list()}
        assert kept == {"0 days", "1 days", "4 days"}, "what was seen again lately stays"
        assert memory.retain(max_age=timedelta(days=2)) == 0


def test_a_memory_that_is_too_large_loses_its_oldest(folder: Path) -> None:
    with open_memory(folder) as memory:
        for number in range(20):
            memory.add(screen(f"screen {number}", minutes=number, seed=number + 1))
        stats = memory.stats()
        limit = (stats.database_bytes + stats.picture_bytes) // 2
        assert memory.retain(max_bytes=limit) > 5
        stats = memory.stats()
        assert stats.picture_bytes + stats.database_bytes <= limit
        kept = [record.lines[0] for record in memory.list()]
        assert kept == [f"screen {19 - at}" for at in range(len(kept))]
        assert memory.retain(max_bytes=limit) == 0


def test_negative_limits_are_refused(folder: Path) -> None:
    with open_memory(folder) as memory:
        with pytest.raises(BadArgumentError) as caught:
            memory.retain(max_bytes=-1)
        assert str(caught.value) == "max_bytes must not be negative, got -1"
        with pytest.raises(BadArgumentError) as caught:
            memory.retain(max_age=timedelta(days=-1))
        assert str(caught.value) == "max_age must not be negative, got -1 day, 0:00:00"


def test_what_is_wrong_is_found_and_mended(folder: Path) -> None:
    with open_memory(folder) as memory:
        ids = [memory.add(screen(f"screen {number}", seed=number + 1)).id for number in range(4)]
        records = [memory.show(id) for id in ids]
        records[0].picture.unlink()
        records[1].picture.write_bytes(records[1].picture.read_bytes()[:500])
        stray = records[2].picture.with_name("000000000000.png")
        stray.write_bytes(b"left over")
        unfinished = records[2].picture.with_suffix(".part")
        unfinished.write_bytes(b"cut")
        database = sqlite3.connect(folder / FILE)
        database.execute("INSERT INTO vectors(space, item, data) VALUES (1, 4711, x'00')")
        database.execute("INSERT INTO words(words) VALUES ('delete-all')")
        database.commit()
        database.close()
        for path in (stray, unfinished):
            path.chmod(0o600)
        expected = {
            ("1 vectors of no screen", ""),
            ("1 vectors of another length than their space", ""),
            ("the full-text index 'words' does not agree with the texts", ""),
            ("a picture that belongs to no screen", stray.name),
            (
                "a picture that was not written to its end",
                unfinished.name,
            ),
            ("the screen has no picture", ids[0]),
            (
                f"the screen has a picture of 500 bytes, not {memory_size(folder, ids[1])}",
                ids[1],
            ),
        }
        assert {(one.what, one.subject) for one in memory.check()} == expected
        assert not any(one.is_repaired for one in memory.check())
        assert all(one.is_repaired for one in memory.check(repair=True))
        assert memory.check() == []
        assert {record.id for record in memory.list()} == set(ids[2:])
        assert memory.search(Query(text="screen 3"))[0].record.id == ids[3]


def memory_size(folder: Path, id: str) -> int:
    database = sqlite3.connect(folder / FILE)
    (size,) = database.execute("SELECT picture_bytes FROM screens WHERE id = ?", (id,)).fetchone()
    database.close()
    return int(size)


def test_a_damaged_database_is_told(folder: Path) -> None:
    with open_memory(folder) as memory:
        for number in range(40):
            memory.add(screen(f"screen {number}", *(f"line {each} {number}" for each in range(9))))
    path = folder / FILE
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8192] = b"\xa5" * 8192
    path.write_bytes(content)
    with open_memory(folder) as memory:
        problems = memory.check(repair=True)
    assert problems
    assert all(one.what.startswith("the database is damaged: ") for one in problems)
    assert all(one.what.endswith("; bring it back from a backup") for one in problems)
    assert not any(one.is_repaired for one in problems)
