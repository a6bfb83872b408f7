"""Earlier runs that worked, for a planner to learn from: only where the memory is to be used."""

from collections.abc import Sequence
from dataclasses import dataclass

AT_MOST = 2
"""So many are recalled: a few lines of a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run of a task like the present one."""

    task: str
    steps: Sequence[str]
    """Sentences of the instruction language, without those that went wrong."""


def no_past_runs(_task: str) -> Sequence[PastRun]:
    """Return none: nothing is recalled unasked."""
    return ()


def recall_past_runs(task: str) -> Sequence[PastRun]:
    """Return runs in the memory whose task was like this one and that worked, the likest first.

    Raises:
        ConfigError: If the memory cannot be opened.
        MemoryDamaged: If it is damaged.
    """
    from ...memory.episodes import EpisodeMemory
    from ...tools.models.embedders import default_text_embedder

    with EpisodeMemory.open(text_embedder=default_text_embedder()) as episodes:
        return tuple(
            PastRun(task=hit.episode.task, steps=hit.episode.steps)
            for hit in episodes.similar(task, AT_MOST)
        )
