"""Tables are found by how their cells line up; what lines up for other reasons is no table."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation, Role
from deskhand.tools.perception.table_structure import Table, find_tables, tables_among

Cell = tuple[str, int, str]
"""Role, left edge (right edge if negative), text."""
TEXT_PX, LINE_PX = 7, 12


def place(cells: Sequence[tuple[int, Cell]], height: int = LINE_PX) -> list[Element]:
    """Return elements at their tops; text is as wide as its characters."""
    elements = []
    for number, (top, (role, x, text)) in enumerate(cells, 1):
        width = max(13, TEXT_PX * len(text)) if role == "text" else max(20, TEXT_PX * len(text) + 8)
        left = x if x >= 0 else -x - width
        elements.append(
            Element(
                id=number,
                role=cast(Role, role),
                text=text,
                box=Box(left, top, left + width, top + height),
                score=1,
                source="ocr",
                window="W",
            )  # fmt: skip
        )
    return elements


def rows_of(*rows: Sequence[Cell], top: int = 100, pitch: int = 24) -> list[tuple[int, Cell]]:
    return [(top + pitch * n, cell) for n, row in enumerate(rows) for cell in row]


def texts(table: Table, elements: Sequence[Element]) -> list[list[str]]:
    by_id = {element.id: element for element in elements}
    return [
        [" ".join(by_id[n].text or by_id[n].role for n in cell) for cell in row.cells]
        for row in table.rows
    ]


def only_table(elements: Sequence[Element]) -> Table:
    (table,) = tables_among(elements)
    return table


INVOICE = rows_of(
    [("text", 20, "Article"), ("text", -300, "Pieces"), ("text", -420, "Price")],
    [("text", 20, "Bolt"), ("text", -300, "12"), ("text", -420, "1,200.00")],
    [("text", 20, "Washer M4"), ("text", -300, "1000"), ("text", -420, "4.80")],
    [("text", 20, "Hinge"), ("text", -420, "120.00")],
    [("text", 20, "Total:"), ("text", -420, "1,324.80")],
)


def test_header_rows_and_right_aligned_numbers_with_empty_cells() -> None:
    elements = place(INVOICE)
    table = only_table(elements)
    assert [column.name for column in table.columns] == ["Article", "Pieces", "Price"]
    assert texts(table, elements) == [
        ["Bolt", "12", "1,200.00"],
        ["Washer M4", "1000", "4.80"],
        ["Hinge", "", "120.00"],
        ["Total:", "", "1,324.80"],
    ]
    assert table.elements == {element.id for element in elements}
    assert table.box == Box(20, 100, 420, 208)


def test_a_row_is_found_by_any_of_its_elements() -> None:
    elements = place(INVOICE)
    table = only_table(elements)
    price = next(element for element in elements if element.text == "4.80")
    row = table.row_of(price.id)
    assert row == table.rows[1]
    assert table.row_of(elements[0].id) is None  # the header
    assert table.row_of(99) is None


def test_check_boxes_and_buttons_are_cells() -> None:
    elements = place(
        rows_of(
            *(
                [("checkbox", 10, ""), ("text", 60, name), ("text", 200, day),
                 ("button", 300, "Edit"), ("button", 345, "Delete")]
                for name, day in (("Ada", "May 1"), ("Grace", "May 12"), ("Alan", "June 3"))
            )
        )
    )  # fmt: skip
    assert texts(only_table(elements), elements) == [
        ["checkbox", "Ada", "May 1", "Edit Delete"],
        ["checkbox", "Grace", "May 12", "Edit Delete"],
        ["checkbox", "Alan", "June 3", "Edit Delete"],
    ]


@pytest.mark.parametrize("above", [0, 1])
def test_the_lines_of_a_cell_are_one_cell(above: int) -> None:
    """The other cells stand beside the first line, or in the middle."""
    cells: list[tuple[int, Cell]] = []
    for row, (name, number) in enumerate((("Ada", "17"), ("Grace", "18"), ("Alan", "19"))):
        top = 100 + 60 * row
        cells.append((top, ("text", 20, f"{name} wrote a")))
        cells.append((top + 15, ("text", 20, "program")))
        at = top + (7 if above else 0)
        cells += [(at, ("text", 200, f"No {number}")), (at, ("text", -400, f"{row}.50"))]
        cells.append((at, ("button", 420, "Open")))
    elements = place(sorted(cells))
    found = texts(only_table(elements), elements)
    assert found == [
        ["Ada wrote a program", "No 17", "0.50", "Open"],
        ["Grace wrote a program", "No 18", "1.50", "Open"],
        ["Alan wrote a program", "No 19", "2.50", "Open"],
    ]


def test_a_header_over_right_aligned_numbers_may_begin_far_left_of_them() -> None:
    rows = [[("text", 20, f"Part {n}"), ("text", -300, f"{n}0"), ("text", -420, f"{n}.50")]
            for n in range(1, 6)]  # fmt: skip
    head: list[Cell] = [("text", 20, "Article"), ("text", 150, "Pieces"), ("text", 310, "Price")]
    elements = place(rows_of(head, *rows))
    assert [column.name for column in only_table(elements).columns] == [
        "Article",
        "Pieces",
        "Price",
    ]


def test_a_named_column_may_have_one_cell() -> None:
    files = (("Letters", "14 Mar 2025"), ("Music", "2 May 2025"), ("Work", "9 May"))
    rows = [[("text", 20, name), ("text", 500, day)] for name, day in files]
    rows[2][1:1] = [("text", 250, "229 bytes"), ("text", 400, "Text")]
    head: list[Cell] = [("button", 16, "Name"), ("button", 246, "Size"), ("button", 396, "Type"),
                        ("button", 496, "Modified")]  # fmt: skip
    elements = place(rows_of(head, *rows))
    table = only_table(elements)
    assert [column.name for column in table.columns] == ["Name", "Size", "Type", "Modified"]
    assert texts(table, elements) == [
        ["Letters", "", "", "14 Mar 2025"],
        ["Music", "", "", "2 May 2025"],
        ["Work", "229 bytes", "Text", "9 May"],
    ]


def test_a_tool_bar_above_is_no_row() -> None:
    bar: list[Cell] = [("icon", 20 + 50 * n, "") for n in range(5)]
    rows = [[("icon", 20, ""), ("text", 60, f"file {n}.txt"), ("text", -400, f"{n}00")]
            for n in range(1, 5)]  # fmt: skip
    elements = place(rows_of(bar, *rows, pitch=30))
    assert len(only_table(elements).rows) == 4


def test_a_list_beside_a_tree_is_told_apart_from_it() -> None:
    tree = [("text", 20, name) for name in ("Home", "Music", "Work")]
    files = [
        [("text", 200, f"file {n}.txt"), ("text", -400, f"{n * 100}"), ("text", 420, "2 May")]
        for n in range(1, 9)
    ]
    rows = [[*tree[n : n + 1], *row] for n, row in enumerate(files)]
    elements = place(rows_of(*rows))
    table = only_table(elements)
    assert len(table.columns) == 3
    assert texts(table, elements)[0] == ["file 1.txt", "100", "2 May"]


def test_a_text_that_its_links_say_again_is_no_cell() -> None:
    elements = place(INVOICE)
    row = elements[3].box
    line = Box(440, row.top, 540, row.bottom)
    more = [
        Element(id=90, role="text", text="Edit Remove", box=line, score=1, source="ocr"),
        Element(id=91, role="link", text="Edit", box=Box(440, row.top, 470, row.bottom), score=1,
                source="ocr"),
        Element(id=92, role="link", text="Remove", box=Box(476, row.top, 540, row.bottom), score=1,
                source="ocr"),
    ]  # fmt: skip
    table = only_table([*elements, *more])
    assert 90 not in {n for row in table.rows for cell in row.cells for n in cell}


# --- no tables


def form() -> list[tuple[int, Cell]]:
    names = ("Name:", "Street", "City", "Country", "Phone")
    return rows_of(*([("text", 20, n), ("textbox", 120, n)] for n in names), pitch=36)


def two_column_form() -> list[tuple[int, Cell]]:
    names = ("Name", "Street", "City", "Country", "Phone")
    return rows_of(
        *(
            [("text", 20, n), ("textbox", 120, n), ("text", 300, n[:3]), ("combobox", 400, n)]
            for n in names
        ),
        pitch=36,
    )


def settings() -> list[tuple[int, Cell]]:
    names = ("Wi-Fi", "Bluetooth", "Location", "Dark mode")
    return rows_of(*([("text", 20, n), ("switch", 400, "")] for n in names), pitch=36)


def toolbar() -> list[tuple[int, Cell]]:
    return rows_of(*([("icon", 20 + 30 * n, "") for n in range(12)] for _ in range(3)))


def menu() -> list[tuple[int, Cell]]:
    items = (("New", "Ctrl+N"), ("Open…", "Ctrl+O"), ("Save", "Ctrl+S"), ("Quit", "Ctrl+Q"))
    return rows_of(*([("text", 20, a), ("text", -200, b)] for a, b in items))


def keypad() -> list[tuple[int, Cell]]:
    return rows_of(
        *([("text", 20 + 40 * n, c) for n, c in enumerate(row)] for row in ("789/", "456*", "123-"))
    )


def calculator() -> list[tuple[int, Cell]]:
    """Some of the keys are seen as texts only, and the row above could be a header."""
    rows: list[list[Cell]] = [
        [("button", 20, "Exact"), ("button", 120, "a/b"), ("button", 220, "Normal"),
         ("button", 320, "Decimal")]
    ]  # fmt: skip
    for row in ("sin cos 7 8", "tan ln 4 5", "kg EUR 1 2", "mod STO 0 EXP"):
        a, b, c, d = row.split()
        rows.append([("button", 20, a), ("button", 120, b), ("text", 230, c), ("text", 330, d)])
    return rows_of(*rows, pitch=40)


def button_grid() -> list[tuple[int, Cell]]:
    return rows_of(*([("button", 20 + 90 * n, f"Key {n}") for n in range(4)] for _ in range(4)))


def paragraph() -> list[tuple[int, Cell]]:
    line = "many words that stand in one line of a longer text and"
    return rows_of(*([("text", 20, line + "!" * n)] for n in range(9)), pitch=16)


def newspaper() -> list[tuple[int, Cell]]:
    line = "words that go on in the next line of the"
    return rows_of(*([("text", 20, line), ("text", 400, line)] for _ in range(9)), pitch=16)


def torn_text() -> list[tuple[int, Cell]]:
    """An editor's text word by word, some of which begin below each other by chance."""
    text = (
        "the text of an editor goes on and on and each of its lines is torn to words as it is read"
    )
    rows: list[list[Cell]] = []
    for row in range(8):
        x, line = 20, []
        for word in (text.split()[row % 5 :] + text.split())[:14]:
            line.append(("text", x, word))
            x += TEXT_PX * (len(word) + 1)
        rows.append(line)
    return rows_of(*rows, pitch=16)


