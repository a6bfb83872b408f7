"""How well a line says the words of a query: rare ones count more, slips of OCR are forgiven."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz

from ...memory.folded_text import folded

ALIKE = 80.0
"""Similarity, of 100, from which two words are one that was read or heard otherwise."""
ALIKE_WORTH = 0.8
MIN_ALIKE_CHARS = 4
_WORD = re.compile(r"\w+(?:[.,]\d+)*")
_ENDING = re.compile(r"(?:ing|ed|es|s)$")
_COMMON = frozenset(
    "the a an is are was were when does do did of in on to for and where who that it its from by "
    "with appear appears appeared show shows shown say says said moment this what which be".split()
)


class WordMatch:
    """Scores lines of one video.

    Args:
        lines: All of them: a word's weight is how rare it is among these (inverse document
            frequency); one that is in none weighs most.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._words = [set(words_of(line)) for line in lines]
        self._counts = Counter(word for words in self._words for word in words)

    def scores(self, query: str) -> list[tuple[float, tuple[str, ...]]]:
        """Return for each line the share of the query's weight that it says, and its words."""
        wanted = list(dict.fromkeys(words_of(query)))
        weights = [self._weight(word) for word in wanted]
        whole = "".join(folded(query).split())
        found = []
        for line, words in zip(self._lines, self._words, strict=True):
            worths = [_worth(word, words) for word in wanted]
            total = sum(weights)
            score = sum(w * v for w, v in zip(weights, worths, strict=True)) / total if total else 0
            # Scripts without spaces have no words to count.
            if whole and not whole.isascii() and whole in "".join(folded(line).split()):
                score = 1.0
            matched = tuple(word for word, worth in zip(wanted, worths, strict=True) if worth)
            found.append((score, matched))
        return found

    def _weight(self, word: str) -> float:
        return math.log(1 + len(self._lines) / (self._counts[word] + 0.5))


def words_of(text: str) -> list[str]:
    """Return the words that count, without endings; all of them if none does.

    >>> words_of("When does the Disk-Full warning appear?")
    ['disk', 'full', 'warn']
    """
    words: list[str] = _WORD.findall(folded(text))
    telling = [word for word in words if word not in _COMMON] or words
    return [_ENDING.sub("", word) if len(word) > MIN_ALIKE_CHARS else word for word in telling]


def _worth(word: str, words: set[str]) -> float:
    if word in words:
        return 1.0
    if len(word) < MIN_ALIKE_CHARS or any(letter.isdigit() for letter in word):
        return 0.0
    is_alike = any(
        len(other) >= MIN_ALIKE_CHARS and fuzz.ratio(word, other) >= ALIKE for other in words
    )
    return ALIKE_WORTH if is_alike else 0.0
