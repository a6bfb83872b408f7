"""The commands put together, and how errors leave the program."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from ...memory.errors import DeskhandError
from . import (
    approve,
    ask,
    audio,
    classify,
    describe,
    do,
    doctor,
    exit_codes,
    find,
    forget,
    index,
    language,
    listen,
    look,
    mcp,
    memory,
    models,
    recall,
    record,
    remember,
    run,
    runs,
    steer,
    ui,
    video,
    video_questions,
)  # fmt: skip
from .output import print_error
from .settings import take_settings

logger = logging.getLogger(__name__)

EPILOG = "[bold]Exit codes[/bold]\n" + "\n".join(
    f"[bold]{code:>3}[/bold]  {words}" for code, words in exit_codes.EXPLAINED.items()
)

app = typer.Typer(
    name="deskhand",
    help="See a desktop, act on it, and check that each action landed.",
    epilog=EPILOG,
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    # Our own one-line errors; with --debug Python's own traceback, without local variables: they
    # may hold a secret.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

app.command("run")(run.run)
app.command("do")(do.do)
app.command("look")(look.look)
app.command("find")(find.find)
app.command("classify")(classify.classify)
app.command("ask")(ask.ask)
app.command("describe")(describe.describe)
for command in (steer.pause, steer.go_on, steer.stop, steer.answer):
    runs.app.command()(command)
app.add_typer(runs.app, name="runs")
app.command("ui")(ui.ui)
app.add_typer(models.app, name="models")
app.command("remember")(remember.remember)
app.command("watch")(remember.watch)
app.command("recall")(recall.recall)
app.command("forget")(forget.forget)
app.add_typer(memory.app, name="memory")
app.command("index")(index.index)
app.add_typer(mcp.app, name="mcp")
app.command("approve")(approve.approve)
audio.app.command("listen")(listen.listen)
audio.app.command("sources")(listen.sources)
app.add_typer(audio.app, name="audio")
video.app.command("describe")(video_questions.describe)
video.app.command("ask")(video_questions.ask)
app.add_typer(video.app, name="video")
app.command("record")(record.record)
app.command("language")(language.language)
app.command("doctor")(doctor.doctor)


def show_version(value: bool) -> None:
    """Print the version and leave."""
    if value:
        from importlib.metadata import version

        typer.echo(f"deskhand {version('deskhand')}")
        raise typer.Exit


@app.callback()
def every_command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            metavar="",
            count=True,
            show_default=False,
            help="Say more: -v milestones, -vv detail.",
        ),
    ] = 0,
    debug: Annotated[
        bool, typer.Option("--debug", metavar="", help="Show tracebacks of errors.")
    ] = False,
) -> None:
    """Set up what all commands share."""
    del version, debug  # the one is done with, the other is read by `invoke`
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )
    logging.getLogger(__package__.split(".")[0]).setLevel(level)
    context.obj = take_settings(os.environ)


def invoke(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; errors are one line on stderr."""
    given = sys.argv[1:] if args is None else list(args)
    try:
        app(given, prog_name="deskhand")
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else exit_codes.FAILED
    except DeskhandError as error:
        if "--debug" in given:
            logger.exception("the error in full")
        print_error(error)
        return exit_codes.of_error(error)
    # The last line of defence: what nobody foresaw is one line as well, and never code 0.
    except Exception as error:
        if "--debug" in given:
            logger.exception("the error in full")
        print_error(RuntimeError(f"{type(error).__name__}: {error} (--debug shows where)"))
        return exit_codes.FAILED
    return exit_codes.DONE
