"""Which elements of a screen answer a description, by their names and pixels: no model is asked.

The confidence of an answer says how well what was stated is met, in [0, 1]: the words exactly 0.95,
within a longer text or by another name for the same thing less, times how far kind, colour and
place agree. What contradicts a stated trait is left with a tenth, which is below `ENOUGH`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..perception.elements import Element, Observation, Role
from ..perception.ground import describe, is_label_of
from ..perception.modality import blocking_dialog
from ..perception.reading_order import in_reading_order
from ..perception.text_match import ALIKE, EXACT, WITHIN, match_text, normalise
from .colours import CLEAR_SHARE, TRACE_SHARE, Colour, main_colour, share_of
from .description import Description, Kind
from .icon_names import is_look, is_sign_of, other_names
from .places import CONTRADICTED, beside, farthest, in_area, side_factor

FoundBy = Literal["ocr", "accessibility", "icon", "clip", "vlm"]

ENOUGH = 0.35
"""Less is no answer."""
EQUAL = 0.05
"""Confidences this close are equally good."""
NAMED_EXACTLY, NAMED_ALIKE, NAMED_NEARLY = 0.95, 0.9, 0.65
NAMED_WITHIN, NAMED_WITHIN_RISE = 0.55, 0.3
"""Words within a longer text: the more of it they are, the better."""
NAMED_OTHERWISE, NAMED_OTHERWISE_WITHIN = 0.78, 0.5
BY_SIGN = 0.58
UNNAMED = 0.7
"""Where no words were stated."""
NEAR_KIND, OTHER_KIND = 0.9, 0.3
"""The words on a thing of another kind are no answer: "Price list" is no heading "Price"."""
UNTOLD = 0.5
"""A stated colour that the pixels do not tell."""
TRACE = 0.75
NARROWED = 0.95
"""Chosen among equals by place or rank."""
PASSED_OVER = 0.5
MAX_SIGN_CHARS = 2
ICON_SIDE_PX = 64
ICON_SKEW = 2.0
LARGER = 1.3
"""What is called large or small differs so much in area from the next one."""
NEUTRAL_SHARE, NEUTRAL_TRACE = 0.45, 0.3
"""Of black, grey or white: outlines and letters are always some of it."""
WORDED: frozenset[Role] = frozenset(("text", "link", "menuitem", "tab", "option"))
"""What these are is known by their words: with none stated they are not taken for another kind."""
NEUTRAL: frozenset[Colour] = frozenset(("black", "grey", "white"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One element that may be meant."""

    element: Element
    confidence: float
    source: FoundBy
    lacks: tuple[str, ...] = ()
    """What contradicts the description, in words."""


def candidates(
    observation: Observation, about: Description, elements: Sequence[Element]
) -> list[Candidate]:
    """Return the elements that may be meant, best first; those below `ENOUGH` say why.

    Args:
        observation: What is seen.
        about: What was stated.
        elements: Those of the observation that are in question.
    """
    rated = [
        rated
        for element in elements
        if (named := _named(about, element)) is not None
        and (rated := _rated(observation, about, named)) is not None
    ]
    rated = _without_doubles(rated)
    rated.sort(key=lambda candidate: -candidate.confidence)
    return _narrowed(observation, about, rated)


