"""Pictures come out of messages themselves; nothing is fetched, and damaged data is refused."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from deskhand.memory.errors import BadArgumentError
from deskhand.tools.models import picture_blocks
from deskhand.tools.models.picture_blocks import read_picture


def encoded(picture: Image.Image, kind: str = "PNG") -> str:
    written = io.BytesIO()
    picture.save(written, kind)
    return base64.b64encode(written.getvalue()).decode()


RED = encoded(Image.new("RGB", (4, 3), "red"))


@pytest.mark.parametrize("block", [{"base64": RED}, {"url": f"data:image/png;base64,{RED}"}])
def test_a_picture_is_decoded(block: dict[str, Any]) -> None:
    picture = read_picture({"type": "image", **block})
    assert (picture.mode, picture.size) == ("RGB", (4, 3))
    assert picture.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "BMP"])
def test_other_formats_are_read(kind: str) -> None:
    picture = read_picture({"base64": encoded(Image.new("RGB", (4, 3), "white"), kind)})
    assert picture.getpixel((3, 2)) == (255, 255, 255)


@pytest.mark.parametrize(
    "picture", [Image.new("RGBA", (2, 2), (0, 0, 0, 0)), Image.new("LA", (2, 2), (0, 0))]
)
def test_what_is_transparent_is_white(picture: Image.Image) -> None:
    assert read_picture({"base64": encoded(picture)}).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            {"url": "http://127.0.0.1/x.png"},
            "an image block needs base64 or a data: URL, got 'http://127.0.0.1/x.png'; "
            "nothing is fetched",
        ),
        (
            {"url": "file:///etc/passwd"},
            "an image block needs base64 or a data: URL, got 'file:///etc/passwd'; "
            "nothing is fetched",
        ),
        (
            {"url": "/etc/passwd"},
            "an image block needs base64 or a data: URL, got '/etc/passwd'; nothing is fetched",
        ),
        (
            {"url": "data:image/svg+xml,<svg/>"},
            "an image block needs base64 or a data: URL, got 'data:image/svg+xml,<svg/>'; "
            "nothing is fetched",
        ),
        ({"file_id": "f1"}, "an image block needs base64, got 'f1'"),
        ({}, "an image block needs base64, got None"),
        (
            {"base64": "?"},
            "an image block's base64 cannot be decoded: Only base64 data is allowed",
        ),
        (
            {"base64": base64.b64encode(b"<svg/>").decode()},
            "an image block should hold one of PNG, JPEG, WEBP, GIF, BMP; its 6 bytes are none",
        ),
        (
            {"base64": ""},
            "an image block should hold one of PNG, JPEG, WEBP, GIF, BMP; its 0 bytes are none",
        ),
    ],
)
def test_what_is_no_picture_is_refused(block: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgumentError) as error:
        read_picture(block)
    assert str(error.value) == message


def test_a_damaged_picture_is_refused() -> None:
    noise = Image.effect_noise((64, 64), 90)
    data = base64.b64decode(encoded(noise))[:-2000]
    with pytest.raises(BadArgumentError, match=rf"^a picture of {len(data)} bytes is damaged: "):
        read_picture({"base64": base64.b64encode(data).decode()})


def test_a_picture_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_blocks, "MAX_PIXELS", 11)
    with pytest.raises(BadArgumentError) as error:
        read_picture({"base64": RED})
    assert str(error.value) == "a picture may have 11 pixels, got 4x3"
