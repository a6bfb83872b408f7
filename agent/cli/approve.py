"""`deskhand approve`: a person's yes or no to what a run or another program's agent wants to do."""

from dataclasses import asdict
from typing import Annotated

import typer

from ...memory.errors import ConfigError, PolicyDenied
from .output import inert, notes, print_json, results, table
from .settings import CliSettings


def approve(
    context: typer.Context,
    token: Annotated[
        str | None,
        typer.Argument(
            metavar="TOKEN",
            help="Which request. \\[default: list those that wait]",
            show_default=False,
        ),
    ] = None,
    deny: Annotated[
        bool, typer.Option("--deny", metavar="", help="Say no instead of yes.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Approve one action that a run or an agent over MCP asks for.

    An approval holds for that very action on the window as it was shown,
    for ten minutes, once. `deskhand ui` shows the same requests on a page.

    Examples:
      deskhand approve
      deskhand approve 3f9a0c51d2e8
      deskhand approve --deny 3f9a0c51d2e8
    """
    import time

    from ...tools.safety.approvals import Approvals, default_folder

    approvals = Approvals(default_folder())
    if token is not None:
        settings: CliSettings = context.obj
        if settings.is_started_by_hands and not deny:
            raise PolicyDenied(
                "this terminal was opened by deskhand's hands; approve from one that you opened"
            )
        request = approvals.answer(token, "refuse" if deny else "approve")
        if json:
            print_json(asdict(request))
        else:
            said = "refused" if deny else "approved"
            results().print(inert(f"{said}: {request.what}"), soft_wrap=True)
        return
    if deny:
        raise ConfigError("say which request to deny: deskhand approve --deny TOKEN")
    waiting = approvals.waiting()
    if json:
        print_json([asdict(request) for request in waiting])
        return
    if not waiting:
        notes().print("nothing waits for an approval")
        return
    rows = table("token", "what", "rule", "asked by", "ends in s", numeric=("ends in s",))
    for request in waiting:
        left = f"{request.ends_at - time.time():.0f}"
        asked_by = request.run or "an agent"
        rows.add_row(request.token, inert(request.what), request.rule, asked_by, left)
    results().print(rows)
