"""Reads many pictures with Ray Data: by several processes here, or by the machines of a cluster.

Only the reading is shared out. A worker takes the secrets out before anything leaves it, because
what is passed between processes may be written to disk; the memory is written by one process.

Source: Ray Data, "Working with images" and stateful transforms (`map_batches` with a class).
"""

import io
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...memory.errors import ConfigError, MissingExtraError
from ...memory.records import NewScreen
from .folder_index import ReadFile, ReadFiles, read_file

# No statistics: nothing was asked to be sent. What fails is told by the results.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
try:
    import ray
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "ray", extra="ray") from error

FILES_A_BATCH = 4
LOOPBACK = "127.0.0.1"
SHORT = Path("/tmp")
"""Ray's sockets lie in it, and the path of a socket has 107 characters at most."""


class _Reader:
    """One worker: it loads what reads pictures once."""

    def __init__(self) -> None:
        from ..perception.parse import load_parser

        self._parser = load_parser()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        from ..perception.observe import observe_image

        read = [
            read_file(Path(file), lambda capture: observe_image(capture, self._parser))
            for file in batch["file"]
        ]
        rows = [_row(one) for one in read]
        return {name: [row[name] for row in rows] for name in ("told", "picture")}


def read_with_ray(workers: int, *, address: str | None = None) -> ReadFiles:
    """Return what reads files by several workers.

    Args:
        workers: How many processes.
        address: Of a Ray cluster whose machines see the files under the same paths and have
            deskhand installed, such as `auto` or `ray://head:10001`; None for this machine alone.

    Raises:
        ConfigError: If there is no cluster at the address.
    """

    def read(files: Sequence[Path]) -> Iterator[ReadFile]:
        if not files:
            return
        # Ray's own files, which it would leave behind.
        with tempfile.TemporaryDirectory(
            prefix="dh-ray-", dir=SHORT if SHORT.is_dir() else None, ignore_cleanup_errors=True
        ) as own:
            _connect(workers, address, own)
            try:
                yield from _read(files, workers)
            finally:
                ray.shutdown()

    return read


def _read(files: Sequence[Path], workers: int) -> Iterator[ReadFile]:
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    data = ray.data.from_items(
        [{"file": str(file)} for file in files],
        override_num_blocks=max(1, len(files) // FILES_A_BATCH),
    )
    pool = ray.data.ActorPoolStrategy(size=workers)
    read = data.map_batches(_Reader, batch_size=FILES_A_BATCH, compute=pool)
    for row in read.iter_rows():
        yield _result(row)


def _row(read: ReadFile) -> dict[str, Any]:
    """Return what became of a file as plain data: a line of JSON, and the picture as PNG."""
    screen, picture = read.screen, io.BytesIO()
    told: dict[str, Any] = {"file": str(read.file), "hidden": read.hidden, "why": read.why}
    if screen is not None:
        Image.fromarray(screen.pixels).save(picture, "PNG", compress_level=1)
        told |= {"lines": screen.lines, "time": screen.time.isoformat()}
    return {"told": json.dumps(told), "picture": picture.getvalue()}


def _result(row: Mapping[str, Any]) -> ReadFile:
    told = json.loads(row["told"])
    file, screen = Path(told["file"]), None
    if "lines" in told:
        with Image.open(io.BytesIO(row["picture"])) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        screen = NewScreen(
            pixels=pixels,
            lines=tuple(told["lines"]),
            time=datetime.fromisoformat(told["time"]),
            source=str(file),
        )
    return ReadFile(file=file, screen=screen, hidden=told["hidden"], why=told["why"])


def _connect(workers: int, address: str | None, own: str) -> None:
    # Any: each of them is of a type of its own.
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is not None:
        options["address"] = address
    else:
        options |= {
            "num_cpus": workers, "include_dashboard": False, "_node_ip_address": LOOPBACK,
            "_temp_dir": own,
        }  # fmt: skip
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"cannot use Ray at {address or 'this machine'}: {reason}") from error
