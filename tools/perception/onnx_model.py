"""Running one ONNX model on pictures, the same way every time."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels

# Read as onnxruntime is imported: from 1.32 on it collects usage and sends it; what the user set
# stays.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

MAX_THREADS = 2

FloatArray = NDArray[np.float32]
Job = TypeVar("Job")
Result = TypeVar("Result")


class OnnxModel:
    """A model with one picture in and one array out, on the CPU.

    It runs each picture on its own and on one thread, so that a result depends on that picture
    alone; several pictures run side by side (`side_by_side`).

    Args:
        path: The model's file.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Every picture has another size: a plan of its memory would never be used again.
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    @property
    def metadata(self) -> dict[str, str]:
        """What the model's file says about it."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, tensor: FloatArray) -> FloatArray:
        """Return the model's answer for an input of shape (1, 3, H, W). Thread safe."""
        (answer,) = self._session.run(None, {self._input: tensor})
        return np.asarray(answer, np.float32)


def as_tensor(pixels: Pixels) -> FloatArray:
    """Return RGB pixels as PP-OCR takes them: BGR planes in [-1, 1], shape (1, 3, H, W)."""
    planes = pixels[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    planes *= 2 / 255
    planes -= 1
    return np.ascontiguousarray(planes)


def side_by_side(
    work: Callable[[Job], Result], jobs: Iterable[Job], check: Callable[[], None]
) -> Iterator[Result]:
    """Yield the results in the order of the jobs, worked on by as many threads as pay.

    Args:
        work: Thread safe.
        jobs: What to work on.
        check: Called before each result; may raise to cancel what has not begun.
    """
    pool = ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1))
    try:
        for future in [pool.submit(work, job) for job in jobs]:
            check()
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
