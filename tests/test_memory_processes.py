"""Several processes on one memory, and processes that are killed in the middle."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deskhand.memory.errors import MemoryLocked
from deskhand.memory.records import Filter, Query
from deskhand.memory.screens import VisualMemory
from deskhand.memory.write_lock import writing
from tests.memory_embedders import WordEmbedder
from tests.memory_screens import screen

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.memory_kill import kill_rounds, said_by, start_writer


@contextmanager
def writer(folder: Path, what: str, rounds: int) -> Iterator[subprocess.Popen[str]]:
    """Start a process that writes, and end it."""
    with start_writer(folder, what, rounds) as process:
        yield process
        process.kill()


def test_reading_beside_a_writer_sees_what_is_done(tmp_path: Path) -> None:
    rounds = 12
    with (
        VisualMemory.open(tmp_path, text_embedder=WordEmbedder("writer"), index_from=1) as reader,
        writer(tmp_path, "add", rounds) as process,
    ):
        added = 0
        for said in said_by(process):
            if said[0] == "added":
                added += 1
                (best, *_) = reader.search(Query(text=f"marker{said[2]}end"))
                assert best.record.id == said[1]
                assert best.record.picture.is_file()
                assert {reason.source for reason in best.reasons} == {"words", "meaning"}
    assert added == rounds


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    rounds = 10
    with writer(tmp_path, "one", rounds) as first, writer(tmp_path, "two", rounds) as second:
        ids = [said[1] for said in said_by(first) if said[0] == "added"]
        ids += [said[1] for said in said_by(second) if said[0] == "added"]
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder("writer")) as memory:
        assert {record.id for record in memory.list()} == set(ids)
        assert len(set(ids)) == 2 * rounds
        assert memory.sources[1].unindexed == 0
        assert memory.check() == []


def test_a_held_lock_names_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "write.lock"
    with writing(lock), pytest.raises(MemoryLocked) as caught, writing(lock, patience_s=0.0):
        pass
    assert str(caught.value) == (
        f"the memory {tmp_path} is being written by process {os.getpid()} for more than 0 s; "
        "wait for it, or stop it first"
    )
    assert caught.value.holder == os.getpid()


def test_one_process_has_the_index_and_others_compare(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = WordEmbedder()
    with (
        VisualMemory.open(tmp_path, text_embedder=embedder, index_from=1) as owner,
        VisualMemory.open(tmp_path, text_embedder=embedder, index_from=1) as other,
    ):
        for number in range(5):
            owner.add(screen(f"screen {number} of invoices", seed=number + 1))
        assert owner.search(Query(text="screen 3"))
        hits = other.search(Query(text="screen 3"))
        assert owner.stats().vector_search == "chroma"
        assert other.stats().vector_search == "exact"
        assert hits[0].record.lines == ("screen 3 of invoices",)
        assert caplog.messages == [
            f"process {os.getpid()} has the vector index; comparing one by one"
        ]
        assert other.forget(Filter(ids={hits[0].record.id})) == 1
        assert owner.search(Query(text="screen 3"))[0].record.id != hits[0].record.id
        assert owner.check() == []


@pytest.mark.slow
@pytest.mark.parametrize("what", ["add", "forget", "reindex"])
def test_killed_at_any_moment_nothing_half_done_is_seen(tmp_path: Path, what: str) -> None:
    tally = kill_rounds(tmp_path, what, 5, random.Random(what))
    assert (tally.rounds, tally.wrong) == (5, [])
