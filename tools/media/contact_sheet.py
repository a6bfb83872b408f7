"""Pictures of moments: one each, or all of them on a sheet."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .frames import Picture, open_video
from .moments import Moment
from .transcript import at

WIDTH, CAPTION, COLUMNS, MARGIN = 480, 44, 2, 8
CAPTION_CHARS = 62
BOX_COLOUR = (220, 30, 30)


def thumbnails(path: Path, moments: Sequence[Moment], *, width: int = WIDTH) -> list[Picture]:
    """Return a picture for each moment, of this width, with a frame around the line found in it.

    Raises:
        MediaError: If the video cannot be read.
    """
    with open_video(path) as video:
        pictures = []
        for moment in moments:
            frame = video.frame_at(moment.at_s)
            wide, high = frame.size_wh
            height = max(1, round(high * width / wide))
            picture = Image.fromarray(frame.rgb(size_wh=(width, height)))
            if moment.xyxy is not None:
                left, top, right, bottom = (side * width / wide for side in moment.xyxy)
                around = (left - 3, top - 3, right + 3, bottom + 3)
                ImageDraw.Draw(picture).rectangle(around, outline=BOX_COLOUR, width=2)
            pictures.append(np.asarray(picture))
    return pictures


def thumbnail(path: Path, moment: Moment, *, width: int = WIDTH) -> Image.Image:
    """Return a moment's picture, of this width, with a frame around the line found in it.

    Raises:
        MediaError: If the video cannot be read.
    """
    (picture,) = thumbnails(path, [moment], width=width)
    return Image.fromarray(picture)


def contact_sheet(path: Path, moments: Sequence[Moment]) -> Image.Image:
    """Return all moments on one picture, each with its times and its line below.

    Raises:
        MediaError: If the video cannot be read.
    """
    pictures = thumbnails(path, moments)
    high = max((picture.shape[0] for picture in pictures), default=0) + CAPTION
    rows = -(-len(pictures) // COLUMNS)
    size = (COLUMNS * (WIDTH + MARGIN) + MARGIN, max(1, rows) * (high + MARGIN) + MARGIN)
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
    for number, (moment, picture) in enumerate(zip(moments, pictures, strict=True)):
        x = MARGIN + number % COLUMNS * (WIDTH + MARGIN)
        y = MARGIN + number // COLUMNS * (high + MARGIN)
        sheet.paste(Image.fromarray(picture), (x, y))
        when = f"{at(moment.start_s)} - {at(moment.end_s)}  {moment.verdict} {moment.score:.2f}"
        below = y + picture.shape[0] + 4
        draw.text((x, below), when, fill="black", font=font)
        draw.text((x, below + 19), moment.evidence[:CAPTION_CHARS], fill="black", font=font)
    return sheet
