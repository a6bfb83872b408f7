"""`deskhand forget`: removes screens from the memory for good."""

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
    from ...memory.records import Filter, ScreenRecord
    from ...memory.screens import VisualMemory

SHOWN = 10


def forget(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID…", help="Screens, as recall cites them.", show_default=False),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Screens with all these words on them."),
    ] = None,
    app: App = None,
    window: Window = None,
    since: Since = None,
    until: Until = None,
    tag: Tag = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Every screen in the memory.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Remove screens from the memory: text, vectors and pictures.

    What several options name together is forgotten. It says how many these
    are and asks; where nobody can be asked, --yes is needed.

    Examples:
      deskhand forget 3f9a0c51d2e8
      deskhand forget --app signal --since yesterday --yes
      deskhand forget --query "salary"
    """
    from ...memory.errors import ConfigError
    from ...tools.remembering.opening import open_memory

    chosen = screen_filter(app=app, window=window, since=since, until=until, tag=tag, ids=ids or ())
    if everything and (query is not None or not chosen.is_empty):
        raise ConfigError("--all is everything; leave the other options out")
    if query is None and chosen.is_empty and not everything:
        raise ConfigError("nothing is named; give ids, --query, --app, --window, --tag or a time")
    with open_memory(with_embedders=False) as memory:
        records = _found(memory, chosen, query)
        _refuse_unknown(chosen, records)
        if records and not yes:
            _ask(records)
        count = 0
        if records:
            from ...memory.records import Filter

            count = memory.forget(Filter(ids=frozenset(record.id for record in records)))
    if json:
        print_json({"forgotten": count, "ids": [record.id for record in records]})
        return
    results().print(_counted(count) + " forgotten" if count else "no screen is like that")


def _found(memory: "VisualMemory", chosen: "Filter", query: str | None) -> "list[ScreenRecord]":
    """Return the screens that pass and have the words on them, not merely something like them."""
    records = memory.list(chosen)
    if query is None:
        return records
    words = query.casefold().split()
    return [
        record
        for record in records
        if all(word in "\n".join((*record.lines, record.window)).casefold() for word in words)
    ]


def _refuse_unknown(chosen: "Filter", records: "Sequence[ScreenRecord]") -> None:
    from ...memory.errors import ConfigError

    missing = sorted(frozenset(chosen.ids) - {record.id for record in records})
    if missing:
        raise ConfigError(f"there is no such screen: {', '.join(missing)}; nothing was forgotten")


def _ask(records: "Sequence[ScreenRecord]") -> None:
    """Show what would be forgotten and ask; leave unless the answer is yes.

    Raises:
        ApprovalRequired: If nobody is there to ask.
    """
    from ...memory.errors import ApprovalRequired

    if not sys.stdin.isatty():
        raise ApprovalRequired(f"{_counted(len(records))} would be forgotten; --yes does it")
    console = notes()
    rows = screens_table("screen")
    for record in records[:SHOWN]:
        rows.add_row(*screen_cells(record), inert(record.citation))
    console.print(rows)
    if len(records) > SHOWN:
        console.print(f"and {len(records) - SHOWN} more")
    console.print(f"Forget {_counted(len(records))} for good? [y/N] ", end="", markup=False)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        console.print("nothing was forgotten")
        raise typer.Exit(exit_codes.FAILED)


def _counted(count: int) -> str:
    return "1 screen" if count == 1 else f"{count} screens"
