"""One ranking from several: what many sources place high comes first."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

K = 60
"""Damps the first places; Cormack, Clarke and Buettcher, SIGIR 2009, section 3."""

_Item = TypeVar("_Item")


def fuse(rankings: Mapping[str, Sequence[_Item]], *, k: int = K) -> dict[_Item, float]:
    """Return the score of each item by reciprocal rank fusion, the sum of `1 / (k + rank)`.

    Args:
        rankings: The items by source, best first, each at most once.
        k: The constant of the formula.

    >>> scores = fuse({"words": ["a", "b"], "meaning": ["b", "c"]})
    >>> max(scores, key=scores.get)
    'b'
    """
    scores: dict[_Item, float] = {}
    for ranking in rankings.values():
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (k + rank)
    return scores


def first_place(k: int = K) -> float:
    """Return what the first place in one source is worth."""
    return 1.0 / (k + 1)
