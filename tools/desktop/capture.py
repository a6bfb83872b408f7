"""A screenshot with the view it came from, and pictures from files in the same form."""

import hashlib
import io
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ...memory.errors import ConfigError
from .geometry import Box, View

Pixels = NDArray[np.uint8]
"""RGB, uint8, shape (height, width, 3)."""

MAX_IMAGE_PIXELS = 120_000_000  # a 16K screen; anything larger is a decompression bomb

PAPER = (255, 255, 255)
"""What lies under a transparent picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A picture and where it came from."""

    pixels: Pixels
    """RGB, uint8, shape (height, width, 3), in the view's pixels."""
    view: View
    taken_at: float = field(default_factory=time.time)
    """Seconds since the epoch."""

    def crop(self, box: Box) -> "Capture":
        """Return a part of the picture, clipped to it, with its own view."""
        view = self.view.crop(box)
        inside = box.intersect(self.view.box)
        assert inside is not None  # view.crop raised otherwise
        pixels = self.pixels[inside.top : inside.bottom, inside.left : inside.right]
        return Capture(pixels=pixels, view=view, taken_at=self.taken_at)

    @property
    def sha256(self) -> str:
        """Digest of size and pixels; equal exactly for equal pictures."""
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()

    def to_png(self) -> bytes:
        """Return the picture as a PNG file's bytes."""
        buffer = io.BytesIO()
        # Level 1: a full screen in about 30 ms instead of 150, a fifth larger.
        Image.fromarray(self.pixels).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    def save(self, path: Path) -> Path:
        """Write the picture as PNG.

        Raises:
            ConfigError: If the file cannot be written.
        """
        try:
            path.write_bytes(self.to_png())
        except OSError as error:
            raise ConfigError(f"cannot write the picture {path}: {error.strerror}") from error
        return path


def load_capture(path: Path) -> Capture:
    """Return a picture file as a capture that shows no live desktop (nothing can be clicked).

    Raises:
        ConfigError: If the file is missing, no picture, damaged, or absurdly large.
    """
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                raise ConfigError(
                    f"picture {path} has {image.width}x{image.height} pixels; "
                    f"at most {MAX_IMAGE_PIXELS:,} are read"
                )
            pixels = np.asarray(as_seen(image))
    except FileNotFoundError:
        raise ConfigError(f"there is no picture at {path}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder, expected a picture file") from None
    except UnidentifiedImageError:
        raise ConfigError(f"{path} is not a picture (expected PNG, JPEG, WebP, BMP)") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow raises SyntaxError for a broken PNG chunk.
        raise ConfigError(f"picture {path} is damaged: {error}") from error
    height, width = pixels.shape[:2]
    return Capture(pixels=pixels, view=View(width=width, height=height, on_desktop=False))


def as_seen(image: Image.Image) -> Image.Image:
    """Return a picture of any mode in RGB, as viewers show it: turned by its EXIF, clear on white.

    Left to itself, Pillow shows under what is clear the colours that nobody was meant to see
    there, mostly black, and cuts 16 bits off at 255.
    """
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Image.new("RGBA", seen.size, PAPER)
        image.alpha_composite(seen)
    if image.mode.startswith("I"):
        values = np.clip(np.asarray(image) // 257, 0, 255)
        image = Image.fromarray(values.astype(np.uint8))
    return image.convert("RGB")
