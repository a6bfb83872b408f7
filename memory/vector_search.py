"""Nearest vectors: compared one by one, or through Chroma where that is quicker.

Comparing all is exact and, up to some ten thousand vectors, as quick as any index; any number of
processes may do it beside a writer. Above, and on a server, Chroma gives candidates, whose cosines
are then taken from the database; what Chroma does not hold yet is compared one by one. So an answer
never depends on how far the index is.
"""

import logging
import os
import shutil
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .database import Database
from .embedding import Vectors
from .errors import MemoryLocked, MissingExtraError
from .vectors import LoadedVectors, Near, Space, VectorRows, nearest_items
from .write_lock import holder_of, try_take

if TYPE_CHECKING:
    from .chroma_index import ChromaIndex

logger = logging.getLogger(__name__)

INDEX_FROM = 20_000
"""Vectors from which Chroma answers sooner; `benchmarks/memory_scale.py` shows both."""
OVERFETCH = 4
"""Several chunks of one screen may be near a query."""
FEW = 4_000
"""Items that are fetched one by one rather than loading all vectors."""
LATE = 256
"""So many vectors that the index lacks are compared one by one without bringing it up to date."""
CATCH_UP = 2_000
"""So many vectors a search adds to the index at most: `reindex` does all at once."""


class VectorSearch:
    """Finds the nearest vectors of a memory.

    Args:
        database: The open memory.
        folder: Of the memory.
        server: Address of a Chroma server; None for an index in the folder.
        index_from: Number of vectors from which the folder's index is used.
        writing: Holds the memory's lock, for so many seconds of patience.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        server: str | None,
        index_from: int,
        writing: Callable[[float], AbstractContextManager[None]],
    ) -> None:
        self.rows = VectorRows(database)
        self._database = database
        self._folder = folder / "index"
        self._server = server
        self._index_from = index_from
        self._writing = writing
        self._loaded: dict[Space, LoadedVectors] = {}
        self._generation = -1
        self._index: ChromaIndex | None = None
        self._owner: int | None = None
        self._is_refused = False
        self._reached: dict[Space, tuple[int, int]] = {}
        """How many vectors of a space the index had, and the sequence of the last."""
        if server is not None:
            self._open_index()

    @property
    def name(self) -> str:
        """Return what answers: `exact`, `chroma` or `chroma server`."""
        if self._index is None:
            return "exact"
        return "chroma" if self._server is None else "chroma server"

    def prepare(self, space: Space, *, all_of_it: bool = False) -> None:
        """Bring the index up to date, as far as a search can wait for it.

        Args:
            space: What is going to be searched.
            all_of_it: However long it takes.
        """
        self._follow()
        total = self.rows.count(space)
        if self._index is None and not self._is_refused and total >= self._index_from:
            self._open_index()
        index = self._index
        if index is None:
            return
        from .chroma_index import INDEX_ERRORS

        try:
            if total - index.count(space) >= (1 if all_of_it else LATE):
                while self._add_some(index, space) and all_of_it:
                    pass
        except MemoryLocked:
            logger.info("the vector index waits: the memory is being written")
        except INDEX_ERRORS as error:
            self._give_up(error)

    def nearest(
        self, space: Space, query: Vectors, limit: int, among: Collection[int] | None
    ) -> list[Near]:
        """Return the items whose best vector is nearest to a query, best first."""
        if among is not None and len(among) <= FEW:
            items, vectors = self.rows.of_items(space, sorted(among))
            return nearest_items(query, items, vectors, limit)
        if among is None and self._index is not None and self._generation == self._now():
            found = self._by_index(self._index, space, query, limit)
            if found is not None:
                return found
        loaded = self._loaded.setdefault(space, LoadedVectors(space=space))
        loaded.catch_up(self.rows)
        return loaded.nearest(query, limit, among)

    def drop_old_indices(self) -> None:
        """Remove the indices of what was before something was forgotten.

        The caller holds the memory's lock, so that no index is being written.
        """
        self._follow()
        if self._server_index is not None:
            self._server_index.drop_older()
        for old in self._old_folders():
            shutil.rmtree(old)

    def old_indices(self) -> list[str]:
        """Return the names of what `drop_old_indices` would remove."""
        self._follow()
        there = [] if self._server_index is None else self._server_index.older()
        return there + [old.name for old in self._old_folders()]

    def index_bytes(self) -> int:
        """Return how large the index in the folder is."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return sum(path.stat().st_size for path in files)

    def close(self) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()
            self._index = None
        if self._owner is not None:
            os.close(self._owner)
            self._owner = None

    @property
    def _server_index(self) -> "ChromaIndex | None":
        return None if self._server is None else self._index

    def _now(self) -> int:
        generation = self._database.fact("erasures")
        assert isinstance(generation, int)
        return generation

    def _follow(self) -> None:
        """Let go of what was loaded before something was forgotten."""
        now = self._now()
        if now == self._generation:
            return
        self._loaded.clear()
        self._reached.clear()
        self.close()
        self._generation = now
        self._is_refused = False
        if self._server is not None:
            self._open_index()

    def _open_index(self) -> None:
        if self._index is not None:
            return
        self._generation = self._now()
        memory = str(self._database.fact("id"))
        try:
            from .chroma_index import ChromaIndex, connect, open_embedded
        except MissingExtraError as error:
            if self._server is not None:
                raise
            self._refuse("%s; until then vectors are compared one by one", error)
            return
        if self._server is not None:
            client = connect(self._server)
        else:
            self._folder.mkdir(exist_ok=True, mode=0o700)
            self._owner = try_take(self._folder / "owner.lock")
            if self._owner is None:
                holder = holder_of(self._folder / "owner.lock")
                self._refuse("process %s has the vector index; comparing one by one", holder)
                return
            client = open_embedded(self._folder / str(self._generation))
        self._index = ChromaIndex(client, memory=memory, generation=self._generation)

    def _refuse(self, why: str, value: object) -> None:
        self._is_refused = True
        logger.warning(why, value)

    def _add_some(self, index: "ChromaIndex", space: Space) -> bool:
        """Add the next vectors to the index; tell whether there may be more."""
        with self._writing(0.0):
            if self._generation != self._now():
                return False
            last = self._sequence_at(space, index.count(space))
            sequences, _, vectors = self.rows.after(space, last, CATCH_UP)
            index.add(space, sequences.tolist(), vectors)
        return len(sequences) == CATCH_UP

    def _by_index(
        self, index: "ChromaIndex", space: Space, query: Vectors, limit: int
    ) -> list[Near] | None:
        from .chroma_index import INDEX_ERRORS

        try:
            held = index.count(space)
            sequences = index.nearest(space, query, min(held, limit * OVERFETCH)) if held else []
        except INDEX_ERRORS as error:
            self._give_up(error)
            return None
        _, late_items, late = self.rows.after(space, self._sequence_at(space, held))
        items, vectors = self.rows.by_sequence(space, sequences)
        return nearest_items(
            query,
            np.concatenate([items, late_items]),
            np.concatenate([vectors, late]),
            limit,
        )

    def _sequence_at(self, space: Space, count: int) -> int:
        kept = self._reached.get(space)
        if kept is None or kept[0] != count:
            kept = self._reached[space] = (count, self.rows.sequence_at(space, count))
        return kept[1]

    def _give_up(self, error: Exception) -> None:
        self.close()
        self._refuse("the vector index does not answer (%s); comparing one by one", error)

    def _old_folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [
            path
            for path in self._folder.iterdir()
            if path.is_dir() and path.name != str(self._generation)
        ]