def listing() -> list[tuple[int, Cell]]:
    code = ("import os", "def main():", "return 1", "print(x)", "main()")
    return rows_of(*([("text", -30, str(n)), ("text", 50, c)] for n, c in enumerate(code, 1)),
                   pitch=16)  # fmt: skip


def cards() -> list[tuple[int, Cell]]:
    cells: list[tuple[int, Cell]] = []
    for row in range(3):
        for column in range(3):
            x, top = 20 + 300 * column, 100 + 200 * row
            cells += [(top, ("text", x, f"Lamp {column}")), (top + 20, ("text", x, "19.90 EUR")),
                      (top + 45, ("button", x, "Add to cart"))]  # fmt: skip
    return sorted(cells)


def folder_icons() -> list[tuple[int, Cell]]:
    return rows_of(
        *([("text", 20 + 120 * n, f"Folder {n}{row}") for n in range(5)] for row in range(4)),
        pitch=110,
    )


def properties() -> list[tuple[int, Cell]]:
    names = ("Size:", "Type:", "Owner:", "Changed:")
    return rows_of(*([("text", 20, n), ("text", 120, "some value")] for n in names))


@pytest.mark.parametrize(
    "make",
    [form, two_column_form, settings, toolbar, menu, keypad, calculator, button_grid, paragraph,
     newspaper, torn_text, listing, cards, folder_icons, properties, list],
)  # fmt: skip
def test_what_is_no_table(make: object) -> None:
    assert callable(make)
    assert tables_among(place(make())) == ()


