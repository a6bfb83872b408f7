"""Keeps a run in the memory: the screens of its steps, and what was done once it is over."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..memory.errors import DeskhandError, InstructionError
from ..tools.actions import SECRET_SHOWN
from ..tools.safety.redaction import MIN_VALUE_CHARS, Redaction
from .instructions.secrets import hide_secrets
from .observations import ObservationStore
from .planners.planner import WENT_WRONG
from .run_settings import Status
from .trajectory.recording import StepRecord, read_steps

if TYPE_CHECKING:
    from ..memory.episodes import EpisodeMemory, Outcome
    from ..memory.screens import VisualMemory

logger = logging.getLogger(__name__)

OUTCOMES: Mapping[Status, "Outcome"] = {"done": "done", "failed": "failed"}
"""What a run that is over came to; any other can go on, and is kept once it is."""


class RunMemory:
    """Listens to the steps of one run.

    Args:
        memory: Where the screens are kept, tagged with the run.
        folder: The run folder, where each step's look lies with its secrets hidden already.
        known: Secrets that are known by their values.
    """

    def __init__(self, memory: "VisualMemory", folder: Path, known: Redaction) -> None:
        from ..memory.episodes import RUN_TAG
        from ..tools.remembering.recorder import ScreenRecorder

        self._recorder = ScreenRecorder(memory, known=known)
        self._store = ObservationStore(folder, known)
        self._folder = folder
        self._known = known
        self._tags = frozenset({RUN_TAG, f"{RUN_TAG}:{folder.name}"})

    def step(self, record: StepRecord) -> None:
        """Keep the screen that a step was chosen on; a failure is logged, and the run goes on."""
        try:
            seen = self._store.load(self._store.handle(record.step))
            self._recorder.record(seen, tags=self._tags)
        except DeskhandError as error:
            logger.warning("the screen of step %d is not remembered: %s", record.step, error)

    def ended(self, episodes: "EpisodeMemory", *, task: str, status: Status) -> None:
        """Keep a run that is over as an episode.

        Of a run that worked, the steps that went wrong are left out; of any, those that were taken
        in a window that is never remembered.

        Args:
            episodes: Where it is kept.
            task: What was asked, with its secrets hidden.
            status: How the run ended.

        Raises:
            RunError: If the run's files cannot be read.
            MemoryLocked: If another process writes to the memory for too long.
        """
        from ..memory.episodes import Episode

        outcome = OUTCOMES.get(status)
        if outcome is None:
            return
        steps = list(self._steps(with_failures=outcome != "done"))
        episode = Episode(
            task=self._clean(task),
            steps=tuple(self._clean(sentence) for sentence, _app in steps),
            outcome=outcome,
            time=datetime.now(UTC),
            app=next((app for _sentence, app in reversed(steps) if app), ""),
            run=self._folder.name,
        )
        episodes.add(episode)

    def _steps(self, *, with_failures: bool) -> Iterator[tuple[str, str]]:
        """Return the sentences of the steps, those of earlier processes included, with the app."""
        for record in read_steps(self._folder):
            if record.outcome["effect"] in WENT_WRONG and not with_failures:
                continue
            seen = self._store.load(self._store.handle(record.step))
            if self._recorder.exclusions.seen(seen).reason is None:
                active = seen.active_window
                yield record.sentence, "" if active is None else active.app

    def _clean(self, text: str) -> str:
        """Return a text without secrets: known ones, those for secret fields, and their forms."""
        from ..tools.remembering.redact import redact_text

        for value in self._known.values:
            if len(value) >= MIN_VALUE_CHARS:
                text = text.replace(value, SECRET_SHOWN)
        with suppress(InstructionError):  # plain words
            text, _values = hide_secrets(text)
        return redact_text(text)
