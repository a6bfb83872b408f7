"""How much of what is really on a picture was found, and whether clicks would land. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.truth.records import Kind, TrueElement, TrueWord, Truth
from deskhand.memory.errors import Ambiguous, NotFound
from deskhand.tools.actions import TextTarget
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.elements import Element, Observation, Role
from deskhand.tools.perception.ground import find

ACTIONABLE: frozenset[Role] = frozenset(
    ("button", "textbox", "checkbox", "radio", "switch", "combobox", "spinbutton", "slider",
     "link", "menuitem", "tab", "icon")
)  # fmt: skip
"""Roles that say: this can be operated. A `text` says nothing, and so is never wrong."""

RIGHT_ROLES: dict[Kind, frozenset[Role]] = {
    "button": frozenset(("button",)),
    "field": frozenset(("textbox", "spinbutton")),
    "checkbox": frozenset(("checkbox", "switch")),
    "radio": frozenset(("radio",)),
    "link": frozenset(("link",)),
    "icon": frozenset(("icon", "button")),
    "tab": frozenset(("tab",)),
    "menu item": frozenset(("menuitem",)),
    "combobox": frozenset(("combobox",)),
    "slider": frozenset(("slider",)),
}
NEAR_PX = 3
"""A text's box may be this much too tight: a tight one ends at the ink of its letters."""
SAME_IOU = 0.3
LABEL_CHARS = 200
"""A target's text may not be longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One thing that was not found or not hit."""

    what: str
    """Such as `recall` or `click`."""
    kind: str
    label: str
    box: Box
    got: str
    """What was there instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of how many."""

    right: int = 0
    of: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(right=self.right + other.right, of=self.of + other.of)

    @property
    def share(self) -> float | None:
        """In [0, 1]; None where there was nothing to find."""
        return self.right / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well one picture, or several, were understood."""

    words: Tally
    recall: dict[Kind, Tally]
    """True elements that one of ours clicks on."""
    roles: dict[Kind, Tally]
    """True elements that one of ours of the right role clicks on."""
    clicks: dict[Kind, Tally]
    """True elements that are hit when they are asked for by their label."""
    precision: Tally
    """Our actionable elements that are true ones."""
    misses: tuple[Miss, ...] = ()

    def __add__(self, other: "Score") -> "Score":
        return Score(
            words=self.words + other.words,
            recall=_merged(self.recall, other.recall),
            roles=_merged(self.roles, other.roles),
            clicks=_merged(self.clicks, other.clicks),
            precision=self.precision + other.precision,
            misses=self.misses + other.misses,
        )


EMPTY = Score(words=Tally(), recall={}, roles={}, clicks={}, precision=Tally())


def _merged(a: dict[Kind, Tally], b: dict[Kind, Tally]) -> dict[Kind, Tally]:
    return {kind: a.get(kind, Tally()) + b.get(kind, Tally()) for kind in {**a, **b}}


def total(tallies: dict[Kind, Tally]) -> Tally:
    """Return all kinds taken together."""
    return sum(tallies.values(), Tally())


def score(observation: Observation, truth: Truth) -> Score:
    """Compare what was perceived with what is there, on one picture."""
    words, word_misses = score_words(text_boxes(observation.elements), truth.words)
    recall, roles, recall_misses = _score_recall(observation.elements, truth.elements)
    clicks, click_misses = _score_clicks(observation, truth)
    precision, false_ones = _score_precision(observation.elements, truth)
    return Score(
        words=words,
        recall=recall,
        roles=roles,
        clicks=clicks,
        precision=precision,
        misses=(*word_misses, *recall_misses, *click_misses, *false_ones),
    )


# --- text


def text_boxes(elements: Sequence[Element]) -> list[tuple[str, Box]]:
    """Return each element's text and box."""
    return [(element.text, element.box) for element in elements if element.text]


