"""Tiny CLIP, SigLIP and SigLIP 2 checkpoints with random weights, made without a network.

Each has the files that a published one has: config, weights in safetensors, tokenizer, preprocessor
settings; a fraction of a megabyte together. They load and run by the code that runs those of
gigabytes; only what they find alike is noise.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
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

CORPUS = (
    "a photo of a red button",
    "a screenshot of a login form with two fields and a blue button",
    "the settings icon of the 3rd window, in 1024 by 768 pixels",
)
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


def clip_tokenizer() -> Any:
    """Return a tokenizer as CLIP's: bytes, the ends of words apart, the control tokens last."""
    end = "</w>"
    trained = Tokenizer(models.BPE(end_of_word_suffix=end, continuing_subword_prefix=""))
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=600, end_of_word_suffix=end, show_progress=False)
    trained.train_from_iterator(CORPUS, trainer)
    merges = [tuple(pair) for pair in json.loads(trained.to_str())["model"]["merges"]]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*letters, *(letter + end for letter in letters), *map("".join, merges)]
    vocabulary = _numbered([*words, "<|startoftext|>", "<|endoftext|>"])
    return CLIPTokenizer(vocab=vocabulary, merges=merges)


def _gemma_tokenizer() -> Any:
    """Return a tokenizer as SigLIP 2's: Gemma's, with the end marked."""
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    trained = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    trained.normalizer = normalizers.Replace(" ", "▁")
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=[*specials, *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    trained.train_from_iterator(CORPUS, trainer)
    made = json.loads(trained.to_str())["model"]
    return GemmaTokenizer(
        vocab=made["vocab"],
        merges=[tuple(pair) for pair in made["merges"]],
        add_bos_token=False,
        add_eos_token=True,
        padding_side="right",
    )


def _unigram_tokenizer() -> Any:
    """Return a tokenizer as SigLIP's: pieces of words, the end marked and used for padding."""
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120,
        special_tokens=["</s>", "<unk>"],
        unk_token="<unk>",
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz0123456789"),
        show_progress=False,
    )
    made.train_from_iterator(CORPUS, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", made.token_to_id("</s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token="</s>",
        pad_token="</s>",
        unk_token="<unk>",
        model_max_length=SIGLIP_TOKENS,
    )


def _numbered(words: Iterable[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(words))}
