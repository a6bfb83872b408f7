"""Pictures of every kind as the RGB pictures that image processors take."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ...memory.errors import BadArgumentError
from ..desktop.capture import as_seen

Picture = NDArray[np.uint8] | Image.Image
"""An array of `(height, width)`, or with a last axis of 1 (grey), 3 (RGB) or 4 (RGBA) channels, or
a Pillow image of any mode."""

MAX_PIXELS = 16_000_000
"""Larger ones are halved, thirded, … first: an image processor copies a picture several times, and
shows the model a few hundred pixels a side."""
MIN_SIDE_PX = 1024
"""No side is made smaller than this by it."""
MAX_ASPECT = 8.0
"""How much longer one side may be where a processor crops the centre: of a longer one it would
first enlarge all and then throw nearly all away."""
CHANNELS = (1, 3, 4)


def to_rgb(picture: Picture) -> Image.Image:
    """Return a picture in RGB, as large as it is useful to a model.

    A Pillow image is turned as its EXIF data says, and what is transparent is seen on white.

    Raises:
        BadArgumentError: If it has no pixels, or an array has another type or shape.
    """
    image = picture if isinstance(picture, Image.Image) else _image(picture)
    if image.width == 0 or image.height == 0:
        raise BadArgumentError(f"a picture has {image.width}x{image.height} pixels; expected some")
    # Its EXIF data does not survive being reduced.
    return as_seen(_reduced(ImageOps.exif_transpose(image)))


def cut_long_ends(image: Image.Image) -> Image.Image:
    """Return the middle of a picture that is far longer than wide, else the picture."""
    width, height = image.size
    longest = math.ceil(min(image.size) * MAX_ASPECT)
    if max(image.size) <= longest:
        return image
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, left + min(width, longest), top + min(height, longest)))


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or channels not in CHANNELS:
        raise BadArgumentError(
            f"a picture is an array of {pixels.dtype} and shape {pixels.shape}; expected uint8 of "
            "(height, width, 3)"
        )
    if 0 in pixels.shape:
        return Image.new("L", (pixels.shape[1], pixels.shape[0]))
    flat = pixels[:, :, 0] if pixels.ndim == 3 and channels == 1 else pixels
    return Image.fromarray(np.ascontiguousarray(flat))


def _reduced(image: Image.Image) -> Image.Image:
    factor = math.ceil(math.sqrt(image.width * image.height / MAX_PIXELS))
    by = [max(1, min(factor, side // MIN_SIDE_PX)) for side in image.size]
    if by == [1, 1]:
        return image
    if image.mode in ("1", "P", "PA"):
        # The numbers in these are no colours: a mean of them would be another colour.
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce((by[0], by[1]))
