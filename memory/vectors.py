"""Vectors in the database, and the exact search over them.

Every vector lies in the database with the space it belongs to, so that two spaces are never
compared and no vector outlives its screen. What Chroma holds is an index made from here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from .database import Database
from .embedding import Vectors
from .errors import ModelOutputError
from .screen_rows import in_parts

Kind = Literal["text", "picture", "task", "moment"]
"""Of a screen's text (some a screen), of its picture (one), of an episode's task (one), of a line
that is shown or said in a recording (one)."""
NEAR_UNIT = 0.01
GROWTH = 1.5
ROWS_AN_ITEM = 8

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where vectors can be compared."""

    kind: Kind
    name: str
    """What the embedder calls it: the model with its revision."""
    dimensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An item that was found."""

    item: int
    cosine: float


def checked_vectors(vectors: Vectors, space: Space, count: int) -> Vectors:
    """Return what an embedder gave, as unit vectors.

    Raises:
        ModelOutputError: If it is not what the embedder promises.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.shape != (count, space.dimensions):
        raise ModelOutputError(
            f"the embedder {space.name} promised {(count, space.dimensions)} numbers, "
            f"got {rows.shape}"
        )
    if not np.isfinite(rows).all():
        raise ModelOutputError(f"the embedder {space.name} gave a vector that is not finite")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    # A text without words may have no direction; it is near nothing.
    unit: Vectors = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NEAR_UNIT)
    return unit


