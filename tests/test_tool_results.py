"""What clients take: text and pictures of one answer within one budget."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from deskhand.tools.safety.fence import Fence
from deskhand.tools.tool_results import MAX_RESULT_BYTES, MAX_SIDE_PX, MAX_TEXT_CHARS, fitted


def noise(width: int, height: int) -> dict[str, Any]:
    """Return a picture that no format makes small."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    text = base64.b64encode(buffer.getvalue()).decode()
    return {"type": "image", "base64": text, "mime_type": "image/png"}


def size(blocks: list[dict[str, Any]]) -> int:
    return sum(
        len(block.get("text", "").encode()) + len(block.get("base64", "")) for block in blocks
    )


def test_what_fits_is_left_alone() -> None:
    blocks = [{"type": "text", "text": "view v1"}, noise(64, 40)]
    assert fitted(blocks) == blocks


def test_the_budget_is_for_the_whole_answer() -> None:
    blocks = [{"type": "text", "text": "x" * 50_000}, noise(1500, 900), noise(1500, 900)]
    made = fitted(blocks)
    assert size(blocks) > 3 * MAX_RESULT_BYTES
    assert size(made) <= MAX_RESULT_BYTES
    assert [block["type"] for block in made] == ["text", "image", "image"]


def test_a_picture_is_no_larger_than_models_take() -> None:
    [made] = fitted([noise(1600, 20)])
    with Image.open(io.BytesIO(base64.b64decode(made["base64"]))) as picture:
        assert max(picture.size) == MAX_SIDE_PX


def test_text_that_is_cut_keeps_its_fence_shut() -> None:
    fence = Fence()
    [made] = fitted([{"type": "text", "text": fence.wrap("word " * 20_000, "the screen")}])
    assert len(made["text"]) <= MAX_TEXT_CHARS
    assert made["text"].endswith(
        f"\n… cut here: ask for less, by window or budget\n[end {fence.nonce}]"
    )
