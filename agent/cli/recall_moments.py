"""Moments of recordings among what `deskhand recall` finds, and recordings that are remembered."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .memory_options import note, screen_cells, screens_table, when
from .output import inert, notes, results

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ...memory.recording_rows import MomentHit, RememberedRecording
    from ...memory.records import Filter
    from ...tools.media.transcript import Transcript
    from ...tools.media.video_index import VideoIndex
    from ...tools.remembering.recall_all import Found

EMBEDS_FROM = 200
"""Lines from which embedding takes long enough to show a bar."""


def find_moments(text: str, chosen: "Filter", limit: int) -> "list[MomentHit]":
    """Return the lines of recordings that answer a text; none for a filter that only screens pass.

    What search by meaning cannot find yet is told.
    """
    from ...memory.recordings import RecordingMemory
    from ...tools.models.embedders import default_text_embedder

    if chosen.app or chosen.window or chosen.tags:
        return []
    with RecordingMemory.open(text_embedder=default_text_embedder()) as recordings:
        found = recordings.search(text, limit, since=chosen.since, until=chosen.until)
        unindexed = recordings.unindexed()
    if unindexed:
        note(
            f"{unindexed} lines of recordings are not found by meaning yet: deskhand memory reindex"
        )
    return found


def show_found(found: "Sequence[Found]") -> None:
    """Print screens and moments as one table."""
    from ...memory.recording_rows import MomentHit

    if not found:
        results().print("nothing was found")
        return
    rows = screens_table()
    for one in found:
        if isinstance(one, MomentHit):
            ways = ", ".join(f"{source} #{rank}" for source, rank, _score in one.reasons)
            rows.add_row(*_moment_cells(one, ways))
        else:
            ways = ", ".join(f"{reason.source} #{reason.rank}" for reason in one.reasons)
            rows.add_row(*screen_cells(one.record, inert(one.line), inert(ways, style="dim")))
    results().print(rows)


def moment_line(hit: "MomentHit") -> str:
    """Return what is shown or said then, with its times."""
    from ...tools.media.transcript import at

    moment = hit.moment
    if moment.source == "speech":
        return f"{at(moment.start_s)} said: {moment.text}"
    return f"{at(moment.start_s)} - {at(moment.end_s)} shown: {moment.text}"


def remember_media(
    file: Path, *, index: "VideoIndex | None", transcript: "Transcript | None"
) -> "RememberedRecording":
    """Keep a recording in the memory, embed its lines where a model is here, and say so."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ...memory.recordings import RecordingMemory
    from ...tools.models.embedders import default_text_embedder
    from ...tools.remembering.recordings import remember_recording

    console = notes()
    with RecordingMemory.open(text_embedder=default_text_embedder()) as memory:
        kept = remember_recording(memory, file, index=index, transcript=transcript)
        bar = Progress(
            TextColumn("embedding"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal or memory.unindexed() < EMBEDS_FROM,
        )
        with bar:
            task = bar.add_task("", total=None)
            memory.embed(lambda done, of: bar.update(task, completed=done, total=of))
    note(f"kept in the memory as [{kept.kind}:{kept.id}]: {kept.n_moments} lines")
    return kept


def _moment_cells(hit: "MomentHit", ways: str) -> "list[RenderableType]":
    from rich.text import Text

    path = Path(hit.recording.path)
    lines = [
        inert(path.name if path.is_file() else f"{path.name} (not there any more)"),
        inert(moment_line(hit)),
        inert(ways, style="dim"),
    ]
    return [when(hit.recording.time), Text("\n").join(lines), inert(hit.citation)]
