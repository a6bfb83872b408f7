"""A long screen's text in pieces that an embedder reads whole."""

from collections.abc import Sequence

LETTERS = 600
"""About 150 to 200 tokens: sentence models cut at 256, and one vector blurs over a long text."""
MOST = 24
"""A screen has some thousand letters; a file of logs must not fill a memory with vectors."""


def chunks_of(lines: Sequence[str], heading: str = "") -> list[str]:
    """Return the lines joined into pieces of about 600 letters, none empty.

    Args:
        lines: Texts in reading order; one that is longer than a piece is cut.
        heading: Stands before each piece, such as the window's title.
    """
    pieces: list[list[str]] = [[]]
    room = LETTERS
    for line in lines:
        for start in range(0, len(line), LETTERS):
            part = line[start : start + LETTERS]
            if len(part) > room and pieces[-1]:
                pieces.append([])
                room = LETTERS
            pieces[-1].append(part)
            room -= len(part) + 1
    texts = ["\n".join(piece) for piece in pieces if piece]
    if not texts:
        return [heading] if heading else []
    return [f"{heading}\n{text}" if heading else text for text in texts[:MOST]]
