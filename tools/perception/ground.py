"""From a description to the one element it means.

Exact text wins over text with marks around it, that over look-alikes, over words within a longer
text, over nearly equal text. Of equally good matches, one with the role that was asked for wins, a
control wins over its own label, and what lies in the active window wins over what lies behind.
If several are left, that is an error which lists them: never a silent first. What a modal dialog
blocks comes last, and is found only where its window is named. In a table, near is first of all in
the same row.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process

from ...memory.errors import Ambiguous, NotFound
from ..actions import TextTarget
from ..desktop.backend import Window
from .elements import Element, Observation
from .modality import blocking_dialog
from .reading_order import in_reading_order
from .table_structure import find_tables
from .text_match import WITHIN, match_text, normalise, split_role

EQUAL = 1.0
"""Scores this close are equally good."""
ROLE_BONUS = 4.0
CONTROL_BONUS = 2.0
ACTIVE_BONUS = 6.0
"""More than the role: what lies in the dialog on top is meant, not its like behind."""
NEAR_EQUAL = 6.0
"""Words to be near to that are found exactly and nearly so are as good."""
BLOCKED_MALUS = 15.0
"""More than a few words around those that were asked for cost: a click there would do nothing."""
SURE = WITHIN - 20.0
"""The words themselves were read, alone or within a longer text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One element that answers a description."""

    element: Element
    """With `clickable` on the words, where they stand within a longer text."""
    score: float
    text_score: float
    """How well the text alone answers, before role and window count."""


def find(observation: Observation, target: TextTarget) -> Element:
    """Return the one element that a description means.

    Raises:
        NotFound: With the texts that come nearest, the windows there are, or the dialog that blocks
            the only match; one that is blocked is returned where the target names its window.
        Ambiguous: Listing the equally good matches and how to tell them apart.
    """
    matches = find_all(observation, target)
    if not matches:
        raise NotFound(_not_found(observation, target))
    if target.window is None:
        matches = _without_blocked(observation, target, matches)
    best = [match for match in matches if matches[0].score - match.score < EQUAL]
    if target.near is not None or target.nth is not None:
        # Which of those with the same words is told: the window and the kind decide no more.
        text_score = max(match.text_score for match in matches)
        best = [match for match in matches if text_score - match.text_score < EQUAL]
        of_role = [match for match in best if match.element.role == target.role]
        best = of_role or best
    if target.near is not None:
        return _nearest(observation, target, best, target.near)
    if target.nth is not None:
        ordered = in_reading_order([match.element for match in best])
        if target.nth > len(ordered):
            raise NotFound(f'there are {len(ordered)} of "{target.text}", not {target.nth}')
        return ordered[target.nth - 1]
    if len(best) > 1:
        raise several(target.text, [match.element for match in best])
    return best[0].element


def find_all(observation: Observation, target: TextTarget) -> list[Match]:
    """Return every element that answers a description, best first.

    Raises:
        NotFound: If no window matches the one that was asked for, or nothing the words to be near.
    """
    elements = in_window(observation, target.window)
    if (
        target.near is not None
        and not _matching(observation.elements, target.near)
        and not _rows_saying(observation, target.near)
    ):
        raise NotFound(f'"{target.near}", to be near to, is not on the screen')
    matches = _matches(observation, elements, target)
    if not matches and (named := split_role(target.text)) is not None:
        words, role = named
        matches = _matches(
            observation,
            elements,
            target.model_copy(update={"text": words, "role": target.role or role}),
        )
    return matches


def _matches(
    observation: Observation, elements: Sequence[Element], target: TextTarget
) -> list[Match]:
    active = observation.active_window
    matches = []
    for element in elements:
        found = match_text(target.text, element.text)
        if found is None:
            continue
        score = found.score
        if target.role is not None and element.role == target.role:
            score += ROLE_BONUS
        elif element.role != "text":
            score += CONTROL_BONUS if target.role in (None, "text") else 0.0
        if active is not None and element.window == active.title:
            score += ACTIVE_BONUS
        elif blocking_dialog(observation, element) is not None:
            score -= BLOCKED_MALUS
        at_words = _at_words(element, found.start, found.end)
        matches.append(Match(element=at_words, score=score, text_score=found.score))
    kept = matches if target.role == "text" else _without_labels(matches)
    return sorted(kept, key=lambda match: -match.score)


def sees(observation: Observation, text: str) -> bool:
    """Tell whether words are on the screen: in one element, or in a row of texts."""
    if _matching(observation.elements, text):
        return True
    wanted = normalise(text)
    rows: dict[int, list[str]] = {}
    last: Element | None = None
    row = 0
    for element in observation.elements:
        if last is None or not last.box.top <= element.box.centre[1] < last.box.bottom:
            row += 1
        rows.setdefault(row, []).append(element.text)
        last = element
    return any(wanted in normalise(" ".join(texts)) for texts in rows.values())


def count(observation: Observation, text: str) -> int:
    """Return how many elements hold the words."""
    return len(_matching(observation.elements, text))


def _matching(elements: Sequence[Element], text: str) -> list[Element]:
    return [
        element
        for element in elements
        if (found := match_text(text, element.text)) is not None and found.score >= SURE
    ]


def in_window(observation: Observation, words: str | None) -> Sequence[Element]:
    """Return the elements of the windows with these words in title or application name.

    Raises:
        NotFound: If there is no such window.
    """
    if words is None:
        return observation.elements
    wanted = words.casefold()
    titles = {
        window.title
        for window in observation.windows
        if wanted in window.title.casefold() or wanted in window.app.casefold()
    }
    if not titles:
        shown = ", ".join(f'"{window.title}"' for window in observation.windows) or "none"
        raise NotFound(f'no window matches "{words}"; open windows: {shown}')
    return [element for element in observation.elements if element.window in titles]


def _at_words(element: Element, start: int, end: int) -> Element:
    """Return the element with its click point on the words, if they are a part of its text."""
    if element.role != "text" or end - start >= len(element.text):
        return element
    widths = [_width(character) for character in element.text]
    middle = sum(widths[:start]) + sum(widths[start:end]) / 2
    x = element.box.left + middle / sum(widths) * element.box.width
    return replace(element, clickable=(x, element.box.centre[1]))


def _width(character: str) -> float:
    """Return about how wide a character is in a proportional font, in widths of an n."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1.8
    if character in "iIljt.,:;'|!()[] ":
        return 0.55
    return 1.5 if character in "mwMW@%" else 1.25 if character.isupper() else 1.0


