"""Screens that were found, as one picture of captioned thumbnails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

COLUMNS = 3
THUMB_PX = (380, 260)
GAP_PX = 12
FONT_PX = 13
LINE_PX = 17
PAPER = (244, 245, 247)
INK = (24, 26, 30)
FAINT = (100, 104, 112)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """One screen of a sheet."""

    picture: Path | Image.Image | None
    caption: Sequence[str]
    """Its lines; the first is set in black, all are cut at the width of the picture."""


def draw_sheet(thumbnails: Sequence[Thumbnail], *, columns: int = COLUMNS) -> Image.Image:
    """Return the sheet, row by row from the left; a picture that is gone is an empty frame."""
    columns = max(1, min(columns, len(thumbnails)))
    n_rows = -(-max(1, len(thumbnails)) // columns)
    n_lines = max((len(one.caption) for one in thumbnails), default=0)
    wide, tall = THUMB_PX
    cell = (wide + GAP_PX, tall + n_lines * LINE_PX + 2 * GAP_PX)
    sheet = Image.new("RGB", (columns * cell[0] + GAP_PX, n_rows * cell[1] + GAP_PX), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=FONT_PX)
    for place, one in enumerate(thumbnails):
        left = GAP_PX + (place % columns) * cell[0]
        top = GAP_PX + (place // columns) * cell[1]
        _draw_picture(sheet, draw, one.picture, left, top)
        for number, line in enumerate(one.caption):
            at = (left, top + tall + 4 + number * LINE_PX)
            draw.text(at, _fit(draw, line, font, wide), fill=FAINT if number else INK, font=font)
    return sheet


def _draw_picture(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    picture: Path | Image.Image | None,
    left: int,
    top: int,
) -> None:
    wide, tall = THUMB_PX
    small = _small(picture)
    at = (left + (wide - small.width) // 2, top + (tall - small.height) // 2)
    sheet.paste(small, at)
    right, bottom = at[0] + small.width, at[1] + small.height
    draw.rectangle((at[0] - 1, at[1] - 1, right, bottom), outline=(200, 203, 208))


def _small(picture: Path | Image.Image | None) -> Image.Image:
    try:
        if isinstance(picture, Path):
            with Image.open(picture) as opened:
                picture = opened.convert("RGB")
    except (OSError, UnidentifiedImageError):
        picture = None
    if picture is None:
        return Image.new("RGB", THUMB_PX, PAPER)
    small = picture.copy()
    small.thumbnail(THUMB_PX, Image.Resampling.LANCZOS)
    return small


def _fit(
    draw: ImageDraw.ImageDraw,
    line: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    width_px: int,
) -> str:
    shown = "".join(char if char.isprintable() else " " for char in line)
    if draw.textlength(shown, font=font) <= width_px:
        return shown
    while shown and draw.textlength(shown + "…", font=font) > width_px:
        shown = shown[:-1]
    return shown + "…"
