"""`deskhand models`: which weights there are, which are here, and bringing them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import calibrate, exit_codes
from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from ...tools.models.manifest import Manifest
    from ...tools.models.registry import ModelEntry
    from ...tools.models.store import ModelStore
    from ...tools.models.transfer import PullProgress

app = typer.Typer(
    help="List, pull, check, remove and calibrate models.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)

app.command("calibrate")(calibrate.calibrate)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A model's name, as `deskhand models list` shows it.")
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the models that deskhand knows, and which are here.

    Pinned: the hash of every file is known before it is pulled. Unpinned: the
    first pull decides, and later loads are held against it.

    Example:
      deskhand models list
    """
    from ...tools.models.registry import catalogue
    from ...tools.models.store import ModelStore

    store = ModelStore()
    if json:
        print_json([_document(entry, store) for entry in catalogue()])
        return
    rows = table(
        "model", "size", "licence", "hashes", "here", one_line=("model", "size", "licence")
    )
    # What it is takes what is left, so that the names stay whole.
    rows.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
    rows.expand = True
    for entry in catalogue():
        rows.add_row(
            entry.name,
            _size(entry, _manifest(store, entry.name)),
            entry.licence or "",
            inert("pinned", style="green")
            if entry.is_pinned
            else inert("unpinned", style="yellow"),
            store.state(entry),
            entry.summary,
        )
    results().print(rows)
    notes().print(f"they are kept in {store.root}", markup=False, soft_wrap=True)


@app.command()
def pull(
    name: Name,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="PATH", help="Take the file or folder at PATH before any mirror."
        ),
    ] = None,
) -> None:
    """Bring a model, check its hashes, and print its path.

    Stopped with Ctrl-C or by a failure, it goes on from there the next time.
    Nothing else in deskhand downloads anything.

    Examples:
      deskhand models pull qwen2.5-coder-1.5b
      deskhand models pull whisper-base --from ./faster-whisper-base
    """
    from ...tools.models.pull import pull as pull_model
    from ...tools.models.registry import entry_named

    entry = entry_named(name)
    bar = _Bar(entry.name)
    size, licence = _size(entry, None) or "size not known", entry.licence or "not known: look it up"
    _note(f"{entry.name}: {size}, licence {licence}")
    try:
        with bar:
            pulled = pull_model(entry, source=source, say=bar.say, report=bar.show)
    except KeyboardInterrupt:
        _note("stopped; what came is kept, and the same command goes on from there")
        raise typer.Exit(exit_codes.INTERRUPTED) from None
    if pulled.was_there:
        _note(f"it is there already, from {pulled.manifest.mirror}, {pulled.manifest.pulled}")
    else:
        n_files = len(pulled.manifest.files)
        words = "1 file" if n_files == 1 else f"{n_files} files"
        _note(f"{words} from {pulled.manifest.mirror}, hashes right")
    typer.echo(pulled.path)


@app.command()
def check(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A model's name. \\[default: all that are here]"),
    ] = None,
    json: Json = False,
) -> None:
    """Compute the hash of every file that is here.

    A file that differs is not loaded any more. Exits with 1 if one does.

    Example:
      deskhand models check whisper-base
    """
    from ...tools.models.registry import catalogue, entry_named
    from ...tools.models.store import ModelStore

    store = ModelStore()
    if name is None:
        entries = [entry for entry in catalogue() if store.folder(entry.name).is_dir()]
    else:
        entries = [entry_named(name)]
    found = [_check(store, entry) for entry in entries]
    if json:
        print_json(found)
    elif not found:
        results().print("no models are here; `deskhand models recommend` says which would serve")
    else:
        _show_checks(found)
    if any(file["problem"] is not None for model in found for file in model["files"]):
        raise typer.Exit(exit_codes.FAILED)


@app.command()
def path(name: Name) -> None:
    """Print where a model lies: its file, or the folder of its files.

    Example:
      deskhand models path qwen2.5-coder-1.5b
    """
    from ...tools.models.registry import entry_named
    from ...tools.models.store import ModelStore

    typer.echo(ModelStore().find(entry_named(name)))


@app.command()
def remove(name: Name) -> None:
    """Remove a model from this machine, and what is left of an unfinished pull.

    Example:
      deskhand models remove qwen2.5-coder-1.5b
    """
    from ...tools.models.byte_counts import in_words
    from ...tools.models.registry import entry_named
    from ...tools.models.store import ModelStore

    entry = entry_named(name)
    freed = ModelStore().remove(entry.name)
    _note(f"{entry.name} is removed; {in_words(freed)} are free again")


