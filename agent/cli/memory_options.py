"""What the commands of the visual memory have in common."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import inert, notes, table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from ...memory.records import Filter, ScreenRecord

App = Annotated[str | None, typer.Option(metavar="NAME", help="Part of the application's name.")]
Window = Annotated[str | None, typer.Option(metavar="TITLE", help="Part of the window's title.")]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", help="Seen then or later: 2h, yesterday, monday, 14:30, 2026-11-25T14:30."
    ),
]
Until = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Seen then or earlier; a day counts whole.")
]
Tag = Annotated[
    list[str] | None,
    typer.Option(metavar="TAG", help="Has this tag; may be given several times."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Never keep windows with this in their title or application's name; * and ? stand "
        "for anything. Private windows and password managers never are.",
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document.")]


def screen_filter(
    *,
    app: str | None,
    window: str | None,
    since: str | None,
    until: str | None,
    tag: Sequence[str] | None,
    ids: Sequence[str] = (),
) -> "Filter":
    """Return the filter that options ask for.

    Raises:
        ConfigError: Naming a time that is none.
    """
    from ...memory.records import Filter
    from ...tools.remembering.recall import screen_id

    return Filter(
        app=app,
        window=window,
        since=_moment("--since", since),
        until=_moment("--until", until, is_end=True),
        tags=frozenset(tag or ()),
        ids=frozenset(screen_id(id) for id in ids),
    )


def _moment(option: str, text: str | None, *, is_end: bool = False) -> datetime | None:
    from ...memory.errors import BadArgumentError, ConfigError
    from ...tools.remembering.moments import parse_moment

    if text is None:
        return None
    try:
        return parse_moment(text, now=datetime.now().astimezone(), is_end=is_end)
    except BadArgumentError as error:
        raise ConfigError(f"{option} {error}") from None


def screens_table(*more: str) -> "Table":
    """Return an empty table whose first columns `screen_cells` fills."""
    rows = table("when", "app", one_line=("when",))
    rows.add_column("window", no_wrap=True, overflow="ellipsis", max_width=32)
    for column in more:
        # The citation is copied, so it stays whole.
        rows.add_column(column, overflow="fold", no_wrap=column == "screen")
    return rows


def screen_cells(record: "ScreenRecord") -> "list[RenderableType]":
    """Return when, in which application and in which window a screen was seen."""
    where = record.window or (Path(record.source).name if record.source else "")
    return [when(record.last_seen), inert(record.app), inert(where)]


def when(moment: datetime) -> str:
    """Return a time as a person reads it, in the local time zone."""
    local = moment.astimezone()
    now = datetime.now().astimezone()
    if local.date() == now.date():
        return f"{local:%H:%M:%S}"
    return f"{local:%Y-%m-%d %H:%M}" if local.year != now.year else f"{local:%b %d %H:%M}"


def note(line: str) -> None:
    """Print a line to stderr."""
    notes().print(line, markup=False, soft_wrap=True)
