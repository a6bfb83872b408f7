"""Opens the memory with the embedders that are here."""

from dataclasses import dataclass
from pathlib import Path

from ...memory.screens import VisualMemory
from ..models import embedders

LACKS = {
    "meaning": "no sentence model is here",
    "picture": "no model that compares pictures with words is here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSource:
    """A way to find screens that does not work here."""

    name: str
    why: str
    command: str
    """What brings it; empty where nothing is known to."""


def open_memory(folder: Path | None = None, *, with_embedders: bool = True) -> VisualMemory:
    """Open the memory.

    Args:
        folder: Where; None for `DESKHAND_MEMORY`, else the user's data folder.
        with_embedders: Load the models that find screens by meaning and by picture, where they
            were pulled; without them a screen is kept at once and embedded by `reindex`.
    """
    if not with_embedders:
        return VisualMemory.open(folder)
    return VisualMemory.open(
        folder,
        text_embedder=embedders.default_text_embedder(),
        image_embedder=embedders.default_image_embedder(),
    )


def missing_sources(memory: VisualMemory) -> list[MissingSource]:
    """Return what cannot find screens here, each with the command that would change it."""
    missing = []
    for source in memory.sources:
        command = ""
        if source.is_ready and source.unindexed:
            command = "deskhand memory reindex"
        elif not source.is_ready:
            hints = {
                "meaning": embedders.text_embedder_hint,
                "picture": embedders.image_embedder_hint,
            }
            command = hints[source.name]() if source.name in hints else ""
        if not source.is_ready or source.unindexed:
            why = source.why if source.is_ready else LACKS.get(source.name, source.why)
            missing.append(MissingSource(name=source.name, why=why, command=command))
    return missing
