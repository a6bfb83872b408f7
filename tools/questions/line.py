"""One line of a screen, and what it is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the screen."""

    text: str
    """Defused, in one line."""
    elements: tuple[int, ...] = ()
    """Numbers of the elements it is made of; none for a window's heading."""
    is_kept: bool = False
    """Whether it is left out last: a heading or a count."""
