"""`deskhand runs pause|go-on|stop|answer`: a word to a run that another terminal is on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...memory.errors import PolicyDenied, RunError
from .output import results
from .runs import Run, RunsDir, home
from .settings import CliSettings

if TYPE_CHECKING:
    from ..run_control import RunWatch


def pause(context: typer.Context, run: Run = "last", runs_dir: RunsDir = None) -> None:
    """Hold a run before its next look or action; meanwhile the desktop is yours.

    Example:
      deskhand runs pause last
    """
    _watch(context, run, runs_dir).want("pause")
    results().print("it pauses before its next action; go on with: deskhand runs go-on")


def go_on(context: typer.Context, run: Run = "last", runs_dir: RunsDir = None) -> None:
    """Let a paused run go on; it looks at the screen again first.

    Example:
      deskhand runs go-on last
    """
    _require_person(context)
    _watch(context, run, runs_dir).want("go on")
    results().print("it goes on")


def stop(context: typer.Context, run: Run = "last", runs_dir: RunsDir = None) -> None:
    """Stop a run's hands at once; `deskhand run --resume` goes on with it.

    Example:
      deskhand runs stop last
    """
    _watch(context, run, runs_dir).want("stop")
    results().print("it stops")


def answer(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The answer.")],
    run: Run = "last",
    runs_dir: RunsDir = None,
) -> None:
    """Answer the question that a run asks; `deskhand approve` says yes or no to an action.

    Example:
      deskhand runs answer "the second one" last
    """
    _require_person(context)
    watch = _watch(context, run, runs_dir)
    now = watch.now()
    if now is None or not now.question or now.request:
        raise RunError("the run asks nothing that is answered in words")
    watch.answer(now.question_id, text)
    results().print("answered")


def _watch(context: typer.Context, run: str, runs_dir: Path | None) -> "RunWatch":
    from ..run_control import RunWatch
    from ..trajectory.run_folder import RunFolder

    return RunWatch(RunFolder.open(run, home(context, runs_dir)).path)


def _require_person(context: typer.Context) -> None:
    settings: CliSettings = context.obj
    if settings.is_started_by_hands:
        raise PolicyDenied(
            "this terminal was opened by deskhand's hands; say it from one that you opened"
        )
