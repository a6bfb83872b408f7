"""What came of looking for a thing: where it is, who says so, and what the others said."""

from dataclasses import dataclass
from typing import Literal

from ..desktop.geometry import Point
from ..perception.elements import Element
from ..perception.ground import describe
from .candidates import FoundBy, is_same_place

Status = Literal["found", "ambiguous", "not found", "failed", "not there", "not asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What one source takes for the thing."""

    element: Element | None
    """None for a bare point."""
    point: Point
    source: FoundBy
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one source."""

    source: FoundBy
    status: Status
    said: str = ""
    """In words: what it found, or why it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a described thing is."""

    element: Element | None
    """None where only a model knows, and it points at nothing that is an element."""
    point: Point
    """Where a click goes, in the observation's view."""
    source: FoundBy
    confidence: float
    runner_up: Guess | None
    verdicts: tuple[Verdict, ...]
    """One for each source, in the order in which they are asked."""
    disagreement: str = ""
    """In words, where two sources point at different places."""


def is_same(one: Guess, other: Guess) -> bool:
    """Tell whether two guesses are one place: a click on either does the same."""
    if one.element is None or other.element is None:
        bare, known = (one, other) if one.element is None else (other, one)
        return known.element is not None and known.element.box.contains(bare.point.x, bare.point.y)
    return is_same_place(one.element, other.element)


def place_of(guess: Guess) -> str:
    """Return in words where a guess is."""
    if guess.element is not None:
        return describe(guess.element)
    return f"({guess.point.x:.0f}, {guess.point.y:.0f})"
