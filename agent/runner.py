"""Runs a task from its first look to its report, and takes up a run that was stopped or killed."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.errors import GraphRecursionError
from langgraph.graph.state import CompiledStateGraph

from ..memory.errors import DeskhandError, ModelUnavailable, RunError, TakenOver
from ..tools.desktop.desktop import Desktop
from ..tools.finding.sources import NO_MODELS, Sources
from ..tools.hands import Hands
from ..tools.perception.observe import load_observer
from ..tools.safety.approvals import Approvals, default_folder
from ..tools.safety.gate import Gate
from ..tools.safety.policy import Policy
from ..tools.safety.redaction import Redaction
from .budgets import Budgets
from .graph import Event, TaskGraph
from .journal import Journal
from .observations import ObservationStore
from .people import Nobody, Person, Watched
from .planners.instructions import InstructionPlanner
from .planners.planner import Planner
from .run_control import RunControl
from .run_settings import RunResult, RunSettings, Status
from .state import RunState
from .step_records import StepWriter
from .trajectory.model_calls import CallBook
from .trajectory.recording import Recorder, StepRecord
from .trajectory.report import write_report
from .trajectory.run_folder import RunFolder

App = CompiledStateGraph[RunState, None, RunState, RunState]

NODES_A_STEP = 5
"""observe, plan, guard, act, verify; with one more round for a look that went stale."""


def _tell_nobody(_news: object) -> None:
    """Listen to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Who and what goes along with a run: none of it is stored."""

    person: Person = field(default_factory=Nobody)
    policy: Policy = field(default_factory=Policy)
    secrets: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] | None = None
    """Environment for launched applications; None for this process's own."""
    on_step: Callable[[StepRecord], None] = _tell_nobody
    on_event: Callable[[Event], None] = _tell_nobody
    on_launch: Callable[[int], None] = _tell_nobody
    sources: Sources = NO_MODELS
    """Models that may tell where a described thing is."""
    control: RunControl | None = None
    """How the run is watched; made where there is none. Whoever asks a person asks it whether
    the answer came from elsewhere."""
    approvals: Approvals | None = None
    """Where a watcher's yes comes from; None for the user's own folder."""
    watchers_answer: bool = True
    """Whether who watches is asked as well; False where the person is asked in the folder of
    approvals already, so that one question does not stand there twice."""


def run_task(
    task: str,
    *,
    folder: RunFolder,
    settings: RunSettings,
    desktop: Desktop,
    planner: Planner | None = None,
    along: Company | None = None,
) -> RunResult:
    """Do a task.

    Args:
        task: What to do; sentences of the instruction language for the default planner. Secrets
            have been taken out (`instructions.secrets.hide_secrets`).
        folder: A new run folder.
        settings: Limits.
        desktop: Where to do it.
        planner: Chooses the actions; the instruction planner by default.
        along: Person, policy, secrets and listeners.

    Returns:
        How it ended, with the report's path. A run that was stopped by a person, lost
        its model, asked a question that nobody answered, or was killed can be resumed with
        `resume_task`.

    Raises:
        InstructionError: If the task does not parse, before anything is done.
    """
    chosen = InstructionPlanner(task) if planner is None else planner
    first: RunState = {"task": task, "step": 1, "memory": {}, "status": "running", "reason": ""}
    return _Run(folder, settings, desktop, chosen, along or Company()).go(first)


def resume_task(
    *,
    folder: RunFolder,
    settings: RunSettings,
    desktop: Desktop,
    planner: Planner | None = None,
    along: Company | None = None,
) -> RunResult:
    """Go on with a run where it stopped: no action that may have happened is done again.

    Raises:
        RunError: If the run is over already or its files cannot be read.
    """
    task = folder.begin_again()
    chosen = InstructionPlanner(task) if planner is None else planner
    first: RunState = {"task": task, "step": 1, "memory": {}, "status": "running", "reason": ""}
    return _Run(folder, settings, desktop, chosen, along or Company()).go(first, resume=True)


