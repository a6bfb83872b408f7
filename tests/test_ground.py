"""From words to the one element they mean."""

from collections.abc import Sequence

import numpy as np
import pytest

from deskhand.memory.errors import Ambiguous, NotFound
from deskhand.tools.actions import TextTarget
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation, Role
from deskhand.tools.perception.ground import count, find, find_all, sees
from deskhand.tools.perception.text_match import match_text, split_role

Thing = tuple[str, str, Box, str]
BACK, DIALOG = "Notes - Editor", "Save As"


def thing(text: str, x: int, y: int, role: str = "text", window: str = BACK) -> Thing:
    return role, text, Box(x, y, x + max(10, 8 * len(text)), y + 16), window


def look(*things: Thing, active: str = BACK, windows: Sequence[str] = (BACK,)) -> Observation:
    elements = [
        Element(id=number, role=role, text=text, box=box, score=1.0, source="ocr", window=window)  # type: ignore[arg-type]  # a role's name
        for number, (role, text, box, window) in enumerate(things, 1)
    ]
    return Observation(
        capture=Capture(
            pixels=np.zeros((800, 1280, 3), np.uint8), view=View(width=1280, height=800)
        ),
        elements=elements,
        windows=[
            Window(id=number, title=title, app=title.split()[-1], pid=1, box=Box(0, 0, 1280, 800),
                   is_active=title == active)
            for number, title in enumerate(windows)
        ],
    )  # fmt: skip


def target(
    text: str,
    *,
    role: Role | None = None,
    window: str | None = None,
    near: str | None = None,
    nth: int | None = None,
) -> TextTarget:
    return TextTarget(text=text, role=role, window=window, near=near, nth=nth)


# --- texts alone


@pytest.mark.parametrize(
    ("wanted", "better", "worse"),
    [
        ("Save", "Save", "Save As..."),
        ("save", "SAVE", "Save all"),
        ("Save As", "Save As...", "Save As PDF"),
        ("Name", "Name:", "File name:"),
        ("open", "Open…", "Open recent"),
        ("Don't Save", "Don’t Save", "Save"),
        ("×", "x", "+"),
        ("Ünïcode", "ünïcode", "unicode text"),
        ("保存", "保存", "保存文件"),
        ("Line 10", "Line 10", "Line 1"),
    ],
)
def test_the_better_text_scores_higher(wanted: str, better: str, worse: str) -> None:
    good, bad = match_text(wanted, better), match_text(wanted, worse)
    assert good is not None
    assert bad is None or bad.score < good.score


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("7", "1"), ("7", "77"), ("o", "0"), ("l", "1"), ("Item 2", "Item 3"), ("Open", "Oven"),
        ("Page 12", "Page 13"), ("Save", "Safe"), ("Cut", "Cup"), ("cat", "concatenate"),
        ("€", "E"), ("", "x"), ("x", ""), ("   ", "x"), ("€", "4 €"),
        ("Version 1.2", "Version 1.3"),
    ],
)  # fmt: skip
def test_texts_that_do_not_match(wanted: str, text: str) -> None:
    assert match_text(wanted, text) is None


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("Preferences", "Preferenoes"), ("Save changes", "Save chanqes"), ("Ctrl+O", "Ctrl+0"),
        ("你好", "你好世界"), ("é", "É"), ("Remember me", "Remember  me"), ("Print", "_Print…"),
        ("Newsletter", "Remember me  Newsletter"),
    ],
)  # fmt: skip
def test_texts_that_match_in_spite_of_the_reader(wanted: str, text: str) -> None:
    assert match_text(wanted, text) is not None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Save button", ("Save", "button")), ("the OK button", ("OK", "button")),
        ("button OK", ("OK", "button")), ("Name field", ("Name", "textbox")),
        ("text box Name", ("Name", "textbox")), ("Button", None), ("Save", None),
        ("Buttons", None),
    ],
)  # fmt: skip
def test_words_for_the_kind_of_thing(words: str, expected: tuple[str, str] | None) -> None:
    assert split_role(words) == expected


# --- elements


def test_exact_wins_over_longer() -> None:
    here = look(thing("Save As...", 10, 40), thing("Save", 10, 10), thing("Save all", 10, 70))
    assert find(here, target("Save")).text == "Save"
    assert find(here, target("save as")).text == "Save As..."
    assert [match.element.text for match in find_all(here, target("Save"))][0] == "Save"


