"""The screen as lines of plain words, for models that understand names and no numbers.

A line is a row of the screen, of a table or of what can be counted, and knows the elements it is
made of: a model that rests its answer on a line rests it on these.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..perception.elements import Element, Observation, Role
from ..perception.layout import is_in_row
from ..perception.modality import blocker_of
from ..perception.render import estimate_tokens
from ..perception.table_structure import Table, find_tables
from .element_words import one_line, told
from .fields import HOLDING, Field, read_field
from .line import Line
from .screen_counts import counting_lines
from .words import content_words

BETWEEN = " | "
MAX_LIKELY = 4
"""Lines that stand once more right before the question."""
CUT_PART = 2
"""A screen that does not fit is cut to this part of the budget."""
BOXES: frozenset[Role] = frozenset(("checkbox", "switch"))
"""Each has a line of its own: a small model takes the state of one for that of its neighbour."""
SILENT: frozenset[Role] = frozenset(("icon", "image", "scrollbar"))
"""Left out where they have no words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLines:
    """What is shown of a screen."""

    lines: tuple[Line, ...]
    likely: tuple[Line, ...] = ()
    """Those that share words with the question, the likeliest first."""
    left_out: int = 0
    """How many lines did not fit."""

    @property
    def text(self) -> str:
        """All lines."""
        more = [f"({self.left_out} more lines left out)"] if self.left_out else []
        return "\n".join([*(line.text for line in self.lines), *more])


def screen_lines(observation: Observation, question: str, *, budget: int) -> ScreenLines:
    """Return the screen as lines.

    Args:
        observation: Of the screen.
        question: What shares words with it is left out last.
        budget: Tokens at most, about, of a screen that is shown as a whole; of a longer one half.
    """
    lines = [*_window_lines(observation), *counting_lines(observation)]
    matches = _matches(lines, question)
    order = sorted(range(len(lines)), key=lambda n: (not lines[n].is_kept, -matches.get(n, 0.0), n))
    costs = [estimate_tokens(line.text) + 1 for line in lines]
    if sum(costs) > budget:
        # Of a screen that does not fit whatever is shown is read anew for each question.
        budget //= CUT_PART
    kept: set[int] = set()
    spent = 0
    for number in order:
        spent += costs[number]
        if spent > budget and kept:
            break
        kept.add(number)
    likely = sorted(matches, key=lambda n: (-matches[n], n))
    return ScreenLines(
        lines=tuple(line for number, line in enumerate(lines) if number in kept),
        likely=tuple(lines[number] for number in likely if number in kept)[:MAX_LIKELY],
        left_out=len(lines) - len(kept),
    )


def _matches(lines: Sequence[Line], question: str) -> Mapping[int, float]:
    """Return the lines that share words with the question; rare words count more."""
    wanted = content_words(question)
    shared = {n: content_words(line.text) & wanted for n, line in enumerate(lines)}
    often = Counter(word for words in shared.values() for word in words)
    return {n: sum(1 / often[word] for word in words) for n, words in shared.items() if words}


# --- windows


def _window_lines(observation: Observation) -> list[Line]:
    by_window: dict[str, list[Element]] = {}
    for element in observation.elements:
        by_window.setdefault(element.window, []).append(element)
    tables = find_tables(observation)
    lines: list[Line] = []
    for title, own in by_window.items():
        if observation.windows:
            lines.append(Line(text=_heading(observation, title), is_kept=True))
        lines += _rows_of(own, tables, title)
    for window in observation.windows:
        if window.title not in by_window:
            lines.append(Line(text=_heading(observation, window.title), is_kept=True))
    return lines


def _heading(observation: Observation, title: str) -> str:
    window = next((window for window in observation.windows if window.title == title), None)
    if window is None:
        return "outside of all windows:"
    notes = [f"program {one_line(window.app)}"] if window.app else []
    notes += ["in front, has the keyboard"] if window.is_active else []
    notes += ["minimized"] if window.is_minimized else []
    notes += ["dialog"] if window.is_dialog else []
    if blocker_of(observation.windows, window) is not None:
        notes.append("waits for its dialog")
    return f'window "{one_line(title)}" ({", ".join(notes)}):'


def _rows_of(elements: Sequence[Element], tables: Sequence[Table], title: str) -> list[Line]:
    """Return the lines of one window; a table stands where its first element does."""
    by_id = {element.id: element for element in elements}
    own = [table for table in tables if set(table.elements) <= set(by_id)]
    table_of = {number: table for table in own for number in table.elements}
    fields = {e.id: read_field(e, elements) for e in elements if e.role in HOLDING}
    used = frozenset(number for field in fields.values() for number in field.used)
    lines: list[Line] = []
    told: list[Table] = []
    row: list[Element] = []
    for element in elements:
        table = table_of.get(element.id)
        if table is None and (element.id in used or _says_nothing(element, title)):
            continue
        is_apart = table is not None or not row or not _goes_on(row[-1], element)
        if row and (is_apart or {row[-1].role, element.role} <= BOXES):
            lines.append(_row(row, fields))
            row = []
        if table is None:
            row.append(element)
        elif table not in told:
            told.append(table)
            lines += _table_lines(table, by_id, fields)
    return [*lines, *([_row(row, fields)] if row else [])]


def _goes_on(last: Element, element: Element) -> bool:
    return is_in_row(last.box, element.box) and element.box.left >= last.box.left


def _says_nothing(element: Element, title: str) -> bool:
    words = element.text.strip()
    if element.role in SILENT or element.role == "text":
        # One sign is what is left of a picture that was read as text.
        return len(words) < 2 and not words.isalnum()
    return False


def _row(row: Sequence[Element], fields: Mapping[int, Field]) -> Line:
    return Line(
        text=BETWEEN.join(told(element, fields.get(element.id)) for element in row),
        elements=tuple(element.id for element in row),
    )


# --- tables


def _table_lines(
    table: Table, elements: Mapping[int, Element], fields: Mapping[int, Field]
) -> list[Line]:
    names = [
        " ".join(one_line(elements[number].text) for number in column.header)
        for column in table.columns
    ]
    lines = []
    if any(names):
        header = tuple(number for column in table.columns for number in column.header)
        heads = BETWEEN.join(name or "-" for name in names)
        lines.append(Line(text=f"table of {len(table.rows)} rows: {heads}", elements=header))
    alike = _alike_columns(table, elements)
    for row in table.rows:
        cells: list[str] = []
        silent: list[str] = []
        for at, (name, numbers) in enumerate(zip(names, row.cells, strict=True)):
            if at in alike:
                continue
            own = [elements[number] for number in numbers]
            words = " ".join(
                told(element, fields.get(element.id))
                for element in own
                if element.role not in SILENT or element.text.strip()
            )
            # What a row is called by comes first, its nameless boxes last.
            has_words = any(element.text.strip() for element in own)
            if words:
                (cells if has_words else silent).append(f"{name} = {words}" if name else words)
        if cells or silent:
            lines.append(Line(text=BETWEEN.join([*cells, *silent]), elements=row.elements))
    return lines


def _alike_columns(table: Table, elements: Mapping[int, Element]) -> frozenset[int]:
    """Return the columns of buttons and links that are the same in every row: they tell nothing."""
    found = []
    for at in range(len(table.columns)):
        own = [[elements[number] for number in row.cells[at]] for row in table.rows]
        texts = {tuple(element.text for element in cell) for cell in own}
        is_acting = all(e.role in ("button", "link") and e.text for cell in own for e in cell)
        if len(table.rows) > 1 and len(texts) == 1 and is_acting:
            found.append(at)
    return frozenset(found)