class VectorRows:
    """The vectors of a database."""

    def __init__(self, database: Database) -> None:
        self._run = database.connection.execute
        self._many = database.connection.executemany

    def space_number(self, space: Space) -> int | None:
        """Return the number of a space, None if it has none yet."""
        row = self._run(
            "SELECT number FROM spaces WHERE kind = ? AND space = ? AND dimensions = ?",
            (space.kind, space.name, space.dimensions),
        ).fetchone()
        return None if row is None else int(row[0])

    def insert(self, space: Space, items: Sequence[int], vectors: Vectors) -> None:
        """Add vectors of items, in the transaction of the caller."""
        if not items:
            return
        self._run(
            "INSERT OR IGNORE INTO spaces(kind, space, dimensions) VALUES (?, ?, ?)",
            (space.kind, space.name, space.dimensions),
        )
        number = self.space_number(space)
        rows = [
            (number, item, vector.tobytes()) for item, vector in zip(items, vectors, strict=True)
        ]
        self._many("INSERT INTO vectors(space, item, data) VALUES (?, ?, ?)", rows)

    def of_item(self, space: Space, item: int) -> Vectors:
        """Return the vectors of one item."""
        rows = self._run(
            "SELECT data FROM vectors WHERE space = ? AND item = ?",
            (self.space_number(space), item),
        )
        return _stacked([data for (data,) in rows], space.dimensions)

    def after(
        self, space: Space, sequence: int, limit: int = -1
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Vectors]:
        """Return sequence, item and vector of what was added after a sequence, in order."""
        rows = self._run(
            "SELECT sequence, item, data FROM vectors WHERE space = ? AND sequence > ? "
            "ORDER BY sequence LIMIT ?",
            (self.space_number(space), sequence, limit),
        ).fetchall()
        return (
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            _stacked([row[2] for row in rows], space.dimensions),
        )

    def sequence_at(self, space: Space, count: int) -> int:
        """Return the sequence of the so-manieth vector of a space, 0 for none."""
        if count == 0:
            return 0
        row = self._run(
            "SELECT sequence FROM vectors WHERE space = ? ORDER BY sequence LIMIT 1 OFFSET ?",
            (self.space_number(space), count - 1),
        ).fetchone()
        # More than there are: the index is ahead of an older view of the database.
        return int(row[0]) if row is not None else 2**62

    def by_sequence(
        self, space: Space, sequences: Sequence[int]
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return item and vector of those sequences that are still there."""
        items: list[int] = []
        blobs: list[bytes] = []
        number = self.space_number(space)
        for part, marks in in_parts(sequences):
            for item, data in self._run(
                f"SELECT item, data FROM vectors WHERE space = ? AND sequence IN ({marks})",
                (number, *part),
            ):
                items.append(item)
                blobs.append(data)
        return np.array(items, dtype=np.int64), _stacked(blobs, space.dimensions)

    def of_items(self, space: Space, items: Sequence[int]) -> tuple[NDArray[np.int64], Vectors]:
        """Return item and vector of all vectors of some items."""
        found: list[int] = []
        blobs: list[bytes] = []
        number = self.space_number(space)
        for part, marks in in_parts(items):
            for item, data in self._run(
                f"SELECT item, data FROM vectors WHERE space = ? AND item IN ({marks})",
                (number, *part),
            ):
                found.append(item)
                blobs.append(data)
        return np.array(found, dtype=np.int64), _stacked(blobs, space.dimensions)

    def count(self, space: Space) -> int:
        """Return how many vectors there are in a space."""
        row = self._run(
            "SELECT count(*) FROM vectors WHERE space = ?", (self.space_number(space),)
        ).fetchone()
        return int(row[0])

    def drop_others(self, space: Space) -> bool:
        """Take out the vectors of a kind from other spaces; tell whether there were any."""
        cursor = self._run(
            "DELETE FROM spaces WHERE kind = ? AND number != ?",
            (space.kind, self.space_number(space) or 0),
        )
        return cursor.rowcount > 0


@dataclass(slots=True)
class LoadedVectors:
    """All vectors of a space in memory, kept up to date."""

    space: Space
    last: int = 0
    count: int = 0
    items: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    matrix: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def catch_up(self, rows: VectorRows) -> None:
        """Load what was added since."""
        sequences, items, vectors = rows.after(self.space, self.last)
        if not len(items):
            return
        needed = self.count + len(items)
        if needed > len(self.items):
            size = needed if self.count == 0 else int(needed * GROWTH)
            self.items = _grown(self.items, (size,))
            self.matrix = _grown(self.matrix, (size, self.space.dimensions))
        self.items[self.count : needed] = items
        self.matrix[self.count : needed] = vectors
        self.count = needed
        self.last = int(sequences[-1])

    def nearest(
        self, query: Vectors, limit: int, among: Collection[int] | None = None
    ) -> list[Near]:
        """Return the nearest items; `among` keeps to some."""
        return nearest_items(
            query, self.items[: self.count], self.matrix[: self.count], limit, among
        )


def nearest_items(
    query: Vectors,
    items: NDArray[np.int64],
    matrix: Vectors,
    limit: int,
    among: Collection[int] | None = None,
) -> list[Near]:
    """Return the items whose best vector is nearest to a query, by exact cosine.

    Args:
        query: One unit vector.
        items: The item of each row.
        matrix: Unit vectors.
        limit: How many items at most.
        among: Which items; None for all.
    """
    if among is not None:
        kept = np.isin(items, np.fromiter(among, np.int64, len(among)))
        items, matrix = items[kept], matrix[kept]
    if not len(items):
        return []
    cosines = matrix @ query
    # An item has several vectors at most: so many rows hold the best of enough items.
    rows = min(len(items), limit * ROWS_AN_ITEM)
    best = np.argpartition(-cosines, rows - 1)[:rows]
    found = best_of_each(items[best], cosines[best], limit)
    if len(found) < limit and rows < len(items):
        return best_of_each(items, cosines, limit)
    return found


def best_of_each(items: NDArray[np.int64], cosines: Vectors, limit: int) -> list[Near]:
    """Return each item once with its best cosine, best first."""
    best: dict[int, float] = {}
    for row in np.lexsort((-items, -cosines)):
        best.setdefault(int(items[row]), float(cosines[row]))
        if len(best) == limit:
            break
    return [Near(item=item, cosine=cosine) for item, cosine in best.items()]


def _stacked(blobs: Sequence[bytes], dimensions: int) -> Vectors:
    if not blobs:
        return np.zeros((0, dimensions), np.float32)
    return np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(-1, dimensions)


def _grown(array: NDArray[_Scalar], shape: tuple[int, ...]) -> NDArray[_Scalar]:
    grown = np.zeros(shape, dtype=array.dtype)
    if len(array):
        grown[: len(array)] = array
    return grown
