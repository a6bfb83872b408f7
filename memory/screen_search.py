"""A search through all that can find a screen here, with the rankings fused."""

import logging
from collections.abc import Sequence

from .embedding import Vectors
from .errors import BadArgumentError
from .full_text import FullText
from .fusion import first_place, fuse, weight_of_words
from .open_memory import OpenMemory
from .picture_files import read_picture
from .records import Hit, Query, Reason, Source, SourceName
from .reindexing import missing
from .vectors import Kind, Space

logger = logging.getLogger(__name__)

DEPTH = 5
"""Each source gives so many times the hits that are asked for, so that fusion has a choice."""
LEAST_DEPTH = 50

_Ranking = list[tuple[int, float]]
"""Screens' numbers with the source's score, best first."""


class ScreenSearch:
    """Searches the screens of a memory."""

    def __init__(self, memory: OpenMemory) -> None:
        self._memory = memory
        self._database = memory.database
        self._rows = memory.rows
        self._vectors = memory.vectors
        self._embedders = memory.embedders
        self._full_text = FullText(memory.database)
        self._looked_for: set[SourceName] = set()

    def search(self, query: Query) -> list[Hit]:
        """Return the screens that answer a query, best first."""
        wanted = self._wanted_vectors(query)
        for name in wanted:
            self._vectors.prepare(self._space(name))
        with self._database.snapshot():
            itself = self._itself(query)
            passing = None if query.filter.is_empty else set(self._rows.numbers(query.filter))
            if passing is not None:
                passing.discard(-1 if itself is None else itself)
            depth = max(LEAST_DEPTH, DEPTH * query.limit)
            rankings: dict[SourceName, _Ranking] = {}
            shares: dict[int, float] = {}
            sure: set[int] = set()
            if query.text and query.has_text:
                found = self._full_text.find(query.text, query.filter, depth)
                rankings["words"] = [(each.number, each.score) for each in found]
                shares = {each.number: each.share for each in found}
                sure = {each.number for each in found if each.has_numbers}
            rankings |= self._by_vectors(wanted, passing, depth)
            if query.image is not None or itself is not None:
                rankings["look-alike"] = self._look_alikes(query, itself, passing, depth)
            for name, ranking in rankings.items():
                rankings[name] = [each for each in ranking if each[0] != itself]
            scores = _scores(rankings, shares, sure)
            return self._hits(rankings, scores, query.limit)

    def sources(self) -> tuple[Source, ...]:
        """Return what can find a screen here, and why the rest cannot."""
        return (
            Source(name="words", is_ready=True, why="the texts of the screens, word by word"),
            self._vector_source("meaning", "text"),
            self._vector_source("picture", "picture"),
            Source(name="look-alike", is_ready=True, why="hashes and points of the pictures"),
        )

    def unindexed(self, kind: Kind) -> int:
        """Return how many screens have no vector of a kind in the space of today's embedder."""
        return len(missing(self._memory, kind))

    def _vector_source(self, name: SourceName, kind: Kind) -> Source:
        space = self._embedders.space(kind)
        if space is None:
            takes = "image_embedder" if kind == "picture" else "text_embedder"
            return Source(name=name, is_ready=False, why=f"the memory was opened without {takes}")
        unindexed = self.unindexed(kind)
        why = f"vectors of {space.name}"
        if kind == "picture" and not self._embedders.finds_pictures_by_text:
            why += ", by a picture only: it embeds no texts"
        if unindexed:
            why += f"; {unindexed} screens are not indexed for it, reindex does it"
        return Source(name=name, is_ready=True, why=why, unindexed=unindexed)

    def _wanted_vectors(self, query: Query) -> dict[SourceName, list[Vectors]]:
        """Embed the query; a slow model must not hold a snapshot open."""
        wanted: dict[SourceName, list[Vectors]] = {}
        if query.text and query.has_text and self._embedders.text is not None:
            wanted["meaning"] = [self._embedders.texts([query.text])[0]]
        if self._embedders.image is None:
            return wanted
        pictures: list[Vectors] = []
        if query.text and query.has_text and self._embedders.finds_pictures_by_text:
            pictures.append(self._embedders.texts([query.text], "picture")[0])
        if query.image is not None:
            pictures.append(self._embedders.pictures([query.image])[0])
        if query.like is not None:
            pictures.extend(self._own_vector(query.like))
        if pictures:
            wanted["picture"] = pictures
        return wanted

    def _own_vector(self, id: str) -> Sequence[Vectors]:
        number = self._rows.number_of(id)
        space = self._embedders.space("picture")
        if number is None or space is None:
            return []
        kept = self._vectors.rows.of_item(space, number)
        if len(kept):
            return [kept[0]]
        return [self._embedders.pictures([read_picture(self._rows.picture(id))])[0]]

    def _itself(self, query: Query) -> int | None:
        if query.like is None:
            return None
        number = self._rows.number_of(query.like)
        if number is None:
            raise BadArgumentError(f"there is no screen {query.like!r} to look for the like of")
        return number

    def _by_vectors(
        self, wanted: dict[SourceName, list[Vectors]], passing: set[int] | None, depth: int
    ) -> dict[SourceName, _Ranking]:
        rankings: dict[SourceName, _Ranking] = {}
        for name, queries in wanted.items():
            space = self._space(name)
            self._warn(name, space.kind)
            each = {
                str(at): self._vectors.nearest(space, query, depth, passing)
                for at, query in enumerate(queries)
            }
            if len(each) == 1:
                (only,) = each.values()
                rankings[name] = [(near.item, near.cosine) for near in only]
            else:
                fused = fuse({at: [near.item for near in nears] for at, nears in each.items()})
                rankings[name] = sorted(fused.items(), key=lambda one: -one[1])[:depth]
        return rankings

    def _space(self, name: SourceName) -> Space:
        space = self._embedders.space("text" if name == "meaning" else "picture")
        assert space is not None
        return space

    def _look_alikes(
        self, query: Query, itself: int | None, passing: set[int] | None, depth: int
    ) -> _Ranking:
        from .look_alikes import appearance_of, find_alike, kept_appearance

        asked = []
        if query.image is not None:
            asked.append(appearance_of(query.image))
        if itself is not None:
            asked.append(kept_appearance(self._database, itself))
        best: dict[int, float] = {}
        for one in asked:
            for each in find_alike(self._database, one, passing, depth):
                best[each.number] = max(each.score, best.get(each.number, 0.0))
        return sorted(best.items(), key=lambda one: (-one[1], -one[0]))[:depth]

    def _warn(self, name: SourceName, kind: Kind) -> None:
        if name in self._looked_for:
            return
        self._looked_for.add(name)  # once: it looks at every screen
        unindexed = self.unindexed(kind)
        if unindexed:
            logger.warning(
                "%d screens are not indexed for search by %s; reindex does it", unindexed, name
            )

    def _hits(
        self, rankings: dict[SourceName, _Ranking], scores: dict[int, float], limit: int
    ) -> list[Hit]:
        best = sorted(scores, key=lambda number: (-scores[number], -number))[:limit]
        reasons: dict[int, list[Reason]] = {}
        for name, ranking in rankings.items():
            for rank, (number, score) in enumerate(ranking, start=1):
                reason = Reason(source=name, rank=rank, score=score)
                reasons.setdefault(number, []).append(reason)
        records = self._rows.records(best)
        return [
            Hit(record=records[number], score=scores[number], reasons=tuple(reasons[number]))
            for number in best
        ]


def _scores(
    rankings: dict[SourceName, _Ranking], shares: dict[int, float], sure: set[int]
) -> dict[int, float]:
    """Return the fused scores; a match by words counts by the share of the query that it holds."""
    numbers: dict[str, list[int]] = {
        name: [number for number, _ in each] for name, each in rankings.items()
    }
    weights = {number: weight_of_words(share) for number, share in shares.items()}
    # Whoever asks for "1,240" wants the screen with this number, however near in meaning
    # one with another is: as good as first in every other source.
    weights |= dict.fromkeys(sure, 1.0)
    is_alone = not any(ranking for name, ranking in numbers.items() if name != "words")
    scores = fuse(numbers, weights=None if is_alone else {"words": weights})
    for number in sure & scores.keys():
        scores[number] += (len(rankings) - 1) * first_place()
    return scores
