"""Which embedder is taken where none is named, and what is said where there is none."""

import logging
import shutil
from pathlib import Path

import pytest

from deskhand.memory.errors import ModelUnavailable
from deskhand.tools.models import embedders
from deskhand.tools.models.embedders import (
    default_image_embedder,
    default_text_embedder,
    image_embedder_hint,
    load_image_embedder,
    text_embedder_hint,
)
from deskhand.tools.models.pull import pull
from deskhand.tools.models.registry import catalogue, entry_named

from .conftest import Checkpoints


@pytest.fixture
def store(tmp_path: Path, checkpoint: Checkpoints) -> Path:
    """A store with a SigLIP model: the one of the catalogue whose hashes are not pinned."""
    root = tmp_path / "store"
    pull(entry_named("siglip-base"), root=root, source=checkpoint("siglip"))
    return root


def test_none_is_here(tmp_path: Path) -> None:
    assert default_text_embedder(root=tmp_path) is None
    assert default_image_embedder(root=tmp_path) is None
    with pytest.raises(ModelUnavailable) as caught:
        load_image_embedder(root=tmp_path)
    assert str(caught.value) == (
        "no model that compares pictures with words is here; bring one with: "
        "deskhand models pull clip-vit-b-32"
    )


def test_hints_are_the_commands_that_bring_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text_embedder_hint() == "deskhand models pull minilm-l6"
    assert image_embedder_hint() == "deskhand models pull clip-vit-b-32"
    monkeypatch.setattr(embedders, "find_spec", lambda _name: None)
    assert text_embedder_hint() == (
        "pip install 'deskhand[clip]' && deskhand models pull minilm-l6"
    )


def test_every_name_is_an_embedder_of_the_catalogue() -> None:
    known = {entry.name for entry in catalogue() if entry.task == "embedding"}
    assert {*embedders.TEXT_MODELS, *embedders.IMAGE_MODELS} == known


def test_the_one_that_is_here_is_loaded_once(store: Path) -> None:
    first = default_image_embedder(root=store)
    assert first is not None
    assert first.report.path == store / "siglip-base"
    assert default_image_embedder(root=store) is first
    assert load_image_embedder(root=store) is first
    assert load_image_embedder("siglip-base", root=store).space == first.space


def test_pulled_and_own_folder_are_one_space(store: Path, checkpoint: Checkpoints) -> None:
    pulled = load_image_embedder("siglip-base", root=store)
    assert load_image_embedder(checkpoint("siglip")).space == pulled.space


def test_damaged_one_is_passed_over_with_a_warning(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weights = store / "siglip-base" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        assert default_image_embedder(root=store) is None
    (said,) = caplog.messages
    assert said.startswith("siglip-base is passed over: siglip-base is not loaded: model.safet")
    assert said.endswith("bring it anew with: deskhand models pull siglip-base")


def test_removed_one_is_not_given_out(store: Path) -> None:
    assert default_image_embedder(root=store) is not None
    shutil.rmtree(store / "siglip-base")
    assert default_image_embedder(root=store) is None


@pytest.mark.models
def test_real_sentence_model(minilm_folder: Path) -> None:
    found = default_text_embedder(root=minilm_folder.parent)
    assert found is not None
    assert found.space == "minilm-l6@53aa51172d142c89"
