"""One sentence of a small model's plan, with what it acts on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence of a plan that may be carried out."""

    sentence: str
    """In the instruction language."""
    element_id: int | None = None
    """What it acts on; None for a sentence without a target."""
