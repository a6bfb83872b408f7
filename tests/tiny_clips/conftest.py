"""Tiny picture-text and sentence checkpoints, built once a session and loaded as published ones."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel, BertTokenizer

from deskhand.tools.models.checkpoint_loading import errors_only, no_progress_bars
from deskhand.tools.models.clip import ClipEmbedder
from deskhand.tools.models.tiny_clips import FAMILIES, build_tiny_clip

Checkpoints = Callable[[str], Path]
Picture = NDArray[np.uint8]
WORDS = "the file could not be saved disk is full open settings window a b c ##s ##ed".split()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep tensors this small on one thread; sharing them out takes longer than the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoints:
    """The folder of a family's checkpoint, built at first use. Read only: tests share it."""
    root = tmp_path_factory.mktemp("tiny_clips")
    return cache(lambda family: build_tiny_clip(family, root / family))


@pytest.fixture(scope="session", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Each family in turn."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def embedder(family: str, checkpoint: Checkpoints) -> ClipEmbedder:
    """Each family in turn, loaded."""
    return ClipEmbedder.load(checkpoint(family), device="cpu")


@pytest.fixture(scope="session")
def clip(checkpoint: Checkpoints) -> ClipEmbedder:
    """CLIP alone."""
    return ClipEmbedder.load(checkpoint("clip"), device="cpu")


@pytest.fixture(scope="session")
def siglip(checkpoint: Checkpoints) -> ClipEmbedder:
    """SigLIP alone."""
    return ClipEmbedder.load(checkpoint("siglip"), device="cpu")


@pytest.fixture(scope="session")
def pictures() -> list[Picture]:
    """Noise in different sizes: small, wide, tall, square."""
    draw = np.random.default_rng(7)
    sizes = [(24, 60), (90, 31), (32, 32), (120, 200), (50, 51)]
    return [draw.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


@pytest.fixture(scope="session")
def sentence_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence model of two layers, with the files that all-MiniLM-L6-v2 has."""
    folder = tmp_path_factory.mktemp("tiny_sentence")
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: number for number, word in enumerate([*specials, *WORDS])}
    layers: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    with errors_only(), no_progress_bars(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **layers)
        BertModel(config).save_pretrained(folder)
        BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 12}', encoding="utf-8")
    return folder