def test_a_single_character_is_found_by_itself_only() -> None:
    here = look(*(thing(c, 30 * i, 10, "button") for i, c in enumerate("789+=×÷")))
    for character in "789+=×÷":
        assert find(here, target(character)).text == character
    assert find(here, target("*")).text == "×"  # typed as people type it
    with pytest.raises(NotFound):
        find(here, target("1"))


def test_a_single_non_ascii_character() -> None:
    here = look(thing("好", 10, 10, "button"), thing("€ 4.50", 10, 40), thing("é", 10, 70))
    assert find(here, target("好")).box.left == 10
    assert find(here, target("É")).text == "é"


def test_several_equally_good_ones_are_an_error_that_lists_them() -> None:
    here = look(thing("OK", 10, 10, "button"), thing("OK", 200, 300, "button"))
    with pytest.raises(Ambiguous) as caught:
        find(here, target("OK"))
    assert str(caught.value) == (
        '"OK" is there 2 times: button "OK" in "Notes - Editor" at (18, 18); '
        'button "OK" in "Notes - Editor" at (208, 308); '
        "say which with `the 2nd …`, `in window …` or `near …`"
    )
    assert [candidate.id for candidate in caught.value.candidates] == [1, 2]  # type: ignore[attr-defined]  # elements


def test_many_equally_good_ones_are_not_all_listed() -> None:
    here = look(*(thing("Text", 100, 20 * i) for i in range(9)))
    with pytest.raises(Ambiguous, match=r"is there 9 times: .*; and 3 more; say which"):
        find(here, target("Text"))


def test_the_nth_in_reading_order() -> None:
    here = look(thing("Edit", 300, 100), thing("Edit", 10, 100), thing("Edit", 10, 20))
    places = [find(here, target("Edit", nth=n)).box.xyxy[:2] for n in (1, 2, 3)]
    assert places == [(10, 20), (10, 100), (300, 100)]
    with pytest.raises(NotFound, match=r'^there are 3 of "Edit", not 4$'):
        find(here, target("Edit", nth=4))


def test_the_one_near_other_words() -> None:
    here = look(
        thing("Shipping", 10, 10), thing("Edit", 10, 40, "button"),
        thing("Billing", 10, 400), thing("Edit", 10, 430, "button"),
    )  # fmt: skip
    assert find(here, target("Edit", near="Billing")).box.top == 430
    assert find(here, target("Edit", near="shipping")).box.top == 40
    with pytest.raises(NotFound, match=r'^"Payment", to be near to, is not on the screen$'):
        find(here, target("Edit", near="Payment"))


def test_nearness_decides_over_kind_and_window() -> None:
    here = look(
        thing("Open", 10, 10, "button"), thing("Total", 900, 600), thing("Open", 900, 640),
        active=DIALOG, windows=(DIALOG, BACK),
    )  # fmt: skip
    assert find(here, target("Open", near="Total")).box.left == 900


def test_the_role_prefers() -> None:
    here = look(thing("Search", 10, 10), thing("Search", 300, 10, "button"))
    assert find(here, target("Search")).role == "button"
    assert find(here, target("Search", role="text")).role == "text"
    assert find(here, target("Search button")).role == "button"
    # A preference, no condition: what has no frame is a text to us.
    assert find(look(thing("Search", 10, 10)), target("Search", role="button")).role == "text"


def test_a_fields_label_means_the_field() -> None:
    here = look(thing("Name:", 10, 10), thing("Name:", 100, 10, "textbox"))
    assert find(here, target("Name")).role == "textbox"
    assert find(here, target("Name field")).role == "textbox"


def test_the_dialog_on_top_wins_over_the_window_behind() -> None:
    here = look(
        thing("Save", 10, 10, "button", BACK), thing("Save", 400, 300, "text", DIALOG),
        active=DIALOG, windows=(DIALOG, BACK),
    )  # fmt: skip
    assert find(here, target("Save")).window == DIALOG
    assert find(here, target("Save", window="editor")).window == BACK


def test_a_window_is_named_by_a_part_of_its_title_or_its_application() -> None:
    here = look(thing("Save", 10, 10), windows=(BACK,))
    assert find(here, target("Save", window="notes")).text == "Save"
    assert find(here, target("Save", window="EDITOR")).text == "Save"
    with pytest.raises(NotFound) as caught:
        find(here, target("Save", window="Browser"))
    assert str(caught.value) == 'no window matches "Browser"; open windows: "Notes - Editor"'
    with pytest.raises(NotFound, match=r'^"Quit" is not on the screen in window "notes"$'):
        find(here, target("Quit", window="notes"))


