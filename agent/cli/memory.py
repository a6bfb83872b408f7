"""`deskhand memory`: how the visual memory stands, and keeping it in order."""

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from . import exit_codes
from .memory_options import Json, note, when
from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from datetime import datetime

app = typer.Typer(
    help="Show, check, thin out and reindex the visual memory.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@app.command()
def stats(json: Json = False) -> None:
    """Say what is in the memory and how much room it takes.

    Example:
      deskhand memory stats
    """
    from ...memory.default_folder import default_folder
    from ...tools.models.byte_counts import in_words
    from ...tools.remembering.opening import open_memory

    folder = default_folder()
    with open_memory(with_embedders=False) as memory:
        found = memory.stats()
    if json:
        times = {"first": _iso(found.first), "last": _iso(found.last)}
        print_json(asdict(found) | times | {"folder": str(folder)})
        return
    span = (
        ""
        if found.first is None or found.last is None
        else (f"{when(found.first)} to {when(found.last)}")
    )
    rows = table("", "")
    rows.show_header = False
    for name, value in (
        ("screens", f"{found.screens}, seen {found.sightings} times"),
        ("seen", span),
        ("recordings", f"{found.recordings}, {found.moments} lines shown or said in them"),
        ("vectors", f"{found.text_vectors} of texts, {found.picture_vectors} of pictures"),
        ("search by vectors", found.vector_search),
        ("pictures", in_words(found.picture_bytes)),
        ("database", in_words(found.database_bytes)),
        ("index", in_words(found.index_bytes)),
    ):
        rows.add_row(name, value)
    results().print(rows)
    note(f"it is kept in {folder}")


@app.command()
def check(
    repair: Annotated[
        bool, typer.Option("--repair", metavar="", help="Mend what can be mended.")
    ] = False,
    json: Json = False,
) -> None:
    """Look for damage: missing pictures, stray files, broken rows.

    Exits with 1 if something is wrong and was not mended.

    Example:
      deskhand memory check --repair
    """
    from ...tools.remembering.opening import open_memory

    with open_memory(with_embedders=False) as memory:
        problems = memory.check(repair=repair)
    if json:
        print_json([asdict(problem) for problem in problems])
    elif not problems:
        results().print("nothing is wrong")
    else:
        rows = table("", "what", "subject")
        for problem in problems:
            sign = inert("✓", style="green") if problem.is_repaired else inert("×", style="red")
            rows.add_row(sign, inert(problem.what), inert(problem.subject))
        results().print(rows)
        if not repair:
            note("mend it with: deskhand memory check --repair")
    if any(not problem.is_repaired for problem in problems):
        raise typer.Exit(exit_codes.FAILED)


@app.command()
def retain(
    max_age: Annotated[
        str | None, typer.Option(metavar="AGE", help="Forget what was last seen earlier: 90d, 4w.")
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(metavar="BYTES", help="Forget the oldest beyond this size: 500MB, 2GB."),
    ] = None,
    json: Json = False,
) -> None:
    """Forget what is too old or too much, the oldest first.

    The age holds for screens, runs and recordings, the size for screens: the
    others take little. Files of recordings stay where they are.

    Example:
      deskhand memory retain --max-age 90d --max-size 5GB
    """
    from datetime import UTC, datetime

    from ...memory.episodes import EpisodeMemory
    from ...memory.errors import BadArgumentError, ConfigError
    from ...memory.recordings import RecordingMemory
    from ...tools.remembering.moments import parse_age
    from ...tools.remembering.opening import open_memory

    if max_age is None and max_size is None:
        raise ConfigError("say what to keep: --max-age 90d, --max-size 5GB, or both")
    try:
        age = None if max_age is None else parse_age(max_age)
    except BadArgumentError as error:
        raise ConfigError(f"--max-age {error}") from None
    size = None if max_size is None else parse_size(max_size)
    with open_memory(with_embedders=False) as memory:
        count = memory.retain(max_age=age, max_bytes=size)
        left = memory.stats().screens
    runs = recordings = 0
    if age is not None:
        with EpisodeMemory.open() as episodes, RecordingMemory.open() as media:
            runs = episodes.forget(until=datetime.now(UTC) - age)
            recordings = media.forget(until=datetime.now(UTC) - age)
    if json:
        print_json({"forgotten": count, "left": left, "runs": runs, "recordings": recordings})
        return
    others = [f"{runs} runs"] if runs else []
    others += [f"{recordings} recordings"] if recordings else []
    and_others = f"; {' and '.join(others)} forgotten" if others else ""
    results().print(f"{count} screens forgotten, {left} left{and_others}")


@app.command()
def reindex(json: Json = False) -> None:
    """Embed what search by meaning or by picture cannot find yet, screens and recordings.

    Stopped with Ctrl-C it goes on from there the next time.

    Example:
      deskhand memory reindex
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ...memory.recordings import RecordingMemory
    from ...tools.models.embedders import default_text_embedder
    from ...tools.remembering.opening import missing_sources, open_memory

    console = notes()
    bar = Progress(
        TextColumn("reindexing"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with open_memory() as memory:
        for one in missing_sources(memory):
            if one.name in ("meaning", "picture") and one.command != "deskhand memory reindex":
                brought = f"; bring it with: {one.command}" if one.command else ""
                note(f"not by {one.name}: {one.why}{brought}")
        with bar:
            task = bar.add_task("", total=None)

            def show(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            count = memory.reindex(show)
            with RecordingMemory.open(text_embedder=default_text_embedder()) as recordings:
                lines = recordings.embed(show)
    if json:
        print_json({"indexed": count, "lines_of_recordings": lines})
        return
    and_lines = f", {lines} lines of recordings" if lines else ""
    results().print(f"{count} screens indexed{and_lines}")


def parse_size(text: str) -> int:
    """Return the bytes that a size such as 500MB or 2GB names, in powers of 1000.

    Raises:
        ConfigError: If it is none.

    >>> parse_size("1.5GB")
    1500000000
    """
    from ...memory.errors import ConfigError

    given = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().casefold())
    if given is None:
        raise ConfigError(f"{text!r} is no size; expected bytes, or a number with kB, MB, GB, TB")
    return round(float(given[1]) * UNITS[given[2]])


def _iso(moment: "datetime | None") -> str | None:
    return None if moment is None else moment.isoformat()
