"""Tiny checkpoints of real families, built once a session and loaded as published ones are."""

import base64
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.tiny_vlm_families import FAMILIES
from deskhand.tools.models.tiny_vlms import ForcedAnswers, build_tiny_vlm
from deskhand.tools.models.vlm import LocalVLM, load_vlm

Checkpoints = Callable[[str], Path]
MakeChat = Callable[..., ChatLocalVLM]
Picture = Callable[..., dict[str, Any]]
"""A standard image block: `picture("red", size=(200, 120))`."""


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
    root = tmp_path_factory.mktemp("tiny_vlms")
    return cache(lambda family: build_tiny_vlm(family, root / family))


@pytest.fixture(scope="session", params=FAMILIES)
def vlm(request: pytest.FixtureRequest, checkpoint: Checkpoints) -> Iterator[LocalVLM]:
    """Each family in turn, loaded."""
    loaded = load_vlm(checkpoint(request.param), dtype="float32")
    yield loaded
    loaded.close()


@pytest.fixture
def chat(vlm: LocalVLM) -> MakeChat:
    """Make a chat model that says given answers: `chat("Yes.", max_new_tokens=9)`."""
    return lambda *answers, **settings: speaking(vlm, *answers, **settings)


@pytest.fixture(scope="session")
def qwen(checkpoint: Checkpoints) -> Iterator[LocalVLM]:
    """One family, for what does not differ by family."""
    loaded = load_vlm(checkpoint("qwen2_5_vl"), dtype="float32")
    yield loaded
    loaded.close()


@pytest.fixture
def qwen_chat(qwen: LocalVLM) -> MakeChat:
    """As `chat`, of one family."""
    return lambda *answers, **settings: speaking(qwen, *answers, **settings)


def speaking(vlm: LocalVLM, *answers: str, **settings: Any) -> ChatLocalVLM:
    """Return a chat model that says these answers; without any, what its random weights say."""
    if answers:
        settings["logits_processors"] = ForcedAnswers(vlm.processor.tokenizer, answers)
    return ChatLocalVLM(vlm=vlm, **{"context_tokens": vlm.context_tokens} | settings)


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Make an image block of one colour."""
    return image_block


def image_block(colour: str, *, size: tuple[int, int] = (200, 120)) -> dict[str, Any]:
    """Return a standard image block of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    encoded = base64.b64encode(written.getvalue()).decode()
    return {"type": "image", "base64": encoded, "mime_type": "image/png"}
