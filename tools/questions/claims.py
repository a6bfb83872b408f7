"""Which claims of an answer no text on the screen says: quotations, numbers, names, amounts.

What the question says itself is no claim, nor is a count of things on the screen. Numbers are
compared by value (1,324.80 and 1324.8), words as OCR may have misread them. Words in lower case are
not checked: an answer says things in words of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rapidfuzz import fuzz

from ..perception.elements import Observation
from ..perception.table_structure import find_tables
from ..perception.text_match import alike, normalise
from .words import LITTLE_WORDS, content_words

ALIKE = 85.0
"""Likeness, in percent, from which words are the same but for misread letters."""
MIN_FUZZY_CHARS = 5
MIN_ALIKE_CHARS = 2
MIN_LONG_DIGITS = 5
SHORT_ANSWER_WORDS = 4
"""A longer answer is a sentence, and its first word need not be a name."""
SAYING = LITTLE_WORDS | frozenset(
    "none nothing nobody unknown only both neither each every other another they he she "
    "we ticked unticked checked unchecked selected chosen disabled enabled greyed gray "
    "grey empty open opened closed active focused on off button buttons field fields box "
    "boxes check checkbox radio list menu tab tabs link links dialog page row rows table "
    "column text title name value label icon switch file files folder total number "
    "numbers cannot currently however also but if since because ok".split()
)
"""Words that an answer may begin with or say of anything."""
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), start=2
    )
}
MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)

_QUOTED = re.compile(r'"([^"\n]+)"|“([^”\n]+)”|‘([^’\n]+)’|`([^`\n]+)`|(?<!\w)\'([^\'\n]+)\'(?!\w)')
_NUMBER = re.compile(r"\d+(?:[.,:/–-]\d+)*")
_WORD = re.compile(r"[^\W\d_][\w.@/+-]*\w|\w*[^\W\d_]\w*\d\w*|[^\W\d_]")
_SENTENCE_END = re.compile(r"[.!?:;]\s+$|\n\s*$|^\s*$|[\"“‘`(]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the screen and the question say, ready to be compared with."""

    whole: str
    """All texts, alike characters made equal, without blanks."""
    texts: tuple[str, ...]
    words: frozenset[str]
    numbers: frozenset[Decimal]
    written: frozenset[str]
    """Numbers as they are written."""
    digits: tuple[str, ...]
    """Of each text all digits in a row, whatever stands between them."""
    counts: frozenset[int]


def unsupported(answer: str, observation: Observation, question: str) -> tuple[str, ...]:
    """Return the claims of an answer that stand in no text on the screen, in their order.

    Args:
        answer: Without citations.
        observation: Of the screen that was asked about.
        question: What it says itself is not checked.
    """
    return _unsupported(answer, _said(observation, question))


def unsupported_by(answer: str, texts: Sequence[str], question: str) -> tuple[str, ...]:
    """Return the claims of an answer that none of some texts makes, in their order.

    Args:
        answer: Without citations.
        texts: What it may rest on.
        question: What it says itself is not checked.
    """
    words = content_words(question)
    counts = {0, 1, len(texts), sum(bool(words & content_words(text)) for text in texts)}
    return _unsupported(answer, _said_by(texts, [question], counts))


def _unsupported(answer: str, said: _Said) -> tuple[str, ...]:
    found: list[str] = []
    rest = answer
    for quoted in _quotations(answer):
        if not _is_text(quoted, said):
            found.append(quoted)
        # Checked as a whole: its words are not checked again.
        rest = rest.replace(quoted, " " * len(quoted))
    found += [number for number in _numbers(rest) if not _is_number(number, said)]
    found += [word for word in _names(rest) if not _is_word(word, said)]
    return tuple(dict.fromkeys(found))


# --- what the screen says


def _said(observation: Observation, question: str) -> _Said:
    windows = [part for window in observation.windows for part in (window.title, window.app)]
    elements = [element.text for element in observation.elements if element.text.strip()]
    return _said_by(elements, [*windows, question], _counts(observation, question))


def _said_by(flowing: Sequence[str], others: Sequence[str], counts: Iterable[int]) -> _Said:
    """Return what texts say; those that flow may be parts of one longer text."""
    texts = [*flowing, *others]
    numbers = [number for text in texts for number in _numbers(_digits(text))]
    parts = [part for number in numbers for part in _parts(number)]
    return _Said(
        whole="\n".join(map(alike, [" ".join(flowing), *others])),
        texts=tuple(normalise(text) for text in texts),
        words=frozenset(word for text in texts for word in _words(text)),
        numbers=frozenset(value for number in (*numbers, *parts) for value in _values(number)),
        written=frozenset(numbers),
        digits=tuple("".join(re.findall(r"\d", _digits(text))) for text in texts),
        counts=frozenset(counts),
    )


def _words(text: str) -> Iterator[str]:
    for word in re.findall(r"\S+", normalise(text)):
        bare = word.strip(".,:;!?()[]\"'“”‘’…")
        yield bare
        yield from re.findall(r"\w+", bare)


def _digits(text: str) -> str:
    """Return text with letters that OCR takes for digits, beside digits, as digits."""
    text = re.sub(r"(?<=[\d.,])[oO](?=[\d.,]|\b)|(?<![^\W\d_])[oO](?=\d)", "0", text)
    return re.sub(r"(?<=[\d.,])[lI|](?=[\d.,]|\b)|(?<![^\W\d_])[lI|](?=[.,]?\d)", "1", text)