def test_what_is_not_there_names_the_nearest() -> None:
    here = look(thing("Preferences", 10, 10), thing("Paste", 10, 40))
    with pytest.raises(NotFound, match=r'^"Prefs" is not on the screen; nearest: .*"Preferences"'):
        find(here, target("Prefs"))
    with pytest.raises(NotFound, match=r'^"Prefs" is not on the screen$'):
        find(look(), target("Prefs"))


def test_words_within_a_line_are_clicked_where_they_stand() -> None:
    line = ("text", "File Edit Search View", Box(100, 10, 268, 26), BACK)
    for words, share in (("File", 0.08), ("Edit", 0.3), ("View", 0.9)):
        x, y = find(look(line), target(words)).click_at
        assert x == pytest.approx(100 + share * 168, abs=12)
        assert y == 18
    assert find(look(line), target("File Edit Search View")).click_at == (184, 18)


def test_elements_without_text_are_never_found() -> None:
    assert find_all(look(thing("", 10, 10, "icon")), target("x")) == []


def test_seeing_and_counting() -> None:
    here = look(thing("Second", 10, 10), thing("line here", 70, 10), thing("Second", 10, 60))
    assert sees(here, "second line here")
    assert not sees(here, "line Second")
    assert (count(here, "Second"), count(here, "third")) == (2, 0)


# --- rows of tables


def table() -> Observation:
    """Invoices, each with buttons; the row above is nearer to some cells than their own buttons."""
    things = [thing("Invoice", 10, 80), thing("Customer", 120, 80), thing("Amount", 300, 80)]
    for row in range(12):
        y = 100 + 24 * row
        things += [
            thing(str(row + 8), 10, y), thing(f"Customer {chr(65 + row)}", 120, y),
            thing(f"{row + 1}.50", 300, y), thing("Edit", 1000, y, "button"),
            thing("Delete", 1060, y, "button"),
        ]  # fmt: skip
    return look(*things, thing("Delete", 20, 420, "button"))


@pytest.mark.parametrize(
    ("near", "row"),
    [("Customer J", 9), ("10.50", 9), ("17", 9), ("invoice 17", 9), ("Customer A", 0), ("9", 1),
     ("invoice 10 customer c", 2)],
)  # fmt: skip
def test_near_is_in_the_same_row_of_a_table(near: str, row: int) -> None:
    here = table()
    for words in ("Delete", "Edit"):
        found = find(here, target(words, near=near))
        assert (found.text, found.box.top) == (words, 100 + 24 * row)


def test_words_that_no_row_holds_together_are_not_near() -> None:
    with pytest.raises(NotFound, match=r'^"invoice 99", to be near to, is not on the screen$'):
        find(table(), target("Delete", near="invoice 99"))
    with pytest.raises(NotFound, match=r'^"Invoice Amount", to be near to'):
        find(table(), target("Delete", near="Invoice Amount"))


def test_near_a_thing_that_is_in_no_table_is_by_distance() -> None:
    here = table()
    assert find(here, target("Delete", near="Amount")).box.left == 20
    lone = look(*[thing("Delete", 20, 420, "button"), thing("All", 100, 420)])
    assert find(lone, target("Delete", near="All")).box.top == 420


def test_words_of_their_own_win_over_a_longer_text_as_what_to_be_near_to() -> None:
    here = look(
        thing("Save", 10, 10, "button"), thing("Billing was changed", 100, 10),
        thing("Save", 10, 700, "button"), thing("Billing:", 10, 400),
    )  # fmt: skip
    assert find(here, target("Save", near="Billing")).box.top == 700


def test_words_in_several_rows_are_an_error_that_lists_the_matches() -> None:
    rows = [
        cell
        for row, place in enumerate(("Linz", "Graz", "Linz", "Wels"))
        for cell in (
            thing(f"Order {row}", 10, 100 + 24 * row), thing(place, 200, 100 + 24 * row),
            thing("Delete", 400, 100 + 24 * row, "button"),
        )
    ]  # fmt: skip
    with pytest.raises(Ambiguous, match=r'^"Delete" is there 2 times: ') as caught:
        find(look(*rows), target("Delete", near="Linz"))
    assert [c.box.top for c in caught.value.candidates] == [100, 148]  # type: ignore[attr-defined]  # elements
    assert find(look(*rows), target("Delete", near="Graz")).box.top == 124
