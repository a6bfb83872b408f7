"""What was found, as words for people and models and as plain data for programs."""

from typing import Any

from ..perception.element_text import quoted, render_element
from ..perception.elements import Element
from .found import Found, Guess


def in_words(found: Found) -> str:
    """Return how a thing was found, what came second, and where sources disagree; in lines."""
    lines = [f"found by {found.source}, confidence {found.confidence:.2f}"]
    second = found.runner_up
    if second is not None:
        lines[0] += f"; runner-up: {_place(second)} ({second.source}, {second.confidence:.2f})"
    if found.disagreement:
        lines.append(f"sources disagree: {_on_one_line(found.disagreement)}")
    asked = [
        f"{verdict.source}: {verdict.status}"
        + (f" ({_on_one_line(verdict.said)})" if verdict.said else "")
        for verdict in found.verdicts
        if verdict.source in ("clip", "vlm") and verdict.status != "not asked"
    ]
    return "\n".join([*lines, *asked])


def to_json(found: Found) -> dict[str, Any]:
    """Return how a thing was found as plain data; the thing itself is told by others."""
    second = found.runner_up
    return {
        "found_by": found.source,
        "confidence": found.confidence,
        "runner_up": None if second is None else _guess(second),
        "disagreement": found.disagreement,
        "verdicts": [
            {"source": verdict.source, "status": verdict.status, "said": verdict.said}
            for verdict in found.verdicts
        ],
    }


def _guess(guess: Guess) -> dict[str, Any]:
    element = guess.element
    return {
        "id": None if element is None else element.id,
        "role": None if element is None else element.role,
        "text": "" if element is None else element.text,
        "point": [guess.point.x, guess.point.y],
        "found_by": guess.source,
        "confidence": round(guess.confidence, 3),
    }


def _place(guess: Guess) -> str:
    if guess.element is None:
        return f"({guess.point.x:.0f}, {guess.point.y:.0f})"
    return render_line(guess.element)


def _on_one_line(text: str) -> str:
    """Return words about a screen without line ends: an application's names may have some."""
    return " ".join(text.split())


def render_line(element: Element) -> str:
    """Return an element with its window, on one line that nothing on a screen can forge."""
    place = f" in window {quoted(element.window)}" if element.window else ""
    return render_element(element) + place
