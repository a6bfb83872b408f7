"""What applications say of themselves: when it is believed, and what it changes."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.accessibility import Node
from deskhand.tools.perception.elements import Element, Role, Source, State
from deskhand.tools.perception.merge import merge

SIZE = 400
WINDOW = Window(id=1, title="Notes", app="a", pid=7, box=Box(0, 0, SIZE, SIZE), is_active=True)
ROLES: tuple[Role, ...] = ("button", "menuitem", "textbox", "combobox", "checkbox", "cell", "tab")


def said(role: Role, name: str, box: Box, *states: State) -> Node:
    return Node(role=role, name=name, box=box, states=frozenset(states), pid=7)


def seen(
    role: Role, text: str, box: Box, source: Source = "ocr", states: Collection[State] = ()
) -> Element:
    return Element(
        id=0, role=role, text=text, box=box, score=1, source=source, window="Notes",
        states=frozenset(states),
    )  # fmt: skip


@pytest.fixture(scope="module")
def capture() -> Capture:
    pixels = np.random.default_rng(3).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    pixels[200:] = 240  # nothing is drawn below
    return Capture(pixels=pixels, view=View(width=SIZE, height=SIZE))


def kinds(elements: Collection[Element]) -> list[tuple[str, str]]:
    return [(element.role, element.text) for element in elements]


def test_a_name_that_is_clearly_not_what_is_read_there_is_not_believed(capture: Capture) -> None:
    text = seen("text", "CONTRIBUTING.md", Box(10, 10, 130, 24))
    wrong = said("menuitem", "Search", Box(5, 5, 140, 30))
    assert merge([text], [wrong], capture) == [text]
    # Also where the words are too wide to be the control's own.
    wide = seen("text", "CONTRIBUTING.md is not a menu", Box(10, 10, 330, 24))
    assert merge([wide], [said("button", "Undo", Box(120, 5, 220, 30))], capture) == [wide]


@pytest.mark.parametrize(
    ("read", "name"),
    [
        ("Save As...", "_Save As…"), ("Rernove", "Remove"), ("Pay now", "Pay now (opens a dialog)"),
        ("x", "Close tab"), ("Ctrl", "Control"), ("O K", "OK"),
    ],
)  # fmt: skip
def test_a_name_that_is_read_a_little_otherwise_is_believed(
    capture: Capture, read: str, name: str
) -> None:
    text = seen("text", read, Box(10, 10, 60, 24))
    (element,) = merge([text], [said("button", name, Box(5, 5, 70, 30), "disabled")], capture)
    assert element.role == "button"
    assert element.states == {"disabled"}


def test_a_fields_value_may_be_anything(capture: Capture) -> None:
    value = seen("text", "ada@example.org", Box(12, 12, 110, 24))
    box = seen("textbox", "ada@example.org", Box(8, 8, 200, 30), "widget")
    merged = merge([value, box], [said("textbox", "E-mail", Box(8, 8, 200, 30))], capture)
    assert kinds(merged) == [("text", "ada@example.org"), ("textbox", "ada@example.org")]


def test_a_field_is_not_named_by_its_neighbour_but_by_itself(capture: Capture) -> None:
    neighbour = seen("link", "Terms of use", Box(10, 12, 90, 24))
    field = seen("textbox", "Terms of use", Box(100, 8, 200, 30), "widget")
    merged = merge([neighbour, field], [said("textbox", "Password", Box(99, 8, 201, 31))], capture)
    assert kinds(merged) == [("link", "Terms of use"), ("textbox", "Password")]


def test_a_drop_down_list_is_not_named_by_its_value(capture: Capture) -> None:
    label = seen("text", "Encoding:", Box(10, 12, 90, 24))
    field = seen("combobox", "Encoding:", Box(100, 8, 200, 30), "widget")
    merged = merge([label, field], [said("combobox", "UTF-8", Box(99, 8, 201, 31))], capture)
    assert kinds(merged) == [("text", "Encoding:"), ("combobox", "Encoding:")]


def test_a_sign_in_a_field_does_not_become_the_field(capture: Capture) -> None:
    sign = seen("icon", "", Box(14, 12, 28, 26), "icon")
    merged = merge([sign], [said("combobox", "/home", Box(8, 8, 200, 30))], capture)
    assert sorted(kinds(merged)) == [("combobox", "/home"), ("icon", "")]


def test_a_check_box_seen_with_its_label_is_there_once(capture: Capture) -> None:
    box = seen("checkbox", "News", Box(10, 10, 120, 26), "widget", ["unchecked"])
    (element,) = merge([box], [said("checkbox", "News", Box(10, 11, 24, 25), "checked")], capture)
    assert (element.text, element.box) == ("News", box.box)
    assert element.states == {"checked"}


def test_names_that_were_read_as_one_text_are_items_alone(capture: Capture) -> None:
    bar = [
        seen("text", "Edit Search View", Box(40, 12, 150, 24)),
        seen("text", "a text of its own", Box(40, 60, 150, 72)),
    ]
    nodes = [
        said("menuitem", name, Box(left, 8, left + 38, 28))
        for name, left in (("Search", 75), ("View", 113), ("Edit", 37))
    ]
    assert kinds(merge(bar, nodes, capture, [WINDOW])) == [
        ("menuitem", "Edit"), ("menuitem", "Search"), ("menuitem", "View"),
        ("text", "a text of its own"),
    ]  # fmt: skip


def test_one_thing_that_is_told_twice_is_there_once(capture: Capture) -> None:
    box = Box(20, 20, 60, 40)
    nodes = [said("button", "", box), said("menuitem", "Open", box), said("button", "Open", box)]
    assert kinds(merge([], nodes, capture)) == [("button", "Open")]


@pytest.mark.parametrize(
    ("box", "count"),
    [
        (Box(20, 20, 60, 40), 1),
        (Box(20, 220, 60, 240), 0),  # blank
        (Box(-90, 20, -40, 40), 0),  # off the picture
        (Box(20, 20, 60, 23), 0),  # a line
        (Box(0, 0, 399, 200), 0),  # a pane
    ],
)
def test_where_a_control_can_be(capture: Capture, box: Box, count: int) -> None:
    assert len(merge([], [said("button", "Play", box)], capture)) == count


def test_a_password_field_is_blank(capture: Capture) -> None:
    field = Box(20, 220, 160, 240)
    assert kinds(merge([], [said("textbox", "Password", field)], capture)) == [
        ("textbox", "Password")
    ]


def test_what_a_menu_shows_is_not_what_is_under_it(capture: Capture) -> None:
    """A large field lies partly under another window: what that shows is not the field's."""
    item = replace(seen("menuitem", "Print", Box(10, 10, 60, 24)), window="Other")
    other = Window(id=2, title="Other", app="b", pid=8, box=Box(0, 0, 100, 100))
    node = replace(
        said("tab", "Print", Box(5, 5, 190, 130)), window=Box(0, 0, SIZE, SIZE), title="Notes"
    )
    merged = merge([item], [node], capture, [other, WINDOW])
    assert ("menuitem", "Print") in kinds(merged)


