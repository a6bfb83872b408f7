"""The sentence model: mean pooling, long texts, and the real one where it is here."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from deskhand.memory.embedding import TextEmbedder, Vectors
from deskhand.memory.errors import BadArgumentError, ConfigError, ModelUnavailable
from deskhand.tools.models.checkpoint_loading import no_progress_bars
from deskhand.tools.models.sentence import SentenceEmbedder

from .conftest import Checkpoints

TEXTS = ["the file could not be saved", "disk is full", "open settings", "a"]
NEAR = 1e-5


def mean_pooled(folder: Path, texts: list[str], *, limit: int) -> Vectors:
    """Return vectors by transformers alone, as the model's card shows it."""
    with no_progress_bars():
        model: Any = AutoModel.from_pretrained(folder).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    made = tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
    with torch.inference_mode():
        states = model(**made).last_hidden_state
    weights = made["attention_mask"].unsqueeze(-1).float()
    means = (states * weights).sum(1) / weights.sum(1)
    vectors: Vectors = torch.nn.functional.normalize(means, dim=1).numpy()
    return vectors


@pytest.fixture(scope="module")
def tiny(sentence_folder: Path) -> SentenceEmbedder:
    return SentenceEmbedder.load(sentence_folder, device="cpu")


def largest(difference: Vectors) -> float:
    return float(np.abs(difference).max())


def test_vectors_are_those_of_the_models_card(
    tiny: SentenceEmbedder, sentence_folder: Path
) -> None:
    assert isinstance(tiny, TextEmbedder)
    rows = tiny.embed_texts(TEXTS)
    assert rows.dtype == np.float32
    assert (rows.shape, tiny.dimensions) == ((4, 32), 32)
    assert largest(rows - mean_pooled(sentence_folder, TEXTS, limit=12)) < NEAR


def test_vector_does_not_depend_on_what_else_is_in_the_call(
    tiny: SentenceEmbedder, sentence_folder: Path
) -> None:
    texts = [*TEXTS, "the file could not be saved disk is full open settings window a b c"]
    rows = tiny.embed_texts(texts)
    by_one = SentenceEmbedder.load(sentence_folder, device="cpu", batch_size=1)
    assert largest(by_one.embed_texts(texts) - rows) < NEAR
    for number, text in enumerate(texts):
        assert largest(tiny.embed_texts([text])[0] - rows[number]) < NEAR


def test_long_text_is_the_mean_of_its_parts(tiny: SentenceEmbedder) -> None:
    # 10 tokens of text fit beside [CLS] and [SEP].
    first, second = "the file could not be saved disk is full open", "settings window"
    parts = tiny.embed_texts([first, second])
    mean = parts[0] * 12 + parts[1] * 4
    (whole,) = tiny.embed_texts([f"{first} {second}"])
    assert largest(whole - mean / np.linalg.norm(mean)) < NEAR


def test_parts_end_between_words(tiny: SentenceEmbedder) -> None:
    # The tenth token, `a`, begins a word of five: it goes with its rest.
    first, second = "the file could not be saved disk is full", "asssed window"
    parts = tiny.embed_texts([first, second])
    mean = parts[0] * 11 + parts[1] * 8
    (whole,) = tiny.embed_texts([f"{first} {second}"])
    assert largest(whole - mean / np.linalg.norm(mean)) < NEAR


def test_word_longer_than_the_model_takes_is_split(tiny: SentenceEmbedder) -> None:
    rows = tiny.embed_texts(["a" + "s" * 40])
    assert np.isfinite(rows).all()


def test_nothing_and_empty_texts(tiny: SentenceEmbedder) -> None:
    assert tiny.embed_texts([]).shape == (0, 32)
    assert np.linalg.norm(tiny.embed_texts([""])[0]) == pytest.approx(1)


def test_control_tokens_in_a_text_are_words(tiny: SentenceEmbedder) -> None:
    plain, with_control = tiny.embed_texts(["disk [UNK]", "disk [SEP]"])
    # Both are words that the vocabulary has not, in brackets that it has not.
    assert largest(plain - with_control) < NEAR


def test_wrong_arguments_and_folders(
    tiny: SentenceEmbedder, sentence_folder: Path, checkpoint: Checkpoints, tmp_path: Path
) -> None:
    with pytest.raises(BadArgumentError) as not_list:
        tiny.embed_texts("open")
    assert str(not_list.value) == "expected a list of texts or pictures, got one str"
    with pytest.raises(ConfigError) as batch:
        SentenceEmbedder.load(sentence_folder, batch_size=0)
    assert str(batch.value) == "batch_size is 0; expected 1 or more"
    clip = checkpoint("clip")
    with pytest.raises(ModelUnavailable) as other:
        SentenceEmbedder.load(clip)
    assert str(other.value) == (
        f"{str(clip)!r} is of the family 'clip'; expected a sentence model (bert)"
    )
    folder = Path(shutil.copytree(sentence_folder, tmp_path / "copy"))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}', "utf-8")
    with pytest.raises(ModelUnavailable) as pooling:
        SentenceEmbedder.load(folder)
    assert str(pooling.value) == (
        f"{str(folder)!r} was trained with another pooling than the mean of its tokens"
    )


# --- the real model, where it is here


@pytest.fixture(scope="module")
def minilm(minilm_folder: Path) -> SentenceEmbedder:
    return SentenceEmbedder.load("minilm-l6", device="cpu", root=minilm_folder.parent)


@pytest.mark.models
def test_real_model_is_named_after_the_catalogue_and_its_weights(minilm: SentenceEmbedder) -> None:
    assert minilm.space == "minilm-l6@53aa51172d142c89"
    assert (minilm.dimensions, minilm.report.text_tokens) == (384, 256)


@pytest.mark.models
def test_real_vectors_are_those_of_the_models_card(
    minilm: SentenceEmbedder, minilm_folder: Path
) -> None:
    texts = ["The file could not be saved.", "Grüße, 你好", "x", "", "word " * 300]
    expected = mean_pooled(minilm_folder, texts[:4], limit=256)
    assert largest(minilm.embed_texts(texts)[:4] - expected) < NEAR


@pytest.mark.models
def test_real_what_means_the_same_is_nearest(minilm: SentenceEmbedder) -> None:
    said = ["The disk is full", "Wrong password", "New message from Ada", "Update installed"]
    asked = [
        "no space left on the drive",
        "the login was refused",
        "somebody wrote to me",
        "the program was upgraded",
    ]
    near = minilm.embed_texts(asked) @ minilm.embed_texts(said).T
    assert near.argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.models
def test_real_the_end_of_a_long_text_counts(minilm: SentenceEmbedder) -> None:
    filler = "the weather report said it would rain all day. " * 60
    ending = "the invoice of the dentist was paid twice. " * 30
    rain, both, query = minilm.embed_texts([filler, filler + ending, "a bill from the dentist"])
    assert both @ query > rain @ query + 0.1


@pytest.mark.models
def test_real_model_with_one_wrong_bit_is_not_loaded(minilm_folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(minilm_folder, tmp_path / "minilm-l6"))
    weights = copy / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(50_000_000)
        (byte,) = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelUnavailable) as caught:
        SentenceEmbedder.load("minilm-l6", root=tmp_path)
    assert str(caught.value).startswith("minilm-l6 is not loaded: model.safetensors has SHA-256 ")
    assert str(caught.value).endswith("bring it anew with: deskhand models pull minilm-l6")