@app.command()
def recommend(json: Json = False) -> None:
    """Say which models serve on this machine, and what brings them.

    Example:
      deskhand models recommend
    """
    from ...tools.models.byte_counts import in_words
    from ...tools.models.machine import read_machine
    from ...tools.models.machine import recommend as recommend_for
    from ...tools.models.store import ModelStore

    machine, store = read_machine(), ModelStore()
    chosen = recommend_for(machine)
    if json:
        print_json(
            {
                "ram_bytes": machine.ram_bytes,
                "free_disk_bytes": machine.free_disk_bytes,
                "gpus": [
                    {"name": gpu.name, "memory_bytes": gpu.memory_bytes} for gpu in machine.gpus
                ],
                "models": [
                    _document(one.entry, store) | {"why": one.why, "command": one.command}
                    for one in chosen
                ],
            }
        )
        return
    gpus = ", ".join(f"{gpu.name} with {in_words(gpu.memory_bytes)}" for gpu in machine.gpus)
    _note(
        f"{in_words(machine.ram_bytes)} of memory, {in_words(machine.free_disk_bytes)} free on the "
        f"disk, {gpus or 'no GPU that nvidia-smi or rocm-smi knows'}"
    )
    if not chosen:
        results().print("this machine has too little memory or disk for any of the models")
        return
    rows = table("model", "here", "why", one_line=("model",))
    for one in chosen:
        rows.add_row(one.entry.name, store.state(one.entry), one.why)
    results().print(rows)
    for one in chosen:
        if store.state(one.entry) != "yes":
            results().print(one.command, markup=False, soft_wrap=True)


class _Bar:
    """A progress bar on stderr that appears with the first bytes."""

    def __init__(self, name: str) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        console = notes()
        self._progress: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(name, total=None, visible=False)

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(line, markup=False, soft_wrap=True)

    def count(self, n_bytes: int, *, of: int) -> None:
        """Move the bar on by so many bytes of a total."""
        self._progress.update(self._task, advance=n_bytes, total=of, visible=True)

    def show(self, progress: "PullProgress") -> None:
        """Move the bar to where a pull is."""
        self._progress.update(
            self._task,
            description=progress.file,
            completed=progress.done_bytes,
            total=progress.total_bytes,
            visible=True,
        )


def _note(line: str) -> None:
    notes().print(line, markup=False, soft_wrap=True)


def _manifest(store: "ModelStore", name: str) -> "Manifest | None":
    """Return what is there of a model; one whose manifest is broken is as good as not there."""
    from ...memory.errors import ModelUnavailable

    try:
        return store.manifest(name)
    except ModelUnavailable:
        return None


def _size(entry: "ModelEntry", manifest: "Manifest | None") -> str:
    from ...tools.models.byte_counts import in_words

    size = entry.size_bytes if manifest is None else manifest.size_bytes
    return "" if size is None else in_words(size)


def _document(entry: "ModelEntry", store: "ModelStore") -> dict[str, Any]:
    manifest = _manifest(store, entry.name)
    return {
        "name": entry.name,
        "task": entry.task,
        "summary": entry.summary,
        "upstream": entry.upstream,
        "revision": entry.revision if manifest is None else manifest.revision,
        "licence": entry.licence,
        "pinning": entry.pinning,
        "family": entry.family,
        "size_bytes": entry.size_bytes if manifest is None else manifest.size_bytes,
        "memory_bytes": entry.memory_bytes,
        "mirrors": [mirror.kind for mirror in entry.mirrors],
        "here": store.state(entry),
        "folder": None if manifest is None else str(store.folder(entry.name)),
    }


def _check(store: "ModelStore", entry: "ModelEntry") -> dict[str, Any]:
    manifest = store.there(entry.name)
    bar = _Bar(entry.name)
    with bar:
        checks = store.check(entry, on_bytes=partial(bar.count, of=manifest.size_bytes))
    return {
        "name": entry.name,
        "mirror": manifest.mirror,
        "revision": manifest.revision,
        "pulled": manifest.pulled,
        "pinned": entry.is_pinned,
        "files": [{"path": one.path, "problem": one.problem} for one in checks],
    }


def _show_checks(found: list[dict[str, Any]]) -> None:
    rows = table("", "model", "file", "found", one_line=("model",))
    for model in found:
        for file in model["files"]:
            problem = file["problem"]
            sign = inert("✓", style="green") if problem is None else inert("×", style="red")
            right = "as pinned" if model["pinned"] else "as it first came"
            rows.add_row(sign, model["name"], inert(file["path"]), inert(problem or right))
    results().print(rows)
    for model in found:
        if any(file["problem"] is not None for file in model["files"]):
            _note(f"bring it anew with: deskhand models pull {model['name']}")
