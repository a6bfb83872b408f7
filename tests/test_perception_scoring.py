"""What the perception benchmark counts as read, found, clicked and false."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import ConfigError
from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation, Role

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.truth.atspi import Surface, to_truth
from benchmarks.truth.dom import to_screen
from benchmarks.truth.records import (
    FORMAT,
    Kind,
    Recording,
    TrueElement,
    TrueWord,
    Truth,
    load_recording,
    save_recording,
)
from benchmarks.truth.scoring import (
    EMPTY,
    Score,
    Tally,
    score,
    score_words,
    tokens,
    total,
)

SCREEN = Box.of_size(400, 300)


def true(
    kind: Kind, label: str, *hits: tuple[int, int, int, int], is_label_visible: bool = True
) -> TrueElement:
    return TrueElement(
        kind=kind,
        label=label,
        is_label_visible=is_label_visible,
        hits=tuple(Box(*hit) for hit in hits),
    )


def ours(role: Role, text: str, box: tuple[int, int, int, int]) -> Element:
    return Element(id=1, role=role, text=text, box=Box(*box), score=1.0, source="ocr")


def word(text: str, box: tuple[int, int, int, int], *, is_exact: bool = True) -> TrueWord:
    return TrueWord(text=text, box=Box(*box), is_exact=is_exact)


def scored(
    elements: Sequence[Element],
    *truth: TrueElement,
    words: Sequence[TrueWord] = (),
    uncounted: Sequence[Box] = (),
    windows: Sequence[Window] = (),
) -> Score:
    view = View(width=SCREEN.width, height=SCREEN.height)
    capture = Capture(pixels=np.zeros((SCREEN.height, SCREEN.width, 3), np.uint8), view=view)
    return score(
        Observation(capture=capture, elements=elements, windows=windows),
        Truth(
            elements=truth,
            words=tuple(words),
            regions=(SCREEN,),
            uncounted=tuple(uncounted),
        ),
    )


# --- text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("★ ☆", set()),
        ("Save As…", {"save", "as"}),
        ("Ctrl+S", {"ctrl", "s"}),
        ("waterways.[1]", {"waterways", "1"}),
        ("ＦＵＬＬ width", {"full", "width"}),
        ("privacy_policy", {"privacy_policy"}),
    ],
)
def test_words_are_compared_without_case_and_marks(text: str, expected: set[str]) -> None:
    assert tokens(text) == expected


def test_a_word_counts_where_it_stands() -> None:
    words = [word("Save", (10, 10, 40, 20))]
    assert score_words([("Save file", Box(8, 9, 90, 21))], words)[0] == Tally(right=1, of=1)
    assert score_words([("Save file", Box(8, 109, 90, 121))], words)[0] == Tally(right=0, of=1)
    assert score_words([("Savefile", Box(8, 9, 90, 21))], words)[0] == Tally(right=0, of=1)


def test_a_word_that_is_only_known_to_be_on_a_button_counts_on_all_of_it() -> None:
    texts = [("Save", Box(10, 10, 40, 20))]
    assert score_words(texts, [word("Save", (0, 0, 200, 30))])[0].right == 0
    assert score_words(texts, [word("Save", (0, 0, 200, 30), is_exact=False)])[0].right == 1


def test_signs_are_no_words() -> None:
    assert score_words([], [word("★★☆", (0, 0, 9, 9)), word("–", (0, 0, 9, 9))])[0].of == 0


def test_what_was_read_instead_is_told() -> None:
    _, misses = score_words([("Eile", Box(0, 0, 30, 20))], [word("File", (0, 0, 30, 20))])
    assert [(miss.label, miss.got) for miss in misses] == [("File", "'Eile'")]


# --- recall


def test_an_element_is_found_by_a_click_inside_whatever_it_is_taken_for() -> None:
    found = scored([ours("text", "Save", (20, 10, 40, 20))], true("button", "Save", (0, 0, 80, 30)))
    assert found.recall == {"button": Tally(right=1, of=1)}
    assert found.roles == {"button": Tally(right=0, of=1)}
    assert [miss.what for miss in found.misses] == ["role"]


def test_a_click_on_an_element_within_another_is_not_one_on_the_outer() -> None:
    inner, outer = true("icon", "clear", (50, 0, 70, 20)), true("field", "Name", (0, 0, 120, 20))
    found = scored([ours("textbox", "Name", (0, 0, 120, 20))], inner, outer)
    assert found.recall == {"icon": Tally(right=1, of=1), "field": Tally(right=0, of=1)}
    assert total(found.recall) == Tally(right=1, of=2)


def test_a_link_over_two_lines_is_hit_on_its_pieces_only() -> None:
    link = true("link", "terms of use", (80, 0, 100, 10), (0, 10, 30, 20))
    assert not link.is_hit(50, 10)
    found = scored([ours("link", "terms of use", (0, 10, 30, 20))], link)
    assert found.roles == {"link": Tally(right=1, of=1)}


# --- clicks


def test_a_click_goes_where_grounding_sends_it() -> None:
    field = true("field", "Name", (100, 0, 200, 20))
    label, box = ours("text", "Name", (0, 0, 40, 20)), ours("textbox", "Name", (100, 0, 200, 20))
    assert scored([label, box], field).clicks == {"field": Tally(right=1, of=1)}
    missed = scored([label], field)
    assert missed.clicks == {"field": Tally(right=0, of=1)}
    assert [miss.what for miss in missed.misses] == ["recall", "click"]


def test_an_icon_is_not_asked_for_by_a_name_that_is_not_shown() -> None:
    icon = true("icon", "Undo", (0, 0, 20, 20), is_label_visible=False)
    assert scored([], icon).clicks == {}


def test_asking_back_is_right_only_where_the_label_stands_several_times() -> None:
    here, there = (0, 0, 40, 20), (0, 100, 40, 120)
    both = [ours("button", "Edit", here), ours("button", "Edit", there)]
    twice = scored(both, true("button", "Edit", here), true("button", "Edit", there))
    assert twice.clicks == {"button": Tally(right=2, of=2)}
    once = scored(both, true("button", "Edit", here))
    assert once.clicks == {"button": Tally(right=0, of=1)}
    either = scored(both[:1], true("button", "Edit", here), true("button", "Edit", there))
    assert either.clicks == {"button": Tally(right=2, of=2)}
    written = scored(both, true("button", "Edit", here), words=[word("Edit", there)])
    assert written.clicks == {"button": Tally(right=1, of=1)}


def test_what_lies_behind_a_dialog_is_not_asked_for() -> None:
    behind, inside = (
        true("button", "Save", (0, 0, 80, 30)),
        true("button", "OK", (210, 110, 250, 130)),
    )
    dialog = Window(
        id=1, title="Sure?", app="", pid=None, box=Box(200, 100, 300, 200), is_active=True,
        is_dialog=True,
    )  # fmt: skip
    found = scored([ours("button", "OK", (210, 110, 250, 130))], behind, inside, windows=[dialog])
    assert found.clicks == {"button": Tally(right=1, of=1)}
    assert found.recall == {"button": Tally(right=1, of=2)}


# --- precision


def test_a_control_that_is_none_is_false_and_a_text_never_is() -> None:
    button = true("button", "Save", (0, 0, 80, 30))
    elements = [
        ours("button", "Save", (0, 0, 80, 30)),
        ours("button", "a picture", (200, 100, 300, 200)),
        ours("text", "a caption", (200, 210, 300, 220)),
    ]
    found = scored(elements, button)
    assert found.precision == Tally(right=1, of=2)
    assert [miss.label for miss in found.misses if miss.what == "false"] == ["a picture"]
    uncounted = scored(elements, button, uncounted=[Box(200, 100, 300, 200)])
    assert uncounted.precision == Tally(right=1, of=1)


def test_scores_add_up() -> None:
    button, link = true("button", "Save", (0, 0, 80, 30)), true("link", "Help", (0, 50, 80, 60))
    both = scored([ours("button", "Save", (0, 0, 80, 30))], button) + scored([], link) + EMPTY
    assert both.recall == {"button": Tally(right=1, of=1), "link": Tally(right=0, of=1)}
    assert both.precision == Tally(right=1, of=1)
    assert Tally().share is None


# --- truth


def node(parent: int, role: str, box: Sequence[int], **more: object) -> dict[str, object]:
    return {
        "parent": parent, "role": role, "name": "", "box": list(box), "states": [],
        "attributes": {}, "image": None, "labels": [], "words": [],
    } | more  # fmt: skip


def test_only_what_is_seen_of_an_application_is_true() -> None:
    window, dialog = Box(0, 0, 300, 250), Box(100, 100, 200, 200)
    nodes = [
        node(-1, "application", (0, 0, 0, 0)),
        node(0, "frame", window.xyxy),
        node(1, "push button", (10, 10, 90, 40), name="Seen"),
        node(1, "push button", (110, 110, 190, 140), name="Behind"),
        node(1, "scroll pane", (0, 200, 100, 240)),
        node(4, "push button", (10, 230, 90, 290), name="Scrolled out"),
        node(1, "push button", (0, 0, 0, 0), name="Nowhere"),
        node(1, "text", (10, 60, 90, 80), states=["EDITABLE"], labels=[["Name:", [0, 60, 9, 80]]]),
        node(1, "text", (10, 85, 90, 95)),
        node(1, "tool bar", (200, 0, 300, 40)),
        node(9, "push button", (200, 0, 240, 40), name="Undo"),
        node(0, "dialog", dialog.xyxy),
        node(11, "check box", (110, 150, 190, 165), name="On top"),
    ]
    surfaces = [Surface(box=dialog, is_popup=False), Surface(box=window, is_popup=False)]
    truth = to_truth([{"toolkit": "gtk", "nodes": nodes}], surfaces, SCREEN)
    assert [(e.kind, e.label, e.is_label_visible) for e in truth.elements] == [
        ("button", "Seen", True),
        ("field", "Name:", True),
        ("icon", "Undo", False),
        ("checkbox", "On top", True),
    ]
    assert truth.regions == (window, dialog)


def test_the_items_of_an_open_menu_lie_in_a_window_of_their_own() -> None:
    window, popup = Box(0, 0, 200, 100), Box(0, 20, 120, 200)
    nodes = [
        node(-1, "application", (0, 0, 0, 0)),
        node(0, "frame", window.xyxy),
        node(1, "menu bar", (0, 0, 200, 20)),
        node(2, "menu", (0, 0, 40, 20), name="File"),
        node(3, "menu item", (0, 150, 120, 170), name="Quit"),
        node(1, "label", (10, 30, 60, 40), words=[["covered", [10, 30, 60, 40]]]),
        node(1, "label", (130, 30, 190, 40), words=[["beside", [130, 30, 190, 40]]]),
    ]
    surfaces = [Surface(box=popup, is_popup=True), Surface(box=window, is_popup=False)]
    truth = to_truth([{"toolkit": "gtk", "nodes": nodes}], surfaces, SCREEN)
    assert [(e.kind, e.label) for e in truth.elements] == [
        ("menu item", "File"),
        ("menu item", "Quit"),
    ]
    assert [w.text for w in truth.words] == ["File", "Quit", "beside"]


def test_a_pages_boxes_are_scaled_and_moved_to_the_screen() -> None:
    found = {
        "width": 100,
        "height": 50,
        "words": [{"text": "Go", "box": [1, 2, 11, 12], "exact": True}],
        "elements": [
            {"kind": "link", "label": "Go", "visible": True, "hits": [[0.4, 2, 11.6, 12]]}
        ],
    }
    truth = to_screen(found, Box(10, 80, 210, 180))
    assert truth.words[0].box == Box(12, 84, 32, 104)
    assert truth.elements[0].hits == (Box(11, 84, 33, 104),)
    assert truth.regions == (Box(10, 80, 210, 180),)


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    window = Window(id=7, title="Über", app="App", pid=None, box=Box(-5, 0, 90, 80), is_active=True)
    recording = Recording(
        scene="scene",
        size=(400, 300),
        picture=tmp_path / "scene-400x300.png",
        windows=(window,),
        popups=(Popup(id=9, kind="menu", client=3, box=Box(0, 20, 60, 90)),),
        truth=Truth(
            elements=(true("link", "Größe", (0, 0, 9, 9), (0, 10, 5, 19)),),
            words=(word("Größe", (0, 0, 9, 9)),),
            regions=(SCREEN,),
            uncounted=(Box(0, 0, 1, 1),),
        ),
    )
    assert load_recording(tmp_path / "scene-400x300.json") is None
    recording.picture.touch()
    save_recording(recording)
    assert load_recording(tmp_path / "scene-400x300.json") == recording


def test_a_file_that_is_no_recording_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{{"format": {FORMAT}}}', encoding="utf-8")
    path.with_suffix(".png").touch()
    with pytest.raises(
        ConfigError, match=r"a\.json is no recording of a scene \('scene'\); delete it$"
    ):
        load_recording(path)
