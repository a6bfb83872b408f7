"""CLIP, SigLIP and SigLIP 2: texts and pictures as vectors of one space, by a checkpoint."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from ...memory.embedding import Vectors
from ...memory.errors import ConfigError, MissingExtraError, ModelUnavailable
from .embedding_space import find_checkpoint
from .load_report import EmbedderReport
from .rgb_pictures import Picture, cut_long_ends, to_rgb
from .zero_shot import TEMPLATES, Classified, classify

try:
    import torch
    import transformers  # noqa: F401  # asked for by name, so that the error names it
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "transformers", extra="clip") from error

from transformers import AutoImageProcessor, CLIPModel, Siglip2Model, SiglipModel

from .checkpoint_loading import errors_only, one_line
from .clip_tokens import ClipTokenizer, load_tokenizer
from .embedding_model import check_list, embedding_dtype, load_model, unit_rows
from .vlm_placement import choose_device

logger = logging.getLogger(__name__)

# Any: transformers' classes count as untyped.
FAMILIES: Mapping[str, Any] = MappingProxyType(
    {"clip": CLIPModel, "siglip": SiglipModel, "siglip2": Siglip2Model}
)
BATCH_SIZE = 32


class ClipEmbedder:
    """A loaded checkpoint: a `TextEmbedder`, an `ImageEmbedder`, and a classifier without training.

    Vectors are float32 of length 1 whatever the model computes in, and do not depend on what else
    is in the call. May be used from several threads: one thing runs at a time.
    """

    # Any: the classes differ by family, without common types.
    def __init__(
        self,
        model: Any,
        tokenizer: ClipTokenizer,
        image_processor: Any,
        *,
        space: str,
        report: EmbedderReport,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._image_processor = image_processor
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._crops = bool(getattr(image_processor, "do_center_crop", False))
        self.space = space
        self.report = report

    @classmethod
    def load(
        cls,
        path_or_name: Path | str,
        *,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = BATCH_SIZE,
        root: Path | None = None,
    ) -> "ClipEmbedder":
        """Load a checkpoint; `report` says what was chosen and why.

        Args:
            path_or_name: A model that was pulled, such as `clip-vit-b-32`, or a folder with
                config.json, weights in safetensors, tokenizer and preprocessor files. Nothing is
                fetched, and no code in it is run.
            device: cpu, cuda, cuda:N or mps; None for CUDA where it is there.
            dtype: bfloat16, float16 or float32; None for float32 on a CPU, and for the fastest of
                the device elsewhere.
            batch_size: How many texts or pictures go through the model at a time.
            root: The store of models; None for the default one.

        Raises:
            ConfigError: An argument is wrong, or asks for what this machine has not.
            MissingExtraError: A package is not installed.
            ModelUnavailable: It is not there, damaged, or no CLIP or SigLIP model.
        """
        began = time.monotonic()
        if batch_size < 1:
            raise ConfigError(f"batch_size is {batch_size}; expected 1 or more")
        on = choose_device(device)
        number_format = embedding_dtype(dtype, on.value)
        checkpoint = find_checkpoint(
            path_or_name, families=tuple(FAMILIES), kind="a CLIP or SigLIP model", root=root
        )
        with errors_only():
            model = load_model(FAMILIES[checkpoint.family], checkpoint, number_format, on)
            tokenizer = load_tokenizer(checkpoint.folder, model.config)
            image_processor = _load_image_processor(checkpoint.folder)
        report = EmbedderReport(
            path=checkpoint.folder,
            family=checkpoint.family,
            model_class=type(model).__name__,
            parameters=int(model.num_parameters()),
            size_bytes=int(model.get_memory_footprint(return_buffers=False)),
            seconds=time.monotonic() - began,
            device=on,
            dtype=number_format,
            dimensions=_dimensions(model.config),
            text_tokens=tokenizer.limit,
        )
        logger.info("loaded %s: %s", checkpoint.space, "; ".join(report.lines()))
        return cls(
            model,
            tokenizer,
            image_processor,
            space=checkpoint.space,
            report=report,
            batch_size=batch_size,
        )

    @property
    def dimensions(self) -> int:
        """The length of each vector."""
        return self.report.dimensions

    @property
    def scale(self) -> float:
        """What the model learned to multiply a cosine with before it compares labels."""
        return float(self._model.logit_scale.detach().float().exp())

    @property
    def bias(self) -> float | None:
        """What SigLIP learned to add then; None for CLIP, whose labels always compete."""
        learned = getattr(self._model, "logit_bias", None)
        return None if learned is None else float(learned.detach().float())

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text; none for no texts.

        A text that is longer than the model takes (`report.text_tokens`) is cut, which is logged
        as a warning: what stands further back does not count.
        """

        def features(batch: Sequence[str]) -> Any:
            tokens = self._tokenizer.encode(batch)
            if tokens.n_cut:
                logger.warning(
                    "%d of %d texts were cut at %d tokens",
                    tokens.n_cut, len(batch), self._tokenizer.limit,
                )  # fmt: skip
            device = self._model.device
            mask = {} if tokens.mask is None else {"attention_mask": tokens.mask.to(device)}
            return self._model.get_text_features(input_ids=tokens.ids.to(device), **mask)

        return self._embed(texts, features)

    def embed_images(self, images: Sequence[Picture]) -> Vectors:
        """Return a row for each picture; none for no pictures.

        CLIP sees the middle square of a picture, SigLIP all of it, squeezed into a square (SigLIP
        2 of variable resolution: unsqueezed). Transparent pictures are seen on white.

        Raises:
            BadArgumentError: A picture has no pixels, or an array is no picture.
        """

        def features(batch: Sequence[Picture]) -> Any:
            # One by one, so that of large pictures one at a time is in memory.
            made = [
                self._image_processor(images=[self._seen(image)], return_tensors="pt")
                for image in batch
            ]
            inputs = {}
            for name in made[0]:
                values = torch.cat([one[name] for one in made]).to(self._model.device)
                is_real = values.is_floating_point()
                inputs[name] = values.to(self._model.dtype) if is_real else values
            return self._model.get_image_features(**inputs)

        return self._embed(images, features)

    def rank(self, texts: Sequence[str], images: Sequence[Picture]) -> Vectors:
        """Return how near each text is to each picture.

        Returns:
            float32, shape `(texts, images)`: `[i, j]` is the cosine of text i with picture j.
        """
        return self.embed_texts(texts) @ self.embed_images(images).T

    def classify(
        self,
        images: Sequence[Picture],
        labels: Sequence[str],
        *,
        templates: Sequence[str] = TEMPLATES,
        temperature: float = 1.0,
        none_of_these: bool = False,
    ) -> list[Classified]:
        """Return which of some labels each picture shows; see `zero_shot.classify`."""
        return classify(
            self,
            images,
            labels,
            templates=templates,
            temperature=temperature,
            none_of_these=none_of_these,
        )

    def fits(self, text: str) -> bool:
        """Tell whether the model takes a text uncut."""
        with self._lock:
            return self._tokenizer.encode([text]).n_cut == 0

    def _seen(self, image: Picture) -> Image.Image:
        picture = to_rgb(image)
        return cut_long_ends(picture) if self._crops else picture

    def _embed(self, items: Sequence[Any], features: Callable[[Sequence[Any]], Any]) -> Vectors:
        """Return the rows of items, of which a function makes a batch's output of the model."""
        check_list(items)
        rows = [np.zeros((0, self.dimensions), dtype=np.float32)]
        with self._lock, torch.inference_mode():
            rows += [unit_rows(_projected(features(batch))) for batch in self._batches(items)]
        return np.concatenate(rows)

    def _batches(self, items: Sequence[Any]) -> Iterator[Sequence[Any]]:
        for start in range(0, len(items), self._batch_size):
            yield items[start : start + self._batch_size]


def _projected(output: Any) -> torch.Tensor:
    """Return the vectors in the common space: transformers 5 returns them in an output."""
    rows: torch.Tensor = output if isinstance(output, torch.Tensor) else output.pooler_output
    return rows


def _load_image_processor(folder: Path) -> Any:
    """Return what makes tensors of pictures, of the classes that need no torchvision.

    With torchvision installed as well: a vector must not depend on what else is installed.
    """
    try:
        return AutoImageProcessor.from_pretrained(
            folder, backend="pil", local_files_only=True, trust_remote_code=False
        )
    except (ImportError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(
            f"{str(folder)!r} has no usable preprocessor_config.json: {one_line(error)}"
        ) from error


def _dimensions(config: Any) -> int:
    projected = getattr(config, "projection_dim", None)  # CLIP's
    if projected is not None:
        return int(projected)
    text = config.text_config
    return int(getattr(text, "projection_size", None) or text.hidden_size)
