"""Tiny checkpoints of real vision-language families, with random weights, made without a network.

Each has what a published one has: config, weights in safetensors, tokenizer, processor and chat
template, about half a megabyte together. They load and run by the same code as those of gigabytes,
so an agent can be tested to the last step where no weights are; only what they say is noise, and
`ForcedAnswers` puts words into their mouths.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from transformers import LogitsProcessor

from .checkpoint_loading import no_progress_bars
from .tiny_vlm_families import FAMILIES, TILE

WEIGHT_SCALE = 3.0
"""The usual initial weights are so small that a picture hardly changes what comes out."""


VIDEO_PROCESSORS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "Qwen2_5_VLProcessor": {"video_processor_type": "Qwen2VLVideoProcessor"},
        "Qwen3VLProcessor": {"video_processor_type": "Qwen3VLVideoProcessor"},
        "LlavaOnevisionProcessor": {
            "video_processor_type": "LlavaOnevisionVideoProcessor",
            "size": {"height": TILE, "width": TILE},
        },
        "InternVLProcessor": {
            "video_processor_type": "InternVLVideoProcessor",
            "size": {"height": TILE, "width": TILE},
        },
        "SmolVLMProcessor": {
            "video_processor_type": "SmolVLMVideoProcessor",
            "size": {"longest_edge": TILE},
            "max_image_size": {"longest_edge": TILE},
        },
    }
)


def build_tiny_vlm(family: str, folder: Path) -> Path:
    """Write a checkpoint and return its folder; the same one each time.

    Args:
        family: A key of `tiny_vlm_families.FAMILIES`.
        folder: Where to; made if it is not there.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, processor = FAMILIES[family]()
        for parameter in model.parameters():
            if parameter.ndim > 1:
                # Gemma's projection from pictures to words starts as zeros: it would be blind.
                parameter.data = parameter.data if parameter.any() else _noise(parameter.data)
                parameter.data.mul_(WEIGHT_SCALE)
    ends = model.generation_config
    tokenizer = processor.tokenizer
    ends.eos_token_id, ends.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    with no_progress_bars():
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    _name_video_processor(folder / "processor_config.json", type(processor).__name__)
    return folder


class ForcedAnswers:
    """Makes models say given texts, one an answer, by way of the true decoding.

    Give it to `ChatLocalVLM(logits_processors=…)`.

    Args:
        tokenizer: The checkpoint's.
        answers: In their order; after the last one nothing is said.
    """

    def __init__(self, tokenizer: Any, answers: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._answers = list(answers)

    def __call__(self) -> list[LogitsProcessor]:
        """Return the processors of the next answer."""
        answer = self._answers.pop(0) if self._answers else ""
        ids = self._tokenizer.encode(answer, add_special_tokens=False)
        return [_Forced([*ids, self._tokenizer.eos_token_id])]


class _Forced(LogitsProcessor):  # type: ignore[misc]  # untyped base
    def __init__(self, ids: list[int]) -> None:
        self._ids = ids
        self._prompt: int | None = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor) -> torch.Tensor:
        if self._prompt is None:
            self._prompt = input_ids.shape[1]
        at = min(input_ids.shape[1] - self._prompt, len(self._ids) - 1)
        forced = torch.full_like(scores, -torch.inf)
        forced[:, self._ids[at]] = 0
        return forced


def _noise(like: torch.Tensor) -> torch.Tensor:
    noise: torch.Tensor = torch.randn_like(like) * like.shape[0] ** -0.5
    return noise


def _name_video_processor(path: Path, processor_class: str) -> None:
    """Name the family's own video processor where the stand-in was saved.

    So the checkpoint asks for torchvision, as published ones do.
    """
    real = VIDEO_PROCESSORS.get(processor_class)
    if real is not None:
        settings = json.loads(path.read_text(encoding="utf-8"))
        settings["video_processor"] = real
        path.write_text(json.dumps(settings, indent=2), encoding="utf-8")
