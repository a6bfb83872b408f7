"""Screens by their words: exact numbers first, then words, parts of words, and slips of the pen.

SQLite's FTS5 brings candidates out of two indices, one of words and one of runs of three letters;
each is then scored by what it really says. FTS5 alone takes "1,240" for the words 1 and 240.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from .database import Database
from .folded_text import folded
from .records import Filter
from .screen_rows import in_parts, where_clause

UNIT = re.compile(r"\w+(?:[.,:;/@&'’_+#-]+\w+)*")
"""What is typed without a space between, such as `1,240`, `INV-2041` or `ann@example.com`."""
WORD = re.compile(r"\w+")
CANDIDATES = 300
"""How many of each way are scored."""
NUMBER_LETTERS = 3
"""From here on a unit with a digit names one thing: `404`, but not the 3 of "3 pm"."""
SLIP_LETTERS = 4
LONG_LETTERS = 8
"""Words of 4 letters may have one slip, of 8 two; a number none: another one is another thing."""
SLIPS = 8

# How well a unit is met. Only the order matters much: exact, part, its words in order, a slip.
EXACT, PART, PHRASE, SLIP = 1.0, 0.6, 0.5, 0.4
WHOLE_QUERY = 0.5
"""Added where the whole query stands in the screen as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsFound:
    """A text that holds words of the query."""

    number: int
    score: float
    share: float
    """Of the query that is met in any way, each word by its rarity; from 0 to 1."""
    has_numbers: bool
    """The query names numbers or the like, and all of them stand in the screen."""


@dataclass(slots=True)
class Unit:
    """A piece of a query, and how it is looked for."""

    text: str
    phrase: str
    exact: re.Pattern[str]
    weight: float = 1.0
    slips: list[str] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        """Tell whether it names one thing, such as 4711."""
        has_digit = any(letter.isdigit() for letter in self.text)
        return has_digit and len(self.text) >= NUMBER_LETTERS


class FullText:
    """Searches the words of a memory."""

    def __init__(self, database: Database) -> None:
        self._run = database.connection.execute

    def find(self, query: str, filter: Filter, limit: int) -> list[WordsFound]:
        """Return the screens that hold words of a query, best first, then the one seen last."""
        units = units_of(query)
        if not units:
            return self._containing(query, filter, limit)
        for unit in units:
            self._weigh(unit, limit)
        numbers = self._candidates(units, filter)
        whole = " ".join(folded(query).split())
        scored = []
        for number, last_seen, text in self._texts(sorted(numbers)):
            found = score_of(number, text, units, whole)
            if found is not None:
                scored.append((found.score, last_seen, found))
        scored.sort(key=lambda each: each[:2], reverse=True)
        return [found for _, _, found in scored[:limit]]

    def _weigh(self, unit: Unit, limit: int) -> None:
        (total,) = self._run("SELECT count(*) FROM screens").fetchone()
        (holding,) = self._run(
            "SELECT count(*) FROM words WHERE words MATCH ?", (unit.phrase,)
        ).fetchone()
        unit.weight = rarity(holding, total)
        letters = len(unit.text)
        is_plain = unit.text.isalpha() and letters >= SLIP_LETTERS
        if holding < limit and is_plain:
            unit.slips = self._slips(unit.text, 2 if letters >= LONG_LETTERS else 1)

    def _slips(self, word: str, at_most: int) -> list[str]:
        rows = self._run(
            "SELECT term FROM vocabulary WHERE length(term) BETWEEN ? AND ?",
            (len(word) - at_most, len(word) + at_most),
        )
        terms = [term for (term,) in rows if term != word and term.isalpha()]
        near = process.extract(word, terms, scorer=OSA.distance, score_cutoff=at_most, limit=SLIPS)
        return [term for term, _, _ in near]

    def _candidates(self, units: Sequence[Unit], filter: Filter) -> set[int]:
        phrases = [unit.phrase for unit in units]
        slips = [quoted(slip) for unit in units for slip in unit.slips]
        found = set(self._matching("words", " AND ".join(phrases), filter))
        found |= set(self._matching("words", " OR ".join([*phrases, *slips]), filter))
        for unit in units:
            if len(unit.text) >= 3:
                threes = {unit.text[at : at + 3] for at in range(len(unit.text) - 2)}
                all_threes = " AND ".join(quoted(three) for three in sorted(threes))
                found |= set(self._matching("parts", all_threes, filter))
            else:
                found |= {each.number for each in self._containing(unit.text, filter, CANDIDATES)}
        return found

    def _matching(self, table: str, match: str, filter: Filter) -> list[int]:
        where, values = where_clause(filter)
        rows = self._run(
            f"SELECT s.number FROM {table} JOIN screens s ON s.number = {table}.rowid "
            f"WHERE {table} MATCH ? AND {where} ORDER BY {table}.rank LIMIT ?",
            (match, *values, CANDIDATES),
        )
        return [number for (number,) in rows]

    def _containing(self, query: str, filter: Filter, limit: int) -> list[WordsFound]:
        """Look through all texts: for signs without letters, and one or two letters."""
        where, values = where_clause(filter)
        rows = self._run(
            "SELECT s.number FROM screens s WHERE instr(folded(s.text), ?) "
            f"AND {where} ORDER BY s.last_seen DESC LIMIT ?",
            (folded(query).strip(), *values, limit),
        )
        return [
            WordsFound(number=number, score=PART, share=1.0, has_numbers=False)
            for (number,) in rows
        ]

    def _texts(self, numbers: Sequence[int]) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        for part, marks in in_parts(numbers):
            rows = self._run(
                "SELECT number, last_seen, folded(window || char(10) || app || char(10) || text) "
                f"FROM screens WHERE number IN ({marks})",
                part,
            )
            found.extend(rows)
        return found


