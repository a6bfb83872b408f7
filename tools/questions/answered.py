"""What comes of asking about a screen, as plain data."""

from dataclasses import dataclass
from typing import Any, Literal

from ..perception.elements import Element

Source = Literal["screen text", "picture"]
"""What the model was given: the parsed screen alone, or the picture with it."""


NOT_THERE = "not on the screen"
"""What a model is to answer, and what an answer says, where the screen does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the model's calls took."""

    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Return what both took."""
        return Cost(
            seconds=round(self.seconds + other.seconds, 3),
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer about a screen, with what it rests on."""

    question: str
    text: str
    """The answer, without its citations."""
    found: bool
    """False where the answer is that the screen does not tell."""
    elements: tuple[Element, ...] = ()
    """What the answer rests on."""
    unknown: tuple[int, ...] = ()
    """Numbers that the model named and that no element of the screen has."""
    claims: tuple[str, ...] = ()
    """Quotations, numbers and names in the answer that no text on the screen says, and states of
    boxes that are otherwise on it."""
    source: Source = "screen text"
    model: str = ""
    pictures: int = 0
    """How many pictures the model was sent; two where it looked a second time, enlarged."""
    left_out: int = 0
    """How many lines or elements of the screen had no room."""
    cost: Cost = Cost()

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "question": self.question,
            "found": self.found,
            "answer": self.text,
            "elements": [element_record(element) for element in self.elements],
            "unknown_elements": list(self.unknown),
            "unsupported": list(self.claims),
            "source": self.source,
            "model": self.model,
            "pictures": self.pictures,
            "left_out": self.left_out,
            "seconds": self.cost.seconds,
            "input_tokens": self.cost.input_tokens,
            "output_tokens": self.cost.output_tokens,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A screen in a few sentences, and the facts that need no model."""

    facts: tuple[str, ...]
    """One sentence each."""
    text: str = ""
    """The model's summary; empty without a model."""
    elements: tuple[Element, ...] = ()
    """What stands out: focused, selected, disabled, in a dialog or an error."""
    claims: tuple[str, ...] = ()
    """As in `Answered`."""
    source: Source = "screen text"
    model: str = ""
    """Empty without a model."""
    pictures: int = 0
    cost: Cost = Cost()

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "summary": self.text,
            "facts": list(self.facts),
            "elements": [element_record(element) for element in self.elements],
            "unsupported": list(self.claims),
            "source": self.source,
            "model": self.model,
            "pictures": self.pictures,
            "seconds": self.cost.seconds,
            "input_tokens": self.cost.input_tokens,
            "output_tokens": self.cost.output_tokens,
        }


def element_record(element: Element) -> dict[str, Any]:
    """Return an element as plain data, in capture pixels."""
    return {
        "id": element.id,
        "role": element.role,
        "text": element.text,
        "box": list(element.box.xyxy),
        "states": sorted(element.states),
        "window": element.window,
    }
