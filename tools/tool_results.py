"""Tool results that clients take: pictures and text within a budget for the whole answer."""

import base64
import binascii
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from .perception.pictures import encode_within

MAX_RESULT_BYTES = 900_000
"""Of the blocks together, as they go over the wire; common clients refuse 1 MB."""
MAX_TEXT_CHARS = 60_000
MAX_SIDE_PX = 1568
"""Larger pictures are shrunk by the models themselves, and places in them are then off."""
CUT = "\n… cut here: ask for less, by window or budget"


def fitted(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks of a result, text cut and pictures made smaller until they fit.

    A picture that has to be shrunk loses its meaning for places: those who place something by it
    (the tools' own screenshots) keep it below the limits beforehand.
    """
    cut = [_cut(block) for block in blocks]
    texts = sum(len(block["text"].encode()) for block in cut if block["type"] == "text")
    pictures = [block for block in cut if block["type"] == "image"]
    if not pictures:
        return cut
    each = max(1, (MAX_RESULT_BYTES - texts) // len(pictures) * 3 // 4)
    return [_within(block, each) if block["type"] == "image" else block for block in cut]


def _cut(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "text" or len(block["text"]) <= MAX_TEXT_CHARS:
        return block
    text = block["text"]
    # The end of the fence stays, so that what follows is not taken for the screen's.
    ending = text[text.rfind("\n[end ") :] if text.rstrip().endswith("]") else ""
    kept = MAX_TEXT_CHARS - len(CUT) - len(ending)
    return block | {"text": text[:kept] + CUT + ending}


def _within(block: dict[str, Any], max_bytes: int) -> dict[str, Any]:
    data = binascii.a2b_base64(block["base64"])
    with Image.open(io.BytesIO(data)) as picture:
        if max(picture.size) <= MAX_SIDE_PX and len(data) <= max_bytes:
            return block
        made, mime_type = encode_within(picture, max_side_px=MAX_SIDE_PX, max_bytes=max_bytes)
    return block | {"base64": base64.b64encode(made).decode("ascii"), "mime_type": mime_type}
