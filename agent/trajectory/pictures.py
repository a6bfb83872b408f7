"""The pictures of a report, each embedded once and small enough for the whole to be passed on."""

import base64
import io
import logging
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .recording import PictureHandle

logger = logging.getLogger(__name__)

MAX_TOTAL_BYTES = 7_000_000  # base64 adds a third: a report stays below 10 MB

STAGES = ((1440, 80), (1200, 70), (960, 60), (720, 50), (480, 40))
"""Widest picture in pixels and WebP quality; the first that fits the total is taken. At 1440 and
80 the 10 px text of a toolbar stays readable; a screen of an editor takes about 40 kB."""


class Album:
    """Pictures as SVG symbols: a step's picture that is seen again costs nothing.

    Args:
        folder: The run folder that the handles are relative to.
        handles: The pictures; the same one may come often.
    """

    def __init__(self, folder: Path, handles: Sequence[PictureHandle]) -> None:
        self._handles = {handle.path: handle for handle in handles}
        self._images: dict[str, bytes] = {}
        for width, quality in STAGES:
            self._images = {
                path: image
                for path in self._handles
                if (image := _encode(folder / path, width, quality)) is not None
            }
            if sum(map(len, self._images.values())) <= MAX_TOTAL_BYTES:
                break

    def symbol_id(self, handle: PictureHandle) -> str | None:
        """Return the id to `<use>`, or None for a picture that cannot be read."""
        if handle.path not in self._images:
            return None
        return f"picture-{list(self._images).index(handle.path)}"

    def symbols(self) -> str:
        """Return the SVG that defines every picture."""
        return "\n".join(
            f'<image id="{self.symbol_id(handle)}" '
            f'width="{handle.width:d}" height="{handle.height:d}" '
            f'href="data:image/webp;base64,{base64.b64encode(self._images[path]).decode()}"/>'
            for path, handle in self._handles.items()
            if path in self._images
        )


def _encode(file: Path, max_width: int, quality: int) -> bytes | None:
    try:
        with Image.open(file) as image:
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        logger.warning("picture %s is left out of the report: %s", file, error)
        return None
    if picture.width > max_width:
        height = max(1, round(picture.height * max_width / picture.width))
        picture = picture.resize((max_width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    # Method 2 of 6: half the time of the default for a tenth more bytes.
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
