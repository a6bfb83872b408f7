"""`deskhand ui`: the page to watch runs on, and to answer them."""

from pathlib import Path
from typing import Annotated

import typer

from ...memory.errors import ConfigError, PolicyDenied
from .output import notes, open_in_browser
from .runs import home
from .settings import CliSettings


def ui(
    context: typer.Context,
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT", min=0, max=65535, help="On 127.0.0.1; 0 for any that is free."
        ),
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", metavar="", help="Only print the link; open no browser.")
    ] = False,
    files: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also show the videos in FOLDER."),
    ] = None,
    runs_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of all runs (DESKHAND_RUNS). \\[default: user data folder]",
        ),
    ] = None,
) -> None:
    """Watch runs, approve what they ask, and look through what was seen.

    A page for your own browser on this machine: the screen of a run with its
    elements and the next action, pause and stop, a yes or no to what runs and
    agents over MCP ask, earlier runs, the memory as a gallery, moments of
    videos. The link serves one browser, once; then the next one is printed.
    Ctrl-C ends the page; runs go on without it.

    Examples:
      deskhand ui
      deskhand ui --port 8080 --no-open --files ~/Videos
    """
    settings: CliSettings = context.obj
    if settings.is_started_by_hands:
        raise PolicyDenied(
            "this terminal was opened by deskhand's hands; start the page from one that you opened"
        )
    if files is not None and not files.is_dir():
        raise ConfigError(f"--files is {files}; expected a folder")
    from ...tools.safety.approvals import Approvals, default_folder
    from ..trajectory.run_folder import default_home
    from ..ui.recalls import Recalls
    from ..ui.server import serve
    from ..ui.shelf import Shelf
    from ..ui.site import Site
    from ..ui.video_room import VideoRoom

    runs, recalls, shelf = home(context, runs_dir), Recalls(), Shelf()
    site = Site(
        runs=default_home() if runs is None else runs,
        approvals=Approvals(default_folder()),
        recalls=recalls,
        videos=VideoRoom(files, recalls, shelf),
        shelf=shelf,
    )
    serve(site, port=port, on_link=_Links(opens=not no_open))


class _Links:
    """Prints each link, and opens the first one."""

    def __init__(self, *, opens: bool) -> None:
        self._opens = opens
        self._is_first = True

    def __call__(self, link: str) -> None:
        head = "open" if self._is_first else "for another browser"
        notes().print(f"{head}: {link}", markup=False, soft_wrap=True)
        if self._is_first and self._opens:
            open_in_browser(link)
        self._is_first = False
