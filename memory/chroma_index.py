"""Vectors in Chroma, embedded or on a server: an index made from the database, quick to ask.

It holds nothing that the database does not, and may be thrown away at any time. That is what makes
Chroma safe here: of two processes that write to one embedded Chroma, one loses data without a word;
a second reader sees old data; and deleted rows stay in its files. So one process at a time has it
open (`vector_search.py`), others compare the database's vectors, and forgetting removes its folder.

A collection belongs to one memory, one generation (until something is forgotten) and one space.
Within a generation rows are only added, by their sequence, so its count says how far it is.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from .embedding import Vectors
from .errors import ConfigError, MemoryDamaged, MissingExtraError
from .vectors import Space

# Chroma may import onnxruntime, which reads this then: from 1.32 on it collects usage and sends it;
# what the user set stays.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

try:
    import chromadb
    import httpx
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from chromadb.config import Settings
    from chromadb.errors import ChromaError
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "chromadb", extra="memory") from error

PREFIX = "deskhand"
AT_ONCE = 1000
"""Chroma takes some thousand rows at a time, and says how many; a lock is held for each time."""
INDEX_ERRORS = (ChromaError, httpx.HTTPError, ValueError)
"""What Chroma raises; it uses ValueError for much."""


def open_embedded(folder: Path) -> Client:
    """Open a Chroma in a folder, which nobody else may have open."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = Settings(anonymized_telemetry=False)
    # Its annotation leaves out `close`.
    return cast(Client, chromadb.PersistentClient(folder, settings=settings))


def connect(address: str) -> Client:
    """Connect to a Chroma server.

    Raises:
        ConfigError: If the address is none, or no Chroma answers there.
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
        raise ConfigError(
            f"the address of a Chroma server must be like http://127.0.0.1:8000, got {address!r}"
        )
    is_safe = parts.scheme == "https"
    try:
        client = chromadb.HttpClient(
            host=parts.hostname,
            port=port or (443 if is_safe else 80),
            ssl=is_safe,
            settings=Settings(anonymized_telemetry=False),
        )
        return cast(Client, client)
    except INDEX_ERRORS as error:
        raise ConfigError(
            f"no Chroma server answers at {address}; start it, or open the memory without one"
        ) from error


def disconnect(client: Client) -> None:
    """Close a Chroma's files or connections."""
    client.close()
    # `close` of Chroma 1.5 leaves the connections of its HTTP clients open; it has two.
    for one in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(one, "_server", None), "_session", None)
        if isinstance(session, httpx.Client):
            session.close()


class ChromaIndex:
    """The collections of one memory and generation.

    Args:
        client: An open Chroma.
        memory: The memory's id: a server may hold several.
        generation: Of the memory.
    """

    def __init__(self, client: Client, *, memory: str, generation: int) -> None:
        self._client = client
        self._memory = f"{PREFIX}-{memory}-"
        self._prefix = f"{self._memory}{generation}-"
        self._collections: dict[Space, Collection] = {}

    def count(self, space: Space) -> int:
        """Return how many vectors of a space are in it."""
        return self._collection(space).count()

    def add(self, space: Space, sequences: Sequence[int], vectors: Vectors) -> None:
        """Add vectors; those that are there already are written once more."""
        collection = self._collection(space)
        most = min(AT_ONCE, self._client.get_max_batch_size())
        for start in range(0, len(sequences), most):
            part = slice(start, start + most)
            collection.upsert(
                ids=[str(number) for number in sequences[part]], embeddings=vectors[part]
            )

    def nearest(self, space: Space, query: Vectors, limit: int) -> list[int]:
        """Return the sequences of the vectors nearest to a query, as far as Chroma finds them."""
        found = self._collection(space).query(
            query_embeddings=query[None, :], n_results=limit, include=[]
        )
        return [int(number) for number in found["ids"][0]]

    def drop_older(self) -> None:
        """Remove this memory's collections of other generations."""
        for name in self.older():
            self._client.delete_collection(name)

    def older(self) -> list[str]:
        """Return the names of this memory's collections of other generations."""
        return [
            collection.name
            for collection in self._client.list_collections()
            if collection.name.startswith(self._memory)
            and not collection.name.startswith(self._prefix)
        ]

    def close(self) -> None:
        """Close Chroma's files."""
        self._collections.clear()
        disconnect(self._client)

    def _collection(self, space: Space) -> Collection:
        if space not in self._collections:
            self._collections[space] = self._open(space)
        return self._collections[space]

    def _open(self, space: Space) -> Collection:
        name = f"{space.kind}\0{space.name}\0{space.dimensions}"
        # Without `embedding_function=None` Chroma attaches one that fetches a model.
        collection = self._client.get_or_create_collection(
            self._prefix + hashlib.sha256(name.encode()).hexdigest()[:16],
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine"}},
            metadata={"kind": space.kind, "space": space.name, "dimensions": space.dimensions},
        )
        # An existing collection keeps its own measure and data, whatever is asked for.
        measure = (collection.configuration_json.get("hnsw") or {}).get("space")
        metadata = collection.metadata or {}
        kept = (metadata.get("space"), metadata.get("dimensions"), measure)
        if kept != (space.name, space.dimensions, "cosine"):
            raise MemoryDamaged(
                f"the Chroma collection {collection.name} should hold {space.dimensions} numbers "
                f"of {space.name} by cosine, but holds {kept[1]} of {kept[0]} by {kept[2]}; "
                "remove it"
            )
        return collection
