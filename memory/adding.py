"""A new screen into the memory: folded into an earlier one, or kept whole.

What is slow (hashes, embedders, PNG) is done before the lock is taken. The picture is written
before its row: after a kill there may be a picture too many, which `check` finds, but never one too
few.
"""

import secrets

from .chunks import chunks_of
from .embedders import Embedders
from .embedding import Vectors
from .forgetting import finish_forgetting
from .open_memory import OpenMemory
from .picture_files import encode_picture, write_picture
from .records import Added, NewScreen
from .screen_rows import Looks, text_of
from .vectors import Space

ID_BYTES = 6


def add_screen(memory: OpenMemory, screen: NewScreen) -> Added:
    """Keep a screen, or fold it into an earlier one that it is the same as."""
    from .picture_hashes import looks_of

    looks = looks_of(screen.pixels)
    with memory.writing():
        finish_forgetting(memory)
        folded = _fold(memory, screen, looks)
    if folded is not None:
        return folded
    vectors = _embed(memory.embedders, screen)
    png = encode_picture(screen.pixels)
    with memory.writing():
        # Another process may have added it meanwhile.
        folded = _fold(memory, screen, looks)
        if folded is not None:
            return folded
        id = secrets.token_hex(ID_BYTES)
        write_picture(memory.rows.picture(id), png)
        with memory.database.transaction():
            number = memory.rows.insert(id, screen, looks, len(png))
            for space, several in vectors:
                memory.vectors.rows.insert(space, [number] * len(several), several)
    return Added(id=id, is_new=True)


def _fold(memory: OpenMemory, screen: NewScreen, looks: Looks) -> Added | None:
    from .near_duplicates import find_same

    same = find_same(memory.database, memory.rows, screen, looks)
    if same is None:
        return None
    number, id = same
    with memory.database.transaction():
        memory.rows.see_again(number, screen.time)
        memory.rows.add_tags(number, screen.tags)
    return Added(id=id, is_new=False)


def _embed(embedders: Embedders, screen: NewScreen) -> list[tuple[Space, Vectors]]:
    vectors: list[tuple[Space, Vectors]] = []
    text_space, picture_space = embedders.space("text"), embedders.space("picture")
    if text_space is not None:
        chunks = chunks_of(text_of(screen).split("\n"), screen.window)
        vectors.append((text_space, embedders.texts(chunks)))
    if picture_space is not None:
        vectors.append((picture_space, embedders.pictures([screen.pixels])))
    return vectors
