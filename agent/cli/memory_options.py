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
    from rich.text import Text

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


def screens_table() -> "Table":
    """Return an empty table of screens, to be filled with `screen_cells`."""
    rows = table("when", one_line=("when",))
    rows.add_column("window", no_wrap=True, overflow="ellipsis")
    # The citation is copied, so it stays whole.
    rows.add_column("screen", no_wrap=True)
    return rows


def screen_cells(record: "ScreenRecord", *below: "Text") -> "list[RenderableType]":
    """Return when and in which window a screen was seen, and its citation.

    Args:
        record: The screen.
        below: Lines under the window; empty ones are left out.
    """
    from rich.text import Text

    where = record.window or (Path(record.source).name if record.source else record.app)
    lines = [inert(where), *(line for line in below if line.plain)]
    return [when(record.last_seen), Text("\n").join(lines), inert(record.citation)]


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
