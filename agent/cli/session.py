"""One run from the command line: the screen, the folder, the person, the ending."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...memory.errors import ConfigError, DeskhandError
from ...tools.desktop.sandbox import GRACE_S
from ...tools.desktop.takeover import stopping_on_sigint
from ...tools.finding.sources import NO_MODELS, Sources
from ...tools.safety.policy import Policy
from ..planners.choose import INSTRUCTIONS
from ..run_control import RunControl
from ..run_settings import RunResult, RunSettings
from ..runner import Company, resume_task, run_task
from ..trajectory.recording import StepRecord
from ..trajectory.run_folder import RunFolder
from ..trajectory.run_info import DesktopPlace
from . import exit_codes
from .output import notes
from .planning import Plan
from .screens import Screen, open_screen
from .terminal import Progress, TerminalPerson

if TYPE_CHECKING:
    from ..run_memory import RunMemory

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to run, and how."""

    plan: Plan
    limits: RunSettings
    policy: Policy
    runs: Path | None
    """Folder of all runs; None for the user's data folder."""
    sandbox: tuple[int, int] | None = None
    """Size of the virtual desktop; None for the user's own."""
    resume: RunFolder | None = None
    says_yes: bool = False
    is_quiet: bool = False
    sources: Sources = NO_MODELS
    """Models that may tell where a described thing is."""
    remember: bool = False
    """Keep the run and the screens of its steps in the memory."""
    record: Path | None = None
    """Keep a video of the desktop here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run from the command line ended."""

    result: RunResult
    folder: RunFolder
    steps: tuple[StepRecord, ...]
    """Those that this process settled."""
    is_interrupted: bool
    kept_s: float
    """How long a virtual desktop is left standing for the run to go on; 0 for none."""

    @property
    def exit_code(self) -> int:
        """The program's exit code."""
        if self.is_interrupted:
            return exit_codes.INTERRUPTED
        return exit_codes.OF_STATUS[self.result.status]

    def to_json(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        usage = self.result.usage.to_json()
        cost = {"usage": usage} if usage else {}
        return cost | {
            "run": self.folder.id,
            "status": self.result.status,
            "reason": self.result.reason,
            "steps": self.result.steps,
            "verdicts": Counter(step.outcome["effect"] for step in self.steps),
            "seconds": round(self.folder.spent_s, 3),
            "folder": str(self.folder.path),
            "report": str(self.result.report),
        }


def execute(job: Job) -> Ended:
    """Run a task, or go on with one, and return how it ended."""
    console = notes()
    console.quiet = job.is_quiet
    progress = Progress(console)
    steps: list[StepRecord] = []

    listeners: list[Callable[[StepRecord], None]] = [steps.append, progress.step]

    def on_step(record: StepRecord) -> None:
        for listen in listeners:
            listen(record)

    place = None if job.resume is None else job.resume.info.desktop
    with open_screen(sandbox=job.sandbox, place=place) as screen, ExitStack() as opened:
        if job.record is not None:
            opened.enter_context(_recording(screen, job.record, is_quiet=job.is_quiet))
        folder = job.resume
        if folder is None:
            folder = _new_folder(job, screen.place)
        keeps = _remembering(job, folder, opened) if job.remember else None
        if keeps is not None:
            listeners.append(keeps.step)
        takeover = screen.desktop.takeover
        control = RunControl(folder.path, takeover)
        person = TerminalPerson(
            notes(),
            says_yes=job.says_yes,
            resume=takeover.resume,
            is_answered=control.is_answered,
        )
        along = Company(
            person=person,
            control=control,
            policy=job.policy,
            secrets=job.plan.secrets,
            env=screen.env,
            on_step=on_step,
            on_launch=screen.on_launch,
            sources=job.sources,
        )
        try:
            with stopping_on_sigint(takeover):
                if job.resume is None:
                    result = run_task(
                        job.plan.task,
                        folder=folder,
                        settings=job.limits,
                        desktop=screen.desktop,
                        planner=job.plan.planner,
                        along=along,
                    )
                else:
                    result = resume_task(
                        folder=folder,
                        settings=job.limits,
                        desktop=screen.desktop,
                        planner=job.plan.planner,
                        along=along,
                    )
        except BaseException as error:
            if folder.is_ours:  # else another process is on it, and its record is not ours to end
                is_stop = isinstance(error, KeyboardInterrupt)
                reason = "interrupted by Ctrl-C" if is_stop else f"{error}"
                folder.end(status="stopped" if is_stop else "failed", reason=reason)
                if is_stop:
                    screen.keep()
            raise
        if keeps is not None:
            _keep_run(keeps, job, result)
        waits = result.status in ("asked", "stopped")
        if waits:
            screen.keep()
        return Ended(
            result=result,
            folder=folder,
            steps=tuple(steps),
            is_interrupted=takeover.reason == "Ctrl-C",
            kept_s=GRACE_S if waits and screen.place.sandbox_folder is not None else 0.0,
        )


@contextmanager
def _recording(screen: Screen, out: Path, *, is_quiet: bool) -> Iterator[None]:
    """Record the desktop for the time of the block; a video that breaks off ends no run."""
    from ...tools.desktop.mss_grab import grab_at
    from ...tools.media.recording import Recorder

    recorder = Recorder(out, grab_at(screen.desktop.box)).start()
    try:
        yield
    finally:
        try:
            recording = recorder.stop()
        except ConfigError as error:
            logger.warning("the video: %s", error)
        else:
            console = notes()
            console.quiet = is_quiet
            console.print(
                f"video: {out}, {recording.duration_s:.1f} s", markup=False, soft_wrap=True
            )


def _remembering(job: Job, folder: RunFolder, opened: ExitStack) -> "RunMemory":
    """Open the visual memory and return what keeps the run in it."""
    from ...tools.remembering.opening import open_memory
    from ...tools.safety.redaction import Redaction
    from ..run_memory import RunMemory

    # Without embedders: no step waits for a model, and `deskhand memory reindex` catches up.
    memory = opened.enter_context(open_memory(with_embedders=False))
    known = Redaction(values=tuple(job.plan.secrets.values()))
    return RunMemory(memory, folder.path, known)


def _keep_run(keeps: "RunMemory", job: Job, result: RunResult) -> None:
    from ...memory.episodes import EpisodeMemory

    try:
        with EpisodeMemory.open() as episodes:
            keeps.ended(episodes, task=job.plan.task, status=result.status)
    except DeskhandError as error:  # the run itself is over, and well recorded
        logger.warning("the run is not remembered: %s", error)


def _new_folder(job: Job, place: DesktopPlace) -> RunFolder:
    plan = job.plan
    return RunFolder.create(
        job.runs,
        plan.task,
        planner=INSTRUCTIONS if plan.planner is None else plan.planner.name,
        model=None if plan.choice is None else plan.choice.to_json(),
        desktop=place,
        config=job.limits.to_json(),
    )
