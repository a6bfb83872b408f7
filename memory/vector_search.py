"""Nearest vectors: exact in this process, or through Chroma where that is quicker."""

from collections.abc import Collection

from .database import Database
from .embedding import Vectors
from .vectors import LoadedVectors, Near, Space, VectorRows


class VectorSearch:
    """Finds the nearest vectors of a memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows = VectorRows(database)
        self._loaded: dict[Space, LoadedVectors] = {}
        self._erasures: object = None

    def nearest(
        self, space: Space, query: Vectors, limit: int, among: Collection[int] | None
    ) -> list[Near]:
        """Return the items whose best vector is nearest to a query, best first."""
        erasures = self._database.fact("erasures")
        if erasures != self._erasures:
            self._loaded.clear()
            self._erasures = erasures
        loaded = self._loaded.setdefault(space, LoadedVectors(space=space))
        loaded.catch_up(self.rows)
        return loaded.nearest(query, limit, among)
