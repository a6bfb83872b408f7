"""Pictures of screens as files: written whole or not at all, private to the user."""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .errors import ConfigError, MemoryDamaged

SUFFIX = ".png"
UNFINISHED = ".part"


def encode_picture(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture as PNG."""
    buffer = BytesIO()
    # Level 2 takes a third of the time of the usual 6, and about a tenth more room on screens.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=2)
    return buffer.getvalue()


def write_picture(path: Path, png: bytes) -> None:
    """Write a picture so that it is on the disk when this returns.

    Raises:
        ConfigError: If it cannot be written.
    """
    unfinished = path.with_suffix(UNFINISHED)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(png)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(f"cannot write the picture {path}: {error.strerror}") from error


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the pixels of a picture, RGB of `(height, width, 3)`.

    Raises:
        MemoryDamaged: If it is not there or no picture.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        # PIL raises SyntaxError for a PNG whose chunks are broken.
        raise MemoryDamaged(
            f"the picture {path} cannot be read ({error}); check the memory and repair it"
        ) from error


def pictures_in(folder: Path) -> Iterator[Path]:
    """Yield all files below the folder of pictures, unfinished ones included."""
    yield from (path for path in folder.glob("*/*") if path.is_file())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
