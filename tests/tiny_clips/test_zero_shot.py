"""Labels, prompts and probabilities."""

from typing import Any

import numpy as np
import pytest
import torch

from deskhand.memory.errors import ConfigError
from deskhand.tools.models.clip import ClipEmbedder
from deskhand.tools.models.zero_shot import BACKGROUND, TEMPLATES

from .conftest import Picture

LABELS = ["a map", "a red button", "a login form"]
ONE = ("a photo of {}.",)


def prompts(embedder: ClipEmbedder, templates: tuple[str, ...]) -> np.ndarray[Any, Any]:
    """Return the average unit vector of each label's prompts, one label at a time."""
    rows = []
    for label in LABELS:
        made = embedder.embed_texts([template.replace("{}", label) for template in templates])
        mean = made.sum(axis=0)
        rows.append(mean / np.sqrt((mean**2).sum()))
    return np.array(rows)


def test_clips_probabilities_are_a_softmax_with_the_learned_scale(
    clip: ClipEmbedder, pictures: list[Picture]
) -> None:
    near = clip.embed_images(pictures) @ prompts(clip, TEMPLATES).T
    expected = torch.tensor(near).mul(clip.scale).softmax(dim=1).numpy()
    shown = clip.classify(pictures, LABELS)
    for one, shares, cosines in zip(shown, expected, near, strict=True):
        assert one.kind == "exclusive"
        assert one.none is None
        assert one.probabilities == pytest.approx(shares, abs=1e-4)
        assert one.similarities == pytest.approx(cosines, abs=1e-5)
        assert sum(one.probabilities) == pytest.approx(1)
        assert one.best == LABELS[int(np.argmax(shares))]


def test_siglips_probabilities_are_sigmoids_with_the_learned_bias(
    siglip: ClipEmbedder, pictures: list[Picture]
) -> None:
    assert siglip.bias is not None
    near = siglip.embed_images(pictures) @ prompts(siglip, ONE).T
    expected = torch.tensor(near).mul(siglip.scale).add(siglip.bias).sigmoid().numpy()
    shown = siglip.classify(pictures, LABELS, templates=ONE)
    for one, shares in zip(shown, expected, strict=True):
        assert one.kind == "independent"
        assert one.probabilities == pytest.approx(shares, abs=1e-4)
        assert one.none == pytest.approx(float(np.prod(1 - shares)), abs=1e-4)


def test_a_label_judged_by_itself_does_not_change_with_the_others(
    siglip: ClipEmbedder, pictures: list[Picture]
) -> None:
    (alone,) = siglip.classify(pictures[:1], LABELS[:1])
    (beside,) = siglip.classify(pictures[:1], LABELS)
    assert alone.probabilities[0] == pytest.approx(beside.probabilities[0], abs=1e-5)


def test_none_of_these_takes_its_share_from_clips_labels(
    clip: ClipEmbedder, pictures: list[Picture]
) -> None:
    (closed,) = clip.classify(pictures[:1], LABELS)
    (opened,) = clip.classify(pictures[:1], LABELS, none_of_these=True)
    assert opened.none is not None
    assert sum(opened.probabilities) + opened.none == pytest.approx(1)
    # The labels share what is left as before.
    left = np.array(opened.probabilities) / (1 - opened.none)
    assert left == pytest.approx(np.array(closed.probabilities), abs=1e-4)
    background = clip.embed_texts(BACKGROUND).mean(axis=0)
    nearness = clip.embed_images(pictures[:1])[0] @ (background / np.linalg.norm(background))
    logits = np.array([*opened.similarities, nearness]) * clip.scale
    expected = torch.tensor(logits).softmax(dim=0)[-1].item()
    assert opened.none == pytest.approx(expected, abs=1e-4)


def test_best_is_nothing_where_none_is_more_probable(
    siglip: ClipEmbedder, pictures: list[Picture]
) -> None:
    for one in siglip.classify(pictures, LABELS):
        assert one.none is not None
        highest = max(one.probabilities)
        assert one.best == (None if one.none > highest else one.ranked[0][0])
        assert one.ranked[0][1] == highest
    assert {one.best for one in siglip.classify(pictures, LABELS)} >= {None}


def test_temperature_changes_how_sure_not_in_which_order(
    clip: ClipEmbedder, pictures: list[Picture]
) -> None:
    (usual,) = clip.classify(pictures[:1], LABELS)
    (flat,) = clip.classify(pictures[:1], LABELS, temperature=50)
    assert [label for label, _ in flat.ranked] == [label for label, _ in usual.ranked]
    assert max(flat.probabilities) < max(usual.probabilities)
    expected = torch.tensor(np.array(usual.similarities) * clip.scale / 50).softmax(dim=0).numpy()
    assert flat.probabilities == pytest.approx(expected, abs=1e-4)


def test_label_may_hold_braces(clip: ClipEmbedder, pictures: list[Picture]) -> None:
    (shown,) = clip.classify(pictures[:1], ["{0}", "{}", "{x!r}"])
    assert shown.labels == ("{0}", "{}", "{x!r}")


def test_no_pictures_are_no_answers(embedder: ClipEmbedder) -> None:
    assert embedder.classify([], LABELS) == []


AB = ["a", "b"]


@pytest.mark.parametrize(
    ("labels", "settings", "words"),
    [
        ([], {}, "labels is []; expected a list of at least one label"),
        ("map", {}, "labels is 'map'; expected a list of at least one label"),
        (["a", "a"], {}, "labels are ['a', 'a']; expected each once, and none blank"),
        (["a", " "], {}, "labels are ['a', ' ']; expected each once, and none blank"),
        (
            ["map"],
            {},
            "'map' is the only label, and this model compares labels with each other: name "
            "another, or ask with none_of_these",
        ),
        (AB, {"templates": []}, "templates is []; expected a list of at least one template"),
        (AB, {"templates": ["x"]}, "the template 'x' has no single {} for the label"),
        (AB, {"templates": ["{} {}"]}, "the template '{} {}' has no single {} for the label"),
        (AB, {"temperature": 0.0}, "temperature is 0.0; expected a number above 0"),
        (AB, {"temperature": float("inf")}, "temperature is inf; expected a number above 0"),
    ],
)
def test_wrong_arguments(
    clip: ClipEmbedder, pictures: list[Picture], labels: Any, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        clip.classify(pictures[:1], labels, **settings)
    assert str(caught.value) == words


def test_prompt_longer_than_the_model_takes_is_refused(
    clip: ClipEmbedder, pictures: list[Picture], caplog: pytest.LogCaptureFixture
) -> None:
    long = "map " * 100
    with pytest.raises(ConfigError) as caught:
        clip.classify(pictures[:1], [long, "b"], templates=["{}"])
    assert str(caught.value) == f"the prompt {long!r} is longer than the model takes; shorten it"
    assert caplog.messages == []
