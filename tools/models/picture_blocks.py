"""Pictures out of message content: decoded from the message itself, never fetched from anywhere."""

import base64
import binascii
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, UnidentifiedImageError

from ...memory.errors import BadArgumentError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 64_000_000
"""Two 8K screens. A compressed picture of a few kilobytes can unpack to gigabytes."""


def read_picture(block: Mapping[str, Any]) -> Image.Image:
    """Return the picture of a standard image block as RGB; transparency is put on white.

    Raises:
        BadArgumentError: The block has no data of its own (URLs and file ids are refused: fetching
            them would let a message read this machine's files and network), or no picture.
    """
    return _decode(_data(block))


def _data(block: Mapping[str, Any]) -> bytes:
    encoded = block.get("base64")
    if encoded is None:
        url = block.get("url")
        if not isinstance(url, str):
            raise BadArgumentError(
                f"an image block needs base64, got {_shown(block.get('file_id'))}"
            )
        head, comma, encoded = url.partition(",")
        if not head.startswith("data:") or not comma or not head.endswith(";base64"):
            raise BadArgumentError(
                f"an image block needs base64 or a data: URL, got {_shown(url)}; nothing is fetched"
            )
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadArgumentError(f"an image block's base64 cannot be decoded: {error}") from error


def _decode(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise BadArgumentError(
                    f"a picture may have {MAX_PIXELS} pixels, got {opened.width}x{opened.height}"
                )
            if not opened.has_transparency_data:
                return opened.convert("RGB")
            picture = Image.new("RGBA", opened.size, "white")
            picture.alpha_composite(opened.convert("RGBA"))
            return picture.convert("RGB")
    except UnidentifiedImageError:
        expected = ", ".join(FORMATS)
        raise BadArgumentError(
            f"an image block should hold one of {expected}; its {len(data)} bytes are none"
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadArgumentError(f"a picture of {len(data)} bytes is damaged: {error}") from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