def _without_labels(matches: list[Match]) -> list[Match]:
    """Drop a text that is the label or the content of a control which matches by that very text."""
    controls = [match.element for match in matches if match.element.role not in ("text", "icon")]
    return [
        match
        for match in matches
        if match.element.role != "text"
        or not any(is_label_of(match.element, control) for control in controls)
    ]


def is_label_of(text: Element, control: Element) -> bool:
    """Tell whether a text is the label or the content of a control with the same words."""
    if text.text != control.text or text.window != control.window:
        return False
    if control.box.contains(*text.box.centre):
        return True
    in_row = control.box.top <= text.box.centre[1] < control.box.bottom
    is_left = in_row and text.box.right <= control.box.left + 4
    gap_above = control.box.top - text.box.bottom
    is_above = -4 <= gap_above <= 20 and abs(text.box.left - control.box.left) <= 20
    return is_left or is_above


def _without_blocked(
    observation: Observation, target: TextTarget, matches: Sequence[Match]
) -> list[Match]:
    """Return the matches that take a click; where the best one does not, say what blocks it."""
    dialog = blocking_dialog(observation, matches[0].element)
    if dialog is not None:
        raise NotFound(f'"{target.text}" is {blocked_by(matches[0].element, dialog)}')
    return [match for match in matches if blocking_dialog(observation, match.element) is None]


