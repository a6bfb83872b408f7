"""What every loader of a checkpoint does around transformers: quietly, and nothing with gaps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import transformers

from ...memory.errors import ModelUnavailable


def check_complete(folder: Path, loaded: dict[str, Any]) -> None:
    """Refuse a model with gaps: transformers fills them with random numbers and only warns.

    Args:
        folder: The checkpoint.
        loaded: What `from_pretrained` tells with `output_loading_info`; untyped there.

    Raises:
        ModelUnavailable: A weight is missing.
    """
    missing = sorted(map(str, loaded.get("missing_keys") or ()))
    if missing:
        raise ModelUnavailable(
            f"{len(missing)} weights are missing in {str(folder)!r}, first {missing[0]!r}"
        )


def one_line(error: Exception) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error).split())


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing on the terminal meanwhile."""
    shown = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers.utils.logging.enable_progress_bar()


@contextmanager
def errors_only() -> Iterator[None]:
    """Keep transformers from warning meanwhile, as it does of published checkpoints' defaults."""
    level = transformers.utils.logging.get_verbosity()
    transformers.utils.logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers.utils.logging.set_verbosity(level)
