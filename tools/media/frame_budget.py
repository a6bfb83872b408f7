"""As many pictures of a video as a model's context has room for, the most telling ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...memory.errors import ConfigError
from ..models.coordinates.families import Family
from ..models.coordinates.sizes import SmartResize, Tiles
from .changes import changes
from .frames import Picture, open_video

TILE_TOKENS = 256  # InternVL 2 to 3.5: 448 / 14 patches a side, four of them to a token
MIN_PIXELS = 448 * 448
"""Pictures are drawn smaller, down to this, rather than left out: smaller, text is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetedFrames:
    """Pictures of a video, and what they cost."""

    pictures: tuple[tuple[float, Picture], ...]
    """In order, each with the time it is shown at, at the size it is to be sent."""
    tokens_each: int
    tokens: int
    """Of all pictures; text between them, such as their times, comes on top."""
    changes: int
    """Pictures worth a look that there were."""


def frames_within(path: Path, family: Family, *, max_tokens: int) -> BudgetedFrames:
    """Return the pictures of a video in which something is new, as many as a budget allows.

    Where there are too many at full size they are drawn smaller; where they are too many even so,
    those that are shown longest are taken.

    Args:
        path: Any video file.
        family: The model's, which decides the sizes.
        max_tokens: Visual tokens to spend at most.

    Raises:
        MediaError: If it cannot be read as a video.
        ConfigError: If nobody knows the family's tokens, or not one picture fits.
    """
    with open_video(path) as video:
        kept, size_wh = [], (0, 0)
        for one in changes(video.frames()):
            kept.append((one.start_s, one.frame.time_s))
            size_wh = one.frame.size_wh
        end_s = video.condition.duration_s
    size, each = _plan(family, size_wh, len(kept), max_tokens)
    chosen = set(_longest(kept, end_s, max_tokens // each))
    with open_video(path) as video:
        pictures = [
            (frame.time_s, frame.rgb(size_wh=size))
            for frame in video.frames()
            if frame.time_s in chosen
        ]
    return BudgetedFrames(
        pictures=tuple(pictures),
        tokens_each=each,
        tokens=each * len(pictures),
        changes=len(kept),
    )


def tokens_of(family: Family, size_wh: tuple[int, int]) -> int:
    """Return the visual tokens of one picture that is sent at a size of the family.

    Raises:
        ConfigError: If nobody knows.
    """
    width, height = size_wh
    match family.resize:
        case SmartResize(factor=factor):
            return (width // factor) * (height // factor)
        case Tiles(tile=tile):
            tiles = (width // tile) * (height // tile)
            return TILE_TOKENS * (tiles + (tiles > 1))  # several come with a small picture of all
        case _:
            raise ConfigError(
                f"how many tokens a picture costs {family.name} is not known; "
                "take a family of Qwen-VL or InternVL"
            )


def _plan(
    family: Family, size_wh: tuple[int, int], n: int, max_tokens: int
) -> tuple[tuple[int, int], int]:
    """Return the size to send pictures at, and what each costs."""
    best = family.resize.size(*size_wh)
    each = tokens_of(family, best)
    if each * n > max_tokens:
        for smaller in _smaller(family, size_wh, max_tokens // n):
            best, each = smaller, tokens_of(family, smaller)
    if each > max_tokens:
        raise ConfigError(f"max_tokens is {max_tokens}; one picture of {family.name} costs {each}")
    return best, each


def _smaller(family: Family, size_wh: tuple[int, int], tokens: int) -> list[tuple[int, int]]:
    """Return the size at which a picture costs so many tokens at most, if there is a choice."""
    match family.resize:
        case SmartResize(factor=factor) as rule:
            most = max(tokens * factor**2, min(MIN_PIXELS, rule.max_pixels), rule.min_pixels)
            return [replace(rule, max_pixels=most).size(*size_wh)]
        case Tiles(tile=tile):
            grids = [
                Tiles(tile=tile, max_tiles=most).size(*size_wh)
                for most in range(1, family.resize.max_tiles)
            ]
            fitting = [one for one in grids if tokens_of(family, one) <= tokens]
            return [max(fitting, default=grids[0], key=lambda one: tokens_of(family, one))]
        case _:
            return []


def _longest(kept: Sequence[tuple[float, float]], end_s: float, n: int) -> list[float]:
    """Return the times of those that are shown longest."""
    ends = [start for start, _time in kept[1:]] + [end_s]
    by_length = sorted(zip(kept, ends, strict=True), key=lambda one: one[0][0] - one[1])
    return [time_s for (_start, time_s), _end in by_length[:n]]
