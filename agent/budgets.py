"""Limits that are on by default: steps, seconds, tokens, the same action on the same screen."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ..memory.errors import BudgetExceeded
from .run_settings import RunSettings


class Budgets:
    """Counts what a run uses up.

    Args:
        settings: The limits.
        spent_s: Seconds that earlier processes of the same run used.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        settings: RunSettings,
        *,
        spent_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._started = clock() - spent_s
        self._tokens = 0
        self._seen: Counter[str] = Counter()

    @property
    def elapsed_s(self) -> float:
        """Seconds used so far, over all processes of the run."""
        return self._clock() - self._started

    @property
    def left_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._settings.max_seconds - self.elapsed_s)

    def check(self, step: int) -> None:
        """Raise if a step that is about to begin, or to ask a model, is over a limit.

        Args:
            step: Counts from 1.

        Raises:
            BudgetExceeded: Naming the limit and the option that raises it.
        """
        if step > self._settings.max_steps:
            raise BudgetExceeded(
                f"{self._settings.max_steps} steps are used up; allow more with --max-steps"
            )
        if self.elapsed_s >= self._settings.max_seconds:
            raise BudgetExceeded(
                f"{self._settings.max_seconds:g} seconds are used up; allow more with --max-seconds"
            )
        if self._tokens >= self._settings.max_tokens:
            raise BudgetExceeded(
                f"{self._settings.max_tokens} tokens are used up; allow more with --max-tokens"
            )

    def note_tokens(self, count: int) -> None:
        """Count the tokens of a model call, also of an earlier process of the run."""
        self._tokens += count

    def note_action(self, action: Mapping[str, Any], screen_sha256: str) -> None:
        """Count an action on a screen.

        Raises:
            BudgetExceeded: If the same action met the same screen too often. The count is over the
                whole run, so that two actions taken in turns for ever are caught as well.
        """
        text = json.dumps(_without_views(action), sort_keys=True) + screen_sha256
        key = hashlib.sha256(text.encode()).hexdigest()
        self._seen[key] += 1
        if self._seen[key] > self._settings.max_repeats:
            raise BudgetExceeded(
                f"the same {action['kind']} met the same screen {self._seen[key]} times; "
                "the run goes in circles"
            )


def _without_views(action: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action without the ids of views, which are new at every look at the same screen."""
    return {
        name: {key: part for key, part in value.items() if key != "view"}
        if isinstance(value, Mapping)
        else value
        for name, value in action.items()
    }
