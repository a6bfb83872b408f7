"""What else may be asked where words and pixels do not tell: a CLIP model, a grounding model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from ...memory.embedding import ImageEmbedder, TextEmbedder
from ..desktop.capture import Capture
from ..desktop.geometry import Point
from ..models.calibration_store import CalibrationStore
from ..models.coordinates.families import Family
from ..models.grounder import Grounder

NO_CLIP = "there is no CLIP model"
NO_VLM = "there is no vision-language model"
REMEMBERED = 32


class Embedder(TextEmbedder, ImageEmbedder, Protocol):
    """Embeds texts and pictures into one space."""


class Pointer(Protocol):
    """A model that says where something is on a picture."""

    @property
    def name(self) -> str:
        """The model's name."""

    def point(self, capture: Capture, description: str) -> Point:
        """Return where the thing is, in the capture's pixels.

        Raises:
            NotFound: If the model says that it is not there.
            ModelOutputError: If its answer is not of its form.
        """

    def may_click(self) -> bool:
        """Tell whether its points may be clicked."""

    def require(self) -> None:
        """Refuse the model for clicks unless it may.

        Raises:
            ModelUnavailable: Saying what is missing.
        """


class GroundingPointer:
    """A grounding model with what is known of how well it points; loaded when first asked.

    Args:
        load: Loads the model.
        name: Its name, as calibrations are kept under.
        revision: Which weights, as calibrations are kept under.
        family: How it is asked and what its answers mean.
        calibrations: Where the calibrations of models are kept.
    """

    def __init__(
        self,
        load: Callable[[], Grounder],
        *,
        name: str,
        revision: str,
        family: Family,
        calibrations: CalibrationStore,
    ) -> None:
        self.name = name
        self.revision = revision
        self.family = family
        self._load = load
        self._loaded: Grounder | None = None
        self._calibrations = calibrations
        self._answers: dict[tuple[str, str], Point] = {}

    @classmethod
    def of(cls, grounder: Grounder, calibrations: CalibrationStore) -> Self:
        """Return the pointer that a loaded model is."""
        return cls(
            lambda: grounder, name=grounder.name, revision=grounder.revision,
            family=grounder.family, calibrations=calibrations,
        )  # fmt: skip

    def ask(self, picture: Capture, description: str, /) -> str:
        """Return the model's whole answer for a picture as it is."""
        return self._grounder().ask(picture, description)

    def point(self, capture: Capture, description: str) -> Point:
        """Return where the thing is; what it answered for the same picture it is not asked again.

        A step of a run is prepared several times, and must mean the same place each time.
        """
        key = (capture.sha256, description)
        if key not in self._answers:
            answer = self._grounder().find(capture, description).point
            while len(self._answers) >= REMEMBERED:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = answer
        place = self._answers[key]
        return capture.view.point(place.x, place.y)

    def may_click(self) -> bool:
        """Tell whether it was calibrated as it is asked, and passed."""
        return self._calibrations.is_calibrated(self)

    def require(self) -> None:
        """Refuse the model for clicks unless it passed its calibration.

        Raises:
            ModelUnavailable: Saying what is missing.
        """
        self._calibrations.require(self)

    def _grounder(self) -> Grounder:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What may be asked beside the elements of a look; all of it optional."""

    clip: Embedder | None = None
    load_clip: Callable[[], Embedder | None] = lambda: None
    """Loads one where none is given and one is needed; None for none that is here."""
    vlm: Pointer | None = None
    absent: Sequence[tuple[str, str]] = field(default=())
    """Name of a source that is not there, and why, where it is not the usual reason."""

    def embedder(self) -> Embedder | None:
        """Return the CLIP model, loaded only now where it is to be."""
        return self.load_clip() if self.clip is None else self.clip

    def why_absent(self, name: str) -> str:
        """Return why a source is not there."""
        usual = {"clip": NO_CLIP, "vlm": NO_VLM}
        return dict(self.absent).get(name, usual[name])


NO_MODELS = Sources()
"""Words, names and pixels alone."""
