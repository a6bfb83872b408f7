"""`deskhand recall --runs`: finds runs that were remembered."""

from typing import TYPE_CHECKING, Any

from .memory_options import when
from .output import inert, print_json, results, status, table

if TYPE_CHECKING:
    from ...memory.episodes import EpisodeHit
    from ...memory.records import Filter

SHOWN_STEPS = 6


def recall_runs(text: str | None, chosen: "Filter", limit: int, *, is_json: bool) -> None:
    """Print the runs whose task is like a text, however they ended; without, the newest."""
    from ...memory.episodes import EpisodeMemory, passes
    from ...tools.models.embedders import default_text_embedder

    embedder = None if text is None else default_text_embedder()
    with EpisodeMemory.open(text_embedder=embedder) as episodes:
        every = episodes.list()
        if text is not None:
            every = episodes.similar(text, len(every), worked=False)
    found = [hit for hit in every if passes(hit, chosen)][:limit]
    if is_json:
        print_json({"runs": [to_json(hit) for hit in found]})
        return
    if not found:
        results().print("nothing was found")
        return
    rows = table("when", "", "task", "steps", "run", one_line=("when", ""))
    for hit in found:
        one = hit.episode
        steps = list(one.steps[:SHOWN_STEPS])
        if len(one.steps) > SHOWN_STEPS:
            steps.append(f"and {len(one.steps) - SHOWN_STEPS} more")
        cited = inert(f"{hit.citation}\n{one.screens_tag}".rstrip())
        rows.add_row(
            when(one.time), status(one.outcome), inert(one.task), inert("\n".join(steps)), cited
        )
    results().print(rows)


def to_json(hit: "EpisodeHit") -> dict[str, Any]:
    """Return plain data."""
    one = hit.episode
    return {
        "id": hit.id,
        "citation": hit.citation,
        "time": one.time.isoformat(),
        "task": one.task,
        "steps": list(one.steps),
        "outcome": one.outcome,
        "app": one.app,
        "run": one.run,
        "screens_tag": one.screens_tag,
    }
