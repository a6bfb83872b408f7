"""Hashes of files, read in chunks."""

import hashlib
from collections.abc import Callable
from pathlib import Path

CHUNK_BYTES = 1 << 20


def sha256_of(path: Path, *, on_bytes: Callable[[int], None] = lambda _n: None) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Args:
        path: The file.
        on_bytes: Told how many bytes were read, chunk by chunk; may raise to stop.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            on_bytes(len(chunk))
    return digest.hexdigest()


def git_blob_id_of(path: Path) -> str:
    """Return the id that git gives a file's content (SHA-1 of a header and the bytes).

    The hub states it for small files, for which it states no SHA-256. As a check that a file came
    over whole it serves; it is not what pins a file.
    """
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
