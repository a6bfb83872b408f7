"""`deskhand remember` and `deskhand watch`: keep what is on the screen."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import exit_codes
from .memory_options import Exclude, Json, note
from .output import print_json, results
from .until_stopped import until_stopped

if TYPE_CHECKING:
    from ...memory.screens import VisualMemory
    from ...tools.remembering.recorder import Recorded, ScreenRecorder


def remember(
    context: typer.Context,
    image: Annotated[
        str | None,
        typer.Argument(
            metavar="IMAGE",
            help="A picture file, or - for one on stdin. Without it: the live desktop.",
            show_default=False,
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help="Give it this tag; may be given several times."),
    ] = None,
    exclude: Exclude = None,
    json: Json = False,
) -> None:
    """Keep one screen in the visual memory (DESKHAND_MEMORY).

    Passwords, card numbers, keys and one-time codes are taken out of text and
    picture before anything is written. Prints how the screen is cited.

    Examples:
      deskhand remember --tag travel
      deskhand remember screenshot.png
    """
    from ...tools.remembering.opening import open_memory
    from . import seeing

    observation = seeing.observe(image, window=None)
    file = None if image in (None, "-") else Path(str(image)).resolve()
    with open_memory() as memory:
        recorded = _recorder(context, memory, exclude).record(
            observation,
            tags=tag or (),
            source="" if file is None else str(file),
            time=None if file is None else datetime.fromtimestamp(file.stat().st_mtime, UTC),
        )
        if recorded.added is None:
            from ...memory.errors import PolicyDenied

            raise PolicyDenied(
                f'nothing was kept: the active window is excluded by "{recorded.excluded_by}"'
            )
        record = memory.show(recorded.added.id)
    if json:
        print_json(
            {
                "id": record.id,
                "citation": record.citation,
                "is_new": recorded.added.is_new,
                "hidden": dict(recorded.hidden),
                "picture": str(record.picture),
            }
        )
        return
    results().print(record.citation, markup=False)
    note(
        f"{'kept' if recorded.added.is_new else 'seen before'}: {len(record.lines)} lines"
        + _hidden(recorded.hidden)
    )


def watch(
    context: typer.Context,
    every: Annotated[
        float, typer.Option(metavar="S", help="Look at most once in so many seconds.")
    ] = 10.0,
    cpu: Annotated[
        float,
        typer.Option(metavar="PERCENT", help="Use at most so much of one core, on average."),
    ] = 10.0,
    exclude: Exclude = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help="Give the screens this tag as well."),
    ] = None,
    pause: Annotated[
        bool, typer.Option("--pause", metavar="", help="Let the running watch look at nothing.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", metavar="", help="Let it go on.")] = False,
) -> None:
    """Keep the screen whenever it has changed, until Ctrl-C.

    Nothing is read while the screen stays as it is. Private windows, password
    managers and what --exclude names are never kept; secrets are taken out.
    Screens are embedded later, by `deskhand memory reindex`.

    Examples:
      deskhand watch --every 30 --exclude signal --exclude "*bank*"
      deskhand watch --pause
    """
    from ...memory.default_folder import default_folder
    from ...memory.errors import ConfigError
    from ...tools.remembering.watching import is_running, pause_file

    folder = default_folder()
    if pause and resume:
        raise ConfigError("--pause and --resume are two things; give one")
    if pause or resume:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if pause:
            pause_file(folder).touch(mode=0o600)
        else:
            pause_file(folder).unlink(missing_ok=True)
        running = "" if is_running(folder) else "; no watch is running now"
        results().print(f"the watch {'is paused' if pause else 'goes on'}{running}")
        return
    _watch(context, folder, every_s=every, cpu_share=cpu / 100, exclude=exclude, tags=tag)


def _watch(
    context: typer.Context,
    folder: Path,
    *,
    every_s: float,
    cpu_share: float,
    exclude: list[str] | None,
    tags: list[str] | None,
) -> None:
    from ...tools.perception.observe import load_observer
    from ...tools.remembering.opening import open_memory
    from ...tools.remembering.watch import Watch, WatchSettings
    from ...tools.remembering.watching import only_one, pause_file
    from .screens import open_screen

    settings = WatchSettings(
        every_s=every_s, cpu_share=cpu_share, tags=frozenset({"watch", *(tags or ())})
    )
    with (
        open_memory(folder, with_embedders=False) as memory,
        only_one(folder),
        open_screen() as screen,
        load_observer(screen.desktop) as observer,
        until_stopped() as stopped,
    ):
        watch = Watch(
            screen.desktop,
            observer.observe,
            _recorder(context, memory, exclude),
            settings,
            pause_file=pause_file(folder),
            sleep=stopped.wait,
            tell=_tell,
        )
        paused = "; paused: deskhand watch --resume" if pause_file(folder).exists() else ""
        note(f"watching; Ctrl-C ends it; kept in {folder}{paused}")
        done = watch.run()
    share = done.cpu_s / done.elapsed_s if done.elapsed_s else 0.0
    results().print(
        f"{done.kept} screens kept, {done.seen_again} seen again, {done.excluded} excluded; "
        f"{done.elapsed_s:.0f} s at {share:.1%} of a core"
    )
    raise typer.Exit(exit_codes.DONE)


def _tell(recorded: "Recorded") -> None:
    if recorded.added is None:
        note(f'not kept: excluded by "{recorded.excluded_by}"')
    elif recorded.added.is_new:
        note(f"kept [screen:{recorded.added.id}]{_hidden(recorded.hidden)}")


def _hidden(hidden: Mapping[str, int]) -> str:
    """Return what was taken out, by kind."""
    if not hidden:
        return ""
    return "; taken out: " + ", ".join(f"{count} x {kind}" for kind, count in hidden.items())


def _recorder(
    context: typer.Context, memory: "VisualMemory", exclude: list[str] | None
) -> "ScreenRecorder":
    from ...tools.remembering.exclusions import Exclusions
    from ...tools.remembering.recorder import ScreenRecorder
    from ...tools.safety.redaction import Redaction

    settings: Any = context.obj
    return ScreenRecorder(
        memory,
        exclusions=Exclusions().also(exclude or ()),
        known=Redaction(values=tuple(settings.secrets.values())),
    )
