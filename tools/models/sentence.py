"""Texts as vectors of their meaning, by a sentence model such as all-MiniLM-L6-v2."""

import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...memory.embedding import Vectors
from ...memory.errors import ConfigError, MissingExtraError, ModelUnavailable
from .embedding_space import find_checkpoint
from .load_report import EmbedderReport

try:
    import torch
    import transformers  # noqa: F401  # asked for by name, so that the error names it
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "transformers", extra="clip") from error

from transformers import AutoTokenizer, BertModel

from .checkpoint_loading import errors_only, one_line
from .embedding_model import check_list, check_vocabulary, embedding_dtype, load_model, unit_rows
from .vlm_placement import choose_device

logger = logging.getLogger(__name__)

MODEL = "minilm-l6"
FAMILIES = ("bert",)
BATCH_SIZE = 32
USUAL_TOKENS = 256
"""What all-MiniLM-L6-v2 was published for; other models say it in sentence_bert_config.json."""


class SentenceEmbedder:
    """A loaded sentence model: a `TextEmbedder`.

    The vector of a text is the mean of its tokens' (sentence-transformers' mean pooling). A text
    that is longer than the model takes is split between words, and its vector is the mean of the
    parts', each as heavy as it has tokens: every part of it counts, and there is one row a text.
    Whoever looks for a passage in long texts embeds passages.

    May be used from several threads: one thing runs at a time.
    """

    # Any: transformers' classes count as untyped.
    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        space: str,
        report: EmbedderReport,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self.space = space
        self.report = report

    @classmethod
    def load(
        cls,
        path_or_name: Path | str = MODEL,
        *,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = BATCH_SIZE,
        root: Path | None = None,
    ) -> "SentenceEmbedder":
        """Load a checkpoint; `report` says what was chosen and why.

        Args:
            path_or_name: A model that was pulled, or a folder with config.json, weights in
                safetensors and tokenizer files. Nothing is fetched, and no code in it is run.
            device: cpu, cuda, cuda:N or mps; None for CUDA where it is there.
            dtype: bfloat16, float16 or float32; None for float32 on a CPU, and for the fastest of
                the device elsewhere.
            batch_size: How many texts go through the model at a time.
            root: The store of models; None for the default one.

        Raises:
            ConfigError: An argument is wrong, or asks for what this machine has not.
            MissingExtraError: A package is not installed.
            ModelUnavailable: It is not there, damaged, or no sentence model with mean pooling.
        """
        began = time.monotonic()
        if batch_size < 1:
            raise ConfigError(f"batch_size is {batch_size}; expected 1 or more")
        on = choose_device(device)
        number_format = embedding_dtype(dtype, on.value)
        checkpoint = find_checkpoint(
            path_or_name, families=FAMILIES, kind="a sentence model", root=root
        )
        folder = checkpoint.folder
        _check_pooling(folder)
        with errors_only():
            model = load_model(BertModel, checkpoint, number_format, on)
            tokenizer = _load_tokenizer(folder)
        check_vocabulary(folder, tokenizer=len(tokenizer), model=int(model.config.vocab_size))
        limit = min(_limit(folder), int(model.config.max_position_embeddings))
        report = EmbedderReport(
            path=folder,
            family=checkpoint.family,
            model_class=type(model).__name__,
            parameters=int(model.num_parameters()),
            size_bytes=int(model.get_memory_footprint(return_buffers=False)),
            seconds=time.monotonic() - began,
            device=on,
            dtype=number_format,
            dimensions=int(model.config.hidden_size),
            text_tokens=limit,
        )
        logger.info("loaded %s: %s", checkpoint.space, "; ".join(report.lines()))
        return cls(model, tokenizer, space=checkpoint.space, report=report, batch_size=batch_size)

    @property
    def dimensions(self) -> int:
        """The length of each vector."""
        return self.report.dimensions

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text; none for no texts."""
        check_list(texts)
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._lock, torch.inference_mode():
            parts = [
                part for number, text in enumerate(texts) for part in self._parts(number, text)
            ]
            # Parts of about one length together: less padding to compute.
            order = sorted(range(len(parts)), key=lambda index: len(parts[index][1]))
            sums = torch.zeros(len(texts), self.dimensions)
            for start in range(0, len(order), self._batch_size):
                batch = [parts[index] for index in order[start : start + self._batch_size]]
                rows = self._means([ids for _, ids in batch])
                for (number, ids), row in zip(batch, rows, strict=True):
                    sums[number] += row * len(ids)
        return unit_rows(sums)

    def _parts(self, number: int, text: str) -> Iterator[tuple[int, list[int]]]:
        """Yield the number of a text with the ids of each of its parts, control tokens included."""
        # A text may hold the words of a control token, `[SEP]`: they are words here.
        made = self._tokenizer(
            text, add_special_tokens=False, split_special_tokens=True, verbose=False
        )
        ids, words = made["input_ids"], made.word_ids()
        begin, stop = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        room = self.report.text_tokens - 2
        start = 0
        while True:
            end = _end_of_part(words, start, room)
            yield number, [begin, *ids[start:end], stop]
            start = end
            if start >= len(ids):
                return

    def _means(self, rows: Sequence[list[int]]) -> torch.Tensor:
        """Return the mean of the tokens' vectors of each row, at length 1, on the CPU."""
        width = max(map(len, rows))
        pad = self._tokenizer.pad_token_id or 0
        device = self._model.device
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device)
        mask = torch.tensor(
            [[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device
        )
        states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[..., None].float()
        means = (states * weights).sum(1) / weights.sum(1)
        made: torch.Tensor = torch.nn.functional.normalize(means, dim=-1).cpu()
        return made


def _end_of_part(words: Sequence[int | None], start: int, room: int) -> int:
    """Return where a part ends: between two words, within a word only if it fills a whole part."""
    end = start + room
    if end >= len(words):
        return len(words)
    cut = end
    while cut > start and words[cut] == words[cut - 1]:
        cut -= 1
    return cut if cut > start else end


def _load_tokenizer(folder: Path) -> Any:
    try:
        made = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ImportError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(
            f"{str(folder)!r} has no usable tokenizer: {one_line(error)}"
        ) from error
    if None in (made.cls_token_id, made.sep_token_id):
        raise ModelUnavailable(f"the tokenizer in {str(folder)!r} has no [CLS] or no [SEP]")
    return made


def _limit(folder: Path) -> int:
    said = _settings(folder / "sentence_bert_config.json").get("max_seq_length")
    return said if isinstance(said, int) and said > 2 else USUAL_TOKENS


def _check_pooling(folder: Path) -> None:
    """Refuse a model that says it was trained with another pooling than the mean."""
    said = _settings(folder / "1_Pooling" / "config.json")
    if said and not said.get("pooling_mode_mean_tokens"):
        raise ModelUnavailable(
            f"{str(folder)!r} was trained with another pooling than the mean of its tokens"
        )


def _settings(path: Path) -> dict[str, object]:
    """Return what a file of sentence-transformers says; nothing where there is none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"{str(path)!r} cannot be read as JSON: {error}") from error
    return read if isinstance(read, dict) else {}
