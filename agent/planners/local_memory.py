"""What the planner for small models remembers from turn to turn."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .plan_line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMemory:
    """What goes from turn to turn; all of it JSON."""

    plan: tuple[Line, ...] = ()
    at: int = 0
    inner: Mapping[str, Any] = field(default_factory=dict)
    """What the instruction planner remembers of the sentence that is being done."""
    screen: tuple[str, ...] = ()
    """Fingerprint of the screen that the plan is for."""
    done: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Sentences that were carried out, each with the fingerprint of its screen."""
    failed: tuple[str, ...] = ()
    """Sentences that did not have their effect."""
    is_stuck: bool = False
    """Whether the last sentence that was tried is one of these."""
    answers: tuple[str, ...] = ()
    """What a person said."""
    is_asking: bool = False
    is_cut: bool = False
    """Whether the plan had more, for the screen that comes after it."""
    plans: int = 0
    waits: int = 0
    doubts: int = 0
    """How often the end was put off because something of the task was not shown to be done."""
    repaired: tuple[str, ...] = ()
    """Sentences that were put in without the model."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the run's state."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "PlanMemory":
        """Return what `to_json` made; an empty record is the beginning."""
        if not record:
            return cls()
        return cls(
            plan=tuple(Line(**line) for line in record["plan"]),
            at=record["at"],
            inner=record["inner"],
            screen=tuple(record["screen"]),
            done=tuple((sentence, tuple(screen)) for sentence, screen in record["done"]),
            failed=tuple(record["failed"]),
            is_stuck=record["is_stuck"],
            answers=tuple(record["answers"]),
            is_asking=record["is_asking"],
            is_cut=record["is_cut"],
            plans=record["plans"],
            waits=record["waits"],
            doubts=record.get("doubts", 0),
            repaired=tuple(record.get("repaired", ())),
        )

    @property
    def sentences(self) -> list[str]:
        """What was carried out, in order."""
        return [sentence for sentence, _screen in self.done]

    @property
    def is_used_up(self) -> bool:
        """Whether every sentence of the plan is done."""
        return self.at >= len(self.plan)

    def done_on(self, screen: tuple[str, ...]) -> list[str]:
        """Return what was carried out on a screen with this fingerprint."""
        return [sentence for sentence, there in self.done if there == screen]