def tokens(text: str) -> frozenset[str]:
    """Return the words of a text as they are compared: case and marks between them aside.

    An underscore is no mark: an underline that was read as one spoils the word.

    >>> sorted(tokens('"Save As…" (Ctrl+S)'))
    ['as', 'ctrl', 's', 'save']
    """
    return frozenset(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def score_words(
    texts: Sequence[tuple[str, Box]], words: Sequence[TrueWord]
) -> tuple[Tally, list[Miss]]:
    """Count the words that stand in a text at their place; signs alone, as stars, are no words.

    Args:
        texts: What was read, and where.
        words: What stands there.
    """
    read = [(tokens(text), text, box.inflate(NEAR_PX)) for text, box in texts]
    right, misses = 0, []
    words = [word for word in words if tokens(word.text)]
    for word in words:
        x, y = word.box.centre
        here = [
            (found, text)
            for found, text, box in read
            if (box.contains(x, y) if word.is_exact else box.intersect(word.box) is not None)
        ]
        wanted = tokens(word.text)
        if any(wanted <= found for found, _ in here):
            right += 1
        else:
            got = " | ".join(repr(text) for _, text in here) or "nothing"
            misses.append(Miss(what="read", kind="text", label=word.text, box=word.box, got=got))
    return Tally(right=right, of=len(words)), misses


# --- elements


def hit_by(elements: Sequence[TrueElement], x: float, y: float) -> TrueElement | None:
    """Return what a click there operates: of several, one in another, the smallest."""
    return min((e for e in elements if e.is_hit(x, y)), key=lambda e: e.area, default=None)


def _score_recall(
    ours: Sequence[Element], true: Sequence[TrueElement]
) -> tuple[dict[Kind, Tally], dict[Kind, Tally], list[Miss]]:
    hitters: dict[int, list[Element]] = {}
    for element in ours:
        hit = hit_by(true, *element.click_at)
        if hit is not None:
            hitters.setdefault(id(hit), []).append(element)
    recall: dict[Kind, Tally] = {}
    roles: dict[Kind, Tally] = {}
    misses = []
    for true_one in true:
        found = hitters.get(id(true_one), [])
        has_role = any(other.role in RIGHT_ROLES[true_one.kind] for other in found)
        _count(recall, true_one.kind, bool(found))
        _count(roles, true_one.kind, has_role)
        if not has_role:
            near = found or [other for other in ours if other.box.intersect(true_one.box)]
            misses.append(_miss("role" if found else "recall", true_one, near))
    return recall, roles, misses


def _count(tallies: dict[Kind, Tally], kind: Kind, is_right: bool) -> None:
    tallies[kind] = tallies.get(kind, Tally()) + Tally(right=int(is_right), of=1)


def _miss(what: str, element: TrueElement, got: Sequence[Element]) -> Miss:
    listed = _listed(got)
    return Miss(what=what, kind=element.kind, label=element.label, box=element.box, got=listed)


def _listed(elements: Sequence[Element]) -> str:
    return ", ".join(_shown(element) for element in elements[:4]) or "nothing"


def _shown(element: Element) -> str:
    return f'{element.role} "{element.text}" {element.box.xyxy}'


def _score_clicks(observation: Observation, truth: Truth) -> tuple[dict[Kind, Tally], list[Miss]]:
    """Ask for each true element by its label, as a person would, and see what would be hit."""
    dialog = next((w.box for w in observation.windows if w.is_active and w.is_dialog), None)
    named = [
        element
        for element in truth.elements
        if element.is_label_visible
        and 0 < len(element.label) <= LABEL_CHARS
        # What lies behind a dialog cannot be operated, and grounding prefers the dialog.
        and (dialog is None or dialog.intersect(element.box) is not None)
    ]
    times = Counter(_label(element) for element in named)
    clicks: dict[Kind, Tally] = {}
    misses = []
    for element in named:
        chosen, said = _choose(observation, element.label)
        # What lies outside, as the browser's own title, nobody knows all about.
        chosen = [one for one in chosen if _is_known(one, truth)]
        hits = [hit_by(truth.elements, *one.click_at) for one in chosen]
        if len(chosen) > 1:
            # Where the label stands several times, asking back which one is meant is right.
            is_twice = times[_label(element)] > 1 or _is_written_elsewhere(element, truth.words)
            is_right = is_twice and any(hit is element for hit in hits)
        else:
            is_right = any(hit is not None and _label(hit) == _label(element) for hit in hits)
        _count(clicks, element.kind, is_right)
        if not is_right:
            misses.append(replace(_miss("click", element, chosen), got=said or _listed(chosen)))
    return clicks, misses


def _label(element: TrueElement) -> str:
    return " ".join(sorted(tokens(element.label))) or element.label


def _is_written_elsewhere(element: TrueElement, words: Sequence[TrueWord]) -> bool:
    """Tell whether the words of a label also stand where a click does not operate the element."""
    near = element.box.inflate(30)
    elsewhere = {
        token for word in words if near.intersect(word.box) is None for token in tokens(word.text)
    }
    wanted = tokens(element.label)
    return bool(wanted) and wanted <= elsewhere


def _choose(observation: Observation, label: str) -> tuple[list[Element], str]:
    """Return what grounding chooses for a label, or its candidates, and why there is nothing."""
    try:
        return [find(observation, TextTarget(text=label))], ""
    except Ambiguous as error:
        candidates = [one for one in error.candidates if isinstance(one, Element)]
        return candidates, f"ambiguous: {_listed(candidates)}"
    except NotFound as error:
        return [], str(error)


def _score_precision(ours: Sequence[Element], truth: Truth) -> tuple[Tally, list[Miss]]:
    counted = [
        element for element in ours if element.role in ACTIONABLE and _is_known(element, truth)
    ]
    false_ones = [
        element
        for element in counted
        if hit_by(truth.elements, *element.click_at) is None
        and not any(element.box.iou(true.box) >= SAME_IOU for true in truth.elements)
    ]
    misses = [
        Miss(what="false", kind=one.role, label=one.text, box=one.box, got=_shown(one))
        for one in false_ones
    ]
    return Tally(right=len(counted) - len(false_ones), of=len(counted)), misses


def _is_known(element: Element, truth: Truth) -> bool:
    """Tell whether an element lies where the truth is complete."""
    point = element.click_at
    is_inside = any(region.contains(*point) for region in truth.regions)
    return is_inside and not any(part.contains(*point) for part in truth.uncounted)
