"""Pictures as tools hand them to models: marked, encoded, and small enough."""

import base64
from typing import Any

from PIL import Image

from .desktop.geometry import Box
from .perception.elements import Observation
from .perception.marks import Marked, mark_elements
from .perception.pictures import encode

MAX_PICTURE_BYTES = 600_000
"""A whole tool result must stay below 1 MB for common clients; base64 adds a third."""


def marked_part(seen: Observation, part: Box | None, max_marks: int | None) -> Marked:
    """Return the picture with marks on what is in the part of it that is shown."""
    elements = [
        element for element in seen.elements if part is None or part.contains(*element.box.centre)
    ]
    return mark_elements(seen.capture, elements, max_marks=max_marks)


def image_block(picture: Image.Image) -> dict[str, Any]:
    """Return a picture as a content block of a message."""
    data, mime_type = encode(picture, max_bytes=MAX_PICTURE_BYTES)
    text = base64.b64encode(data).decode("ascii")
    return {"type": "image", "base64": text, "mime_type": mime_type}
