"""`deskhand do`: one instruction, now."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...memory.errors import ConfigError
from .output import effect, inert, notes, print_json, results
from .run import DryRun, Json, PolicyFile, RunsDir, Yes
from .runs import home
from .settings import CliSettings, load_policy

if TYPE_CHECKING:
    from .rehearsal import Rehearsal
    from .session import Ended


def do(
    context: typer.Context,
    instruction: Annotated[
        str,
        typer.Argument(
            metavar="INSTRUCTION", help="One sentence (see `deskhand language`), or - for stdin."
        ),
    ],
    yes: Yes = False,
    dry_run: DryRun = False,
    policy: PolicyFile = None,
    runs_dir: RunsDir = None,
    json: Json = False,
) -> None:
    """Do one instruction on your own desktop and tell whether it had its effect.

    With --dry-run it looks at the screen, finds what the instruction names and says where it would
    click and what the policy says, and touches nothing.

    \b
    Examples:
      deskhand do 'click "File"'
      deskhand do --dry-run 'click button "Delete"'
    """
    from .tasks import read_task

    settings: CliSettings = context.obj
    rules = load_policy(settings.policy if policy is None else policy)
    task, secrets = read_task(instruction)
    if dry_run:
        from .rehearsal import rehearse

        rehearsal = rehearse(task, rules)
        if json:
            print_json(rehearsal.to_json())
        else:
            show_rehearsal(rehearsal)
        return
    from . import session

    ended = session.execute(
        session.Job(
            task=task,
            secrets=secrets,
            limits=settings.limits(max_steps=None, max_seconds=None),
            policy=rules,
            runs=home(context, runs_dir),
            says_yes=yes,
            is_quiet=True,
        )
    )
    if json:
        print_json(_document(ended))
    else:
        _show(ended)
    raise typer.Exit(ended.exit_code)
