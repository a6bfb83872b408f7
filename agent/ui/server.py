"""The watch page as a server of this machine."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path

from ...memory.errors import ConfigError, MissingExtraError, RunError
from ...tools.safety.self_approval import WATCH_PAGE
from ..trajectory.recording import read_steps
from ..trajectory.report import render
from ..trajectory.run_folder import RunFolder
from .doorkeeper import HOST, Doorkeeper
from .shelf import PREFIX as PICTURES
from .site import Site, aside
from .video_room import PREFIX as VIDEOS

try:
    import uvicorn
    from fastapi import FastAPI
    from nicegui import ui
    from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "nicegui", extra="ui") from error

from .page import draw_page

FAVICON = (
    '<svg viewBox="0 0 32 32" xmlns="http://www.w3.org/2000/svg"><rect width="32" height="32" '
    'rx="7" fill="#2a4d8f"/><path d="M9 7l15 9-7 2-4 7z" fill="#fff"/></svg>'
)
REPORT_POLICY = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""A report says in its own markup that nothing from elsewhere is loaded and which script is its."""


def make_app(site: Site, *, port: int, on_link: Callable[[str], None]) -> Doorkeeper:
    """Return the page as an ASGI application; one in a process, NiceGUI has no more.

    Args:
        site: What there is to show.
        port: Where it will be served.
        on_link: Told each new link.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get(PICTURES + "{name}")
    def picture(name: str) -> Response:
        data = site.shelf.get(name)
        if data is None:
            return PlainTextResponse("this picture is not kept any more\n", status_code=404)
        return Response(data, media_type="image/jpeg")

    @app.get(VIDEOS + "{key}")
    def video(key: str) -> Response:
        path = site.videos.path(key)
        if path is None or not path.is_file():
            return PlainTextResponse("there is no such video\n", status_code=404)
        return FileResponse(path)

    @app.get("/runs/{run}/report")
    async def report(run: str) -> Response:
        try:
            if run in (".", "..") or Path(run).name != run:
                raise RunError(f"there is no run {run!r}")
            folder = RunFolder(site.runs / run)
            html = await aside(lambda: render(folder, read_steps(folder.path)))
        except RunError as error:
            return PlainTextResponse(f"{error}\n", status_code=404)
        return HTMLResponse(html, headers={"Content-Security-Policy": REPORT_POLICY})

    @ui.page("/")
    async def page() -> None:
        await draw_page(site)

    ui.run_with(
        app,
        title=WATCH_PAGE,
        favicon=FAVICON,
        dark=None,
        tailwind=False,
        gzip_middleware_factory=None,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )
    return Doorkeeper(app, port=port, on_link=on_link)


def serve(site: Site, *, port: int, on_link: Callable[[str], None]) -> None:
    """Serve on this machine's loopback address until the process is told to end.

    Args:
        site: What there is to show.
        port: Where; 0 for one that is free.
        on_link: Told the link to open, and each time one was used the next one.

    Raises:
        ConfigError: If the port is taken.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            raise ConfigError(
                f"cannot listen on port {port} of this machine; name another with --port"
            ) from None
        logging.getLogger("nicegui").setLevel(logging.ERROR)
        config = uvicorn.Config(
            make_app(site, port=listener.getsockname()[1], on_link=on_link),
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            site.recalls.close()