def test_popups_stay_before_their_windows(capture: Capture) -> None:
    menu = Popup(id=3, kind="menu", pid=7, box=Box(100, 100, 200, 190))
    elements = [
        seen("menuitem", "Copy", Box(110, 110, 150, 124)), seen("text", "Title", Box(5, 5, 60, 20)),
    ]  # fmt: skip
    nodes = [said("button", "New", Box(10, 112, 40, 130))]
    merged = merge(elements, nodes, capture, [WINDOW], [menu])
    assert [element.text for element in merged] == ["Copy", "Title", "New"]


sides = st.integers(-20, SIZE - 10)
names = st.sampled_from(["", "Save", "Save As", "File", "Edit", "7"])
boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    sides, sides, st.integers(1, 150), st.integers(1, 60),
)  # fmt: skip
some_nodes = st.lists(
    st.builds(said, st.sampled_from(ROLES), names, boxes, st.sampled_from(["checked", "disabled"])),
    max_size=8,
)
# What is seen lies in the picture; what is said may lie anywhere.
seen_boxes = boxes.map(lambda box: box.intersect(Box(0, 0, SIZE, SIZE))).filter(bool)
some_elements = st.lists(
    st.builds(seen, st.sampled_from((*ROLES, "text", "icon")), names, seen_boxes), max_size=8
)


@given(elements=some_elements, nodes=some_nodes, data=st.data())
def test_the_order_of_the_nodes_does_not_matter_and_they_take_nothing_away(
    capture: Capture, elements: list[Element], nodes: list[Node], data: st.DataObject
) -> None:
    merged = merge(elements, nodes, capture, [WINDOW])
    assert merged == merge(elements, data.draw(st.permutations(nodes)), capture, [WINDOW])
    # Only texts that are the names of nodes go; nothing moves, and nothing new is off the picture.
    boxes_left = [element.box for element in merged]
    assert all(e.box in boxes_left for e in elements if e.role not in ("text", "link"))
    assert all(
        e.box.intersect(capture.view.box) == e.box for e in merged if e.source == "accessibility"
    )
    assert merge(elements, [], capture, [WINDOW]) == elements
