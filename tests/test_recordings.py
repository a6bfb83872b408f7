"""Moments of recordings in the memory: found, replaced, forgotten, and beside screens."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskhand.memory.database import FILE, VERSION
from deskhand.memory.errors import BadArgumentError
from deskhand.memory.recording_rows import Moment
from deskhand.memory.recordings import NewRecording, RecordingMemory
from deskhand.memory.records import Filter
from deskhand.memory.screens import VisualMemory
from deskhand.tools.remembering.recall import recall
from deskhand.tools.remembering.recall_all import citation, in_one_ranking
from tests.memory_embedders import WordEmbedder
from tests.memory_screens import screen

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def said(start_s: float, text: str) -> Moment:
    return Moment(start_s=start_s, end_s=start_s + 2, source="speech", text=text)


def shown(start_s: float, text: str) -> Moment:
    return Moment(start_s=start_s, end_s=start_s + 5, source="screen", text=text)


def recording(
    *moments: Moment, content: str = "a", path: str = "/a.mp4", time: datetime = NOON
) -> NewRecording:
    return NewRecording(
        content=content,
        path=path,
        kind="video",
        duration_s=90.0,
        time=time,
        moments=moments,
    )


MEETING = recording(
    shown(0.0, "Minutes of the board"),
    said(5.2, "The budget for the printer is approved"),
    shown(61.5, "Invoice 4711 is paid"),
    said(65.0, "Invoice 4712 comes next week"),
)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[RecordingMemory]:
    with RecordingMemory.open(tmp_path, text_embedder=WordEmbedder()) as opened:
        yield opened


def lines(memory: RecordingMemory, text: str) -> list[str]:
    return [hit.moment.text for hit in memory.search(text)]


def test_a_line_is_found_by_number_words_and_meaning(memory: RecordingMemory) -> None:
    kept = memory.add(MEETING)
    assert kept.n_moments == 4
    first, *_others = memory.search("invoice 4711")
    assert first.moment.text == "Invoice 4711 is paid"
    assert first.citation == f"[video:{kept.id}@1:01]"
    assert lines(memory, "budget printer")[0] == "The budget for the printer is approved"
    assert lines(memory, "bill") == []
    assert memory.unindexed() == 4
    told: list[tuple[int, int]] = []
    assert memory.embed(lambda done, of: told.append((done, of))) == 4
    assert (memory.unindexed(), told) == (0, [(4, 4)])
    assert "Invoice 4711 is paid" in lines(memory, "bill")
    with pytest.raises(BadArgumentError, match="nothing to look for; expected a text"):
        memory.search("  ")


def test_the_same_content_is_one_recording(memory: RecordingMemory) -> None:
    first = memory.add(MEETING)
    memory.embed()
    moved = memory.add(recording(*MEETING.moments, path="/b.mp4"))
    assert (moved.id, moved.path) == (first.id, "/b.mp4")
    assert memory.unindexed() == 0
    other = memory.add(recording(said(1.0, "Something else")))
    assert (other.id, other.n_moments) == (first.id, 1)
    assert lines(memory, "invoice 4711") == []
    assert [one.id for one in memory.list()] == [first.id]


def test_recordings_of_a_time(memory: RecordingMemory) -> None:
    old = memory.add(recording(said(0, "old words"), content="o", time=NOON - timedelta(days=9)))
    new = memory.add(recording(said(0, "new words"), content="n"))
    assert [one.id for one in memory.list()] == [new.id, old.id]
    since = NOON - timedelta(days=1)
    assert [hit.recording.id for hit in memory.search("words", since=since)] == [new.id]
    assert [hit.recording.id for hit in memory.search("words", until=since)] == [old.id]
    assert memory.forget(until=since) == 1
    assert [one.id for one in memory.list()] == [new.id]


def test_nothing_of_a_forgotten_recording_is_left(tmp_path: Path) -> None:
    with RecordingMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        kept = memory.add(recording(said(0, "the xylophone costs 31,337"), said(9, "other words")))
        memory.embed()
        with closing(sqlite3.connect(tmp_path / FILE)) as database:
            vectors = [row[0] for row in database.execute("SELECT data FROM vectors")]
        assert holding(tmp_path, b"xylophone", vectors[0])
        [(number, _), _other] = memory.lines(kept)
        assert memory.forget_lines([number]) == 1
        assert holding(tmp_path, b"xylophone", b"31,337", vectors[0]) == []
        assert lines(memory, "other words") == ["other words"]
        assert memory.forget(ids=[kept.id]) == 1
        assert holding(tmp_path, b"other words", vectors[1]) == []
        with pytest.raises(BadArgumentError, match="say which recordings to forget"):
            memory.forget()


def holding(folder: Path, *traces: bytes) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(trace in path.read_bytes() for trace in traces)
    ]


def test_a_check_finds_and_mends_vectors_of_no_line(tmp_path: Path) -> None:
    with RecordingMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        memory.add(MEETING)
        memory.embed()
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("UPDATE vectors SET item = 99 WHERE item = 1")
        database.execute("INSERT INTO moment_words(moment_words) VALUES ('delete-all')")
        database.commit()
    with VisualMemory.open(tmp_path) as screens:
        found = {problem.what for problem in screens.check(repair=True)}
        assert found == {
            "1 vectors of no moment",
            "the full-text index 'moment_words' does not agree with the texts",
        }
        assert screens.check() == []
        assert (screens.stats().recordings, screens.stats().moments) == (1, 4)
    with RecordingMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        assert (memory.unindexed(), lines(memory, "invoice 4711")[0]) == (1, "Invoice 4711 is paid")


def test_a_memory_of_the_second_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path) as screens:
        screens.add(screen("an old screen"))
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        for table in ("moment_words", "moments", "recordings"):
            database.execute(f"DROP TABLE {table}")
        database.execute("PRAGMA user_version = 2")
    with RecordingMemory.open(tmp_path) as memory:
        memory.add(MEETING)
    with VisualMemory.open(tmp_path) as screens:
        assert screens.stats().screens == 1
        assert screens.check() == []
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_screens_and_moments_are_one_ranking(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path) as screens, RecordingMemory.open(tmp_path) as memory:
        plain = screens.add(screen("Invoice list", "nothing with that number"))
        exact = screens.add(screen("Invoice 4712 as a PDF"))
        kept = memory.add(MEETING)
        found = in_one_ranking(
            "invoice 4711",
            recall(screens, text="invoice 4711", filter=Filter(), limit=9),
            memory.search("invoice 4711"),
            9,
        )
        cited = [citation(one) for one in found]
        assert cited[0] == f"[video:{kept.id}@1:01]"
        assert {f"[screen:{plain.id}]", f"[screen:{exact.id}]"} <= set(cited)
        other = in_one_ranking(
            "invoice 4712 PDF",
            recall(screens, text="invoice 4712 PDF", filter=Filter(), limit=9),
            memory.search("invoice 4712 PDF"),
            2,
        )
        assert [citation(one) for one in other] == [
            f"[screen:{exact.id}]", f"[video:{kept.id}@1:05]",
        ]  # fmt: skip
