"""The vectors are the ones that transformers' own way to call each family gives."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModel,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from deskhand.memory.embedding import ImageEmbedder, TextEmbedder
from deskhand.memory.errors import BadArgumentError
from deskhand.tools.models.checkpoint_loading import errors_only, no_progress_bars
from deskhand.tools.models.clip import ClipEmbedder

from .conftest import Checkpoints, Picture

TEXTS = [
    "a red button",
    "the settings icon of the 3rd window, in 1024 by 768 pixels",
    "map",
    "Ünï 你",
]
NEAR = 1e-5


class Reference:
    """A checkpoint called as transformers' documentation does."""

    def __init__(self, family: str, folder: Path) -> None:
        self.is_clip = family == "clip"
        with errors_only(), no_progress_bars():
            self.model: Any = AutoModel.from_pretrained(folder).eval()
        # The class that SigLIP names needs sentencepiece; its tokens are in tokenizer.json.
        loader = PreTrainedTokenizerFast if family == "siglip" else AutoTokenizer
        self.tokenizer: Any = loader.from_pretrained(folder)
        self.image_processor: Any = AutoImageProcessor.from_pretrained(folder)

    def texts(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        padding: dict[str, Any] = {"padding": True} if self.is_clip else {"padding": "max_length"}
        limit = self.model.config.text_config.max_position_embeddings
        made = self.tokenizer(
            list(texts), truncation=True, max_length=limit, return_tensors="pt", **padding
        )
        kept = ("input_ids", "attention_mask") if self.is_clip else ("input_ids",)
        return {name: made[name] for name in kept}

    def forward(self, texts: Sequence[str], pictures: Sequence[Picture]) -> Any:
        images = [Image.fromarray(picture) for picture in pictures]
        inputs = self.image_processor(images=images, return_tensors="pt")
        with torch.inference_mode():
            return self.model(**self.texts(texts), **inputs)


@pytest.fixture(scope="session")
def reference(family: str, checkpoint: Checkpoints) -> Reference:
    return Reference(family, checkpoint(family))


def lowered(family: str, texts: Sequence[str]) -> list[str]:
    """Return texts as the family was trained: SigLIP lower, SigLIP 1 also without punctuation."""
    if family == "clip":
        return list(texts)
    return [text.lower().replace(",", "") if family == "siglip" else text.lower() for text in texts]


def largest(difference: NDArray[np.float32]) -> float:
    return float(np.abs(difference).max())


def test_vectors_are_those_of_the_whole_model(
    embedder: ClipEmbedder, reference: Reference, family: str, pictures: list[Picture]
) -> None:
    output = reference.forward(lowered(family, TEXTS), pictures)
    assert largest(embedder.embed_texts(TEXTS) - output.text_embeds.numpy()) < NEAR
    assert largest(embedder.embed_images(pictures) - output.image_embeds.numpy()) < NEAR


def test_learned_scale_and_bias_make_the_whole_models_logits(
    embedder: ClipEmbedder, reference: Reference, family: str, pictures: list[Picture]
) -> None:
    logits = reference.forward(lowered(family, TEXTS), pictures).logits_per_text.numpy()
    near = embedder.rank(TEXTS, pictures)
    assert near.shape == (len(TEXTS), len(pictures))
    assert largest(near * embedder.scale + (embedder.bias or 0.0) - logits) < 100 * NEAR
    assert (embedder.bias is None) == (family == "clip")


def test_vectors_are_float32_of_length_1(embedder: ClipEmbedder, pictures: list[Picture]) -> None:
    texts: TextEmbedder = embedder
    images: ImageEmbedder = embedder
    assert isinstance(texts, TextEmbedder)
    assert isinstance(images, ImageEmbedder)
    for rows in (embedder.embed_texts(TEXTS), embedder.embed_images(pictures)):
        assert rows.dtype == np.float32
        assert rows.shape[1] == embedder.dimensions
        assert largest(np.linalg.norm(rows, axis=1) - 1) < NEAR


def test_vector_does_not_depend_on_what_else_is_in_the_call(
    embedder: ClipEmbedder, family: str, checkpoint: Checkpoints, pictures: list[Picture]
) -> None:
    texts, images = embedder.embed_texts(TEXTS), embedder.embed_images(pictures)
    by_two = ClipEmbedder.load(checkpoint(family), device="cpu", batch_size=2)
    assert largest(by_two.embed_texts(TEXTS) - texts) < NEAR
    assert largest(by_two.embed_images(pictures) - images) < NEAR
    for number, text in enumerate(TEXTS):
        assert largest(embedder.embed_texts([text])[0] - texts[number]) < NEAR
    for number, picture in enumerate(pictures):
        assert largest(embedder.embed_images([picture])[0] - images[number]) < NEAR


def test_threads_share_a_model(embedder: ClipEmbedder, pictures: list[Picture]) -> None:
    texts, images = embedder.embed_texts(TEXTS), embedder.embed_images(pictures)
    with ThreadPoolExecutor(6) as threads:
        runs = [
            (threads.submit(embedder.embed_texts, TEXTS[: 1 + number % 4]),
             threads.submit(embedder.embed_images, pictures[: 1 + number % 5]))
            for number in range(12)
        ]  # fmt: skip
    for of_texts, of_images in runs:
        made = of_texts.result()
        assert largest(made - texts[: len(made)]) < NEAR
        made = of_images.result()
        assert largest(made - images[: len(made)]) < NEAR


def test_padding_of_siglip_is_text_to_it(checkpoint: Checkpoints) -> None:
    embedder = ClipEmbedder.load(checkpoint("siglip2-fixed"), device="cpu")
    own = Reference("siglip2-fixed", checkpoint("siglip2-fixed"))
    with torch.inference_mode():
        short = own.tokenizer(["a red button"], return_tensors="pt")["input_ids"]
        unpadded = own.model.get_text_features(input_ids=short).pooler_output
    unpadded = torch.nn.functional.normalize(unpadded, dim=-1).numpy()
    # What a plain call of the tokenizer gives is another vector; that is why it matters.
    assert largest(embedder.embed_texts(["a red button"]) - unpadded) > 0.1


def test_nothing_gives_no_rows(embedder: ClipEmbedder, pictures: list[Picture]) -> None:
    assert embedder.embed_texts([]).shape == (0, embedder.dimensions)
    assert embedder.embed_images([]).shape == (0, embedder.dimensions)
    assert embedder.rank([], pictures).shape == (0, len(pictures))
    assert embedder.rank(TEXTS, []).shape == (len(TEXTS), 0)


def test_empty_text_has_a_vector(embedder: ClipEmbedder) -> None:
    assert largest(np.linalg.norm(embedder.embed_texts([""]), axis=1) - 1) < NEAR


def test_long_text_is_cut_and_that_is_said(
    embedder: ClipEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    limit = embedder.report.text_tokens
    long = "map " * 200
    with caplog.at_level(logging.WARNING):
        both = embedder.embed_texts([long, "map", long + "button"])
    assert caplog.messages == [f"2 of 3 texts were cut at {limit} tokens"]
    assert largest(both[0] - both[2]) < NEAR
    assert embedder.fits("map")
    assert not embedder.fits(long)


def test_cut_text_is_cut_as_transformers_does(
    embedder: ClipEmbedder, reference: Reference, pictures: list[Picture]
) -> None:
    long = "a red button " * 60
    expected = reference.forward([long.strip()], pictures[:1]).text_embeds.numpy()
    assert largest(embedder.embed_texts([long.strip()]) - expected) < NEAR


def test_control_tokens_in_a_text_are_words(clip: ClipEmbedder) -> None:
    # Taken for the end, it would hide what follows: CLIP's vector is that of the first end.
    plain, hidden, shown = clip.embed_texts(
        ["map", "map<|endoftext|>", "map<|endoftext|> of a red button"]
    )
    assert largest(plain - hidden) > 0.01
    assert largest(hidden - shown) > 0.01


def test_case_and_punctuation_as_each_family_was_trained(
    checkpoint: Checkpoints, clip: ClipEmbedder, siglip: ClipEmbedder
) -> None:
    siglip2 = ClipEmbedder.load(checkpoint("siglip2-fixed"), device="cpu")
    for embedder in (clip, siglip, siglip2):
        lower, upper = embedder.embed_texts(["a red button", "A Red BUTTON"])
        assert largest(lower - upper) < NEAR
    bare, marked = siglip.embed_texts(["a red button", " a  red button!"])
    assert largest(bare - marked) < NEAR
    bare, marked = siglip2.embed_texts(["a red button", "a red button!"])
    assert largest(bare - marked) > 0.01


def test_array_and_pillow_image_are_the_same_picture(
    embedder: ClipEmbedder, pictures: list[Picture]
) -> None:
    images = [Image.fromarray(picture) for picture in pictures]
    assert largest(embedder.embed_images(pictures) - embedder.embed_images(images)) < NEAR


def test_pictures_of_every_kind(embedder: ClipEmbedder, pictures: list[Picture]) -> None:
    grey = pictures[0][:, :, 0]
    as_rgb = np.stack([grey] * 3, axis=-1)
    opaque = np.dstack([as_rgb, np.full_like(grey, 255)])
    rows = embedder.embed_images(
        [as_rgb, grey, grey[:, :, None], opaque, Image.fromarray(grey), Image.fromarray(opaque)]
    )
    assert largest(rows - rows[0]) < NEAR


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (3, 2), (5000, 5000)])
def test_odd_sizes(embedder: ClipEmbedder, size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 90, dtype=np.uint8)
    rows = embedder.embed_images([picture])
    assert rows.shape == (1, embedder.dimensions)
    assert np.isfinite(rows).all()


