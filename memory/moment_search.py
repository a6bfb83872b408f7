"""Lines of recordings by their words and their meaning, scored as the texts of screens are."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from .folded_text import folded
from .full_text import CANDIDATES, Unit, WordsFound, rarity, score_of, units_of
from .fusion import first_place, fuse, weight_of_words
from .open_memory import OpenMemory
from .recording_rows import MomentHit, RecordingRows
from .screen_rows import in_parts

DEPTH = 50
UNRELATED = 0.25
"""Below this cosine a line has nothing to do with a query; by words it may still."""

Named = Literal["words", "meaning"]


class MomentSearch:
    """Searches the lines of recordings.

    Args:
        memory: The open memory.
        rows: Of its recordings.
    """

    def __init__(self, memory: OpenMemory, rows: RecordingRows) -> None:
        self._memory = memory
        self._rows = rows
        self._run = memory.database.connection.execute

    def search(
        self, text: str, limit: int, *, since: datetime | None, until: datetime | None
    ) -> list[MomentHit]:
        """Return the lines that answer a text, best first."""
        space = self._memory.embedders.space("moment")
        query = None if space is None else self._memory.embedders.texts([text], "moment")[0]
        if space is not None:
            self._memory.vectors.prepare(space)
        with self._memory.threads, self._memory.database.snapshot():
            allowed = None
            if since is not None or until is not None:
                allowed = self._of_recordings(self._rows.numbers(since=since, until=until))
            rankings: dict[Named, list[tuple[int, float]]] = {}
            shares: dict[int, float] = {}
            sure: set[int] = set()
            rankings["words"] = []
            for found in self._by_words(text, allowed, max(DEPTH, limit)):
                rankings["words"].append((found.number, found.score))
                shares[found.number] = found.share
                if found.has_numbers:
                    sure.add(found.number)
            if space is not None and query is not None:
                near = self._memory.vectors.nearest(space, query, max(DEPTH, limit), allowed)
                rankings["meaning"] = [
                    (one.item, one.cosine) for one in near if one.cosine >= UNRELATED
                ]
            return self._hits(rankings, shares, sure, limit)

    def count_missing(self) -> int:
        """Return how many lines have no vector in the space of today's embedder."""
        space = self._memory.embedders.space("moment")
        if space is None:
            return 0
        (count,) = self._run(
            "SELECT count(*) FROM moments m WHERE NOT EXISTS (SELECT 1 FROM vectors v "
            "WHERE v.space IS ? AND v.item = m.number)",
            (self._memory.vectors.rows.space_number(space),),
        ).fetchone()
        return int(count)

    def missing(self, limit: int) -> list[tuple[int, str]]:
        """Return some lines without a vector: their numbers and texts."""
        space = self._memory.embedders.space("moment")
        assert space is not None
        return self._run(
            "SELECT number, text FROM moments m WHERE NOT EXISTS (SELECT 1 FROM vectors v "
            "WHERE v.space IS ? AND v.item = m.number) LIMIT ?",
            (self._memory.vectors.rows.space_number(space), limit),
        ).fetchall()

    def existing(self, numbers: Sequence[int]) -> set[int]:
        """Return those lines that are still there."""
        found: set[int] = set()
        for part, marks in in_parts(numbers):
            rows = self._run(f"SELECT number FROM moments WHERE number IN ({marks})", part)
            found |= {number for (number,) in rows}
        return found

    def _of_recordings(self, recordings: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for part, marks in in_parts(recordings):
            rows = self._run(f"SELECT number FROM moments WHERE recording IN ({marks})", part)
            found |= {number for (number,) in rows}
        return found

    def _by_words(self, text: str, allowed: Collection[int] | None, limit: int) -> list[WordsFound]:
        units = units_of(text)
        if not units:
            return []
        (total,) = self._run("SELECT count(*) FROM moments").fetchone()
        for unit in units:
            (holding,) = self._run(
                "SELECT count(*) FROM moment_words WHERE moment_words MATCH ?", (unit.phrase,)
            ).fetchone()
            unit.weight = rarity(holding, total)
        whole = " ".join(folded(text).split())
        numbers = sorted(self._candidates(units, allowed))
        scored = [
            found
            for number, (_recording, moment) in self._rows.moments(numbers).items()
            if (found := score_of(number, folded(moment.text), units, whole)) is not None
        ]
        return sorted(scored, key=lambda one: (-one.score, one.number))[:limit]

    def _candidates(self, units: Sequence[Unit], allowed: Collection[int] | None) -> set[int]:
        found: set[int] = set()
        phrases = [unit.phrase for unit in units]
        for match in (" AND ".join(phrases), " OR ".join(phrases)):
            rows = self._run(
                "SELECT rowid FROM moment_words WHERE moment_words MATCH ? ORDER BY rank LIMIT ?",
                (match, CANDIDATES),
            )
            found |= {number for (number,) in rows}
        return found if allowed is None else found & set(allowed)

    def _hits(
        self,
        rankings: dict[Named, list[tuple[int, float]]],
        shares: dict[int, float],
        sure: set[int],
        limit: int,
    ) -> list[MomentHit]:
        numbers: dict[str, list[int]] = {
            name: [number for number, _score in each] for name, each in rankings.items()
        }
        weights = {number: weight_of_words(share) for number, share in shares.items()}
        weights |= dict.fromkeys(sure, 1.0)
        is_alone = not rankings.get("meaning")
        scores = fuse(numbers, weights=None if is_alone else {"words": weights})
        for number in sure & scores.keys():
            scores[number] += (len(rankings) - 1) * first_place()
        best = sorted(scores, key=lambda number: (-scores[number], number))[:limit]
        lines = self._rows.moments(best)
        recordings = self._rows.records(sorted({recording for recording, _ in lines.values()}))
        reasons: dict[int, list[tuple[Named, int, float]]] = {}
        for name, ranking in rankings.items():
            for rank, (number, score) in enumerate(ranking, start=1):
                reasons.setdefault(number, []).append((name, rank, score))
        return [
            MomentHit(
                number=number,
                recording=recordings[lines[number][0]],
                moment=lines[number][1],
                score=scores[number],
                reasons=tuple(reasons[number]),
            )
            for number in best
        ]
