"""The words of a task, and which of them are still to be done."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from ...tools.perception.text_match import normalise

VERBS = frozenset(
    "click press push tap hit open choose pick select type enter write fill put set change make "
    "turn switch check tick uncheck untick enable disable go show find look search use wait scroll "
    "close do please then and or also finally first next after before now once again sign log "
    "submit confirm add delete remove save cancel create start stop finish continue activate "
    "deactivate mark unmark copy paste move drag get take send".split()
)
LITTLE_WORDS = frozenset(
    "a an the to of in on at for from with by as is are be it its this that these those into onto "
    "my me i you your our we us his her their all any some no not only both up down out off over "
    "until when if so there here what which who how many much please have has want about "
    "now".split()
)
KINDS = frozenset(
    "button field box checkbox radio link tab menu item icon image list drop dropdown page window "
    "dialog form option entry row text name value called named labelled".split()
)
SAID_OTHERWISE: Mapping[str, str] = {
    "check": "tick check mark turn switch set enable activate add select choose put want include",
    "uncheck": "untick uncheck unmark turn switch set disable deactivate remove clear",
    "select": "select choose pick set change use put",
    "type": "type write enter fill put insert set change make note",
    "click": "click press push tap hit open choose pick select go use take",
    "press": "press hit push use",
}
"""What people call the verbs of the language."""
_WORD = re.compile(r"\w+")
_CLAUSE = re.compile(
    r"(?:[.;!?](?=\s|$)|\n|,?\s+\band\s+then\b|,?\s*\bthen\b|,\s+(?:and\s+)?|\s+\band\s+)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:what|which|who|whom|whose|how|where|why|is|are|does|did|was|were|tell me|read)\b",
    re.IGNORECASE,
)
"""What begins a question that ends without its mark. `Do not …`, `When …, …` begin others."""


_CONDITION = re.compile(r"(?:when|once|as soon as|after|until|if|wait)\b", re.IGNORECASE)
_KEYS = re.compile(
    r"\b(?:press|keys?|keyboard|shortcut|ctrl|control|alt|shift|super|enter key|escape|esc|f\d+)\b",
    re.IGNORECASE,
)
_TYPING = re.compile(
    r"\b(?:type|write|enter|insert|fill|put|add|note|search|find)\b", re.IGNORECASE
)
_SUM = re.compile(r"\d\s*[+*×÷−]\s*\d|\d\s+[-/]\s+\d")
_NEGATION = re.compile(r"\b(?:not|don't|never|without|no|nothing)\b", re.IGNORECASE)
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s|e)$")


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared.

    >>> words("Saved 3 copies") == words("save 3 copy")
    True
    """
    return [_stem(word) for word in _WORD.findall(normalise(text))]


def _stem(word: str) -> str:
    """Return a word without the commonest endings of English; only good for comparing."""
    return re.sub("[yi]$", "i", _ENDING.sub("", word)) if len(word) > 3 else word


def content_words(text: str) -> frozenset[str]:
    """Return the words that name something; verbs and little words do not.

    >>> sorted(content_words("Click the Save button and type Ada into Name"))
    ['ada']
    """
    return naming_words(text) - _stems(VERBS) - _stems(KINDS)


def naming_words(text: str) -> frozenset[str]:
    """Return the words by which a thing may be meant, verbs included: a button is called Save."""
    return frozenset(words(text)) - _stems(LITTLE_WORDS)


@cache
def _stems(plain: frozenset[str]) -> frozenset[str]:
    return frozenset(_stem(word) for word in plain)


def is_question(task: str) -> bool:
    """Tell whether a task asks for an answer rather than for deeds."""
    task = task.strip()
    return task.endswith("?") or _QUESTION.match(task) is not None


def speaks_of_keys(task: str) -> bool:
    """Tell whether a task says that keys are to be pressed."""
    return _KEYS.search(task) is not None


def calculates(task: str) -> bool:
    """Tell whether a task has something to work out, so that its signs are keys.

    >>> calculates("Calculate 6 + 9."), calculates("Print pages 3 to 5")
    (True, False)
    """
    return _SUM.search(task) is not None


def speaks_of_typing(task: str) -> bool:
    """Tell whether a task says that text is to be entered."""
    return _TYPING.search(task) is not None


def clauses(task: str) -> list[str]:
    """Return the parts of a task, each of which asks for something.

    >>> clauses("Type Ada into Name, then click Save.")
    ['Type Ada into Name', 'click Save']
    """
    return [part.strip() for part in _CLAUSE.split(task) if part and part.strip()]


def is_forbidding(part: str) -> bool:
    """Tell whether a part of a task says what is not to be done."""
    return _NEGATION.search(part) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What of a task no sentence that was carried out has touched."""

    clauses: tuple[str, ...]
    """Parts of which no word was in what was done; no conditions, and nothing that is forbidden."""
    words: frozenset[str]
    """Words that name something and were not in what was done, of all parts."""
    unfinished: tuple[str, ...]
    """The former, or else the parts with such words."""


def left_of(task: str, done: Iterable[str]) -> Left:
    """Return what is left of a task.

    Args:
        task: What to do.
        done: Sentences that were carried out.
    """
    named: set[str] = set()
    verbs: set[str] = set()
    for sentence in done:
        verb, _, rest = sentence.partition(" ")
        named |= naming_words(rest)
        verbs |= set(words(SAID_OTHERWISE.get(verb, "")))
    asked = [
        part
        for part in clauses(task)
        if naming_words(part) and not is_forbidding(part) and not _CONDITION.match(part)
    ]

    def is_touched(part: str) -> bool:
        if (naming_words(part) - _stems(KINDS)) & named:
            return True
        return not content_words(part) and bool(naming_words(part) & verbs)

    untouched = tuple(part for part in asked if not is_touched(part))
    said = named | verbs
    return Left(
        clauses=untouched,
        words=frozenset(word for part in asked for word in content_words(part)) - said,
        unfinished=untouched or tuple(part for part in asked if content_words(part) - said),
    )
