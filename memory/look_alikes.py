"""Screens by their looks, with no model: whole pictures by hashes."""

from dataclasses import dataclass

import numpy as np

from .database import Database
from .picture_hashes import distances
from .screen_rows import Looks

ALIKE = 18
"""Bits of 64 in which a hash of the same screen may differ; two screens differ in 32 on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A screen that looks alike."""

    number: int
    score: float


def find_alike(database: Database, looks: Looks, among: set[int] | None, limit: int) -> list[Alike]:
    """Return the screens whose hashes are near, best first."""
    rows = database.connection.execute("SELECT number, tones, outlines FROM screens").fetchall()
    if not rows:
        return []
    table = np.array(rows, dtype=np.int64)
    nearer = np.minimum(distances(looks.tones, table[:, 1]), distances(looks.outlines, table[:, 2]))
    order = np.lexsort((-table[:, 0], nearer))
    found: list[Alike] = []
    for row in order.tolist():
        if nearer[row] > ALIKE or len(found) == limit:
            break
        number = int(table[row, 0])
        if among is None or number in among:
            found.append(Alike(number=number, score=1.0 - float(nearer[row]) / 64))
    return found
