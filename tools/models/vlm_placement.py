"""Where a local model runs and in which number format; every rule says why.

The figures are from a 124 million parameter Qwen2.5-VL with 692 tokens of prompt on two cores with
AVX512-BF16: bfloat16 was 1.3 to 1.5 times as fast as float32 at half the memory, float16 two to
three times slower. The CUDA and MPS rules were never run by the tests: no such machine.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Literal

import torch

from ...memory.errors import ConfigError
from .load_report import Choice

Quantisation = Literal["4bit", "8bit"]

DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
)
SM80 = (8, 0)
"""CUDA capability from which bfloat16 is computed in hardware (Ampere)."""
NOT_QUANTISED = (
    "lm_head", "model.visual", "model.vision_tower", "model.vision_model",
    "model.multi_modal_projector", "model.connector",
)  # fmt: skip
"""Kept in full: the eyes and the last layer. Bare `visual` would not match and protect nothing."""


def choose_device(wished: str | None) -> Choice:
    """Return the device to run on, as torch names it.

    Raises:
        ConfigError: The wished device is not one, or is not there.
    """
    if wished is None:
        if torch.cuda.is_available():
            return Choice(value="cuda", why="a CUDA device is there")
        return Choice(value="cpu", why="no CUDA device is there")
    try:
        device = torch.device(wished)
    except RuntimeError as error:
        raise ConfigError(f"device is {wished!r}; expected cpu, cuda, cuda:N or mps") from error
    there = {
        "cpu": True,
        "cuda": (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if device.type not in there:
        raise ConfigError(f"device is {wished!r}; expected cpu, cuda, cuda:N or mps")
    if not there[device.type]:
        raise ConfigError(f"device is {wished!r}, which torch does not find on this machine")
    return Choice(value=wished, why="asked for")


def choose_dtype(wished: str | None, device: str) -> Choice:
    """Return the number format to compute in, a key of `DTYPES`.

    Raises:
        ConfigError: The wished one is unknown.
    """
    if wished is not None:
        if wished not in DTYPES:
            raise ConfigError(f"dtype is {wished!r}; expected one of: {', '.join(DTYPES)}")
        return Choice(value=wished, why="asked for")
    kind = torch.device(device).type
    if kind == "cuda":
        if torch.cuda.get_device_capability(torch.device(device)) >= SM80:
            return Choice(value="bfloat16", why="the GPU computes it in hardware")
        return Choice(value="float16", why="the GPU is too old for bfloat16")
    if kind == "mps":
        return Choice(value="float16", why="the format of MPS")
    # The checkpoint's own format is no guide: float16 is the slowest of the three on a CPU.
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return Choice(value="bfloat16", why="oneDNN supports it on this CPU")
    return Choice(value="float32", why="this CPU has no fast bfloat16")


def attention_candidates(wished: str | None) -> tuple[str, ...]:
    """Return the attention implementations to try, in order."""
    usual = ("sdpa", "eager")
    return usual if wished is None else (wished, *(name for name in usual if name != wished))


def quantisation_config(wished: Quantisation | None, dtype: str) -> Any:
    """Return what transformers takes to quantise while loading; None for not at all.

    Any: transformers' class, which needs bitsandbytes to be built.

    Raises:
        ConfigError: The wished one is unknown, or bitsandbytes is not installed.
    """
    if wished is None:
        return None
    if wished not in ("4bit", "8bit"):
        raise ConfigError(f"quantisation is {wished!r}; expected '4bit', '8bit' or None")
    if find_spec("bitsandbytes") is None:
        raise ConfigError(f"quantisation {wished!r} needs the package 'bitsandbytes'; install it")
    from transformers import BitsAndBytesConfig

    if wished == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=list(NOT_QUANTISED))
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=DTYPES[dtype],
        llm_int8_skip_modules=list(NOT_QUANTISED),
    )
