"""Which of some labels a picture shows, told by a picture-text model without any training.

The labels are put into prompts (`a photo of {}.`), the prompts' vectors are averaged (Radford et
al. 2021, 3.1.4), and the average is compared with the picture's vector. What the numbers then mean
depends on how the model was trained:

* CLIP's are a softmax over the labels: they compete, their sum is 1, and one of them wins also
  where none is right. `none_of_these=True` lets prompts of the background compete as well; what
  they win is `none`. That is rough: CLIP never learned absence.
* SigLIP's are a sigmoid for each label with a learned bias: each is judged by itself, several may
  be right or none. `none` is the probability that not one is, taking them as independent.

Neither is comparable with the other, nor a threshold for one of use for the other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ...memory.embedding import Vectors
from ...memory.errors import ConfigError
from .rgb_pictures import Picture

Kind = Literal["exclusive", "independent"]
PLACE = "{}"
"""Where the label goes in a template."""
TEMPLATES = ("a photo of {}.", "a picture of {}.", "a screenshot of {}.")
"""General ones, of photos and of screens. For icons name others: `an icon of {}`."""
BACKGROUND = (
    "a picture of something else.",
    "a picture of nothing in particular.",
    "an empty picture.",
    "some other thing.",
)
"""What competes with the labels of a model that cannot say that none is right."""


class PictureTextModel(Protocol):
    """What classifying takes: vectors of one space, and how they were trained to be compared."""

    @property
    def scale(self) -> float:
        """Return the learned factor of a cosine."""

    @property
    def bias(self) -> float | None:
        """Return the learned summand of labels judged by themselves; None for competing ones."""

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""

    def embed_images(self, images: Sequence[Picture]) -> Vectors:
        """Return a row for each picture."""

    def fits(self, text: str) -> bool:
        """Tell whether the model takes a text uncut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What one picture shows."""

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    """One for each label."""
    similarities: tuple[float, ...]
    """The cosine with each label's average prompt."""
    kind: Kind
    """Whether the labels competed, or were judged each by itself."""
    none: float | None
    """The probability of none of them; None where labels competed among themselves alone."""

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """The labels with their probabilities, the most probable first."""
        pairs = zip(self.labels, self.probabilities, strict=True)
        return sorted(pairs, key=lambda pair: -pair[1])

    @property
    def best(self) -> str | None:
        """The most probable label; None where none of them is more probable than that one."""
        label, probability = self.ranked[0]
        return None if self.none is not None and self.none > probability else label


def classify(
    model: PictureTextModel,
    images: Sequence[Picture],
    labels: Sequence[str],
    *,
    templates: Sequence[str] = TEMPLATES,
    temperature: float = 1.0,
    none_of_these: bool = False,
) -> list[Classified]:
    """Return which of some labels each picture shows.

    Args:
        model: Such as a `ClipEmbedder`.
        images: The pictures.
        labels: What may be on them, in words; each once.
        templates: Prompts with one `{}` for the label, which may hold braces itself; the prompts'
            vectors are averaged.
        temperature: Above 1 makes the model less sure of itself, below 1 surer. The order of
            labels stays. 1 is what the model was trained with.
        none_of_these: For CLIP, let the background compete. SigLIP tells `none` anyway.

    Raises:
        ConfigError: An argument is wrong, or a prompt is longer than the model takes.
        BadArgumentError: A picture is none.
    """
    return classify_vectors(
        model,
        model.embed_images(images),
        labels,
        templates=templates,
        temperature=temperature,
        none_of_these=none_of_these,
    )


def classify_vectors(
    model: PictureTextModel,
    vectors: Vectors,
    labels: Sequence[str],
    *,
    templates: Sequence[str] = TEMPLATES,
    temperature: float = 1.0,
    none_of_these: bool = False,
) -> list[Classified]:
    """Return the same as `classify` for pictures that the model has embedded before.

    Raises:
        ConfigError: As `classify`.
    """
    bias = model.bias
    _check(labels, templates, temperature, needs_rival=bias is None and not none_of_these)
    prompts = [[template.replace(PLACE, label) for template in templates] for label in labels]
    if bias is None and none_of_these:
        prompts.append(list(BACKGROUND))
    similarities = vectors @ _prompt_rows(model, prompts).T
    logits = similarities.astype(np.float64) * model.scale
    if bias is None:
        shares = _softmax(logits / temperature)
    else:
        shares = _sigmoid((logits + bias) / temperature)
    n_labels = len(labels)
    return [
        Classified(
            labels=tuple(labels),
            probabilities=tuple(map(float, share[:n_labels])),
            similarities=tuple(map(float, near[:n_labels])),
            kind="exclusive" if bias is None else "independent",
            none=_none(share, n_labels, bias),
        )
        for share, near in zip(shares, similarities, strict=True)
    ]


def _none(share: NDArray[np.float64], n_labels: int, bias: float | None) -> float | None:
    if bias is not None:
        return float(np.prod(1.0 - share))
    return float(share[n_labels]) if len(share) > n_labels else None


def _prompt_rows(model: PictureTextModel, prompts: Sequence[Sequence[str]]) -> Vectors:
    """Return the average of the vectors of each list of prompts, at length 1 again."""
    flat = [prompt for group in prompts for prompt in group]
    for prompt in flat:
        if not model.fits(prompt):
            raise ConfigError(f"the prompt {prompt!r} is longer than the model takes; shorten it")
    embedded = model.embed_texts(flat)
    ends = np.cumsum([len(group) for group in prompts])[:-1]
    means = np.stack([part.mean(axis=0) for part in np.split(embedded, ends)])
    rows: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
    return rows


def _check(
    labels: Sequence[str], templates: Sequence[str], temperature: float, *, needs_rival: bool
) -> None:
    if isinstance(labels, str) or not labels:
        raise ConfigError(f"labels is {labels!r}; expected a list of at least one label")
    blank = [label for label in labels if not label.strip()]
    if blank or len(set(labels)) != len(labels):
        raise ConfigError(f"labels are {list(labels)!r}; expected each once, and none blank")
    if needs_rival and len(labels) == 1:
        raise ConfigError(
            f"{labels[0]!r} is the only label, and this model compares labels with each other: "
            "name another, or ask with none_of_these"
        )
    if isinstance(templates, str) or not templates:
        raise ConfigError(f"templates is {templates!r}; expected a list of at least one template")
    for template in templates:
        if template.count(PLACE) != 1:
            raise ConfigError(f"the template {template!r} has no single {PLACE} for the label")
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ConfigError(f"temperature is {temperature}; expected a number above 0")


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    made: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return made


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    # Of the absolute value, so that neither end overflows.
    raised = np.exp(-np.abs(logits))
    made: NDArray[np.float64] = np.where(logits >= 0, 1.0, raised) / (1.0 + raised)
    return made