def blocked_by(element: Element, dialog: Window) -> str:
    """Return in words that an element waits for a dialog."""
    return (
        f'in the window "{element.window}", which the dialog "{dialog.title}" blocks; '
        "close the dialog first, or name the window if it takes clicks all the same"
    )


def _nearest(
    observation: Observation, target: TextTarget, matches: Sequence[Match], near: str
) -> Element:
    """Return the match nearest to words: one in their row of a table before all others.

    Raises:
        Ambiguous: If several rows with the words have a match.
    """
    anchors = _matching(observation.elements, near)
    scores = [_score(near, anchor) for anchor in anchors]
    # What says no more than these words wins over a longer text that has them too.
    anchors = [a for a, s in zip(anchors, scores, strict=True) if max(scores) - s < NEAR_EQUAL]
    ids = {anchor.id for anchor in anchors}
    rows = (
        [row for row in _rows(observation) if ids & set(row)]
        if anchors
        else _rows_saying(observation, near)
    )
    by_row = [[match for match in matches if match.element.id in row] for row in rows]
    by_row = [own for own in by_row if own]
    in_row = [match for own in by_row for match in own]
    if len(by_row) > 1:
        raise several(target.text, [match.element for match in in_row])

    def distance(match: Match) -> float:
        x, y = match.element.box.centre
        return min(
            (
                ((anchor.box.centre[0] - x) ** 2 + (anchor.box.centre[1] - y) ** 2) ** 0.5
                for anchor in anchors
                if anchor.id != match.element.id
            ),
            default=float("inf"),
        )

    return min(in_row or matches, key=distance).element


def _score(wanted: str, element: Element) -> float:
    found = match_text(wanted, element.text)
    return 0.0 if found is None else found.score


def _rows(observation: Observation) -> list[tuple[int, ...]]:
    """Return the numbers of what stands in each row of each table."""
    return [row.elements for table in find_tables(observation) for row in table.rows]


def _rows_saying(observation: Observation, words: str) -> list[tuple[int, ...]]:
    """Return the rows of tables whose cells, with the names of their columns, hold all the words.

    Each as the numbers of what stands in it.
    """
    by_id = {element.id: element for element in observation.elements}
    wanted = set(normalise(words).split())
    rows = []
    for table in find_tables(observation):
        names = normalise(" ".join(column.name for column in table.columns)).split()
        for row in table.rows:
            said = set(normalise(" ".join(by_id[number].text for number in row.elements)).split())
            if wanted & said and wanted <= said.union(names):
                rows.append(row.elements)
    return rows


def describe(element: Element) -> str:
    """Return an element in words: role, text, window, place."""
    window = f' in "{element.window}"' if element.window else ""
    x, y = element.click_at
    return f'{element.role} "{element.text}"{window} at ({x:.0f}, {y:.0f})'


def several(text: str, elements: Sequence[Element]) -> Ambiguous:
    """Return the error for things that answer a description equally well."""
    listed = "; ".join(map(describe, elements[:6]))
    more = f"; and {len(elements) - 6} more" if len(elements) > 6 else ""
    return Ambiguous(
        f'"{text}" is there {len(elements)} times: {listed}{more}; '
        "say which with `the 2nd …`, `in window …` or `near …`",
        candidates=elements,
    )


def _not_found(observation: Observation, target: TextTarget) -> str:
    where = f' in window "{target.window}"' if target.window else ""
    texts = list(dict.fromkeys(e.text for e in observation.elements if e.text))
    near = process.extract(target.text, texts, scorer=fuzz.WRatio, limit=3, score_cutoff=50)
    hint = "; nearest: " + ", ".join(f'"{text}"' for text, _, _ in near) if near else ""
    return f'"{target.text}" is not on the screen{where}{hint}'
