"""`deskhand forget`: removes screens and runs from the memory for good."""

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

SHOWN = 10


def forget(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID…", help="Screens and runs, as recall cites them.", show_default=False
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
    """Remove screens from the memory, text, vectors and pictures, and runs.

    What several options name together is forgotten, screens as well as runs
    (a run has the tags of its screens). It says how many these are and asks;
    where nobody can be asked, --yes is needed.

    Examples:
      deskhand forget 3f9a0c51d2e8
      deskhand forget --app signal --since yesterday --yes
      deskhand forget --query "salary"
    """
    from ...memory.episodes import EpisodeMemory
    from ...memory.errors import ConfigError
    from ...tools.remembering.opening import open_memory

    chosen = screen_filter(app=app, window=window, since=since, until=until, tag=tag, ids=ids or ())
    if everything and (query is not None or not chosen.is_empty):
        raise ConfigError("--all is everything; leave the other options out")
    if query is None and chosen.is_empty and not everything:
        raise ConfigError("nothing is named; give ids, --query, --app, --window, --tag or a time")
    with open_memory(with_embedders=False) as memory, EpisodeMemory.open() as episodes:
        records = _found(memory, chosen, query)
        hits = _found_runs(episodes, chosen, query)
        _refuse_unknown(chosen, records, hits)
        if (records or hits) and not yes:
            _ask(records, hits)
        count = 0
        if records:
            from ...memory.records import Filter

            count = memory.forget(Filter(ids=frozenset(record.id for record in records)))
        count_of_runs = episodes.forget(ids=[hit.id for hit in hits]) if hits else 0
    if json:
        ids = [record.id for record in records]
        print_json({"forgotten": count, "ids": ids, "runs": [hit.id for hit in hits]})
        return
    told = _counted(count, count_of_runs)
    results().print(f"{told} forgotten" if told else "no screen and no run is like that")


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
    chosen: "Filter", records: "Sequence[ScreenRecord]", hits: "Sequence[EpisodeHit]"
) -> None:
    from ...memory.errors import ConfigError

    known = {record.id for record in records} | {hit.id for hit in hits}
    missing = sorted(frozenset(chosen.ids) - known)
    if missing:
        raise ConfigError(
            f"there is no such screen or run: {', '.join(missing)}; nothing was forgotten"
        )


def _ask(records: "Sequence[ScreenRecord]", hits: "Sequence[EpisodeHit]") -> None:
    """Show what would be forgotten and ask; leave unless the answer is yes.

    Raises:
        ApprovalRequired: If nobody is there to ask.
    """
    from ...memory.errors import ApprovalRequired

    told = _counted(len(records), len(hits))
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
    console.print(f"Forget {told} for good? [y/N] ", end="", markup=False)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        console.print("nothing was forgotten")
        raise typer.Exit(exit_codes.FAILED)


def _counted(screens: int, runs: int) -> str:
    """Return how many screens and runs these are; empty for none."""
    parts = []
    if screens:
        parts.append("1 screen" if screens == 1 else f"{screens} screens")
    if runs:
        parts.append("1 run" if runs == 1 else f"{runs} runs")
    return " and ".join(parts)
