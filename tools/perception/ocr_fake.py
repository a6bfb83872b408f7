"""An OCR engine that reads nothing, for desktops that exist in memory."""

from collections.abc import Callable, Sequence

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ink import Ink
from .ocr import TextLine


class BlindOcr:
    """Reads nothing."""

    def read(
        self, pixels: Pixels, ink: Ink | None = None, *, check: Callable[[], None] = lambda: None
    ) -> Sequence[TextLine]:
        """Return no lines."""
        del pixels, ink, check
        return []

    def read_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[TextLine]:
        """Return an empty text for each box."""
        del pixels
        return [TextLine(box=box, text="", score=0.0, centres=()) for box in boxes]

    def can_read(self, character: str) -> bool:
        """Tell that every character can be read."""
        del character
        return True
