"""Vectors through Chroma, in the folder and on a server, give what comparing them all gives."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.database import Database
from deskhand.memory.errors import ConfigError, MemoryDamaged, MissingExtraError
from deskhand.memory.records import Filter, Query
from deskhand.memory.screens import VisualMemory
from deskhand.memory.vectors import LoadedVectors, Space, VectorRows, nearest_items
from tests.memory_embedders import WordEmbedder
from tests.memory_screens import screen

chroma_index = pytest.importorskip("deskhand.memory.chroma_index")

SPACE = Space(kind="text", name="random", dimensions=32)
START_S = 60.0


def unit_vectors(count: int, seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    rows = np.random.default_rng(seed).normal(size=(count, 32)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma")
    process = subprocess.Popen(
        [
            Path(sys.executable).parent / "chroma", "run", "--path", str(folder),
            "--host", "127.0.0.1", "--port", str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the Chroma server ended"
                assert time.monotonic() < deadline, "the Chroma server does not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_the_best_vector_of_an_item_counts() -> None:
    vectors = unit_vectors(4)
    items = np.array([7, 8, 7, 9])
    best = nearest_items(vectors[2], items, vectors, 2)
    assert (best[0].item, round(best[0].cosine, 5)) == (7, 1.0)
    assert len({near.item for near in best}) == 2
    assert {near.item for near in nearest_items(vectors[2], items, vectors, 5, {8, 9})} == {8, 9}


def test_loaded_vectors_follow_what_is_added(tmp_path: Path) -> None:
    database = Database(tmp_path)
    rows = VectorRows(database)
    loaded = LoadedVectors(space=SPACE)
    vectors = unit_vectors(100)
    for start in range(0, 100, 10):
        with database.transaction():
            rows.insert(SPACE, list(range(start, start + 10)), vectors[start : start + 10])
        loaded.catch_up(rows)
        assert loaded.count == start + 10
        assert loaded.nearest(vectors[start + 3], 1)[0].item == start + 3
    database.close()


def test_the_index_agrees_with_comparing_all(tmp_path: Path) -> None:
    vectors = unit_vectors(1500)
    index = chroma_index.ChromaIndex(
        chroma_index.open_embedded(tmp_path / "index"), memory="m", generation=0
    )
    index.add(SPACE, list(range(1, 1501)), vectors)
    index.add(SPACE, list(range(1401, 1501)), vectors[1400:])
    assert index.count(SPACE) == 1500
    agreed = 0
    for query in unit_vectors(20, seed=1):
        exact = np.argsort(-(vectors @ query))[:10] + 1
        agreed += len(set(index.nearest(SPACE, query, 10)) & set(exact.tolist()))
    assert agreed >= 190
    index.close()


def test_a_collection_of_another_measure_is_refused(tmp_path: Path) -> None:
    client = chroma_index.open_embedded(tmp_path / "index")
    index = chroma_index.ChromaIndex(client, memory="m", generation=0)
    assert index.count(SPACE) == 0
    (name,) = [collection.name for collection in client.list_collections()]
    client.delete_collection(name)
    client.create_collection(
        name, embedding_function=None, metadata={"space": "random", "dimensions": 32}
    )
    stale = chroma_index.ChromaIndex(client, memory="m", generation=0)
    with pytest.raises(MemoryDamaged) as caught:
        stale.count(SPACE)
    assert str(caught.value) == (
        f"the Chroma collection {name} should hold 32 numbers of random by cosine, but holds 32 "
        "of random by l2; remove it"
    )
    client.close()


def test_a_server_answers_like_the_folder(tmp_path: Path, server: str) -> None:
    embedder = WordEmbedder()
    with VisualMemory.open(tmp_path / "m", server=server, text_embedder=embedder) as memory:
        for number in range(12):
            memory.add(screen(f"invoice {number} of spring", seed=number + 1))
        assert memory.reindex() == 0
        by_server = memory.search(Query(text="bill spring"))
        assert memory.stats().vector_search == "chroma server"
        assert memory.stats().index_bytes == 0
    with VisualMemory.open(tmp_path / "m", text_embedder=embedder) as memory:
        exact = memory.search(Query(text="bill spring"))
        assert memory.stats().vector_search == "exact"
    assert [hit.record.id for hit in by_server] == [hit.record.id for hit in exact]


def test_two_memories_on_one_server_are_apart(tmp_path: Path, server: str) -> None:
    embedder = WordEmbedder()
    with (
        VisualMemory.open(tmp_path / "a", server=server, text_embedder=embedder) as one,
        VisualMemory.open(tmp_path / "b", server=server, text_embedder=embedder) as other,
    ):
        one.add(screen("an invoice"))
        other.add(screen("the invoice of another"))
        one.reindex()
        other.reindex()
        hits = one.search(Query(text="bill"))
        assert [hit.record.lines for hit in hits] == [("an invoice",)]


def test_forgetting_removes_the_servers_collection(tmp_path: Path, server: str) -> None:
    def collections() -> set[str]:
        client = chroma_index.connect(server)
        names = {collection.name for collection in client.list_collections()}
        chroma_index.disconnect(client)
        return names

    before = collections()
    with VisualMemory.open(tmp_path / "m", server=server, text_embedder=WordEmbedder()) as memory:
        gone = memory.add(screen("xylophone"))
        memory.add(screen("kept"))
        memory.reindex()
        (name,) = collections() - before
        memory.forget(Filter(ids={gone.id}))
        assert name not in collections()
        assert memory.search(Query(text="xylophone"))[0].record.lines == ("kept",)
        memory.reindex()
        assert len(collections() - before) == 1
        assert memory.check() == []


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ConfigError) as caught:
        VisualMemory.open(tmp_path, server=address)
    assert str(caught.value) == (
        f"no Chroma server answers at {address}; start it, or open the memory without one"
    )


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://a", "http://a:x", "http://"])
def test_what_is_no_address_is_told(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        VisualMemory.open(tmp_path, server=address)
    assert str(caught.value) == (
        f"the address of a Chroma server must be like http://127.0.0.1:8000, got {address!r}"
    )


def test_without_chroma_vectors_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "deskhand.memory.chroma_index")
    monkeypatch.setitem(sys.modules, "chromadb", None)
    missing = "'chromadb' is not installed; install it with: pip install 'deskhand[memory]'"
    with pytest.raises(MissingExtraError) as caught:
        VisualMemory.open(tmp_path, server="http://127.0.0.1:8000")
    assert str(caught.value) == missing
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder(), index_from=1) as memory:
        memory.add(screen("invoice"))
        assert memory.search(Query(text="bill"))[0].record.lines == ("invoice",)
        assert memory.stats().vector_search == "exact"
    assert caplog.messages == [f"{missing}; until then vectors are compared one by one"]


def test_a_server_that_goes_away_is_done_without(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_given: object) -> None:
        raise ValueError("connection refused")

    with VisualMemory.open(tmp_path, server=server, text_embedder=WordEmbedder()) as memory:
        gone = memory.add(screen("xylophone"))
        memory.add(screen("invoice"))
        memory.reindex()
        for method in ("count", "older"):
            monkeypatch.setattr(chroma_index.ChromaIndex, method, away)
        assert memory.search(Query(text="bill"))[0].record.lines == ("invoice",)
        assert caplog.messages == [
            "the vector index does not answer (connection refused); comparing one by one"
        ]
        with pytest.raises(ConfigError) as caught:
            memory.forget(Filter(ids={gone.id}))
        assert str(caught.value) == (
            f"forgotten in {tmp_path}, but not on the Chroma server (the Chroma server {server} "
            "does not do as it is asked: connection refused); check and repair the memory when it "
            "answers"
        )
        assert [record.lines for record in memory.list()] == [("invoice",)]
        assert memory.add(screen("added all the same")).is_new
        monkeypatch.undo()
        (problem, *_) = memory.check(repair=True)
        assert problem.what == (
            "forgetting 1 screens was not finished; they are not found any more, but parts of them "
            "may be left in the files"
        )
        assert memory.check() == []
