"""The screen as names, for models that understand names and no numbers.

A label is a target of the instruction language: `button "Save"`, `field "Name"`,
`button "Delete" near "report.pdf"`. No two things of one screen have the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...tools.actions import TextTarget
from ...tools.perception.element_text import quoted
from ...tools.perception.elements import Element, Observation, Role
from ...tools.perception.layout import is_in_row, share_inside
from ...tools.perception.text_match import normalise
from ...tools.safety.fence import defuse
from ..instructions.write import ROLE_NAMES
from .words import content_words

MAX_LABELS = 60
"""More cost a small model seconds, and it chooses worse."""
MAX_NAME_CHARS = 48
FIELD_LABEL_LEFT_PX = 220
FIELD_LABEL_ABOVE_PX = 28
MAX_LABEL_SHARE = 0.75
"""Of a field's height: what is written larger above it is a heading."""
CAPTION_PX = 40
"""How far down a window its title is written."""
INSIDE = 0.8
"""Share of a text that lies in a field, if it is what the field holds."""
MAX_LINE_PX = 40
"""A field that is higher has several lines; its label is as large as that of one that is not."""
TICK_LABEL_PX = 60
FIELDS: frozenset[Role] = frozenset(("textbox", "spinbutton"))
LISTS: frozenset[Role] = frozenset(("combobox",))
TICKED: frozenset[Role] = frozenset(("checkbox", "radio", "switch"))
PASSIVE: frozenset[Role] = frozenset(("text", "image", "progressbar", "scrollbar"))
LEADS_ON: frozenset[Role] = frozenset(("menuitem", "tab", "link"))
"""A click on these shows another screen, for which the rest of a plan was not written."""
ROW_NAMES: frozenset[Role] = frozenset(
    ("text", "link", "cell", "option", "treeitem", "checkbox", "radio")
)
"""What a row is called by."""
NO_NAME = "unnamed"
SHOWN_ROLES: Mapping[Role, Role | None] = {"spinbutton": "textbox"}
"""A number field is a field to whoever types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One thing of the screen under a name that is its alone."""

    text: str
    """As the model sees and writes it."""
    target: TextTarget
    """What the instruction parser makes of it."""
    element: Element
    name: str
    """Its words, as on the screen."""
    value: str = ""
    """Of a field or list: what it holds."""
    is_value_known: bool = True
    """False where the words in a field may be its value or a hint."""

    @property
    def is_target(self) -> bool:
        """Whether it can be acted on."""
        return "disabled" not in self.element.states

    @property
    def line(self) -> str:
        """How it stands in the prompt, with what is known of it."""
        states = self.element.states
        notes = ""
        if self.element.role in FIELDS | LISTS:
            notes = f" = {quoted(harmless(self.value), MAX_NAME_CHARS)}" if self.value else " empty"
        elif "checked" in states or "unchecked" in states:
            notes = " [x]" if "checked" in states else " [ ]"
        elif "selected" in states:
            notes = " selected"
        return f"{self.text}{notes}{'' if self.is_target else ' disabled'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledScreen:
    """The things of a screen that a model is shown."""

    labels: Sequence[Label]
    """In reading order."""
    left_out: int = 0
    _by_target: Mapping[TextTarget, Label] = field(default_factory=dict)

    def of_target(self, target: TextTarget) -> Label | None:
        """Return what a target that the parser read means, if it is on this screen."""
        return self._by_target.get(target)

    @property
    def targets(self) -> list[Label]:
        """What can be acted on."""
        return [label for label in self.labels if label.is_target]

    @property
    def rows(self) -> list[list[Label]]:
        """What stands beside each other, from left to right."""
        rows: list[list[Label]] = []
        for label in self.labels:
            last = rows[-1][-1].element.box if rows else None
            box = label.element.box
            if last is not None and is_in_row(last, box) and box.left >= last.left:
                rows[-1].append(label)
            else:
                rows.append([label])
        return rows

    @property
    def text(self) -> str:
        """The screen as lines, one for each row."""
        return "\n".join(" | ".join(label.line for label in row) for row in self.rows)

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """What tells this screen from others: its names, whatever its fields hold."""
        return tuple(sorted(label.text for label in self.labels))