def test_an_open_menu_is_no_table_and_windows_are_told_apart() -> None:
    elements = place(INVOICE)
    capture = Capture(pixels=np.zeros((600, 800, 3), np.uint8), view=View(width=800, height=600))
    window = Window(id=1, title="W", app="a", pid=1, box=Box(0, 0, 800, 600))
    seen = Observation(capture=capture, elements=elements, windows=[window])
    assert len(find_tables(seen)) == 1
    popup = Popup(id=2, kind="menu", box=Box(0, 90, 500, 300))
    in_front = Observation(capture=capture, elements=elements, windows=[window], popups=[popup])
    assert find_tables(in_front) == ()


roles: tuple[Role, ...] = ("text", "button", "checkbox", "icon", "textbox", "link")
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(0, 40).map(lambda n: 12 * n),
    st.integers(0, 30).map(lambda n: 16 * n),
    st.integers(1, 200),
    st.integers(1, 70),
)


@given(st.lists(st.tuples(st.sampled_from(roles), st.text(max_size=12), boxes), max_size=60))
def test_whatever_is_on_a_screen_each_element_stands_in_one_cell_at_most(
    things: list[tuple[Role, str, Box]],
) -> None:
    elements = [
        Element(id=number, role=role, text=text, box=box, score=1, source="ocr")
        for number, (role, text, box) in enumerate(things, 1)
    ]
    tables = tables_among(elements)
    cells = [
        number
        for table in tables
        for row in [tuple(c.header for c in table.columns), *(row.cells for row in table.rows)]
        for cell in row
        for number in cell
    ]
    assert len(cells) == len(set(cells))
    assert set(cells) <= {element.id for element in elements}
    for table in tables:
        assert all(len(row.cells) == len(table.columns) >= 2 for row in table.rows)
        assert [row.box.top for row in table.rows] == sorted(row.box.top for row in table.rows)
