"""How quick and how right the search among many vectors is: Chroma beside comparing them all.

    nice .venv/bin/python benchmarks/memory_scale.py --vectors 20000

Vectors are synthetic: of 384 numbers, in clusters, as texts about some hundred subjects are. Both
ways answer the same queries in turn; recall@10 is the part of the true ten nearest that was found.
With `--screens` it also measures a whole memory: adding, searching by words, forgetting.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from deskhand.memory.chroma_index import ChromaIndex, open_embedded
from deskhand.memory.database import Database
from deskhand.memory.embedding import Vectors
from deskhand.memory.records import Filter, NewScreen, Query
from deskhand.memory.screens import VisualMemory
from deskhand.memory.vectors import LoadedVectors, Space, VectorRows

DIMENSIONS = 384
SPACE = Space(kind="text", name="synthetic", dimensions=DIMENSIONS)
CLUSTERS = 300
SPREAD = 0.05
AT_ONCE = 2000
TOP = 10
SEED = 20261125


def vectors_of(count: int, seed: int) -> Vectors:
    """Return unit vectors around the same centres, whatever the seed."""
    centres = np.random.default_rng(SEED).normal(size=(CLUSTERS, DIMENSIONS)) / DIMENSIONS**0.5
    random = np.random.default_rng(seed)
    rows = centres[random.integers(0, CLUSTERS, count)]
    rows = (rows + random.normal(size=rows.shape) * SPREAD).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds on the wall and of CPU that something takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def size_of(folder: Path) -> float:
    """Return the MB of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def resident() -> float:
    """Return the MB of memory of this process."""
    return float(psutil.Process().memory_info().rss) / 1e6


def percentiles(times_s: Sequence[float]) -> str:
    """Return the median and the 95th percentile in ms."""
    p95 = float(np.percentile(times_s, 95)) * 1000
    return f"p50 {statistics.median(times_s) * 1000:7.2f} ms  p95 {p95:7.2f} ms"


def compare(count: int, queries: int, folder: Path) -> None:
    """Build both and ask both."""
    database = Database(folder)
    rows = VectorRows(database)

    def write() -> None:
        for start in range(0, count, AT_ONCE):
            several = min(AT_ONCE, count - start)
            with database.transaction():
                items = list(range(start, start + several))
                rows.insert(SPACE, items, vectors_of(several, start + 1))

    wall, cpu = clocked(write)
    print(f"database       written {wall:7.1f} s, {cpu:6.1f} s CPU, {size_of(folder):7.1f} MB")
    before = resident()
    index_folder = folder / "index"
    index = ChromaIndex(open_embedded(index_folder), memory="benchmark", generation=0)

    def build() -> None:
        while (held := index.count(SPACE)) < count:
            sequences, _, vectors = rows.after(SPACE, rows.sequence_at(SPACE, held), AT_ONCE)
            index.add(SPACE, sequences.tolist(), vectors)

    wall, cpu = clocked(build)
    print(
        f"Chroma         built   {wall:7.1f} s, {cpu:6.1f} s CPU, {size_of(index_folder):7.1f} MB, "
        f"{resident() - before:6.0f} MB of memory more"
    )
    before = resident()
    loaded = LoadedVectors(space=SPACE)
    wall, cpu = clocked(lambda: loaded.catch_up(rows))
    print(
        f"comparing all  loaded  {wall:7.1f} s, {cpu:6.1f} s CPU, no more on disk, "
        f"{resident() - before:6.0f} MB of memory more"
    )
    ask(index, rows, loaded, queries)
    index.close()
    database.close()


