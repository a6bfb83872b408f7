"""Loading the model of an embedding checkpoint, and making vectors of what it computes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...memory.embedding import Vectors
from ...memory.errors import BadArgumentError, MissingExtraError, ModelUnavailable
from .embedding_space import EmbeddingCheckpoint
from .load_report import Choice

try:
    import torch
    import transformers
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "transformers", extra="clip") from error

from safetensors import SafetensorError

from .checkpoint_loading import check_complete, no_progress_bars, one_line
from .vlm_placement import DTYPES, choose_dtype

MIN_VOCABULARY = 0.9
"""The part of a model's vocabulary that its tokenizer must know; some are padded a little."""


def embedding_dtype(wished: str | None, device: str) -> Choice:
    """Return the number format of an embedder, a key of `DTYPES`.

    Raises:
        ConfigError: The wished one is unknown.
    """
    if wished is None and torch.device(device).type == "cpu":
        return Choice(value="float32", why="small models; the same vectors on every CPU")
    return choose_dtype(wished, device)


# Any: transformers' classes count as untyped.
def load_model(
    model_class: Any, checkpoint: EmbeddingCheckpoint, number_format: Choice, on: Choice
) -> Any:
    """Return a checkpoint's model where it runs, from safetensors alone.

    Raises:
        ModelUnavailable: The files are damaged, incomplete or contradict each other.
    """
    folder = checkpoint.folder
    try:
        with no_progress_bars():
            model, loaded = model_class.from_pretrained(
                folder,
                dtype=DTYPES[number_format.value],
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
            check_complete(folder, loaded)
            return model.to(on.value).eval()
    except (
        SafetensorError, OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError,
    ) as error:  # fmt: skip
        raise ModelUnavailable(
            f"{str(folder)!r} cannot be loaded by transformers {transformers.__version__}: "
            f"{one_line(error)}"
        ) from error


def check_vocabulary(folder: Path, *, tokenizer: int, model: int) -> None:
    """Refuse a tokenizer of few words: transformers makes an empty one where its files are missing.

    Args:
        folder: The checkpoint.
        tokenizer: How many words it knows.
        model: How many the model knows; a few more than the tokenizer are usual.

    Raises:
        ModelUnavailable: The tokenizer knows far fewer.
    """
    if tokenizer < model * MIN_VOCABULARY:
        raise ModelUnavailable(
            f"the tokenizer in {str(folder)!r} knows {tokenizer} words, the model {model}: its "
            "files are missing or another model's; pull the model again"
        )


def unit_rows(rows: torch.Tensor) -> Vectors:
    """Return rows at length 1, float32.

    Raises:
        ModelUnavailable: The model computed no numbers.
    """
    made: Vectors = torch.nn.functional.normalize(rows.float(), dim=-1).cpu().numpy()
    if not np.isfinite(made).all():
        raise ModelUnavailable(
            "the model computed no numbers (NaN); load it with dtype='float32', or pull it again"
        )
    return made


def check_list(items: object) -> None:
    """Refuse what is one text or picture where a list is expected: it would be taken apart.

    Raises:
        BadArgumentError: It is no list.
    """
    if isinstance(items, str) or not isinstance(items, Sequence):
        raise BadArgumentError(
            f"expected a list of texts or pictures, got one {type(items).__name__}"
        )
