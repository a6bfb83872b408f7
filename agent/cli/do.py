"""`deskhand do`: one instruction, now."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...memory.errors import ConfigError
from .output import effect, inert, notes, print_json, results
from .run import DryRun, GroundModel, Json, PolicyFile, RunsDir, Yes
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
    ground_model: GroundModel = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    policy: PolicyFile = None,
    runs_dir: RunsDir = None,
    json: Json = False,
) -> None:
    """Do one instruction on your own desktop and tell whether it had its effect.

    With --dry-run it looks at the screen, finds what the instruction names,
    says where it would click and what the policy says, and touches nothing.

    Examples:
      deskhand do 'click "File"'
      deskhand do --dry-run 'click button "Delete"'
    """
    from .tasks import count_sentences, read_task, secrets_of

    settings: CliSettings = context.obj
    rules = load_policy(settings.policy if policy is None else policy)
    task, hidden = read_task(instruction)
    count = count_sentences(task)
    if count != 1:
        raise ConfigError(f"`do` takes one instruction, these are {count}; use `deskhand run`")
    if dry_run:
        from . import seeing
        from .rehearsal import rehearse

        sources = seeing.sources_named(settings, ground_model, is_for_clicks=True)
        rehearsal = rehearse(task, rules, sources)
        if json:
            print_json(rehearsal.to_json())
        else:
            show_rehearsal(rehearsal)
        return
    from . import seeing, session
    from .planning import Plan

    ended = session.execute(
        session.Job(
            plan=Plan(task=task, secrets=secrets_of(task, hidden=hidden, given=settings.secrets)),
            limits=settings.limits(max_steps=None, max_seconds=None),
            policy=rules,
            runs=home(context, runs_dir),
            says_yes=yes,
            is_quiet=True,
            sources=seeing.sources_named(settings, ground_model, is_for_clicks=True),
        )
    )
    if json:
        print_json(_document(ended))
    else:
        _show(ended)
    raise typer.Exit(ended.exit_code)


def show_rehearsal(rehearsal: "Rehearsal") -> None:
    """Print what would be done."""
    from rich.table import Table

    rows = Table.grid(padding=(0, 2))
    rows.add_row("would", inert(rehearsal.sentence, style="bold"))
    if rehearsal.point is not None:
        x, y = rehearsal.point
        element = rehearsal.element
        on = "" if element is None else f'{element.role} "{element.text}" '
        rows.add_row("on", inert(f"{on}at {x:.0f}, {y:.0f}"))
    if rehearsal.window:
        rows.add_row("in", inert(f'window "{rehearsal.window}"'))
    rows.add_row("policy", inert(f"{rehearsal.decision.verdict} (rule {rehearsal.decision.rule})"))
    results().print(rows)


def _document(ended: "Ended") -> dict[str, Any]:
    return ended.to_json() | {"records": [step.to_json() for step in ended.steps]}


def _show(ended: "Ended") -> None:
    from rich.text import Text

    for step in ended.steps:
        line = Text.assemble(
            effect(str(step.outcome["effect"])),
            "  ",
            inert(step.sentence, style="bold"),
            f"  ({step.elapsed_s:.1f} s)  ",
            inert(str(step.outcome["evidence"])),
        )
        results().print(line, soft_wrap=True)
    result = ended.result
    if ended.exit_code and result.reason:
        notes().print(inert(result.reason), soft_wrap=True)
    notes().print(f"report: {result.report}", markup=False, soft_wrap=True)
