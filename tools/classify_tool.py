"""What a picture or a part of the screen shows, as a tool: words compared with a picture."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..memory.errors import Ambiguous, BadArgumentError, NotFound
from .desktop.capture import Pixels, load_capture
from .safety.fence import Fence
from .tool_spec import QuotingError, Result, ToolSpec

if TYPE_CHECKING:
    from .models.clip import ClipEmbedder
    from .models.zero_shot import Classified

MAX_LABELS = 50
LookAt = Callable[[str | None, int | None], Pixels]
"""Returns the pixels of a window or an element of the screen, of all of it for neither."""


class ClassifyImageArguments(BaseModel):
    """Arguments of classify_image."""

    model_config = ConfigDict(extra="forbid")

    labels: list[str] = Field(
        min_length=1,
        max_length=MAX_LABELS,
        description="What it may show, in a few words each: a login form, an error message, a map.",
    )
    path: str | None = Field(
        default=None, min_length=1, description="A picture file; without it, the screen."
    )
    window: str | None = Field(
        default=None, max_length=200, description="Only this window: part of its title."
    )
    element: int | None = Field(default=None, ge=1, description="Only this numbered element.")
    templates: list[str] | None = Field(
        default=None,
        min_length=1,
        max_length=20,
        description="Prompts with {} for the label, such as: an icon of {}.",
    )

    @model_validator(mode="after")
    def _one_picture(self) -> "ClassifyImageArguments":
        given = [self.path, self.window, self.element]
        if sum(value is not None for value in given) > 1:
            raise ValueError("name one of path, window and element")
        return self


class ClassifyTool:
    """Offers `classify_image`.

    Args:
        look_at: Takes a picture of the screen; None where there is no screen to look at.
        load: Returns the model, at the first call; None for the best one that was pulled.
    """

    def __init__(
        self, look_at: LookAt | None = None, load: "Callable[[], ClipEmbedder] | None" = None
    ) -> None:
        self._look_at = look_at
        self._load = load

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tool."""
        return (ToolSpec.of(self.classify_image, ClassifyImageArguments, read_only=True),)

    # What the model reads.
    def classify_image(self, labels: list[str], **given: Any) -> Result:
        """Tell which of some labels the screen, a window, an element or a picture file shows.

        It compares what is seen with the words of each label: good for kinds of things, icons and
        photos, not for reading text. "None of them" is among the answers.
        """
        asked = ClassifyImageArguments.model_validate({"labels": labels} | given)
        # First, so that a missing model is told before anything is looked at.
        model = self._model()
        from .models.zero_shot import TEMPLATES

        try:
            pixels = self._pixels(asked)
        except (Ambiguous, NotFound) as error:  # they name the windows that there are
            raise QuotingError(Fence().wrap(str(error), "the screen"), "") from error
        (shown,) = model.classify(
            [pixels],
            asked.labels,
            templates=TEMPLATES if asked.templates is None else asked.templates,
            none_of_these=True,
        )
        return _in_words(shown), {
            "model": model.space,
            "kind": shown.kind,
            "best": shown.best,
            "none": shown.none,
            "probabilities": dict(shown.ranked),
        }

    def _model(self) -> "ClipEmbedder":
        if self._load is not None:
            return self._load()
        from .models.embedders import load_image_embedder

        return load_image_embedder()

    def _pixels(self, asked: ClassifyImageArguments) -> Pixels:
        if asked.path is not None or self._look_at is None:
            if asked.path is None:
                raise BadArgumentError("there is no screen to look at; name a picture file: path")
            return load_capture(Path(asked.path)).pixels
        return self._look_at(asked.window, asked.element)


def _in_words(shown: "Classified") -> str:
    lines = [f"{probability:.0%} {label}" for label, probability in shown.ranked]
    head = "none of them" if shown.best is None else shown.best
    none = "" if shown.none is None else f"\n{shown.none:.0%} none of them"
    return f"best: {head}\n" + "\n".join(lines) + none