def label_screen(
    observation: Observation, task: str = "", *, limit: int = MAX_LABELS
) -> LabelledScreen:
    """Return the labels of a screen.

    Args:
        observation: Of the screen.
        task: What shares words with it is left out last.
        limit: Labels at most. What can be acted on goes before plain text, the window in use before
            those behind it.
    """
    named = _named(observation)
    kept = _most_useful(named, observation, content_words(task), limit)
    shown = [one for one in named if one.element.id in kept]
    labels = _told_apart(shown, content_words(task))
    return LabelledScreen(
        labels=labels,
        left_out=len(named) - len(labels),
        _by_target={label.target: label for label in labels},
    )


def harmless(text: str) -> str:
    """Return text of a screen in which no chat template finds a control token.

    >>> harmless("<|im_end|> [INST] </tool_call> a < b")
    '‹|im_end|› (INST) ‹/tool_call› a < b'
    """
    # What only looks like a token (wide brackets, zero width) goes first, as in every prompt.
    text = "".join(c if c.isprintable() else " " for c in text)
    text = defuse(text).replace("⟦", "(").replace("⟧", ")")
    text = text.replace("<|", "‹|").replace("|>", "|›").replace("<<", "‹‹").replace(">>", "››")
    text = re.sub(r"<(\s*/?\s*screen\b[^<>]*)>", r"‹\1›", text, flags=re.IGNORECASE)
    text = re.sub(r"<(/?[A-Za-z_][\w|:-]{0,40})>", r"‹\1›", text)
    return re.sub(r"\[(/?[A-Z_]{3,20})\]", r"(\1)", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    element: Element
    name: str
    value: str = ""
    is_value_known: bool = True


def _named(observation: Observation) -> list[_Named]:
    """Return every element with its name; texts that only name a field are left out."""
    elements = list(observation.elements)
    used: set[int] = set()
    fields: dict[int, _Named] = {}
    for element in elements:
        if element.role in FIELDS | LISTS:
            fields[element.id] = _field(element, elements, used)
        elif element.role in TICKED and not element.text:
            beside = _beside(element, elements)
            fields[element.id] = _Named(
                element=element, name=NO_NAME if beside is None else beside.text
            )
            used |= set() if beside is None else {beside.id}
    named = []
    for element in elements:
        if element.id in fields:
            named.append(fields[element.id])
        elif element.id in used or _says_nothing(element, observation):
            continue
        else:
            named.append(_Named(element=element, name=element.text.strip() or NO_NAME))
    return named


def _says_nothing(element: Element, observation: Observation) -> bool:
    """Tell whether an element is no use to anybody: without words, or a window's title again."""
    if element.role in ("text", "scrollbar", "image") and not element.text.strip():
        return True
    return element.role == "text" and any(
        element.window == window.title
        and normalise(element.text) == normalise(window.title)
        and element.box.bottom <= window.box.top + CAPTION_PX
        for window in observation.windows
    )


def _field(element: Element, elements: Sequence[Element], used: set[int]) -> _Named:
    label = _label_of(element, elements)
    text = element.text.strip()
    inside = [
        e
        for e in elements
        if e.role == "text" and e.id != element.id and share_inside(e.box, element.box) > INSIDE
    ]
    if element.box.height > MAX_LINE_PX or label is None:
        inside = []  # a pane may look like a field; what it holds is not its value
    used |= {e.id for e in inside}
    if label is not None and inside and normalise(text) in ("", normalise(label.text)):
        # The parser gave the field its label, and its value a place of its own.
        text = " ".join(e.text.strip() for e in inside)
    if label is None:
        return _Named(
            element=element,
            name=text or NO_NAME,
            value="",
            is_value_known=not text,
        )
    used.add(label.id)
    name = label.text.strip().rstrip(":*").strip() or label.text
    is_label = not text or normalise(text).strip(" :*") == normalise(name)
    return _Named(element=element, name=name, value="" if is_label else text)


def _label_of(field_: Element, elements: Sequence[Element]) -> Element | None:
    """Return the text at the left of a field, or above it."""
    texts = [e for e in elements if e.role == "text" and e.text.strip() and e.id != field_.id]
    box = field_.box
    left = [
        e
        for e in texts
        if -2 <= box.left - e.box.right <= FIELD_LABEL_LEFT_PX and is_in_row(e.box, box)
    ]
    between = [
        e for e in elements if e.role != "text" and e.id != field_.id and is_in_row(e.box, box)
    ]
    nearest = max(left, key=lambda e: e.box.right, default=None)
    if nearest is not None and not any(nearest.box.right <= e.box.left < box.left for e in between):
        return nearest
    above = [
        e
        for e in texts
        if -4 <= box.top - e.box.bottom <= FIELD_LABEL_ABOVE_PX
        and e.box.top < box.top
        and -16 <= e.box.left - box.left <= 16
        and e.box.height <= MAX_LABEL_SHARE * min(box.height, MAX_LINE_PX)
        and not any(_is_beside(e, other) for other in elements if other.id != field_.id)
    ]
    return max(above, key=lambda e: e.box.bottom, default=None)


def _is_beside(text: Element, other: Element) -> bool:
    """Tell whether a text names another field, which stands at its right."""
    gap = other.box.left - text.box.right
    is_field = other.role in FIELDS | LISTS
    return is_field and -2 <= gap <= FIELD_LABEL_LEFT_PX and is_in_row(text.box, other.box)


def _beside(tick: Element, elements: Sequence[Element]) -> Element | None:
    """Return the text right beside a box that has no words: at its right rather than its left."""
    box = tick.box
    texts = [e for e in elements if e.role == "text" and e.text and is_in_row(e.box, box)]
    right = [e for e in texts if 0 <= e.box.left - box.right <= TICK_LABEL_PX]
    left = [e for e in texts if 0 <= box.left - e.box.right <= FIELD_LABEL_LEFT_PX]
    if right:
        return min(right, key=lambda e: e.box.left)
    return max(left, key=lambda e: e.box.right, default=None)


def _most_useful(
    named: Sequence[_Named], observation: Observation, wanted: frozenset[str], limit: int
) -> frozenset[int]:
    active = observation.active_window
    front = None if active is None else active.title

    def rank(one: _Named) -> tuple[bool, bool, bool, int]:
        element = one.element
        return (
            front is not None and element.window not in (front, ""),
            not content_words(one.name) & wanted,
            element.role in PASSIVE,
            len(one.name),
        )

    return frozenset(one.element.id for one in sorted(named, key=rank)[:limit])


def _told_apart(named: Sequence[_Named], wanted: frozenset[str]) -> list[Label]:
    groups: dict[tuple[Role | None, str], list[_Named]] = {}
    for one in named:
        groups.setdefault((_role(one.element), _shown(one.name)), []).append(one)
    labels: list[Label] = []
    for one in named:
        role, name = _role(one.element), _shown(one.name)
        alike = groups[role, name]
        near: str | None = None
        nth: int | None = None
        if len(alike) > 1:
            marks = [_row_mark(other, named, wanted) for other in alike]
            own = alike.index(one)
            if marks[own] and marks.count(marks[own]) == 1:
                near = marks[own]
            else:
                nth = own + 1
        target = TextTarget(text=name, role=role, near=near, nth=nth)
        labels.append(
            Label(
                text=_written(target),
                target=target,
                element=one.element,
                name=one.name,
                value=one.value,
                is_value_known=one.is_value_known,
            )
        )
    return labels


def _role(element: Element) -> Role | None:
    role = SHOWN_ROLES.get(element.role, element.role)
    if role is None or ROLE_NAMES.get(role, role) == "":
        return None  # the language has no word for it
    return role


def _row_mark(one: _Named, named: Sequence[_Named], wanted: frozenset[str]) -> str:
    """Return the text by which a person would tell a thing from its like in other rows.

    It is what the task says of the row, or else what stands first in it.
    """
    box = one.element.box
    row = [
        other
        for other in named
        if other.element.id != one.element.id
        and is_in_row(other.element.box, box)
        and other.element.box.left < box.left
        and other.name != one.name
        and other.element.role in ROW_NAMES
    ]
    first = min(
        row,
        key=lambda other: (not content_words(other.name) & wanted, other.element.box.left),
        default=None,
    )
    return "" if first is None else _shown(first.name)


def _shown(name: str) -> str:
    text = " ".join(harmless(name).split()) or NO_NAME
    return text if len(text) <= MAX_NAME_CHARS else text[: MAX_NAME_CHARS - 1] + "…"


def _written(target: TextTarget) -> str:
    """Return a target as the language writes it, with every text in quotes."""
    nth = "" if target.nth is None else f"the {_ordinal(target.nth)} "
    kind = "" if target.role is None else f"{ROLE_NAMES.get(target.role, target.role)} "
    near = "" if target.near is None else f" near {quoted_plainly(target.near)}"
    return f"{nth}{kind}{quoted_plainly(target.text)}{near}"


def quoted_plainly(text: str) -> str:
    r"""Return text in quotes as the language reads it back; what breaks lines becomes a blank.

    >>> print(quoted_plainly('a "b"\x07'))
    "a \"b\" "
    """
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", " ", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{suffix or 'th'}"
