"""Texts as the token ids that each family of picture-text models was trained with."""

import json
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from ...memory.errors import ModelUnavailable
from .checkpoint_loading import one_line
from .embedding_model import check_vocabulary

_LOCAL = {"local_files_only": True, "trust_remote_code": False}
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A batch of texts."""

    ids: torch.Tensor
    mask: torch.Tensor | None
    """1 where there is text; None for families that take the padding for text as well."""
    n_cut: int
    """How many of the texts were longer than the model takes, and were cut."""


class ClipTokenizer:
    """Turns texts into ids; made by `load_tokenizer`.

    It pads, cuts and marks begin and end by itself: what a checkpoint's files say about that
    differs between publications of the same model, what the models were trained with does not.

    Args:
        tokenizer: The checkpoint's. Any: transformers' classes of them have no common types.
        family: clip, siglip or siglip2.
        limit: The most tokens, begin and end included.
        vocabulary: How many ids the model knows.
        prepare: What is done to a text first.
    """

    def __init__(
        self,
        tokenizer: Any,
        family: str,
        *,
        limit: int,
        vocabulary: int,
        prepare: Callable[[str], str],
    ) -> None:
        self._tokenizer = tokenizer
        self._is_clip = family == "clip"
        self._vocabulary = vocabulary
        self._prepare = prepare
        self.limit = limit

    def encode(self, texts: Sequence[str]) -> Tokens:
        """Return the ids of texts, one row each.

        Raises:
            ModelUnavailable: The tokenizer gives ids that the model has not.
        """
        begin = [self._tokenizer.bos_token_id] if self._is_clip else []
        end, pad = self._tokenizer.eos_token_id, self._tokenizer.pad_token_id
        room = self.limit - len(begin) - 1
        # A text may hold the words of a control token, `<|endoftext|>`: they are words here.
        texts_ids: list[list[int]] = self._tokenizer(
            [self._prepare(text) for text in texts],
            add_special_tokens=False,
            split_special_tokens=True,
            verbose=False,
        )["input_ids"]
        n_cut = sum(len(ids) > room for ids in texts_ids)
        rows = [[*begin, *ids[:room], end] for ids in texts_ids]
        # SigLIP saw every text at full length, its padding included, and takes the last position.
        width = max(map(len, rows)) if self._is_clip else self.limit
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
        if int(ids.max()) >= self._vocabulary:
            raise ModelUnavailable(
                f"the tokenizer gives the id {int(ids.max())}, and the model knows "
                f"{self._vocabulary}: they are not of the same model; pull the model again"
            )
        mask = None
        if self._is_clip:
            mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        return Tokens(ids=ids, mask=mask, n_cut=n_cut)


def load_tokenizer(folder: Path, config: Any) -> ClipTokenizer:
    """Return the tokenizer of a CLIP or SigLIP checkpoint, from its files alone.

    Args:
        folder: The checkpoint.
        config: Its configuration, as transformers read it; classes differ by family.

    Raises:
        ModelUnavailable: The files make no tokenizer, or one that needs sentencepiece.
    """
    try:
        tokenizer = _tokenizer(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(
            f"{str(folder)!r} has no usable tokenizer: {one_line(error)}"
        ) from error
    needed = ["eos_token", "pad_token", *(["bos_token"] if config.model_type == "clip" else [])]
    if any(getattr(tokenizer, name) is None for name in needed):
        raise ModelUnavailable(
            f"the tokenizer in {str(folder)!r} names not all of: {', '.join(needed)}"
        )
    text = config.text_config
    check_vocabulary(folder, tokenizer=len(tokenizer), model=int(text.vocab_size))
    prepare: Callable[[str], str] = str
    if config.model_type != "clip":  # CLIP's tokenizer sees to it itself
        prepare = _canonical if _is_siglip1(folder) else str.lower
    return ClipTokenizer(
        tokenizer,
        config.model_type,
        limit=int(text.max_position_embeddings),
        vocabulary=int(text.vocab_size),
        prepare=prepare,
    )


def _tokenizer(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder, **_LOCAL)
    except ImportError as error:
        if not (folder / "tokenizer.json").is_file():
            raise ModelUnavailable(
                f"{str(folder)!r} has no tokenizer.json, and to read another kind of tokenizer a "
                "package is missing; install it with: pip install sentencepiece protobuf"
            ) from error
        # The same tokens; what SigLIP's class does to a text beside them is done by `_canonical`.
        return PreTrainedTokenizerFast.from_pretrained(folder, **_LOCAL)


def _is_siglip1(folder: Path) -> bool:
    """Tell SigLIP 1 from the SigLIP 2 of one size, whose `model_type` is the same."""
    if (folder / "spiece.model").is_file():
        return True
    try:
        said = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return isinstance(said, dict) and said.get("tokenizer_class") == "SiglipTokenizer"


def _canonical(text: str) -> str:
    """Return a text as SigLIP 1 was trained: lower case, no punctuation, single spaces.

    Doing it to a text twice changes nothing. SigLIP 2 was trained with lower case alone.
    """
    return re.sub(r"\s+", " ", text.lower().translate(_PUNCTUATION)).strip()
