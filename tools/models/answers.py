"""What a chat model answered, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said, and the tools it called, the arguments as they came."""

    text: str
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Name and arguments; Any: JSON of a model, to be parsed."""
    checks: tuple[str, ...] = ()
    """Safety checks that the provider wants a person to see first."""