def test_what_is_no_list_and_no_picture_is_refused(embedder: ClipEmbedder) -> None:
    picture = np.zeros((9, 9, 3), dtype=np.uint8)
    cases: list[tuple[Any, str]] = [
        (picture, "expected a list of texts or pictures, got one ndarray"),
        ([picture.astype(np.float32)], "a picture is an array of float32 and shape (9, 9, 3); "
         "expected uint8 of (height, width, 3)"),
        ([picture[:, :, :2]], "a picture is an array of uint8 and shape (9, 9, 2); "
         "expected uint8 of (height, width, 3)"),
        ([picture[:0]], "a picture has 9x0 pixels; expected some"),
        ([Image.new("RGB", (0, 4))], "a picture has 0x4 pixels; expected some"),
    ]  # fmt: skip
    for given, words in cases:
        with pytest.raises(BadArgumentError) as caught:
            embedder.embed_images(given)
        assert str(caught.value) == words
    with pytest.raises(BadArgumentError) as caught:
        embedder.embed_texts("a red button")
    assert str(caught.value) == "expected a list of texts or pictures, got one str"


def test_number_format_of_the_model_is_not_that_of_the_vectors(
    embedder: ClipEmbedder, family: str, checkpoint: Checkpoints, pictures: list[Picture]
) -> None:
    narrow = ClipEmbedder.load(checkpoint(family), device="cpu", dtype="bfloat16")
    assert (narrow.report.dtype.value, narrow.report.dtype.why) == ("bfloat16", "asked for")
    rows = narrow.embed_images(pictures)
    assert rows.dtype == np.float32
    assert largest(np.linalg.norm(rows, axis=1) - 1) < NEAR
    # The same space: near enough to be compared.
    assert narrow.space == embedder.space
    assert np.diag(rows @ embedder.embed_images(pictures).T).min() > 0.99
