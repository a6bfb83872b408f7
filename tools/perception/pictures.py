"""Pictures for models: small enough in pixels and bytes."""

import io

from PIL import Image

JPEG_QUALITIES = (85, 75, 60, 40)


def encode(picture: Image.Image, *, max_bytes: int) -> tuple[bytes, str]:
    """Return the picture and its MIME type: PNG if that is small enough, else JPEG.

    The size in pixels stays, so that positions in it keep their meaning; a very large picture may
    be larger than that even as a JPEG of the lowest quality.
    """
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    if buffer.tell() <= max_bytes:
        return buffer.getvalue(), "image/png"
    for quality in JPEG_QUALITIES:
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= max_bytes:
            break
    return buffer.getvalue(), "image/jpeg"


def encode_within(picture: Image.Image, *, max_side_px: int, max_bytes: int) -> tuple[bytes, str]:
    """Return the picture and its MIME type, made smaller until it keeps both limits."""
    while True:
        scale = min(1.0, max_side_px / max(picture.size))
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture if scale == 1 else picture.resize(size)
        data, mime_type = encode(picture, max_bytes=max_bytes)
        if len(data) <= max_bytes or max(size) == 1:
            return data, mime_type
        max_side_px = max(size) // 2