def units_of(query: str) -> list[Unit]:
    """Return what a query asks for, piece by piece."""
    return [_unit(text) for text in dict.fromkeys(UNIT.findall(folded(query)))]


def has_numbers(query: str, text: str) -> bool:
    """Tell whether a query names numbers or the like, and a text has all of them.

    >>> has_numbers("invoice 4711", "Invoice 4711 is paid"), has_numbers("invoice", "Invoice 4711")
    (True, False)
    """
    numbers = [unit for unit in units_of(query) if unit.is_number]
    return bool(numbers) and all(unit.exact.search(folded(text)) for unit in numbers)


def _unit(text: str) -> Unit:
    # "1,240" is in neither "11,240" nor "1,240,000" nor "1,240.50".
    start = r"(?<!\w)" + (r"(?<!\d[.,])" if text[0].isdigit() else "")
    end = r"(?!\w)" + (r"(?![.,]\d)" if text[-1].isdigit() else "")
    return Unit(
        text=text,
        phrase=quoted(text),
        exact=re.compile(start + re.escape(text) + end),
    )


def rarity(holding: int, total: int) -> float:
    """Return the weight of a word that so many of all texts hold; above 0 if all do."""
    return math.log(1 + (total + 1) / (holding + 1))


def quoted(text: str) -> str:
    """Return a phrase of FTS5's query language that means the text itself."""
    return '"' + text.replace('"', '""') + '"'


def score_of(number: int, text: str, units: Sequence[Unit], whole: str) -> WordsFound | None:
    """Return how well a folded text meets a query; None where it does not.

    Args:
        number: Of what the text belongs to.
        text: As `folded` makes it.
        units: Of the query, with their weights.
        whole: The folded query, one space between its words.
    """
    met = [_how_well(unit, text) for unit in units]
    weights = [unit.weight for unit in units]
    score = sum(level * weight for level, weight in zip(met, weights, strict=True)) / sum(weights)
    if score == 0.0:
        return None
    share = sum(weight for level, weight in zip(met, weights, strict=True) if level) / sum(weights)
    if len(units) > 1 and whole in text:
        score += WHOLE_QUERY
    exact = [level == EXACT for level, unit in zip(met, units, strict=True) if unit.is_number]
    return WordsFound(
        number=number, score=score, share=share, has_numbers=bool(exact) and all(exact)
    )


def _how_well(unit: Unit, text: str) -> float:
    # `in` before a pattern: it takes a hundredth of the time.
    if unit.text in text and unit.exact.search(text):
        return EXACT
    # One or two letters stand in every text; one or two characters of Chinese are a word.
    if (len(unit.text) >= 3 or not unit.text.isascii()) and unit.text in text:
        return PART
    words = WORD.findall(unit.text)
    in_order = len(words) > 1 and all(word in text for word in words)
    if in_order and re.search(r"(?<!\w)" + r"\W+".join(words) + r"(?!\w)", text):
        return PHRASE
    for slip in unit.slips:
        if slip in text and re.search(rf"(?<!\w){re.escape(slip)}(?!\w)", text):
            return SLIP
    return 0.0
