"""`deskhand forget`: removes screens, runs and recordings from the memory for good."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from . import exit_codes
from .memory_options import (
    App,
    Json,
    Since,
    Tag,
    Until,
    Window,
    screen_cells,
    screen_filter,
    screens_table,
)
from .output import inert, notes, print_json, results

if TYPE_CHECKING:
    from ...memory.episodes import EpisodeHit, EpisodeMemory
    from ...memory.records import Filter, ScreenRecord
    from ...memory.screens import VisualMemory
    from .forgotten_media import ForgottenMedia

SHOWN = 10


def forget(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID…",
            help="Screens, runs and recordings, as recall cites them.",
            show_default=False,
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What holds all these words."),
    ] = None,
    app: App = None,
    window: Window = None,
    since: Since = None,
    until: Until = None,
    tag: Tag = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Everything in the memory.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Remove screens from the memory, text, vectors and pictures, runs and recordings.

    What several options name together is forgotten, screens as well as runs
    (a run has the tags of its screens). Of recordings it is what the memory
    knows of them, with --query the lines with these words; their files stay. It
    says how many these are and asks; where nobody can be asked, --yes is needed.

    Examples:
      deskhand forget 3f9a0c51d2e8
      deskhand forget --app signal --since yesterday --yes
      deskhand forget --query "salary"
    """
    from ...memory.episodes import EpisodeMemory
    from ...memory.errors import ConfigError
    from ...memory.recordings import RecordingMemory
    from ...tools.remembering.opening import open_memory
    from .forgotten_media import ForgottenMedia

    chosen = screen_filter(app=app, window=window, since=since, until=until, tag=tag, ids=ids or ())
    if everything and (query is not None or not chosen.is_empty):
        raise ConfigError("--all is everything; leave the other options out")
    if query is None and chosen.is_empty and not everything:
        raise ConfigError("nothing is named; give ids, --query, --app, --window, --tag or a time")
    with (
        open_memory(with_embedders=False) as memory,
        EpisodeMemory.open() as episodes,
        RecordingMemory.open() as recordings,
    ):
        records = _found(memory, chosen, query)
        hits = _found_runs(episodes, chosen, query)
        media = ForgottenMedia.found(recordings, chosen, query)
        _refuse_unknown(chosen, records, hits, media)
        if (records or hits or media.is_any) and not yes:
            _ask(records, hits, media)
        count = 0
        if records:
            from ...memory.records import Filter

            count = memory.forget(Filter(ids=frozenset(record.id for record in records)))
        count_of_runs = episodes.forget(ids=[hit.id for hit in hits]) if hits else 0
        media.forget(recordings)
    if json:
        print_json(
            {
                "forgotten": count,
                "ids": [record.id for record in records],
                "runs": [hit.id for hit in hits],
                "recordings": [one.id for one in media.recordings],
                "lines_of_recordings": len(media.lines),
            }
        )
        return
    told = _counted(count, count_of_runs, media)
    results().print(f"{told} forgotten" if told else "nothing in the memory is like that")


def _found(memory: "VisualMemory", chosen: "Filter", query: str | None) -> "list[ScreenRecord]":
    """Return the screens that pass and have the words on them, not merely something like them."""
    records = memory.list(chosen)
    if query is None:
        return records
    return [record for record in records if _has_words((*record.lines, record.window), query)]


def _found_runs(
    episodes: "EpisodeMemory", chosen: "Filter", query: str | None
) -> "list[EpisodeHit]":
    from ...memory.episodes import passes

    return [
        hit
        for hit in episodes.list()
        if passes(hit, chosen)
        and (query is None or _has_words((hit.episode.task, *hit.episode.steps), query))
    ]


def _has_words(lines: "Sequence[str]", query: str) -> bool:
    text = "\n".join(lines).casefold()
    return all(word in text for word in query.casefold().split())


def _refuse_unknown(
    chosen: "Filter",
    records: "Sequence[ScreenRecord]",
    hits: "Sequence[EpisodeHit]",
    media: "ForgottenMedia",
) -> None:
    from ...memory.errors import ConfigError

    known = {record.id for record in records} | {hit.id for hit in hits}
    missing = sorted(frozenset(chosen.ids) - known - {one.id for one in media.recordings})
    if missing:
        raise ConfigError(
            f"there is no such screen, run or recording: {', '.join(missing)}; nothing was "
            "forgotten"
        )


def _ask(
    records: "Sequence[ScreenRecord]", hits: "Sequence[EpisodeHit]", media: "ForgottenMedia"
) -> None:
    """Show what would be forgotten and ask; leave unless the answer is yes.

    Raises:
        ApprovalRequired: If nobody is there to ask.
    """
    from ...memory.errors import ApprovalRequired

    told = _counted(len(records), len(hits), media)
    if not sys.stdin.isatty():
        raise ApprovalRequired(f"{told} would be forgotten; --yes does it")
    console = notes()
    rows = screens_table()
    for record in records[:SHOWN]:
        rows.add_row(*screen_cells(record))
    if records:
        console.print(rows)
    if len(records) > SHOWN:
        console.print(f"and {len(records) - SHOWN} more")
    for hit in hits[:SHOWN]:
        console.print(inert(f"{hit.citation} {hit.episode.task}"))
    if len(hits) > SHOWN:
        console.print(f"and {len(hits) - SHOWN} more runs")
    for one in media.recordings[:SHOWN]:
        console.print(inert(f"[{one.kind}:{one.id}] {one.path}"))
    console.print(f"Forget {told} for good? [y/N] ", end="", markup=False)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        console.print("nothing was forgotten")
        raise typer.Exit(exit_codes.FAILED)


def _counted(screens: int, runs: int, media: "ForgottenMedia") -> str:
    """Return how many of each these are; empty for none."""
    parts = []
    if screens:
        parts.append("1 screen" if screens == 1 else f"{screens} screens")
    if runs:
        parts.append("1 run" if runs == 1 else f"{runs} runs")
    parts += media.counted()
    return " and ".join(parts)
