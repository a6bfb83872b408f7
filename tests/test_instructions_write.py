"""Actions to sentences and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.agent.instructions.parse import parse_instructions
from deskhand.agent.instructions.sentences import Act
from deskhand.agent.instructions.write import label, quote, write_action
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    ElementTarget,
    Expectation,
    Fail,
    FocusWindow,
    Launch,
    Move,
    Pause,
    PointTarget,
    PressKeys,
    RightClick,
    SaveScreenshot,
    Scroll,
    SetClipboard,
    TextTarget,
    TypeText,
    WaitFor,
    redact,
)
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.keys import KEY_NAMES, MODIFIERS
from deskhand.tools.perception.elements import Element

SEEN = st.text(min_size=1, max_size=30)
ROLES = st.sampled_from(
    [
        "text", "button", "textbox", "checkbox", "radio", "switch", "combobox", "slider", "link",
        "menuitem", "tab", "icon", "image",
    ]
)  # fmt: skip
TARGETS = st.builds(
    TextTarget,
    text=st.one_of(SEEN, st.sampled_from(["Save", "Save As...", "First name", "the end", "7"])),
    role=st.none() | ROLES,
    window=st.none() | SEEN,
    near=st.none() | SEEN,
    nth=st.none() | st.integers(1, 130),
)
CLAIMS = st.lists(
    st.builds(
        Expectation,
        kind=st.sampled_from(["text_appears", "text_gone", "window_opened", "window_closed"]),
        text=SEEN,
    ),
    max_size=2,
).map(tuple)
KEYS = st.tuples(
    st.lists(st.sampled_from(MODIFIERS), max_size=3),
    st.sampled_from([*KEY_NAMES, *"abcz09+-;,.#\"'€é"]),
).map(lambda parts: (*parts[0], parts[1]))
SECONDS = st.integers(0, 600_000).map(lambda ms: ms / 1000)

ACTIONS = st.one_of(
    st.builds(Click, target=TARGETS, expect=CLAIMS),
    st.builds(DoubleClick, target=TARGETS, expect=CLAIMS),
    st.builds(RightClick, target=TARGETS, expect=CLAIMS),
    st.builds(Move, target=TARGETS, expect=CLAIMS),
    st.builds(Drag, source=TARGETS, target=TARGETS, expect=CLAIMS),
    st.builds(
        Scroll,
        direction=st.sampled_from(["up", "down", "left", "right"]),
        notches=st.integers(1, 100),
        target=st.none() | TARGETS,
        expect=CLAIMS,
    ),
    st.builds(
        TypeText,
        text=SEEN,
        into=st.none() | TARGETS,
        replace=st.booleans(),
        secret=st.booleans(),
        expect=CLAIMS,
    ),
    st.builds(PressKeys, keys=KEYS, expect=CLAIMS),
    st.builds(
        WaitFor,
        text=SEEN,
        what=st.sampled_from(["text", "window"]),
        present=st.booleans(),
        timeout_s=SECONDS,
    ),
    st.builds(Pause, seconds=SECONDS.filter(lambda s: s > 0)),
    st.builds(Launch, command=st.lists(st.text(max_size=12), min_size=1, max_size=4).map(tuple)),
    st.builds(FocusWindow, title=SEEN, expect=CLAIMS),
    st.builds(SetClipboard, text=st.text(max_size=30), expect=CLAIMS),
    st.builds(SaveScreenshot, path=st.none() | st.text(min_size=1, max_size=30)),
    st.builds(AskUser, question=SEEN),
    st.builds(Done, summary=st.text(max_size=30)),
    st.builds(Fail, reason=st.text(max_size=30)),
)


@settings(max_examples=600, deadline=None)
@given(ACTIONS)
def test_what_is_written_parses_to_the_action(action: Action) -> None:
    sentence = write_action(action)
    assert "\n" not in sentence
    assert [s.action for s in parse_instructions(sentence) if isinstance(s, Act)] == [action]


LABELS = [
    ("Save", "Save"),
    ("Save As...", "Save As..."),
    ("7", "7"),
    ("文件", "文件"),
    ("×", '"×"'),
    ("Go to page", '"Go to page"'),
    ("Tab", '"Tab"'),
    ("a  b", '"a  b"'),
    ('say "hi"', '"say \\"hi\\""'),
    ("Save.", '"Save."'),
]


@pytest.mark.parametrize(("text", "written"), LABELS)
def test_labels_are_bare_where_that_reads_as_nothing_else(text: str, written: str) -> None:
    assert label(text) == written


def test_a_secret_is_written_by_its_name() -> None:
    action = TypeText(text="password-1", into=TextTarget(text="Password"), secret=True)
    assert write_action(action) == 'type secret "password-1" into Password'
    assert write_action(redact(action)) == 'type secret "•••" into Password'


def element(text: str) -> Element:
    return Element(
        id=3, role="button", text=text, box=Box(0, 0, 9, 9), score=1.0, source="ocr"
    )  # fmt: skip


def test_numbers_and_points_are_written_by_what_is_there() -> None:
    click = Click(target=ElementTarget(id=3))
    assert write_action(click, element("Save")) == "click button Save"
    assert write_action(click, element("")) == 'click "button number 3, which has no label"'
    point = PointTarget(x=3, y=4.5, view="v1")
    assert write_action(Click(target=point), element("Save")) == "click button Save"
    assert write_action(Click(target=point)) == 'click "the point 3, 4.5"'
    drag = Drag(source=ElementTarget(id=3), target=ElementTarget(id=4))
    assert write_action(drag, element("Trash"), source=element("a")) == (
        "drag button a to button Trash"
    )


@given(st.text())
def test_quoted_text_holds_in_one_line(text: str) -> None:
    assert "\n" not in quote(text)
