"""How many tokens pictures take in a prompt, before any prompt is made."""

from collections.abc import Sequence
from typing import Any

from PIL import Image


# Any: each family has a processor class of its own, without common types.
class PictureTokens:
    """Estimates the tokens of pictures; what a prompt really takes shows once it is tokenised.

    Args:
        processor: The checkpoint's.
    """

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._counted: dict[tuple[int, int], int] = {}

    def total(self, sizes: Sequence[tuple[int, int]]) -> int:
        """Return the tokens that pictures of these sizes add to one prompt that holds them all.

        Exact for most families; Gemma's few marker tokens a picture are not counted.

        Args:
            sizes: (width, height) of each picture, as the processor gets it.
        """
        if not sizes:
            return 0
        processor = self._processor
        if not hasattr(processor, "_get_num_multimodal_tokens"):
            return sum(self._by_running(size) for size in sizes)
        if type(processor).__name__.startswith("LlavaOnevision") and len(sizes) > 1:
            # Its own arithmetic is that of a single picture; several are not cut into tiles.
            return (int(processor.num_image_tokens) + 1) * len(sizes)
        heights_first = [[height, width] for width, height in sizes]
        counted = processor._get_num_multimodal_tokens(image_sizes=heights_first)
        return sum(int(number) for number in counted.num_image_tokens)

    def _by_running(self, size: tuple[int, int]) -> int:
        """Count on a black picture, for processors that have no arithmetic of their own."""
        if size not in self._counted:
            text = self._processor.image_token
            blank = Image.new("RGB", size)
            made = self._processor(images=[[blank]], text=[text], add_special_tokens=False)
            self._counted[size] = len(made["input_ids"][0])
        return self._counted[size]
