"""What stands for pixels in a cache."""

import hashlib

import numpy as np

from ..desktop.capture import Pixels


def pixel_key(pixels: Pixels, *more: object) -> bytes:
    """Return a key that only equal pixels with equal further values have, for all we know.

    Args:
        pixels: RGB, uint8, shape (H, W, 3).
        more: What else the result depends on; values whose `repr` tells them apart.
    """
    digest = hashlib.blake2b(repr((pixels.shape, more)).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()
