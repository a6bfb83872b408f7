"""A local vision-language model: a checkpoint folder, loaded by transformers and never fetched."""

import gc
import logging
import threading
import time
from pathlib import Path
from typing import Any

from ...memory.errors import ConfigError, MissingExtraError, ModelUnavailable
from .load_report import Choice, LoadReport
from .vlm_checkpoint import check_checkpoint

try:
    import torch
    import transformers
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "transformers", extra="vlm") from error

from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForImageTextToText
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

from .checkpoint_loading import check_complete, no_progress_bars, one_line
from .vlm_placement import (
    DTYPES,
    Quantisation,
    attention_candidates,
    choose_device,
    choose_dtype,
    quantisation_config,
)
from .vlm_processor import PictureSizes, load_processor
from .vlm_prompt import PromptWriter

logger = logging.getLogger(__name__)

USUAL_CONTEXT = 4096
"""For a checkpoint that does not say how many tokens it takes."""


# Any: transformers' model and processor classes differ by family, without common types.
class LocalVLM:
    """A loaded checkpoint. Made by `load_vlm`.

    One thing runs on it at a time: whoever uses `model`, `processor` or `writer` holds `lock`.
    Models keep state between the steps of an answer, and tokenizers between calls.
    """

    def __init__(
        self,
        model: Any,
        processor: Any,
        writer: PromptWriter,
        sizes: PictureSizes,
        report: LoadReport,
    ) -> None:
        self._model = model
        self.processor = processor
        self.writer = writer
        self.sizes = sizes
        self.report = report
        self.lock = threading.Lock()

    @property
    def model(self) -> Any:
        """The model.

        Raises:
            ModelUnavailable: It was closed.
        """
        if self._model is None:
            raise ModelUnavailable(f"the model {str(self.report.path)!r} was closed; load it again")
        return self._model

    @property
    def context_tokens(self) -> int:
        """The most tokens the checkpoint takes, prompt and answer together."""
        text = self.model.config.get_text_config()
        return int(getattr(text, "max_position_embeddings", None) or USUAL_CONTEXT)

    def close(self) -> None:
        """Free the memory, once what is running has ended."""
        with self.lock:
            self._model = None
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


def load_vlm(
    path: Path | str,
    *,
    max_pixels: int | None = None,
    device: str | None = None,
    dtype: str | None = None,
    attention: str | None = None,
    quantisation: Quantisation | None = None,
) -> LocalVLM:
    """Load a checkpoint folder; `LocalVLM.report` says what was chosen and why.

    Args:
        path: A folder with config.json, weights in safetensors, tokenizer and processor files.
            Names of a model hub are not looked up.
        max_pixels: The largest area of a picture; larger ones are made smaller. None leaves the
            checkpoint's own limit, which is far above a screenshot for some families.
        device: cpu, cuda, cuda:N or mps; None for CUDA where it is there.
        dtype: bfloat16, float16 or float32; None for the fastest of the device.
        attention: As transformers names it (sdpa, eager, flash_attention_2, …). Where the wished
            one does not work another takes its place, and the report says so.
        quantisation: 4bit or 8bit, by bitsandbytes.

    Raises:
        ConfigError: An argument is none of these, or asks for what this machine has not.
        MissingExtraError: A package is not installed.
        ModelUnavailable: The folder is no complete checkpoint of a vision-language chat model.
    """
    began = time.monotonic()
    if max_pixels is not None and max_pixels < 1:
        raise ConfigError(f"max_pixels is {max_pixels}; expected 1 or more, or None")
    folder = Path(path)
    family = check_checkpoint(folder)
    on = choose_device(device)
    number_format = choose_dtype(dtype, on.value)
    quantise = quantisation_config(quantisation, number_format.value)
    config = _load_config(folder, family)
    processor = load_processor(folder, config)
    sizes = PictureSizes(processor, max_pixels)
    with no_progress_bars():
        model, attends = _load_model(folder, number_format, attention, quantise, on)
    # Left-hand padding is what generation needs, should anyone batch with this processor.
    processor.tokenizer.padding_side = "left"
    writer = PromptWriter(processor, sizes)
    report = LoadReport(
        path=folder,
        family=family,
        model_class=type(model).__name__,
        parameters=int(model.num_parameters()),
        size_bytes=int(model.get_memory_footprint(return_buffers=False)),
        seconds=time.monotonic() - began,
        device=on,
        dtype=number_format,
        attention=attends,
        quantisation=Choice(
            value=quantisation or "none",
            why="not asked for" if quantisation is None else "asked for",
        ),
        pictures=sizes.choice(),
        control_tokens=writer.control_tokens(),
    )
    logger.info("loaded %s in %.2f s: %s", family, report.seconds, "; ".join(report.lines()))
    return LocalVLM(model, processor, writer, sizes, report)


def _load_config(folder: Path, family: str) -> Any:
    if family not in transformers.CONFIG_MAPPING:
        raise ModelUnavailable(
            f"{str(folder)!r} is of the family {family!r}, which transformers "
            f"{transformers.__version__} does not know"
        )
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelUnavailable(
            f"{str(folder)!r} has no usable config.json: {one_line(error)}"
        ) from error
    if type(config) not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        raise ModelUnavailable(
            f"{str(folder)!r} is of the family {family!r}; expected a model that takes pictures "
            f"and texts and answers in text"
        )
    return config


def _load_model(
    folder: Path, number_format: Choice, attention: str | None, quantise: Any, on: Choice
) -> tuple[Any, Choice]:
    """Return the model and its attention, the first candidate that works."""
    failed = ""
    # bitsandbytes places the weights while it quantises them; such a model cannot be moved.
    placed = {}
    if quantise is not None:
        placed = {"quantization_config": quantise, "device_map": {"": on.value}}
    for candidate in attention_candidates(attention):
        try:
            model, loaded = AutoModelForImageTextToText.from_pretrained(
                folder,
                dtype=DTYPES[number_format.value],
                attn_implementation=candidate,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                **placed,
            )
            check_complete(folder, loaded)
            model = (model if placed else model.to(on.value)).eval()
        except (ImportError, ValueError) as error:
            failed = failed or f"{candidate} does not work: {one_line(error)}"
            continue
        except (SafetensorError, OSError, RuntimeError, KeyError, TypeError) as error:
            raise ModelUnavailable(
                f"{str(folder)!r} cannot be loaded: {one_line(error)}"
            ) from error
        if failed:
            logger.warning("attention %s instead: %s", candidate, failed)
        usual = "the usual one" if attention is None else "asked for"
        return model, Choice(value=candidate, why=failed or usual)
    raise ModelUnavailable(f"{str(folder)!r} cannot be loaded: {failed}")
