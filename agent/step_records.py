"""From what happened in a step to its record on disk, with what must stay secret hidden."""

from collections.abc import Callable, Mapping
from typing import Any

from ..tools.actions import Action
from ..tools.grounding import Prepared
from ..tools.outcome import Outcome
from ..tools.perception.elements import Observation
from ..tools.safety.redaction import Redaction
from .planners.planner import StepSummary
from .planners.usage import Usage
from .trajectory.recording import PictureHandle, Recorder, StepRecord, read_steps


class StepWriter:
    """Writes the steps of one run and remembers them in short for the planner.

    Args:
        recorder: Writes the run folder.
        redaction: Knows what to hide in pictures.
        on_step: Told of every settled step, for progress.
    """

    def __init__(
        self,
        recorder: Recorder,
        redaction: Redaction,
        *,
        on_step: Callable[[StepRecord], None] = lambda _record: None,
    ) -> None:
        self.redaction = redaction
        self._recorder = recorder
        self._on_step = on_step
        self._history: dict[int, StepSummary] = {
            record.step: StepSummary(
                sentence=record.sentence,
                effect=record.outcome["effect"],
                evidence=record.outcome["evidence"],
                answer=_said_by_a_person(record.action["kind"], record.outcome.get("answer", "")),
            )
            for record in read_steps(recorder.folder)
        }

    def history(self) -> tuple[StepSummary, ...]:
        """Return the settled steps in order, those of earlier processes included."""
        return tuple(self._history[step] for step in sorted(self._history))

    def picture(self, observation: Observation) -> PictureHandle:
        """Save an observation's picture with fields for secrets blackened."""
        return self._recorder.picture(
            observation.capture, hide=self.redaction.boxes(observation.elements)
        )

    def step(
        self,
        *,
        step: int,
        sentence: str,
        note: str,
        action: Action,
        observation: Observation,
        prepared: Prepared | None,
        decision: Mapping[str, Any],
        outcome: Outcome,
        after: Observation | None,
        timings: Mapping[str, float],
        recovered: str,
        usage: Usage,
    ) -> None:
        """Record one settled step."""
        window = observation.active_window
        record = StepRecord(
            step=step,
            sentence=sentence,
            note=note,
            action=action.model_dump(mode="json"),
            observation=self.picture(observation),
            window="" if window is None else window.title,
            n_elements=len(observation.elements),
            settled=observation.settled,
            target=target_of(prepared),
            decision=dict(decision),
            outcome=outcome.to_json(),
            after=None if after is None else self.picture(after),
            timings={name: round(seconds, 3) for name, seconds in timings.items()},
            recovered=recovered or None,
            usage=usage.to_json(),
        )
        self._recorder.step(record)
        self._history[step] = StepSummary(
            sentence=sentence,
            effect=outcome.effect,
            evidence=outcome.evidence,
            answer=_said_by_a_person(action.kind, outcome.answer),
        )
        self._on_step(record)


def _said_by_a_person(kind: str, answer: str) -> str:
    """Return a person's answer; what other actions answer (a file's path) is no person's word."""
    return answer if kind == "ask_user" else ""


def target_of(prepared: Prepared | None) -> dict[str, Any] | None:
    """Return what an action lands on, as `StepRecord.target` has it."""
    if prepared is None or prepared.place is None:
        return None
    place = prepared.place
    element = place.element
    return {
        "text": "" if element is None else element.text,
        "role": "" if element is None else element.role,
        "box": None if element is None else list(element.box.xyxy),
        "point": [place.point.x, place.point.y],
    }
