"""`deskhand index`: makes a folder of pictures searchable."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import exit_codes
from .memory_options import Json, note
from .output import notes, print_json, results

if TYPE_CHECKING:
    from ...tools.remembering.folder_index import IndexProgress, ReadFiles


def index(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of pictures.")],
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Read with N processes, by Ray (extra 'ray').",
            show_default=False,
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="With --workers: those of a Ray cluster that sees DIR under the same path.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Read the pictures in a folder into the memory, so that recall finds them.

    Files are known by their bytes: a second time only new and changed ones are
    read, and those that are gone are forgotten. Ctrl-C loses nothing. The files
    stay as they are; the copies in the memory have their secrets taken out.

    Examples:
      deskhand index ~/Pictures/Screenshots
      deskhand index /mnt/pictures --workers 16 --ray ray://head:10001
      deskhand recall "boarding pass" --tag indexed
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ...memory.errors import ConfigError
    from ...tools.remembering.folder_index import folder_tag, index_folder, picture_files
    from ...tools.remembering.opening import open_memory

    if ray is not None and workers is None:
        raise ConfigError("--ray is the cluster of the workers; say how many: --workers N")
    picture_files(folder)  # before anything is loaded: is there such a folder?
    console = notes()
    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    read = _here() if workers is None else _with_ray(workers, ray)
    try:
        with open_memory() as memory, bar:
            task = bar.add_task("", total=None)

            def show(progress: "IndexProgress") -> None:
                name = progress.file.name
                bar.update(task, completed=progress.done, total=progress.total, description=name)

            report = index_folder(folder, memory, read, report=show)
    except KeyboardInterrupt:
        note("stopped; what was read is kept, and the same command goes on from there")
        raise typer.Exit(exit_codes.INTERRUPTED) from None
    if json:
        print_json(
            {
                "folder": str(folder.resolve()),
                "tag": folder_tag(folder),
                "added": report.added,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "removed": report.removed,
                "hidden": report.hidden,
                "bad": [{"file": str(file), "why": why} for file, why in report.bad],
            }
        )
    else:
        for file, why in report.bad:
            note(f"skipped {file}: {why}")
        results().print(
            f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
            f"{report.removed} removed, {len(report.bad)} bad; "
            f"{report.hidden} secrets taken out"
        )
        note(f'search it alone with: deskhand recall TEXT --tag "{folder_tag(folder)}"')
    if report.bad and not (report.added or report.changed or report.unchanged):
        raise typer.Exit(exit_codes.FAILED)


def _here() -> "ReadFiles":
    from ...tools.perception.observe import observe_image
    from ...tools.perception.parse import load_parser
    from ...tools.remembering.folder_index import one_by_one

    parser = load_parser()
    return one_by_one(lambda capture: observe_image(capture, parser))


def _with_ray(workers: int, address: str | None) -> "ReadFiles":
    from ...tools.remembering.ray_workers import read_with_ray

    return read_with_ray(workers, address=address)
