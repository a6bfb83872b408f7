"""`deskhand runs`: what earlier runs did."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import effect, inert, open_in_browser, print_json, results, status, table
from .settings import CliSettings

if TYPE_CHECKING:
    from ..trajectory.run_folder import RunFolder

app = typer.Typer(
    help="List, show and open runs; pause and stop those that go on.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the path of its folder, or `last`.")
]
RunsDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Folder of all runs (DESKHAND_RUNS). \\[default: user data folder]"
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document.")]


def home(context: typer.Context, runs_dir: Path | None) -> Path | None:
    """Return the folder of all runs: option, then environment; None for the default."""
    settings: CliSettings = context.obj
    return settings.runs if runs_dir is None else runs_dir


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, help="Show this many, the newest first.")
    ] = 20,
    runs_dir: RunsDir = None,
    json: Json = False,
) -> None:
    """List runs, the newest first.

    Example:
      deskhand runs list --limit 5
    """
    from ..trajectory.run_folder import list_runs

    runs = list_runs(home(context, runs_dir))[:limit]
    if json:
        print_json([_summary(run) for run in runs])
        return
    rows = table("run", "status", "took", numeric=("took",), one_line=("run",))
    # The task takes what is left, so that the ids stay whole.
    rows.add_column("task", ratio=1, no_wrap=True, overflow="ellipsis")
    rows.expand = True
    for run in runs:
        rows.add_row(
            run.id, status(state(run)), f"{run.spent_s:.0f} s", inert(_one_line(run.info.task))
        )
    results().print(rows if runs else "no runs yet")


@app.command()
def show(
    context: typer.Context, run: Run = "last", runs_dir: RunsDir = None, json: Json = False
) -> None:
    """Show the steps of a run with their verdicts.

    Example:
      deskhand runs show last
    """
    from ..trajectory.recording import read_steps
    from ..trajectory.run_folder import RunFolder

    folder = RunFolder.open(run, home(context, runs_dir))
    steps = read_steps(folder.path)
    if json:
        print_json(_summary(folder) | {"records": [step.to_json() for step in steps]})
        return
    console = results()
    console.print(inert(_one_line(folder.info.task), style="bold"))
    began = datetime.fromtimestamp(folder.info.created)
    console.print(
        f"{folder.id}  ", status(state(folder)), f"  {began:%Y-%m-%d %H:%M}  {folder.spent_s:.1f} s"
    )
    if folder.info.reason:
        console.print(inert(folder.info.reason))
    rows = table("#", "sentence", "verdict", "evidence", "s", numeric=("#", "s"))
    for step in steps:
        rows.add_row(
            str(step.step),
            inert(step.sentence),
            effect(str(step.outcome["effect"])),
            inert(str(step.outcome["evidence"])),
            f"{step.elapsed_s:.1f}",
        )
    console.print(rows)
    console.print(str(folder.path), markup=False, soft_wrap=True)


@app.command("open")
def open_(context: typer.Context, run: Run = "last", runs_dir: RunsDir = None) -> None:
    """Open the report of a run in the browser, and print its path.

    Example:
      deskhand runs open last
    """
    path = _report(context, run, runs_dir)
    typer.echo(path)
    open_in_browser(path.absolute().as_uri())


@app.command()
def report(context: typer.Context, run: Run = "last", runs_dir: RunsDir = None) -> None:
    """Write the report of a run anew, also of one that was killed, and print its path.

    Example:
      deskhand runs report last
    """
    typer.echo(_report(context, run, runs_dir))


def _report(context: typer.Context, run: str, runs_dir: Path | None) -> Path:
    from ..trajectory.report import write_report
    from ..trajectory.run_folder import RunFolder

    return write_report(RunFolder.open(run, home(context, runs_dir)).path)


def state(run: "RunFolder") -> str:
    """Return a run's status; a run that says `running` with no process on it was killed."""
    return "killed" if run.is_killed else run.info.status


def _summary(run: "RunFolder") -> dict[str, Any]:
    from ..trajectory.recording import read_steps

    verdicts = Counter(str(step.outcome["effect"]) for step in read_steps(run.path))
    return {
        **run.info.to_json(),
        "status": state(run),
        "steps": verdicts.total(),
        "verdicts": verdicts,
        "folder": str(run.path),
        "report": str(run.report) if run.report.exists() else None,
    }


def _one_line(text: str) -> str:
    return " · ".join(line.strip() for line in text.splitlines() if line.strip())
