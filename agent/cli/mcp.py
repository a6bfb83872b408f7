"""`deskhand mcp`: the tools for other agents, over the Model Context Protocol."""

import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...memory.errors import ConfigError
from .output import notes, print_json
from .run import GroundModel, PolicyFile
from .settings import CliSettings, load_policy

if TYPE_CHECKING:
    from ...tools.finding.sources import Sources
    from ...tools.mcp_server import Session
    from ...tools.safety.gate import Approver
    from ...tools.safety.policy import Policy
    from .screens import Screen

app = typer.Typer(
    help="Serve the tools to other agents over MCP.",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    http: Annotated[
        int | None,
        typer.Option(
            "--http",
            metavar="PORT",
            min=1,
            max=65535,
            help="Serve over HTTP on 127.0.0.1 instead of stdin and stdout.",
            show_default=False,
        ),
    ] = None,
    tools: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Only these tools, with commas between them."),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", metavar="", help="Only tools that look and do not act.")
    ] = False,
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", metavar="", help="Serve a virtual desktop, not your own."),
    ] = False,
    size: Annotated[
        str, typer.Option(metavar="WIDTHxHEIGHT", help="Size of the virtual desktop.")
    ] = "1280x800",
    memory: Annotated[
        bool,
        typer.Option("--memory", metavar="", help="Also tools that keep screens and recall them."),
    ] = False,
    files: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Also tools for the recordings in FOLDER, and for no others, and tools that "
            "record the screen into it.",
        ),
    ] = None,
    listen: Annotated[
        bool,
        typer.Option("--listen", metavar="", help="Also a tool that records the microphone."),
    ] = False,
    ground_model: GroundModel = None,
    policy: PolicyFile = None,
) -> None:
    """Serve the tools to an agent of another program until it leaves.

    The same gate holds as everywhere: before risky actions the client's user
    is asked, through the client if it can, else with `deskhand approve`.
    Over HTTP a client sends the token that is printed once on stderr, or
    the one in DESKHAND_MCP_TOKEN, as `Authorization: Bearer TOKEN`.

    Examples:
      deskhand mcp --read-only
      deskhand mcp --http 8123 --sandbox
      deskhand mcp install
    """
    if context.invoked_subcommand is not None:
        return
    import anyio

    from ...tools.desktop.sandbox import parse_size
    from ...tools.mcp_server import make_server, serve_stdio
    from ...tools.safety.approvals import Approvals, default_folder
    from ...tools.safety.policy import MODEL_RULES, Policy
    from . import seeing
    from .screens import open_screen

    if files is not None and not files.is_dir():
        raise ConfigError(f"--files is {files}; expected a folder")
    settings: CliSettings = context.obj
    policy_file = settings.policy if policy is None else policy
    # Whoever plans is a model: it is asked about more than a person's own sentences are.
    rules = Policy(rules=MODEL_RULES) if policy_file is None else load_policy(policy_file)
    names = None if tools is None else [name.strip() for name in tools.split(",")]
    offered = _Offered(
        names=names,
        read_only=read_only,
        memory=memory,
        files=files,
        listen=listen,
        sources=seeing.sources_named(settings, ground_model, is_for_clicks=True),
    )
    with open_screen(sandbox=parse_size(size) if sandbox else None) as screen:
        server = make_server(
            _opening(screen, rules, offered),
            fallback=Approvals(default_folder()).approver,
        )
        if http is None:
            anyio.run(serve_stdio, server)
        else:
            _serve_http(server, http, settings.mcp_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offered:
    """Which tools a client gets."""

    names: list[str] | None
    read_only: bool
    memory: bool
    files: Path | None
    listen: bool
    sources: "Sources"


def _opening(
    screen: "Screen", policy: "Policy", offered: _Offered
) -> "Callable[[Approver], AbstractContextManager[Session]]":
    """Return what opens the tools of one session on a screen.

    Raises:
        ConfigError: If the tools that were named are not there.
    """
    from ...tools.mcp_server import Session, chosen
    from ...tools.media_tools import MediaTools
    from ...tools.remembering.opening import open_memory
    from ...tools.safety.gate import Gate
    from ...tools.toolkit import DesktopToolkit

    @contextmanager
    def open_session(approver: "Approver") -> "Iterator[Session]":
        with ExitStack() as opened:
            memory = opened.enter_context(open_memory()) if offered.memory else None
            toolkit = DesktopToolkit(
                screen.desktop,
                gate=Gate(policy, approver),
                env=screen.env,
                sources=offered.sources,
                memory=memory,
                recordings=offered.files,
            )
            opened.callback(toolkit.close)
            specs = toolkit.specs()
            media = MediaTools(
                folder=offered.files,
                memory=None if memory is None else memory.recordings,
                may_listen=offered.listen,
            )
            specs += media.listening() if offered.files is None else media.specs()
            kept = chosen(specs, names=offered.names, read_only=offered.read_only)
            yield Session(specs=kept, takeover=screen.desktop.takeover)

    with open_session(lambda _action, _context, _decision: None):
        pass  # what is wrong with the names is said before a client comes
    return open_session


def _serve_http(server: Any, port: int, token: str | None) -> None:
    import anyio

    from ...tools.mcp_http import HOST, PATH, TOKEN_BYTES, serve_http

    if token is None:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        notes().print(f"token (shown once): {token}", markup=False, soft_wrap=True)
    notes().print(f"serving at http://{HOST}:{port}{PATH}", markup=False, soft_wrap=True)

    async def serve_it() -> None:
        await serve_http(server, port=port, token=token)

    anyio.run(serve_it)


@app.command()
def install(
    read_only: Annotated[
        bool, typer.Option("--read-only", metavar="", help="Only tools that look and do not act.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", metavar="", help="Serve a virtual desktop, not your own.")
    ] = False,
) -> None:
    """Print the configuration for clients; nothing is written.

    It goes into the `mcpServers` of most desktop clients and editors; where
    to find that file, the client's own documentation says.

    Example:
      deskhand mcp install --read-only
    """
    program = str(Path(shutil.which("deskhand") or sys.argv[0]).absolute())
    options = [
        *(["--read-only"] if read_only else []),
        *(["--sandbox"] if sandbox else []),
    ]
    server: dict[str, Any] = {"command": program, "args": ["mcp", *options]}
    # Clients start servers with a bare environment: without these there is no screen to open.
    wanted = () if sandbox else ("DISPLAY", "XAUTHORITY")
    env = {name: os.environ[name] for name in wanted if name in os.environ}
    if env:
        server["env"] = env
    elif not sandbox:
        raise ConfigError("DISPLAY is not set; run this in the session that is to be served")
    print_json({"mcpServers": {"deskhand": server}})