def equals(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Return the best candidates that no one can tell apart; empty where none is good enough."""
    if not ranked or ranked[0].confidence < ENOUGH:
        return []
    return [c for c in ranked if ranked[0].confidence - c.confidence < EQUAL]


# --- one by one


def _named(about: Description, element: Element) -> Candidate | None:
    """Return an element by its name alone, None if its name is another."""
    seen: FoundBy = "accessibility" if element.source == "accessibility" else "ocr"
    if not about.words:
        is_control = element.role != "text"
        if about.kind is None and not is_control:
            return None
        drawn = seen if element.text or seen == "accessibility" else "icon"
        return Candidate(element=element, confidence=UNNAMED, source=drawn)
    confidence = _name_confidence(about.words, element)
    is_icon = about.kind is not None and about.kind.is_picture
    # Nobody calls a menu "magnifier".
    has_other_names = is_icon or not is_look(about.words) or looks_like_icon(element)
    for name in other_names(about.words, is_icon=is_icon) if has_other_names else ():
        other = _name_confidence(name, element)
        if other >= NAMED_ALIKE:
            confidence = max(confidence, NAMED_OTHERWISE)
        elif other >= NAMED_WITHIN and element.role not in ("text", "link"):
            confidence = max(confidence, NAMED_OTHERWISE_WITHIN * (0.5 + other / 2))
    if confidence >= ENOUGH:
        return Candidate(element=element, confidence=confidence, source=seen)
    is_sign = looks_like_icon(element) and seen == "ocr" and len(element.text) <= MAX_SIGN_CHARS
    if is_sign and is_sign_of(element.text, about.words, is_icon=is_icon):
        return Candidate(element=element, confidence=BY_SIGN, source="icon")
    return None


def _name_confidence(words: str, element: Element) -> float:
    text = element.text
    found = match_text(words, text)
    if found is not None:
        if found.score >= ALIKE:
            return NAMED_EXACTLY if found.score == EXACT else NAMED_ALIKE
        if WITHIN - 20 <= found.score <= WITHIN:
            return NAMED_WITHIN + NAMED_WITHIN_RISE * (found.end - found.start) / len(text)
        return NAMED_NEARLY
    wanted, said = set(normalise(words).split()), normalise(text).split()
    if element.role != "text" and len(wanted) > 1 and wanted <= set(said):
        return NAMED_WITHIN
    return 0.0


def _rated(observation: Observation, about: Description, named: Candidate) -> Candidate | None:
    element = named.element
    factor = 1.0
    lacks: list[str] = []
    if about.kind is not None:
        factor *= kind_factor(about.kind, element)
        is_other = element.role not in about.kind.roles and factor < 1
        if not about.words and (factor == OTHER_KIND or (is_other and element.role in WORDED)):
            return None
        if factor == OTHER_KIND:
            lacks.append(f"is a {element.role}, not a {about.kind.word}")
    if about.colour is not None:
        coloured = _colour_factor(observation, element, about.colour)
        factor *= coloured
        if coloured == CONTRADICTED:
            other = main_colour(observation.capture.pixels, element.box)
            lacks.append(f"is {other}, not {about.colour}")
    if about.sides:
        placed = side_factor(observation, element, about)
        factor *= placed
        if placed <= CONTRADICTED:
            lacks.append(f"is not at the {' '.join(about.sides)}")
    if about.area is not None and not in_area(observation, element, about.area):
        factor *= CONTRADICTED
        lacks.append(f"is not in the {about.area}")
    return replace(named, confidence=named.confidence * factor, lacks=tuple(lacks))


def kind_factor(kind: Kind, element: Element) -> float:
    """Return how well an element's kind is the one that was stated, in [0, 1]."""
    if element.role in kind.roles:
        return 1.0
    if kind.is_picture:
        # A small button that tells its name, with no words on it, is what people call an icon.
        is_icon = looks_like_icon(element) and not has_words(element)
        return 1.0 if is_icon else OTHER_KIND
    return NEAR_KIND if element.role in kind.near else OTHER_KIND


def has_words(element: Element) -> bool:
    """Tell whether words can be read on an element; the sign on an icon is none."""
    return element.source != "accessibility" and len(element.text) > MAX_SIGN_CHARS


def looks_like_icon(element: Element) -> bool:
    """Tell whether an element is a small picture, or has the size and form of one."""
    if element.role in ("icon", "image"):
        return True
    long = max(element.box.width, element.box.height)
    short = min(element.box.width, element.box.height)
    is_small = long <= ICON_SIDE_PX and long <= ICON_SKEW * short
    return is_small and element.role in ("button", "link", "text", "tab", "menuitem")


def _colour_factor(observation: Observation, element: Element, colour: Colour) -> float:
    share = share_of(colour, observation.capture.pixels, element.box)
    if share is None:
        return UNTOLD
    clear, trace = (
        (NEUTRAL_SHARE, NEUTRAL_TRACE) if colour in NEUTRAL else (CLEAR_SHARE, TRACE_SHARE)
    )
    if share >= clear:
        # What is all blue is meant before what is blue in part.
        return 0.85 + 0.15 * min(1.0, share / 0.6)
    return TRACE if share >= trace else CONTRADICTED


# --- among each other


def _without_doubles(rated: Sequence[Candidate]) -> list[Candidate]:
    """Drop the label or the content of a control that answers as well, and twice found places."""
    controls = [c.element for c in rated if c.element.role not in ("text", "icon")]
    kept: list[Candidate] = []
    for candidate in sorted(rated, key=lambda c: (-c.confidence, c.element.role == "text")):
        element = candidate.element
        if element.role == "text" and any(is_label_of(element, other) for other in controls):
            continue
        if not any(is_same_place(element, other.element) for other in kept):
            kept.append(candidate)
    return kept


def is_same_place(one: Element, other: Element) -> bool:
    """Tell whether a click on either is a click on both."""
    if one.id == other.id:
        return True
    if one.window != other.window or (one.text and other.text and one.text != other.text):
        return False
    smaller, larger = sorted((one, other), key=lambda e: e.box.area)
    return larger.box.contains(*smaller.click_at) and larger.box.area <= 12 * smaller.box.area


def _narrowed(
    observation: Observation, about: Description, ranked: list[Candidate]
) -> list[Candidate]:
    """Let what tells equals apart decide: neighbours, the farthest place, size, rank, window."""
    best = equals(ranked)
    if about.relation is not None:
        best = _related(observation, about, ranked, best)
        if not best:
            return _refused(ranked, f'is not {about.relation.where} "{about.relation.anchor}"')
    steps: tuple[Callable[[list[Candidate]], list[Candidate]], ...] = (
        lambda own: _farthest(observation, about, own),
        lambda own: _sized(about, own),
        lambda own: _in_active_window(observation, own),
        lambda own: _nth(about, own),
    )
    chosen = best
    for step in steps:
        chosen = step(chosen)
    if best and not chosen:
        return _refused(ranked, f"is one of {len(best)}: there is no number {about.nth}")
    if len(chosen) == len(equals(ranked)):
        return ranked
    numbers = {candidate.element.id for candidate in chosen}
    others = [c for c in ranked if c.element.id not in numbers]
    others = [replace(c, confidence=c.confidence * PASSED_OVER) for c in others]
    chosen = [replace(c, confidence=c.confidence * NARROWED) for c in chosen]
    return [*chosen, *sorted(others, key=lambda c: -c.confidence)]


def _refused(ranked: Sequence[Candidate], lacks: str) -> list[Candidate]:
    return [
        replace(c, confidence=c.confidence * CONTRADICTED, lacks=(*c.lacks, lacks)) for c in ranked
    ]


def _related(
    observation: Observation,
    about: Description,
    ranked: Sequence[Candidate],
    best: Sequence[Candidate],
) -> list[Candidate]:
    assert about.relation is not None
    by_id = {candidate.element.id: candidate for candidate in ranked}
    good = [c for c in ranked if c.confidence >= ENOUGH]
    for group in (best, good):
        near = beside(observation, [c.element for c in group], about.relation)
        if near:
            return [by_id[element.id] for element in near]
    return []


def _farthest(
    observation: Observation, about: Description, own: list[Candidate]
) -> list[Candidate]:
    sides = about.sides if about.extreme is None else (about.extreme,)
    # Of several at the bottom none is meant more than the others; in a corner one is.
    is_loose = about.extreme is None and len(sides) == 1 and "middle" not in sides
    if not sides or is_loose or len(own) < 2 or about.nth is not None:
        return own
    numbers = {e.id for e in farthest(observation, [c.element for c in own], sides)}
    return [c for c in own if c.element.id in numbers]


def _sized(about: Description, own: list[Candidate]) -> list[Candidate]:
    if about.size is None or len(own) < 2:
        return own
    ordered = sorted(own, key=lambda c: c.element.box.area, reverse=about.size == "large")
    first, second = (max(1, c.element.box.area) for c in ordered[:2])
    return ordered[:1] if max(first, second) >= LARGER * min(first, second) else own


def _in_active_window(observation: Observation, own: list[Candidate]) -> list[Candidate]:
    active = observation.active_window
    if active is None:
        return own
    return [c for c in own if c.element.window == active.title] or own


def _nth(about: Description, own: list[Candidate]) -> list[Candidate]:
    if about.nth is None:
        return own
    ordered = in_reading_order([c.element for c in own])
    place = about.nth - 1 if about.nth > 0 else about.nth
    if not -len(ordered) <= place < len(ordered):
        return []
    return [c for c in own if c.element.id == ordered[place].id]


def open_to_clicks(
    observation: Observation, elements: Sequence[Element]
) -> tuple[list[Element], list[Element]]:
    """Return the elements that take a click, and those that wait for a dialog."""
    blocked = {e.id for e in elements if blocking_dialog(observation, e) is not None}
    return (
        [e for e in elements if e.id not in blocked],
        [e for e in elements if e.id in blocked],
    )


def why_not(ranked: Sequence[Candidate]) -> str:
    """Return in words what the best candidate lacks, empty if there is none or it lacks nothing."""
    if not ranked or not ranked[0].lacks:
        return ""
    return f"{describe(ranked[0].element)} is there, but {' and '.join(ranked[0].lacks)}"
