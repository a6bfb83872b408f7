"""What came of an action: the effect that was seen, with its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .desktop.geometry import Box

Effect = Literal["confirmed", "no_effect", "diverged", "unverifiable", "refused"]
"""
confirmed     what the action is for was seen on the screen, or read back
no_effect     the screen was watched until patience ran out and did not change
diverged      something else happened: the target moved, another window took the keyboard, an
              expectation did not come true
unverifiable  something changed, but not enough to tell (a focus ring, text that cannot be read)
refused       nothing was done: the policy, a person or an argument stopped it
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one action. "The call returned" is never success: read `effect`."""

    effect: Effect
    evidence: str
    """One sentence for a person: what was seen."""
    changed: tuple[Box, ...] = ()
    """Where the screen changed, in pixels of the observation the action was chosen on."""
    elapsed_s: float = 0.0
    answer: str = ""
    """What a person answered to `ask_user`, or the clipboard's or screenshot's handle."""
    remedy: str = ""
    """How a refusal could be lifted, in words of ours alone; for now, and not for records."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data for a record."""
        return {
            "effect": self.effect,
            "evidence": self.evidence,
            "changed": [list(box.xyxy) for box in self.changed],
            "elapsed_s": round(self.elapsed_s, 3),
            "answer": self.answer,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that `to_json` wrote."""
        return cls(
            effect=record["effect"],
            evidence=record["evidence"],
            changed=tuple(Box(*xyxy) for xyxy in record["changed"]),
            elapsed_s=record["elapsed_s"],
            answer=record["answer"],
        )
