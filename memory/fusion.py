"""One ranking from several: what many sources place high comes first, if it is sure of it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

K = 60
"""Damps the first places; Cormack, Clarke and Buettcher, SIGIR 2009, section 3."""

_Item = TypeVar("_Item")


def fuse(
    rankings: Mapping[str, Sequence[_Item]],
    *,
    weights: Mapping[str, Mapping[_Item, float]] | None = None,
    k: int = K,
) -> dict[_Item, float]:
    """Return the score of each item by reciprocal rank fusion, the sum of `weight / (k + rank)`.

    Args:
        rankings: The items by source, best first, each at most once.
        weights: How sure a source is of an item, from 0 to 1, by source; 1 where it is not said.
        k: The constant of the formula.

    >>> scores = fuse({"words": ["a", "b"], "meaning": ["b", "c"]})
    >>> max(scores, key=scores.get)
    'b'
    """
    scores: dict[_Item, float] = {}
    for source, ranking in rankings.items():
        sure = {} if weights is None else weights.get(source, {})
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + sure.get(item, 1.0) / (k + rank)
    return scores


def first_place(k: int = K) -> float:
    """Return what the first place in one source is worth."""
    return 1.0 / (k + 1)


FAIR_SHARE = 0.5
"""Of a query's words, each by its rarity: a screen that holds less is one that shares "the" and
"in" with the query. Elsewhere a query's terms have a `minimum_should_match` (Lucene)."""
LITTLE = 0.001
"""So little moves no place among what another source found, and orders what none did."""


def weight_of_words(share: float) -> float:
    """Return how much a match by words counts beside other sources.

    As much as the share of the query that it holds; below a fair share next to nothing. Tuned on
    the corpus of `benchmarks/recall.py` with seed 7, checked with seed 11.

    Args:
        share: Of the query, each word by its rarity; from 0 to 1.
    """
    return share if share >= FAIR_SHARE else LITTLE * share
