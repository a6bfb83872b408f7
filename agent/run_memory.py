"""Keeps the screens of a run in the visual memory, step by step."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from ..memory.errors import DeskhandError
from ..tools.safety.redaction import Redaction
from .observations import ObservationStore
from .trajectory.recording import StepRecord

if TYPE_CHECKING:
    from ..memory.screens import VisualMemory

logger = logging.getLogger(__name__)


class RunMemory:
    """Listens to the steps of one run.

    Args:
        memory: Where the screens are kept, tagged with the run.
        folder: The run folder, where each step's look lies with its secrets hidden already.
        known: Secrets that are known by their values.
    """

    def __init__(self, memory: "VisualMemory", folder: Path, known: Redaction) -> None:
        from ..tools.remembering.recorder import ScreenRecorder

        self._recorder = ScreenRecorder(memory, known=known)
        self._store = ObservationStore(folder, known)
        self._tags = frozenset({"run", f"run:{folder.name}"})

    def step(self, record: StepRecord) -> None:
        """Keep the screen that a step was chosen on; a failure is logged, and the run goes on."""
        try:
            seen = self._store.load(self._store.handle(record.step))
            self._recorder.record(seen, tags=self._tags)
        except DeskhandError as error:
            logger.warning("the screen of step %d is not remembered: %s", record.step, error)
