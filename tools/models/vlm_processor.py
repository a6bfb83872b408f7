"""A checkpoint's processor: pictures and texts in, tensors out; torchvision is not needed.

transformers has every image processor twice, on torchvision and on Pillow, but video processors on
torchvision alone, and `AutoProcessor` refuses a whole checkpoint for want of a part that pictures
never use. Where torchvision is missing, a stand-in takes that part's place and refuses videos.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoImageProcessor, AutoProcessor, AutoTokenizer
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.processing_utils import ProcessorMixin
from transformers.video_processing_utils import VideoProcessorMixin

from ...memory.errors import BadArgumentError, MissingExtraError, ModelUnavailable
from .load_report import Choice

NEEDED_BY_PROCESSORS = ("num2words",)
"""Packages of the extra that single processors ask for as they are made (SmolVLM)."""
PIXEL_AREAS = ("Qwen2VL", "PaddleOCRVL")
"""Image processors whose `size` is a pair of pixel areas; others take edges or tiles there."""


class ImageOnlyVideoProcessor(VideoProcessorMixin):  # type: ignore[misc]  # untyped base
    """Stands where a video processor would be; pictures work, a video raises."""

    # Read by some processors also for pictures.
    merge_size, temporal_patch_size, num_frames, fps = 2, 2, 8, 1

    def __call__(self, videos: object, **_unused: object) -> None:
        """Refuse."""
        raise BadArgumentError("videos need torchvision, which is not installed; send pictures")

    preprocess = __call__


def image_only_class(processor_class: type[ProcessorMixin]) -> type[ProcessorMixin]:
    """Return a processor class that accepts the stand-in for its video processor.

    transformers' own type check asks torchvision for the class to compare with.
    """
    if "video_processor" not in processor_class.get_attributes():
        return processor_class

    def check(self: ProcessorMixin, name: str, part: object) -> object:
        if isinstance(part, ImageOnlyVideoProcessor):
            return type(part)
        return processor_class.check_argument_for_proper_class(self, name, part)

    # The same name: transformers writes it into saved files and tells families apart by it.
    body = {"check_argument_for_proper_class": check, "__module__": processor_class.__module__}
    return type(processor_class.__name__, (processor_class,), body)


# Any: each family has a processor class of its own, without common types.
def load_processor(folder: Path, config: Any) -> Any:
    """Return the processor of a checkpoint folder, from its files alone.

    Args:
        folder: The checkpoint.
        config: Its configuration, as transformers read it.

    Raises:
        MissingExtraError: A package that this family's processor needs is not installed.
        ModelUnavailable: The files make no processor, or one without a chat template.
    """
    try:
        if find_spec("torchvision") is None:
            processor = _without_torchvision(folder, config)
        else:
            processor = AutoProcessor.from_pretrained(folder, **_LOCAL)
    except (ImportError, KeyError, OSError, TypeError, ValueError, AttributeError) as error:
        for package in NEEDED_BY_PROCESSORS:
            if package in str(error):
                raise MissingExtraError(package, extra="vlm") from error
        reason = " ".join(str(error).split())
        raise ModelUnavailable(f"{str(folder)!r} has no usable processor: {reason}") from error
    if getattr(processor, "image_processor", None) is None:
        raise ModelUnavailable(f"{str(folder)!r} has no image processor; it is no model that sees")
    if not chat_template(processor):
        raise ModelUnavailable(f"{str(folder)!r} has no chat template; it is no chat model")
    return processor


_LOCAL = {"local_files_only": True, "trust_remote_code": False}


def _without_torchvision(folder: Path, config: Any) -> Any:
    known = PROCESSOR_MAPPING.get(type(config), None)
    if known is None:
        raise ValueError(f"transformers knows no processor for {config.model_type!r}")
    processor_class = image_only_class(known)
    settings, _ = processor_class.get_processor_dict(folder, local_files_only=True)
    load: dict[str, Callable[[], Any]] = {
        "tokenizer": lambda: AutoTokenizer.from_pretrained(folder, **_LOCAL),
        "image_processor": lambda: AutoImageProcessor.from_pretrained(
            folder, backend="pil", **_LOCAL
        ),
        "video_processor": ImageOnlyVideoProcessor,
    }
    parts = [load[name]() for name in processor_class.get_attributes()]
    return processor_class.from_args_and_dict(parts, settings)


def chat_template(processor: Any) -> str:
    """Return the Jinja text of the template that `apply_chat_template` uses; "" for none."""
    template = processor.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    return template or ""


class PictureSizes:
    """Keeps pictures within a number of pixels, and knows how large the model sees them.

    Families that scale by area are told to; for the others, which cut pictures into tiles of fixed
    sizes, pictures are made smaller before the processor gets them.

    Args:
        processor: The checkpoint's; its settings are changed.
        max_pixels: The largest area of a picture, 1 or more; None leaves the checkpoint's own.
    """

    def __init__(self, processor: Any, max_pixels: int | None) -> None:
        self._image_processor = processor.image_processor
        self._scales_by_area = type(self._image_processor).__name__.startswith(PIXEL_AREAS)
        self._max_pixels = max_pixels
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}
        if max_pixels is not None and self._scales_by_area:
            size = self._image_processor.size
            # Set on the loaded processor: as a loading argument it would leak into the tokenizer's
            # settings, which then override every later call.
            smallest = min(size["shortest_edge"], max_pixels)
            self._image_processor.size = {"shortest_edge": smallest, "longest_edge": max_pixels}

    def choice(self) -> Choice:
        """Return the entry for the load report."""
        kind = type(self._image_processor).__name__
        if self._max_pixels is None:
            return Choice(value=kind, why="the checkpoint's own limit on pixels")
        how = "its own scaling" if self._scales_by_area else "scaled down before"
        return Choice(value=kind, why=f"at most {self._max_pixels} pixels, by {how}")

    def fit(self, picture: Image.Image) -> Image.Image:
        """Return the picture as it goes to the processor."""
        if self._max_pixels is None or self._scales_by_area:
            return picture
        width, height = self._within(picture.size)
        if (width, height) == picture.size:
            return picture
        return picture.resize((width, height), Image.Resampling.LANCZOS)

    def seen(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of a picture of this size as the model sees it.

        Models that answer in absolute pixels (Qwen2.5-VL, UI-TARS) mean pixels of this size. For
        families that cut pictures into tiles it is the size before that: they answer in fractions.
        """
        if not self._scales_by_area:
            return self._within(size)
        if size not in self._seen:
            # By the processor itself: its rounding is no public function.
            made = self._image_processor(images=[Image.new("RGB", size)], return_tensors="pt")
            _, rows, columns = made["image_grid_thw"][0].tolist()
            patch = self._image_processor.patch_size
            self._seen[size] = (columns * patch, rows * patch)
        return self._seen[size]

    def _within(self, size: tuple[int, int]) -> tuple[int, int]:
        width, height = size
        if self._max_pixels is None or width * height <= self._max_pixels:
            return size
        scale = (self._max_pixels / (width * height)) ** 0.5
        return max(1, int(width * scale)), max(1, int(height * scale))
