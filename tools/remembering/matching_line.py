"""Which line of a screen answers a query: what is shown as the reason."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

MIN_LIKENESS = 60.0


def matching_line(query: str, lines: Sequence[str], *, max_chars: int = 120) -> str:
    """Return the line that shares most with a query, cut around what it shares; else empty.

    >>> matching_line("invoice total", ["Dear Ada", "Total of invoice 17: 80.00"])
    'Total of invoice 17: 80.00'
    >>> matching_line("holiday", ["Dear Ada"])
    ''
    """
    words = [word for word in re.findall(r"\w+", query.casefold()) if len(word) > 1]
    best, best_score = "", 0.0
    for line in lines:
        shown = line.casefold()
        found = sum(len(word) for word in words if word in shown)
        score = 100.0 * found / max(1, sum(map(len, words)))
        if score < MIN_LIKENESS:
            score = max(score, 0.9 * fuzz.token_set_ratio(query.casefold(), shown))
        if score > best_score:
            best, best_score = line, score
    return _cut(best, words, max_chars) if best_score >= MIN_LIKENESS / 2 else ""


def _cut(line: str, words: Sequence[str], max_chars: int) -> str:
    if len(line) <= max_chars:
        return line
    places = [place for word in words if (place := line.casefold().find(word)) >= 0]
    start = max(0, min(places, default=0) - max_chars // 4)
    end = start + max_chars - 2
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
