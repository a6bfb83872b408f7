"""Whether what was to be seen after an action is there, and whether typed text arrived."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from rapidfuzz import fuzz

from ..actions import Expectation
from ..desktop.geometry import Box
from .elements import Element, Observation
from .ground import count, sees
from .reading_order import in_reading_order

MIN_READABLE_SHARE = 0.6
"""Of a text's characters the engine must know so many to judge it."""
REGION_PAD_PX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One expectation, looked at."""

    expectation: Expectation
    met: bool
    evidence: str


def check_expectations(
    expectations: Sequence[Expectation], before: Observation, after: Observation
) -> list[Check]:
    """Return for each expectation whether it came true between two looks."""
    return [_check(expectation, before, after) for expectation in expectations]


def _check(expectation: Expectation, before: Observation, after: Observation) -> Check:
    text = expectation.text
    match expectation.kind:
        case "text_appears":
            # What was there all along does not appear.
            more = count(after, text) > count(before, text)
            met = more or (sees(after, text) and not sees(before, text))
            state = "is there" if met else "did not appear"
            if not met and sees(after, text):
                state = "was there before"
            evidence = f'"{text}" {state}'
        case "text_gone":
            met = not sees(after, text)
            evidence = f'"{text}" is {"gone" if met else "still there"}'
        case "window_opened":
            was, now = _titles(before, text), _titles(after, text)
            met = bool(now - was)
            evidence = (
                f'window "{_title(after, text)}" is there' if met
                else f'no new window "{text}" is there'
            )  # fmt: skip
        case "window_closed":
            met = not _titles(after, text)
            evidence = f'window "{text}" is {"gone" if met else "still there"}'
        case unknown:
            assert_never(unknown)
    return Check(expectation=expectation, met=met, evidence=evidence)


def _titles(observation: Observation, words: str) -> set[tuple[int, str]]:
    """Return id and title of the windows that match; a changed title counts as another window."""
    wanted = words.casefold()
    return {
        (window.id, window.title)
        for window in observation.windows
        if wanted in window.title.casefold() or wanted in window.app.casefold()
    }


def _title(observation: Observation, words: str) -> str:
    return next(title for _, title in _titles(observation, words))


def text_arrived(
    typed: str,
    elements: Sequence[Element],
    changed: Sequence[Box],
    can_read: Callable[[str], bool],
) -> float | None:
    """Return how alike the typed text and what now reads where the screen changed are.

    Args:
        typed: What was typed.
        elements: What is there now.
        changed: Where the screen changed.
        can_read: Whether the OCR engine knows a character.

    Returns:
        In [0, 1]; None where too many characters are of a script the engine cannot read.
    """
    wanted = [_readable(line, can_read) for line in typed.split("\n")]
    n_visible = sum(not character.isspace() for character in typed)
    n_readable = sum(len(line) for line in wanted)
    if n_readable == 0 or n_readable < MIN_READABLE_SHARE * n_visible:
        return None
    regions = [box.inflate(REGION_PAD_PX) for box in changed]
    there = [
        element
        for element in elements
        if any(element.box.intersect(region) is not None for region in regions)
    ]
    read = _readable("".join(element.text for element in in_reading_order(there)), can_read)
    if not read:
        return 0.0
    lines = [line for line in wanted if line]
    alike = sum(_alike(line, read) * len(line) for line in lines)
    return alike / sum(len(line) for line in lines)


def _alike(line: str, read: str) -> float:
    if len(read) < len(line):
        return fuzz.ratio(line, read) / 100
    return fuzz.partial_ratio(line, read) / 100


def _readable(text: str, can_read: Callable[[str], bool]) -> str:
    """Return what of a text can be compared: known characters, without blanks and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and (can_read(c) or can_read(c.upper())))
