"""What stands for pixels in a cache, and answers kept by the pixels they follow from."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = tuple[object, ...]
Job = TypeVar("Job")
Answer = TypeVar("Answer")

SMALL_ANSWERS = 50_000


def pixel_key(pixels: NDArray[Any], *more: object) -> Key:
    """Return a key that only equal pixels with equal further values have, for all we know.

    Python's hash of bytes (SipHash, 64 bits, with a secret of the process) is five times as fast as
    a cryptographic digest, and a million keys have two that agree by accident once in 40 million
    sessions.

    Args:
        pixels: Of any shape and type.
        more: What else the result depends on; hashable.
    """
    return (hash(np.ascontiguousarray(pixels).tobytes()), pixels.shape, *more)


class PixelCache:
    """Keeps answers that follow from nothing but pixels, those that were asked for last.

    Args:
        size: How many answers.
    """

    def __init__(self, size: int = SMALL_ANSWERS) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Any] = OrderedDict()  # Any: whatever `work` returns

    def answer(self, key: Key, work: Callable[[], Answer]) -> Answer:
        """Return the answer kept under a key; where there is none, that of `work`."""
        if key not in self._kept:
            self._kept[key] = work()
            self._shrink()
        self._kept.move_to_end(key)
        answer: Answer = self._kept[key]
        return answer

    def answers(
        self,
        keys: Sequence[Key],
        jobs: Sequence[Job],
        work: Callable[[list[Job]], Iterable[Answer]],
    ) -> list[Answer]:
        """Return the answers under several keys; `work` is given the jobs of those not kept."""
        new = {key: job for key, job in zip(keys, jobs, strict=True) if key not in self._kept}
        if new:
            self._kept.update(zip(new, work(list(new.values())), strict=True))
        found: list[Answer] = []
        for key in keys:
            self._kept.move_to_end(key)
            found.append(self._kept[key])
        self._shrink()
        return found

    def _shrink(self) -> None:
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