class _Run:
    """One process's share of a run."""

    def __init__(
        self,
        folder: RunFolder,
        settings: RunSettings,
        desktop: Desktop,
        planner: Planner,
        along: Company,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._desktop = desktop
        self._along = along
        redaction = Redaction(values=tuple(along.secrets.values()))
        self._writer = StepWriter(Recorder(folder.path), redaction, on_step=along.on_step)
        self._journal = Journal(folder.path / "journal.db")
        self._observer = load_observer(desktop)
        budgets = Budgets(settings, spent_s=folder.spent_s)
        self._calls = CallBook(folder.path, budgets, keep_prompts=settings.keep_prompts)
        self._control = along.control or RunControl(folder.path, desktop.takeover)
        person = along.person
        if along.watchers_answer:
            person = Watched(
                person,
                control=self._control,
                approvals=along.approvals or Approvals(default_folder()),
                run=folder.path,
            )
        self._graph = TaskGraph(
            planner=planner,
            hands=Hands(
                desktop,
                self._observer,
                Gate(along.policy, person.approve),
                secrets=along.secrets.get,
                redaction=redaction,
                env=along.env,
                pictures=folder.path,
                on_launch=along.on_launch,
                sources=along.sources,
            ),
            journal=self._journal,
            store=ObservationStore(folder.path, redaction),
            writer=self._writer,
            budgets=budgets,
            calls=self._calls,
            person=person,
            control=self._control,
            on_event=along.on_event,
        )

    def go(self, first: RunState, *, resume: bool = False) -> RunResult:
        """Run the graph to its end, its next question, or the person's stop."""
        status: Status
        try:
            with self._desktop.takeover.watching(), self._control.listening():
                if resume:
                    # A process that was killed between press and release left them down.
                    self._desktop.input.release_everything()
                status, reason = self._stream(first, resume=resume)
        except TakenOver as error:
            status, reason = "stopped", str(error)
        except ModelUnavailable as error:
            # Nothing went wrong on the desktop: it is kept, and the run goes on once it answers.
            status, reason = "stopped", str(error)
        except DeskhandError as error:
            status, reason = "failed", str(error)
        finally:
            self._journal.close()
            self._observer.close()
        self._folder.end(status=status, reason=reason)
        steps = len(self._writer.history())
        report = write_report(self._folder.path)
        return RunResult(
            status=status, reason=reason, steps=steps, usage=self._calls.total, report=report
        )

    def _stream(self, first: RunState, *, resume: bool) -> tuple[Status, str]:
        config: RunnableConfig = {
            "configurable": {"thread_id": self._folder.id},
            "recursion_limit": NODES_A_STEP * (self._settings.max_steps + 2) * 2,
        }
        with _Checkpointer(self._folder.path / "checkpoint.db") as saver:
            app = self._graph.build().compile(checkpointer=saver)
            # A run that was killed before its first checkpoint begins at the beginning.
            has_begun = resume and saver.get_tuple(config) is not None
            given: RunState | None = None if has_begun else first
            if has_begun:
                self._reopen(app, config)
            try:
                for _update in app.stream(given, config, durability="sync"):
                    pass
            except GraphRecursionError:
                return "budget", "the run took more rounds than its steps allow"
            snapshot = app.get_state(config)
        if snapshot.interrupts:
            payload: Mapping[str, Any] = snapshot.interrupts[0].value
            return "asked", _question(payload)
        values = snapshot.values
        return values["status"], values["reason"]

    def _reopen(self, app: App, config: RunnableConfig) -> None:
        """Let a run go on that used up its budget; one that failed is over.

        Raises:
            RunError: If the run failed: what its next sentence needs is not there.
        """
        values = app.get_state(config).values
        if values.get("status") == "failed":
            raise RunError(f"run {self._folder.id} failed ({values['reason']}); start it anew")
        if values.get("status") == "budget":
            app.update_state(config, {"status": "running", "reason": ""}, as_node="verify")


class _Checkpointer:
    """A SqliteSaver on a file that only the user can read."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False)

    def __enter__(self) -> SqliteSaver:
        return SqliteSaver(self._connection)

    def __exit__(self, *_details: object) -> None:
        self._connection.close()


def _question(payload: Mapping[str, Any]) -> str:
    if payload["kind"] == "approval":
        return f"step {payload['step']} needs a person's yes: {payload['reason']}"
    return str(payload["question"])
