"""`deskhand run`: does a task, or goes on with one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...memory.errors import ConfigError
from ..planners.pictures import Pictures
from ..run_settings import RunSettings
from .output import inert, notes, print_json, results, status, table
from .runs import home
from .settings import CliSettings, load_policy

if TYPE_CHECKING:
    from ...tools.safety.policy import Policy
    from .session import Ended

DEFAULTS = RunSettings()
SANDBOX_SIZE = "1280x800"

Sandbox = Annotated[
    bool,
    typer.Option(
        "--sandbox",
        metavar="",
        help="Work on a virtual desktop of its own; your mouse and screen stay yours.",
    ),
]
Size = Annotated[str, typer.Option(metavar="WxH", help="Size of the virtual desktop, in pixels.")]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes", metavar="", help="Approve what the policy asks about; never what it denies."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", metavar="", help="Say what would be done; touch nothing.")
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Policy in TOML (DESKHAND_POLICY). \\[default: built in]"),
]
GroundModel = Annotated[
    str | None,
    typer.Option(
        metavar="vlm:NAME",
        help="The pulled model that points at what words do not find (DESKHAND_GROUND_MODEL). "
        "\\[default: one that is here and passed its calibration, else none]",
    ),
]
RunsDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where the run folder is made (DESKHAND_RUNS). \\[default: user data folder]",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON document and nothing else.")
]


def run(
    context: typer.Context,
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="TASK|FILE",
            help="Sentences (see `deskhand language`) or, with a model, plain words; a file of "
            "them, or - for stdin.",
            show_default=False,
        ),
    ] = None,
    sandbox: Sandbox = False,
    size: Size = SANDBOX_SIZE,
    app: Annotated[
        str | None, typer.Option(metavar="CMD", help="Open this application first.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="What plans (DESKHAND_MODEL): local, vlm:NAME of a pulled model, provider:name, "
            "the address of a server that speaks the OpenAI protocol, gui: before any of these for "
            "a model that was trained to operate a computer, or instructions. \\[default: "
            "instructions if the task is, else a calibrated GUI model or local, where pulled]",
        ),
    ] = None,
    model_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model's name on the server (DESKHAND_MODEL_NAME)."),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="How a GUI model answers, such as ui-tars-1.5, where its name does not tell.",
        ),
    ] = None,
    uncalibrated: Annotated[
        bool,
        typer.Option(
            "--uncalibrated",
            metavar="",
            help="Let a GUI model click that did not pass `deskhand models calibrate`.",
        ),
    ] = False,
    pictures: Annotated[
        Pictures,
        typer.Option(
            help="Whether the model is sent pictures of the screen; auto: where it is known to "
            "see and the text tells little."
        ),
    ] = "auto",
    ground_model: GroundModel = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    max_steps: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Stop after this many steps (DESKHAND_MAX_STEPS). "
            f"\\[default: {DEFAULTS.max_steps}]",
        ),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            min=1,
            help="Stop after this many seconds (DESKHAND_MAX_SECONDS). "
            f"\\[default: {DEFAULTS.max_seconds:g}]",
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Call no model after this many tokens (DESKHAND_MAX_TOKENS). "
            f"\\[default: {DEFAULTS.max_tokens}]",
        ),
    ] = None,
    keep_prompts: Annotated[
        bool,
        typer.Option(
            "--keep-prompts",
            metavar="",
            help="Write the text of each prompt into the run folder; it holds the screen's text.",
        ),
    ] = False,
    remember: Annotated[
        bool,
        typer.Option(
            "--remember",
            metavar="",
            help="Keep the run and the screen of each step in the memory (DESKHAND_MEMORY), and "
            "tell a chat model of earlier runs like it that worked.",
        ),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.mp4", help="Keep a video of the desktop from the first to the last step."
        ),
    ] = None,
    policy: PolicyFile = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Go on with a run that was stopped or killed: its id, or `last`."
        ),
    ] = None,
    runs_dir: RunsDir = None,
    json: Json = False,
) -> None:
    """Do a task on the desktop with the real mouse and keyboard, checking every step.

    Every run leaves a folder with its steps, pictures and a report. Move the
    mouse or press Ctrl-C to stop the hands at once; the run can be resumed.

    Examples:
      deskhand run --sandbox 'open mousepad then type "Grüße, 你好"'
      deskhand run steps.txt --app galculator --max-steps 20
      deskhand run --model anthropic:claude-sonnet-5-5 "put Ada into the form and save"
      deskhand run --sandbox --model gui:ui-tars-1.5-7b --app mousepad "write a haiku"
      deskhand run --resume last
    """
    settings: CliSettings = context.obj
    policy_file = settings.policy if policy is None else policy
    rules = load_policy(policy_file)
    if (task is None) == (resume is None):
        raise ConfigError("give a task, or --resume RUN to go on with one; see `deskhand run -h`")
    if resume is not None and (model or model_name or family or uncalibrated):
        raise ConfigError("--resume goes on with the model that the run began with; name none")
    if task is not None and dry_run:
        _show_plan(task, app, model, policy=rules, is_json=json)
        return
    from ...tools.desktop.sandbox import parse_size
    from . import planning, seeing, session

    folder = None
    if task is not None:
        choice = planning.chosen_model(
            settings,
            model=model,
            name=model_name,
            pictures=pictures,
            family=family,
            uncalibrated=uncalibrated,
        )
        plan = planning.plan_new(task, choice=choice, app=app, settings=settings, recalls=remember)
    else:
        from ..trajectory.run_folder import RunFolder

        assert resume is not None  # one of the two is given
        folder = RunFolder.open(resume, home(context, runs_dir))
        folder.require_unfinished()
        plan = planning.plan_again(folder, settings, recalls=remember)
    ended = session.execute(
        session.Job(
            plan=plan,
            limits=settings.limits(
                max_steps=max_steps,
                max_seconds=max_seconds,
                max_tokens=max_tokens,
                keep_prompts=keep_prompts,
                otherwise=None if folder is None else folder.info.config,
            ),
            policy=planning.policy_for(plan) if policy_file is None else rules,
            runs=home(context, runs_dir),
            sandbox=parse_size(size) if sandbox else None,
            resume=folder,
            says_yes=yes,
            is_quiet=json,
            sources=seeing.sources_named(settings, ground_model, is_for_clicks=True),
            remember=remember,
            record=record,
        )
    )
    if json:
        print_json(ended.to_json())
    else:
        show_end(ended)
    raise typer.Exit(ended.exit_code)


def show_end(ended: "Ended") -> None:
    """Print how a run ended: why on stderr, status and report on stdout."""
    from rich.text import Text

    result = ended.result
    if result.reason and result.status != "done":
        notes().print(inert(result.reason))
    if ended.exit_code not in (0, 1):
        notes().print(
            f"go on with: deskhand run --resume {ended.folder.id}", markup=False, soft_wrap=True
        )
        if ended.kept_s:
            notes().print(f"its virtual desktop waits {ended.kept_s / 60:.0f} minutes for that")
    line = Text.assemble(
        status(result.status),
        f"  {result.steps} steps, {ended.folder.spent_s:.1f} s{_cost(ended)}  {result.report}",
    )
    results().print(line, soft_wrap=True)


def _cost(ended: "Ended") -> str:
    usage = ended.result.usage
    if not usage.calls:
        return ""
    price = "" if usage.price is None else f", price {usage.price:.4f}"
    return f", {usage.calls} model calls, {usage.tokens} tokens{price}"


def _show_plan(
    task: str, app: str | None, model: str | None, *, policy: "Policy", is_json: bool
) -> None:
    from dataclasses import asdict

    from .rehearsal import plan_of
    from .tasks import read_task, with_app

    if model not in (None, "instructions"):
        raise ConfigError(
            "--dry-run shows what sentences say; what a model will do is not known beforehand"
        )
    shown, _secrets = read_task(task)
    steps = plan_of(shown if app is None else with_app(shown, app), policy)
    if is_json:
        print_json([asdict(step) for step in steps])
        return
    rows = table("#", "sentence", "action", "policy", numeric=("#",))
    for number, step in enumerate(steps, start=1):
        sentence = inert("  " * step.depth + step.sentence)
        rows.add_row(str(number), sentence, step.kind, step.verdict)
    results().print(rows)
    notes().print("nothing was done (--dry-run)")
