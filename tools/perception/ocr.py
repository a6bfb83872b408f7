"""Reading text: what an OCR engine is, and where its models lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ...memory.errors import ConfigError
from ..desktop.capture import Pixels
from ..desktop.geometry import Box

if TYPE_CHECKING:
    from .ink import Ink

MODEL_FILES = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx")
"""Detection and recognition of PP-OCRv6 small (Apache-2.0), which the rapidocr wheel ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of text as it was read."""

    box: Box
    """In pixels of the picture."""
    text: str
    score: float
    """Mean confidence of the characters, in [0, 1]."""
    centres: tuple[float, ...]
    """For each character of `text`, the x of its middle in pixels of the picture."""

    def shift(self, dx: int, dy: int) -> "TextLine":
        """Return the same text elsewhere."""
        return TextLine(
            box=self.box.shift(dx, dy),
            text=self.text,
            score=self.score,
            centres=tuple(x + dx for x in self.centres),
        )


class OcrEngine(Protocol):
    """Finds and reads text."""

    def read(
        self, pixels: Pixels, ink: "Ink | None" = None, *, check: Callable[[], None] = lambda: None
    ) -> Sequence[TextLine]:
        """Return all lines of a picture, in no particular order.

        Args:
            pixels: RGB, uint8, shape (H, W, 3).
            ink: Of the picture, where it is known already.
            check: Called between batches; may raise to cancel.
        """
        ...

    def read_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[TextLine]:
        """Return what stands in each box, without looking for text first; may be empty text."""
        ...

    def can_read(self, character: str) -> bool:
        """Tell whether the engine knows this character at all."""
        ...


def model_paths() -> tuple[Path, Path]:
    """Return the paths of the detection and recognition models.

    Raises:
        ConfigError: If they are not installed.
    """
    spec = find_spec("rapidocr")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "models"
        detection, recognition = (folder / name for name in MODEL_FILES)
        if detection.is_file() and recognition.is_file():
            return detection, recognition
    raise ConfigError(
        f"the OCR models {' and '.join(MODEL_FILES)} are not installed; "
        "install them with: pip install 'rapidocr>=3.10,<4'"
    )


def load_ocr() -> OcrEngine:
    """Load the OCR engine; takes about half a second."""
    detection, recognition = model_paths()
    engine: OcrEngine = import_module(".ocr_onnx", __package__).OnnxOcr(detection, recognition)
    return engine
