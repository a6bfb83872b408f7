"""Screens by their looks, with no model: the whole in another size or theme, and parts of one.

Whole pictures are found by their hashes, parts by their points. What is found either way is held
against the points, so that two pages of much the same layout are told apart.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .database import Database
from .local_features import ASKED_A_CELL, Points, count_fitting, points_of, votes_for
from .picture_hashes import distances, looks_of
from .screen_rows import Looks, in_parts

SAME = 4
"""Bits of 64 in which a hash of the very same picture may differ."""
ALIKE = 18
"""Bits in which a hash of the same screen may differ in another size; two screens differ in 32."""
SURE_POINTS = 8
"""Points of a part that must fit; `benchmarks/memory_looks.py` says what asking for less costs."""
SHARE = 0.03
"""Part of all points asked for that must fit: dense text fits dense text somewhere."""
CANDIDATES = 40
"""How many screens are held against the points; each takes some milliseconds."""
AT_ONCE = 2_000
"""Screens whose points are in memory at a time: some 50 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A screen that looks alike."""

    number: int
    score: float
    """Above 0; 1 for the same picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What a picture is found by."""

    looks: Looks
    points: Points


def appearance_of(pixels: NDArray[np.uint8]) -> Appearance:
    """Return what a picture, or a part of one, is found by."""
    return Appearance(looks=looks_of(pixels), points=points_of(pixels, a_cell=ASKED_A_CELL))


def kept_appearance(database: Database, number: int) -> Appearance:
    """Return what a screen that is kept is found by."""
    run = database.connection.execute
    tones, outlines = run(
        "SELECT tones, outlines FROM screens WHERE number = ?", (number,)
    ).fetchone()
    row = run("SELECT data FROM points WHERE screen = ?", (number,)).fetchone()
    return Appearance(
        looks=Looks(tones=tones, outlines=outlines),
        points=Points.from_bytes(b"" if row is None else row[0]),
    )


def find_alike(
    database: Database, asked: Appearance, among: Collection[int] | None, limit: int
) -> list[Alike]:
    """Return the screens that look like a picture or show it as a part, best first."""
    bits = _bits_apart(database, asked.looks, among)
    votes = _votes(database, asked.points, among)
    nearest = sorted((one for one in bits if bits[one] <= ALIKE), key=lambda one: bits[one])
    elected = sorted(votes, key=lambda one: (-votes[one], -one))
    candidates = {*nearest[:CANDIDATES], *elected[:CANDIDATES]}
    found = []
    for number, points in _points(database, sorted(candidates)):
        share = count_fitting(asked.points, points) / max(1, len(asked.points.places))
        score = _score(bits[number], share, share * len(asked.points.places))
        if score > 0:
            found.append(Alike(number=number, score=score))
    found.sort(key=lambda one: (-one.score, -one.number))
    return found[:limit]


def _score(bits: int, share: float, fitting: float) -> float:
    if bits <= SAME:
        return 1.0 - bits / 64 + min(share, 1.0) / 64
    if fitting >= SURE_POINTS and share >= SHARE:
        return min(share, 0.9)
    return 0.0


def _bits_apart(database: Database, looks: Looks, among: Collection[int] | None) -> dict[int, int]:
    rows = database.connection.execute("SELECT number, tones, outlines FROM screens").fetchall()
    if not rows:
        return {}
    table = np.array(rows, dtype=np.int64)
    nearer = np.minimum(distances(looks.tones, table[:, 1]), distances(looks.outlines, table[:, 2]))
    pairs = zip(table[:, 0].tolist(), nearer.tolist(), strict=True)
    return {number: bits for number, bits in pairs if among is None or number in among}


def _votes(database: Database, asked: Points, among: Collection[int] | None) -> dict[int, int]:
    if among is None:
        rows = database.connection.execute("SELECT screen FROM points ORDER BY screen")
        numbers = [number for (number,) in rows]
    else:
        numbers = sorted(among)
    votes: dict[int, int] = {}
    for start in range(0, len(numbers), AT_ONCE):
        several = _points(database, numbers[start : start + AT_ONCE])
        if not several:
            continue
        counts = [len(points.places) for _, points in several]
        owners = np.repeat(np.array([number for number, _ in several], dtype=np.int64), counts)
        signs = np.concatenate([points.signs for _, points in several])
        places = np.concatenate([points.places for _, points in several])
        votes |= votes_for(asked, signs, places, owners)
    return votes


def _points(database: Database, numbers: Sequence[int]) -> list[tuple[int, Points]]:
    found: list[tuple[int, Points]] = []
    for part, marks in in_parts(numbers):
        rows = database.connection.execute(
            f"SELECT screen, data FROM points WHERE screen IN ({marks})", part
        )
        found.extend((number, Points.from_bytes(data)) for number, data in rows)
    return found
