"""`deskhand recall`: finds screens that were seen, and moments of recordings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .memory_options import (
    App,
    Json,
    Since,
    Tag,
    Until,
    Window,
    note,
    screen_filter,
)
from .output import print_json

if TYPE_CHECKING:
    from ...memory.screens import VisualMemory
    from ...tools.remembering.recall import Recollection
    from ...tools.remembering.recall_all import Found

Only = Literal["screens", "recordings"]


def recall(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT", help="Words on the screen, or what it was about.", show_default=False
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Screens that look like this picture or part."),
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="ID", help="Screens that look like this one.")
    ] = None,
    app: App = None,
    window: Window = None,
    since: Since = None,
    until: Until = None,
    tag: Tag = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show this many.")] = 10,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Write a picture of what was found, in thumbnails."),
    ] = None,
    only: Annotated[
        Only | None,
        typer.Option(
            metavar="KIND", help="screens or recordings. \\[default: both, in one ranking]"
        ),
    ] = None,
    runs: Annotated[
        bool,
        typer.Option("--runs", metavar="", help="Runs that were remembered, not screens."),
    ] = False,
    json: Json = False,
) -> None:
    """Find screens that were seen and moments of recordings, by words and meaning.

    Screens are found by picture and time as well. Moments are lines that were
    shown or said in what `deskhand video index` and `--remember` kept. Without
    TEXT and pictures: the screens that pass the filter, newest first. Which
    sources answered is said; search by meaning and by picture needs models.
    With --runs: the tasks that `deskhand run --remember` was given, with their
    steps and how they ended; their screens have the tag that is shown.

    Examples:
      deskhand recall "invoice 4711"
      deskhand recall "the flight to Rome" --since yesterday --sheet found.png
      deskhand recall --image crop.png --app chromium
      deskhand recall --since 2h --json
      deskhand recall --runs "send the invoice"
    """
    from ...memory.recording_rows import MomentHit
    from ...tools.remembering.opening import open_memory
    from ...tools.remembering.recall import Recollection
    from ...tools.remembering.recall import recall as ask
    from ...tools.remembering.recall_all import Found, citation, in_one_ranking, moment_json
    from .recall_moments import find_moments, show_found

    chosen = screen_filter(app=app, window=window, since=since, until=until, tag=tag)
    if runs:
        from .recall_runs import recall_runs

        if image is not None or like is not None or sheet is not None:
            from ...memory.errors import ConfigError

            raise ConfigError("--runs finds no pictures; leave out --image, --like and --sheet")
        recall_runs(text, chosen, limit, is_json=json)
        return
    is_search = text is not None or image is not None or like is not None
    if not is_search and chosen.is_empty:
        from ...memory.errors import ConfigError

        raise ConfigError("say what to look for: words, --image, --like, or a filter as --since 2h")
    pixels = None
    if image is not None:
        from ...tools.desktop.capture import load_capture

        pixels = load_capture(image).pixels
    screens, sources = list[Recollection](), list[dict[str, Any]]()
    if only != "recordings":
        with open_memory(with_embedders=is_search) as memory:
            screens = ask(memory, text=text, image=pixels, like=like, filter=chosen, limit=limit)
            sources = _sources(memory) if is_search else []
    moments: list[MomentHit] = []
    if text is not None and image is None and like is None and only != "screens":
        moments = find_moments(text, chosen, limit)
    found = list[Found](screens)
    if text is not None and moments:
        found = in_one_ranking(text, screens, moments, limit)
    if sheet is not None:
        write_sheet(found, sheet)
    if json:
        print_json(
            {
                "screens": [one.to_json() for one in found if not isinstance(one, MomentHit)],
                "moments": [moment_json(one) for one in found if isinstance(one, MomentHit)],
                "ranking": [citation(one) for one in found],
                "sources": sources,
            }
        )
        return
    show_found(found)
    _tell_sources(screens, sources, asks_text=text is not None)


def write_sheet(found: "Sequence[Found]", out: Path) -> None:
    """Write what was found as thumbnails.

    Raises:
        ConfigError: If the file cannot be written.
    """
    from ...memory.errors import ConfigError
    from ...tools.remembering.contact_sheet import draw_sheet
    from ...tools.remembering.thumbnails import thumbnail

    picture = draw_sheet([thumbnail(number, one) for number, one in enumerate(found, start=1)])
    try:
        picture.save(out)
    except (OSError, ValueError) as error:  # ValueError: a suffix that Pillow does not know
        raise ConfigError(f"cannot write {out}: {error}") from error
    note(f"{len(found)} thumbnails written to {out}")


def _sources(memory: "VisualMemory") -> list[dict[str, Any]]:
    from ...tools.remembering.opening import missing_sources

    missing = {one.name: one for one in missing_sources(memory)}
    return [
        {
            "name": source.name,
            "is_ready": source.is_ready,
            "unindexed": source.unindexed,
            "why": missing[source.name].why if source.name in missing else source.why,
            "command": missing[source.name].command if source.name in missing else "",
        }
        for source in memory.sources
    ]


def _tell_sources(
    found: "Sequence[Recollection]", sources: list[dict[str, Any]], *, asks_text: bool
) -> None:
    """Say which sources answered, and what would bring those that cannot."""
    answered = {reason.source for one in found for reason in one.reasons}
    if answered:
        note("found by " + ", ".join(one["name"] for one in sources if one["name"] in answered))
    for one in sources:
        is_of_use = one["name"] != "meaning" or asks_text
        if is_of_use and (not one["is_ready"] or one["unindexed"]):
            command = f"; bring it with: {one['command']}" if one["command"] else ""
            note(f"not by {one['name']}: {one['why']}{command}")
