"""Which space a model answers in, from its answers to questions whose truth is known."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ...memory.errors import ToolError
from .coordinates.families import FAMILIES, Family
from .coordinates.pictures import numbers_in
from .coordinates.spaces import PIXELS, SPACES, Number, Order, Space, position
from .coordinates.syntax import unwrap

ORDERS: tuple[Order, ...] = ("xy", "yx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question and what came of it."""

    description: str
    size: tuple[int, int]
    """Of the screen."""
    sent: tuple[int, int]
    """Of the picture the model was sent."""
    truth: tuple[float, float]
    """The middle of the square, in pixels of the screen."""
    answer: str
    error_px: float | None
    """The larger of the distances in x and in y, in pixels of the screen; None without a place."""
    problem: str = ""
    """Why there is no place."""


def what_fits(probes: Sequence[Probe], family: Family, bound_px: float) -> tuple[str, ...]:
    """Return the spaces that every answer fits, nearest first; empty if none does.

    Every space and order is tried, for the picture sent and for the screen itself; then pixels of
    a picture of any other size, which is what a server that shrinks pictures makes of them.
    """
    answers = [_numbers(probe.answer, family) for probe in probes]
    if not answers or not all(answers):
        return ()
    found: list[tuple[float, str]] = []
    for order in ORDERS:
        for space in SPACES:
            errors = [
                _error(numbers, probe, space, order, probe.sent)
                for numbers, probe in zip(answers, probes, strict=True)
            ]
            found.append((max(errors), f"{space.name} {order}"))
        if any(probe.sent != probe.size for probe in probes):
            errors = [
                _error(numbers, probe, PIXELS, order, probe.size)
                for numbers, probe in zip(answers, probes, strict=True)
            ]
            found.append((max(errors), f"pixels {order} of the screen, not of the picture sent"))
    fitting = sorted((error, name) for error, name in found if error <= bound_px)
    return tuple(name for _, name in fitting) or _other_sizes(probes, answers, bound_px)


def _numbers(answer: str, family: Family) -> tuple[Number, ...]:
    """Return an answer's numbers, in any family's syntax; none if it has none."""
    try:
        return numbers_in(answer, family)
    except ToolError:
        pass
    for other in FAMILIES.values():
        try:
            bare = unwrap(answer, thinks=True)
            numbers = next(filter(None, (syntax(bare) for syntax in other.syntaxes)), None)
        except ToolError:
            continue
        if numbers is not None:
            return numbers
    return ()


def _error(
    numbers: tuple[Number, ...], probe: Probe, space: Space, order: Order, size: tuple[int, int]
) -> float:
    """Return the error an answer would have in a space; infinite if it is not of it."""
    try:
        place = position(numbers, space, order, size)
    except ToolError:
        return float("inf")
    if place is None:
        return float("inf")
    return max(
        abs(place[axis] * probe.size[axis] / size[axis] - probe.truth[axis]) for axis in (0, 1)
    )


def _other_sizes(
    probes: Sequence[Probe], answers: Sequence[tuple[Number, ...]], bound_px: float
) -> tuple[str, ...]:
    """Return the sizes of picture that answers in pixels fit, one for each screen, or nothing."""
    for order in ORDERS:
        found = []
        for size in dict.fromkeys(probe.size for probe in probes):
            pairs = [
                (numbers, probe)
                for numbers, probe in zip(answers, probes, strict=True)
                if probe.size == size
            ]
            fitted = (_side(pairs, 0, order), _side(pairs, 1, order))
            errors = [_error(numbers, probe, PIXELS, order, fitted) for numbers, probe in pairs]
            if max(errors) > bound_px:
                break
            found.append(f"{fitted[0]}x{fitted[1]} for {size[0]}x{size[1]}")
        else:
            return (f"pixels {order} of a picture of another size: about {', '.join(found)}",)
    return ()


def _side(pairs: Sequence[tuple[tuple[Number, ...], Probe]], axis: int, order: Order) -> int:
    """Return the side, in pixels, that makes the most of the answers right."""
    first = axis if order == "xy" else 1 - axis
    sides = [
        statistics.fmean(numbers[first::2]) * probe.size[axis] / probe.truth[axis]
        for numbers, probe in pairs
        # A square at the near edge says little about the far one.
        if probe.truth[axis] > probe.size[axis] / 4
    ]
    return max(1, round(statistics.median(sides)))