def _parts(number: str) -> list[str]:
    """Return the parts of a date, a time or a phone number; none of an amount."""
    is_composed = re.search(r"[:/–-]", number) is not None or number.count(".") > 1
    return re.findall(r"\d+", number) if is_composed else []


def _counts(observation: Observation, question: str) -> Iterator[int]:
    """Yield what can be counted on the screen."""
    elements = observation.elements
    yield from (0, 1)
    # How many pieces OCR found a text in is no count of things.
    roles = Counter(element.role for element in elements if element.role != "text")
    yield from roles.values()
    yield from Counter((e.role, state) for e in elements for state in e.states).values()
    yield from Counter(state for e in elements for state in e.states).values()
    yield from Counter(element.text for element in elements).values()
    yield len(observation.windows)
    for table in find_tables(observation):
        yield from (len(table.rows), len(table.columns))
    for word in content_words(question):
        yield sum(word in content_words(element.text) for element in elements)


# --- what the answer says


def _quotations(text: str) -> list[str]:
    return [next(filter(None, found.groups())).strip() for found in _QUOTED.finditer(text)]


def _numbers(text: str) -> list[str]:
    # A digit that is a part of a word (M10, x86) is checked with the word.
    found = [
        match[0]
        for match in _NUMBER.finditer(text)
        if not (match.start() and text[match.start() - 1].isalpha())
        and not (match.end() < len(text) and text[match.end()].isalpha())
    ]
    return [
        *found,
        *(word for word in re.findall(r"[a-z]+", text.casefold()) if word in NUMBER_WORDS),
    ]


def _names(text: str) -> Iterator[str]:
    """Yield words that name something: capitalised, or with digits or signs in them."""
    parts = text.split()
    # "Graz", "Grace Hopper": no sentence, and so its first word is capitalised for itself.
    is_name = len(parts) <= SHORT_ANSWER_WORDS and not any(part[0].islower() for part in parts)
    for found in _WORD.finditer(text):
        word = found[0]
        if word.casefold() in SAYING or word.casefold() in NUMBER_WORDS:
            continue
        is_marked = re.search(r"\d|[@/_]|\w\.\w", word) is not None
        is_inner = re.search(r"[^\W\d_a-z]", word[1:]) is not None
        is_capital = word[0].isupper()
        begins = _SENTENCE_END.search(text[: found.start()]) is not None
        follows = re.match(r"\s+[^\W\d_a-z]", text[found.end() :]) is not None
        if is_marked or is_inner or (is_capital and (not begins or is_name or follows)):
            yield word


# --- whether the one says the other


def _is_text(quoted: str, said: _Said) -> bool:
    key = alike(quoted)
    if key in said.whole or key.strip(".,:;!?…") in said.whole:
        return True
    wanted = normalise(quoted)
    return len(wanted) >= MIN_FUZZY_CHARS and any(
        len(text) >= MIN_FUZZY_CHARS
        and re.findall(r"\d+", text) == re.findall(r"\d+", wanted)
        and fuzz.ratio(wanted, text) >= ALIKE
        for text in said.texts
    )


def _is_number(number: str, said: _Said) -> bool:
    if number in NUMBER_WORDS:
        value = NUMBER_WORDS[number]
        return value in said.counts or Decimal(value) in said.numbers or number in said.words
    if number in said.written or any(value in said.numbers for value in _values(number)):
        return True
    if number.isdigit() and int(number) in said.counts:
        return True
    bare = "".join(re.findall(r"\d", number))
    if len(bare) >= MIN_LONG_DIGITS and any(bare in digits for digits in said.digits):
        return True  # a phone or account number that is grouped otherwise
    # A date or a time that is written otherwise: by its parts.
    parts = _parts(number)
    return bool(parts) and all(Decimal(part) in said.numbers for part in parts)


def _values(number: str) -> list[Decimal]:
    """Return what a number may be worth: a comma and a dot part thousands or decimals."""
    plain = number
    last = max(plain.rfind("."), plain.rfind(","))
    readings = [re.sub(r"[.,]", "", plain)]
    if last >= 0:
        readings.append(re.sub(r"[.,]", "", plain[:last]) + "." + plain[last + 1 :])
        if len(plain) - last != 4:  # "1,32" and "1.5" part no thousands
            readings = readings[1:]
    values = []
    for reading in readings:
        try:
            values.append(Decimal(reading))
        except InvalidOperation:
            continue
    return values


def _is_word(word: str, said: _Said) -> bool:
    key = normalise(word)
    for part in _variants(key):
        if part in said.words or (len(part) >= MIN_ALIKE_CHARS and _is_alike(part, said.words)):
            return True
    month = next((n for n, name in enumerate(MONTHS, 1) if key in (name, name[:3])), None)
    if month is not None and Decimal(month) in said.numbers:
        return True  # of a date in numbers
    # A word that blanks part on the screen, or a path.
    return len(key) >= MIN_FUZZY_CHARS and alike(word) in said.whole


def _key(word: str) -> str:
    return alike(word).replace("i", "l")


def _variants(key: str) -> Sequence[str]:
    return (key, key.removesuffix("'s"), key.removesuffix("s"), f"{key}s")


def _is_alike(word: str, words: Iterable[str]) -> bool:
    key = _key(word)
    return any(
        _key(other) == key
        or (
            len(word) >= MIN_FUZZY_CHARS
            and not re.search(r"\d", word)
            and fuzz.ratio(word, other) >= ALIKE
        )
        for other in words
    )
