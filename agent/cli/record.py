"""`deskhand record`: the screen as a video."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...memory.errors import ConfigError
from . import exit_codes
from .output import notes, print_json, results
from .until_stopped import until_stopped

if TYPE_CHECKING:
    import threading

    from ...tools.desktop.desktop import Source
    from ...tools.media.recording import Recorder

SHOW_EVERY_S = 0.5


def record(
    out: Annotated[Path, typer.Argument(metavar="OUT.mp4", help="The video.", show_default=False)],
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="End after so long. \\[default: at Ctrl-C]")
    ] = None,
    fps: Annotated[float, typer.Option(metavar="N", help="Pictures a second at most.")] = 10.0,
    monitor: Annotated[
        int | None, typer.Option(metavar="N", help="One monitor alone; see `deskhand doctor`.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="TITLE", help="Where this window is now, and no more.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Replace a file that is there.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Record the screen as a video until Ctrl-C, with the pointer and without sound.

    A picture is kept when something changed, so that a screen at rest costs next
    to nothing; a killed recording plays up to its last second. Find moments in it
    with `deskhand video find`. A whole task: `deskhand run --record OUT.mp4`.

    Examples:
      deskhand record demo.mp4
      deskhand record demo.mp4 --seconds 30 --window Firefox --force
    """
    if monitor is not None and window is not None:
        raise ConfigError("--monitor and --window are two places; give one")
    from ...tools.desktop.mss_grab import grab_at
    from ...tools.grounding import find_window
    from ...tools.media.recording import Recorder
    from .screens import open_screen

    with open_screen() as screen:
        desktop = screen.desktop
        source: Source = monitor
        if window is not None:
            source = find_window(desktop.windows(), window)
        recorder = Recorder(
            out,
            grab_at(desktop.place(source)),
            fps=fps,
            max_s=seconds,
            overwrite=force,
        )
        with until_stopped() as stopped:
            recorder.start()
            _follow(recorder, stopped)
            recording = recorder.stop()
    if recording.why or recording.ended == "failed":
        notes().print(
            f"ended early: {recording.why or 'the screen has another size now'}", markup=False
        )
    if json:
        print_json(recording.to_json())
    else:
        width, height = recording.size_wh
        results().print(
            f"{recording.path}: {recording.duration_s:.1f} s, {width}x{height}, "
            f"{recording.frames} pictures, {recording.n_bytes / 1e6:.1f} MB",
            markup=False,
            soft_wrap=True,
        )
    raise typer.Exit(exit_codes.FAILED if recording.ended == "failed" else exit_codes.DONE)


def _follow(recorder: "Recorder", stopped: "threading.Event") -> None:
    """Say how long it is until it ends or is to end."""
    console = notes()
    if not console.is_terminal:
        console.print(f"recording {recorder.path}; Ctrl-C ends it", markup=False, soft_wrap=True)
    with console.status("") as shown:
        while recorder.is_running and not stopped.wait(SHOW_EVERY_S):
            size = recorder.path.stat().st_size / 1e6
            shown.update(f"recording {recorder.elapsed_s:.0f} s, {size:.1f} MB; Ctrl-C ends it")
