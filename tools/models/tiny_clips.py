"""Tiny CLIP, SigLIP and SigLIP 2 checkpoints with random weights, made without a network.

Each has the files that a published one has: config, weights in safetensors, tokenizer, preprocessor
settings; a fraction of a megabyte together. They load and run by the code that runs those of
gigabytes; only what they find alike is noise.
"""

import json
import math
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTokenizer,
    GemmaTokenizer,
    PreTrainedTokenizerFast,
    Siglip2Config,
    Siglip2Model,
    SiglipConfig,
    SiglipModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

from .checkpoint_loading import errors_only, no_progress_bars

WORDS = (
    "a", "photo", "of", "red", "button", "screenshot", "login", "form", "with", "two", "fields",
    "blue", "the", "settings", "icon", "window", "in", "by", "pixels", "map", "picture",
)  # fmt: skip
SPACE = "▁"
SIDE_PX = 32
PATCH_PX = 8
NUM_PATCHES = 16
CLIP_TOKENS, SIGLIP_TOKENS = 77, 64
WEIGHT_SCALE = 3.0
"""The usual initial weights are so small that hardly anything changes a vector."""
CLIP_LOGIT_SCALE = math.log(100)
SIGLIP_LOGIT_SCALE, SIGLIP_LOGIT_BIAS = math.log(10), -2.0
"""Not those of the published ones (113 and -17): with random vectors every probability were 0."""
LAYERS = MappingProxyType(
    {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
)

Parts = tuple[Any, Any, Any]
"""Model, tokenizer, image processor. Any: transformers' classes of them have no common types."""


def build_tiny_clip(family: str, folder: Path) -> Path:
    """Write a checkpoint and return its folder; the same one each time.

    Args:
        family: A key of `FAMILIES`.
        folder: Where to; made if it is not there.
    """
    with errors_only(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, tokenizer, image_processor = FAMILIES[family]()
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.data.mul_(WEIGHT_SCALE)
    with no_progress_bars():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    image_processor.save_pretrained(folder)
    if family == "siglip":
        # As published: by the class that needs sentencepiece.
        path = folder / "tokenizer_config.json"
        settings = json.loads(path.read_text(encoding="utf-8"))
        settings["tokenizer_class"] = "SiglipTokenizer"
        path.write_text(json.dumps(settings), encoding="utf-8")
    return folder


def _clip() -> Parts:
    tokenizer = clip_tokenizer()
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    config = CLIPConfig(
        text_config={
            **LAYERS,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": CLIP_TOKENS,
            "bos_token_id": begin,
            "eos_token_id": end,
            "pad_token_id": end,
        },
        vision_config={**LAYERS, "image_size": SIDE_PX, "patch_size": PATCH_PX},
        projection_dim=24,
        logit_scale_init_value=CLIP_LOGIT_SCALE,
    )
    return CLIPModel(config), tokenizer, CLIPImageProcessorPil(
        size={"shortest_edge": SIDE_PX}, crop_size={"height": SIDE_PX, "width": SIDE_PX}
    )  # fmt: skip


def _siglip() -> Parts:
    tokenizer = _unigram_tokenizer()
    return _siglip_model(tokenizer), tokenizer, _square_pictures()


def _siglip2_fixed() -> Parts:
    """The SigLIP 2 of one size: SigLIP's architecture, Gemma's tokenizer."""
    tokenizer = _gemma_tokenizer()
    return _siglip_model(tokenizer), tokenizer, _square_pictures()


def _siglip2() -> Parts:
    """The SigLIP 2 of any size (NaFlex): a picture is so many patches in its own proportions."""
    tokenizer = _gemma_tokenizer()
    config = Siglip2Config(
        text_config=_siglip_text(tokenizer),
        vision_config={**LAYERS, "num_patches": NUM_PATCHES, "patch_size": PATCH_PX},
    )
    pictures = Siglip2ImageProcessorPil(patch_size=PATCH_PX, max_num_patches=NUM_PATCHES)
    return _with_logits(Siglip2Model(config)), tokenizer, pictures


FAMILIES: Mapping[str, Callable[[], Parts]] = MappingProxyType(
    {"clip": _clip, "siglip": _siglip, "siglip2-fixed": _siglip2_fixed, "siglip2": _siglip2}
)


def _siglip_model(tokenizer: Any) -> Any:
    config = SiglipConfig(
        text_config=_siglip_text(tokenizer),
        vision_config={**LAYERS, "image_size": SIDE_PX, "patch_size": PATCH_PX},
    )
    return _with_logits(SiglipModel(config))


def _siglip_text(tokenizer: Any) -> dict[str, Any]:
    return {
        **LAYERS,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": SIGLIP_TOKENS,
        "projection_size": LAYERS["hidden_size"],
        "bos_token_id": 0,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _with_logits(model: Any) -> Any:
    model.logit_scale.data.fill_(SIGLIP_LOGIT_SCALE)
    model.logit_bias.data.fill_(SIGLIP_LOGIT_BIAS)
    return model


def _square_pictures() -> Any:
    return SiglipImageProcessorPil(size={"height": SIDE_PX, "width": SIDE_PX})


def clip_tokenizer(n_words: int = 0) -> Any:
    """Return a tokenizer as CLIP's: bytes, the ends of words apart, the control tokens last.

    Args:
        n_words: Make it know so many by words that never occur, for models of a real size.
    """
    end = "</w>"
    merges = _merges([[*word[:-1], word[-1] + end] for word in WORDS])
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*letters, *(letter + end for letter in letters), *map("".join, merges)]
    unused = (f"<unused{number}>" for number in range(n_words - len(words) - 2))
    vocabulary = _numbered([*words, *unused, "<|startoftext|>", "<|endoftext|>"])
    return CLIPTokenizer(vocab=vocabulary, merges=merges)


def _gemma_tokenizer() -> Any:
    """Return a tokenizer as SigLIP 2's: Gemma's, with the end marked."""
    merges = _merges([[*(word + SPACE)] for word in WORDS])
    letters = sorted({*SPACE, *string.ascii_lowercase, *string.digits})
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    return GemmaTokenizer(
        vocab=_numbered([*specials, *bytes_, *letters, *map("".join, merges)]),
        merges=merges,
        add_bos_token=False,
        add_eos_token=True,
        padding_side="right",
    )


def _unigram_tokenizer() -> Any:
    """Return a tokenizer as SigLIP's: pieces of words, the end marked and used for padding."""
    letters = [*SPACE, *string.ascii_lowercase, *string.digits]
    pieces = [("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(letter, -9.0) for letter in letters] + [(SPACE + word, -5.0) for word in WORDS]
    made = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=False))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token="</s>",
        pad_token="</s>",
        unk_token="<unk>",
        model_max_length=SIGLIP_TOKENS,
    )


def _merges(words: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """Return what puts words together from their letters, one after the other.

    Not learned from a text by a trainer: those break ties differently each time.
    """
    merges: dict[tuple[str, str], None] = {}
    for letters in words:
        made = letters[0]
        for letter in letters[1:]:
            merges[made, letter] = None
            made += letter
    return list(merges)


def _numbered(words: Iterable[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(words))}
