"""What must not be written down: secrets, in pictures and in what was read from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from ..actions import SECRET_SHOWN
from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from ..perception.elements import Element, Observation
from .policy import SECRET_WORDS, has_word

MIN_VALUE_CHARS = 4
"""Shorter secrets are found all over any screen."""
ALIKE = 80.0
"""Likeness, in percent, from which a text that was read is taken for the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Knows which places of a screen hide secrets."""

    values: Sequence[str] = ()
    """Secrets that this process knows: they are hidden wherever they can be read."""

    def boxes(self, elements: Sequence[Element]) -> tuple[Box, ...]:
        """Return fields that by their label hold a secret, and texts that read like one."""
        return tuple(
            element.box
            for element in elements
            if (element.role == "textbox" and has_word(element.text, SECRET_WORDS))
            or self._is_value(element.text)
        )

    def elements(self, elements: Sequence[Element]) -> list[Element]:
        """Return the elements with what was read in such places replaced."""
        boxes = self.boxes(elements)
        return [
            replace(element, text=SECRET_SHOWN)
            if self._is_value(element.text)
            or (
                element.role != "textbox"
                and any(box.contains(*element.box.centre) for box in boxes)
            )
            else element
            for element in elements
        ]

    def _is_value(self, text: str) -> bool:
        shown = "".join(text.split()).casefold()
        return any(
            len(value) >= MIN_VALUE_CHARS
            and len(shown) >= MIN_VALUE_CHARS
            and fuzz.partial_ratio("".join(value.split()).casefold(), shown) >= ALIKE
            and len(shown) >= 0.5 * len(value)
            for value in self.values
        )


def blackened(pixels: Pixels, boxes: Sequence[Box]) -> Pixels:
    """Return a copy of a picture with places made black."""
    hidden = pixels.copy()
    for box in boxes:
        hidden[box.top : box.bottom, box.left : box.right] = 0
    return hidden


def ignoring(observation: Observation, boxes: Sequence[Box]) -> Observation:
    """Return an observation in which some places do not count as changes."""
    return replace(observation, moving=(*observation.moving, *boxes)) if boxes else observation
