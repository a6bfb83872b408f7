"""The words of a question or an answer, as they are compared."""

import re

from ..perception.text_match import normalise

LITTLE_WORDS = frozenset(
    "a an the to of in on at for from with by as is are be it its this that these those "
    "there here what which who whom whose how many much when where why does do did was "
    "were can could has have will would should i you me my your and or not no yes any "
    "some all screen shown say says tell please window".split()
)
_WORD = re.compile(r"\w+")


def content_words(text: str) -> frozenset[str]:
    """Return the words that name something, without plural endings.

    >>> sorted(content_words("How large is the Invoices folder?"))
    ['folder', 'invoice', 'large']
    """
    found = (_singular(word) for word in _WORD.findall(normalise(text)))
    return frozenset(word for word in found if word not in LITTLE_WORDS)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
