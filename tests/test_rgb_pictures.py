"""Pictures of every kind, as a model is to see them."""

import io

import numpy as np
import pytest
from PIL import Image

from deskhand.tools.models.rgb_pictures import MAX_PIXELS, cut_long_ends, to_rgb


def only_colour(image: Image.Image) -> object:
    assert image.mode == "RGB"
    colours = image.getcolors()
    assert colours is not None
    ((_, colour),) = colours
    return colour


def test_transparent_pictures_are_seen_on_white() -> None:
    clear = np.zeros((4, 4, 4), dtype=np.uint8)
    assert only_colour(to_rgb(clear)) == (255, 255, 255)
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert only_colour(to_rgb(half)) == (127, 127, 127)
    assert only_colour(to_rgb(Image.new("LA", (4, 4), (0, 0)))) == (255, 255, 255)


def test_transparent_palette_is_seen_on_white() -> None:
    written = io.BytesIO()
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.save(written, "PNG", transparency=1)
    with Image.open(written) as read:
        assert only_colour(to_rgb(read)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV"])
def test_modes_without_transparency(mode: str) -> None:
    white = Image.new("RGB", (5, 4), "white").convert(mode)
    assert only_colour(to_rgb(white)) == pytest.approx((255, 255, 255), abs=1)


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    grey = Image.fromarray(np.full((4, 4), 0x8080, dtype=np.uint16))
    assert only_colour(to_rgb(grey)) == (128, 128, 128)


def test_turned_as_its_exif_says() -> None:
    image = Image.new("RGB", (8, 4))
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif)
    with Image.open(written) as read:
        assert to_rgb(read).size == (4, 8)


def test_huge_pictures_become_smaller_and_keep_what_is_on_them() -> None:
    pixels = np.zeros((6000, 8000, 3), dtype=np.uint8)
    pixels[:, 4000:] = 200
    made = to_rgb(pixels)
    assert made.width * made.height <= MAX_PIXELS
    assert made.size == (4000, 3000)
    assert made.getpixel((1000, 1500)) == (0, 0, 0)
    assert made.getpixel((3000, 1500)) == (200, 200, 200)


def test_long_narrow_pictures_are_not_made_narrower() -> None:
    assert to_rgb(np.zeros((40, 1_000_000), dtype=np.uint8)).height == 40


def test_huge_palette_picture_keeps_its_colours() -> None:
    stripes = Image.new("P", (5000, 5000), 0)
    stripes.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    assert only_colour(to_rgb(stripes)) == (255, 0, 0)


def test_arrays_that_are_not_contiguous() -> None:
    pixels = np.arange(5 * 8 * 3, dtype=np.uint8).reshape(5, 8, 3)
    assert (np.asarray(to_rgb(pixels[::-1, ::2])) == pixels[::-1, ::2]).all()


@pytest.mark.parametrize(
    ("size", "cut"),
    [
        ((100, 100), (100, 100)),
        ((800, 100), (800, 100)),
        ((1000, 100), (800, 100)),
        ((3, 9000), (3, 24)),
        ((1, 1), (1, 1)),
    ],
)
def test_long_ends_are_cut(size: tuple[int, int], cut: tuple[int, int]) -> None:
    assert cut_long_ends(Image.new("RGB", size)).size == cut


def test_it_is_the_middle_that_is_kept() -> None:
    pixels = np.zeros((10, 1000, 3), dtype=np.uint8)
    pixels[:, 460:540] = 9
    assert only_colour(cut_long_ends(Image.fromarray(pixels))) == (9, 9, 9)