def ask(index: ChromaIndex, rows: VectorRows, loaded: LoadedVectors, queries: int) -> None:
    """Ask both the same queries in turn, and print their times and how often they agree."""
    truth_s: list[float] = []
    chroma_s: list[float] = []
    found = 0
    for query in vectors_of(queries, -1 % 2**31):
        started = time.perf_counter()
        exact = {near.item for near in loaded.nearest(query, TOP)}
        between = time.perf_counter()
        sequences = index.nearest(SPACE, query, 4 * TOP)
        items, vectors = rows.by_sequence(SPACE, sequences)
        best = items[np.argsort(-(vectors @ query))[:TOP]]
        chroma_s.append(time.perf_counter() - between)
        truth_s.append(between - started)
        found += len(exact & set(best.tolist()))
    print(f"Chroma         {percentiles(chroma_s)}  recall@{TOP} {found / (TOP * queries):.4f}")
    print(f"comparing all  {percentiles(truth_s)}  recall@{TOP} 1 by definition")


class RandomTexts:
    """An embedder that costs nothing: a text's hash seeds its vector."""

    space = "hash"
    dimensions = DIMENSIONS

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text."""
        return np.concatenate([vectors_of(1, hash(text) % 2**31) for text in texts])


def whole_memory(count: int, folder: Path) -> None:
    """Add so many screens, search them, forget one."""
    random = np.random.default_rng(SEED)
    vocabulary = [f"{'aeiou'[n % 5]}{n:x}word" for n in range(20_000)]
    now = datetime.now(UTC)
    times: list[float] = []
    with VisualMemory.open(folder, text_embedder=RandomTexts()) as memory:
        for number in range(count):
            words = [vocabulary[at] for at in random.integers(0, len(vocabulary), 200)]
            lines = tuple(" ".join(words[at : at + 8]) for at in range(0, 200, 8))
            # Small pictures: their size is measured elsewhere, here it is the database.
            pixels = random.integers(0, 255, (72, 128, 3), dtype=np.uint8)
            screen = NewScreen(
                pixels=pixels,
                lines=(*lines, f"invoice {number:,}"),
                time=now - timedelta(minutes=number),
            )
            started = time.perf_counter()
            memory.add(screen)
            times.append(time.perf_counter() - started)
        print(f"{count} screens: adding     {percentiles(times)}")
        print(f"{memory.stats()}")
        for name, texts in {
            "one number": [f"{n:,}" for n in random.integers(0, count, 30)],
            "three words": [" ".join(random.choice(vocabulary, 3)) for _ in range(30)],
            "a slip": ["inovice" for _ in range(10)],
        }.items():
            pairs = [clocked(partial(memory.search, Query(text=text))) for text in texts]
            cpu = statistics.median(cpu for _, cpu in pairs) * 1000
            print(f"search by {name:12} {percentiles([one for one, _ in pairs])}, {cpu:.1f} ms CPU")
        picture = random.integers(0, 255, (72, 128, 3), dtype=np.uint8)
        wall, cpu = clocked(lambda: memory.search(Query(image=picture)))
        print(f"search by a picture  {wall:6.2f} s, {cpu:6.2f} s CPU")
        (latest,) = memory.list(Filter(), 1)
        wall, cpu = clocked(lambda: memory.forget(Filter(ids={latest.id})))
        print(f"forgetting one       {wall:6.2f} s, {cpu:6.2f} s CPU")
        wall, cpu = clocked(memory.check)
        print(f"checking             {wall:6.2f} s, {cpu:6.2f} s CPU")


def main() -> int:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--vectors", type=int, default=100_000)
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--screens", type=int, default=0, help="measure a whole memory as well")
    given = options.parse_args()
    print(
        f"{given.vectors} vectors of {DIMENSIONS}, {given.queries} queries, {os.cpu_count()} cores"
    )
    print(f"{platform.machine()}, load {os.getloadavg()[0]:.1f}, seed {SEED}")
    if given.vectors:
        with tempfile.TemporaryDirectory() as folder:
            compare(given.vectors, given.queries, Path(folder))
    if given.screens:
        with tempfile.TemporaryDirectory() as folder:
            whole_memory(given.screens, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
