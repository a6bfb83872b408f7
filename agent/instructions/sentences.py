"""What a sentence of the instruction language says: the syntax tree, all of it frozen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...tools.actions import Action, Expectation, TextTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in the text a sentence stands."""

    line: int
    """Counts from 1."""
    column: int
    """Counts from 1, in characters."""
    start: int
    """Offset of the first character."""
    text: str
    """The sentence as it was written."""


NOWHERE = Source(line=1, column=1, start=0, text="")


def _source() -> Source:
    # Two sentences that say the same are equal wherever they stand.
    return field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Do one action."""

    action: Action
    source: Source = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectFrom:
    """Open a list and click an option in it."""

    option: str
    target: TextTarget
    """The list."""
    expect: tuple[Expectation, ...] = ()
    source: Source = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChecked:
    """Bring a checkbox or radio button into a state."""

    target: TextTarget
    checked: bool
    expect: tuple[Expectation, ...] = ()
    source: Source = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrollUntil:
    """Scroll until words are seen."""

    direction: Literal["up", "down", "left", "right"]
    text: str
    target: TextTarget | None = None
    """What the wheel is turned over; None for where the pointer is."""
    source: Source = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is on the screen, or is not."""

    what: Literal["text", "window"]
    text: str
    present: bool = True

    @classmethod
    def of(cls, claim: Expectation) -> "Condition":
        """Return what must hold for an expectation of an action to have come true."""
        return cls(
            what="window" if claim.kind.startswith("window") else "text",
            text=claim.text,
            present=claim.kind in ("text_appears", "window_opened"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """Look, do nothing, and go on only if it is so."""

    condition: Condition
    within_s: float
    source: Source = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    """Do one thing or the other, by what is on the screen."""

    condition: Condition
    then: "tuple[Sentence, ...]"
    otherwise: "tuple[Sentence, ...]" = ()
    source: Source = _source()


Sentence = Act | SelectFrom | SetChecked | ScrollUntil | Expect | If


def walk(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Yield every sentence, those inside of branches included, in the order of the text."""
    for sentence in sentences:
        yield sentence
        if isinstance(sentence, If):
            yield from walk(sentence.then)
            yield from walk(sentence.otherwise)
