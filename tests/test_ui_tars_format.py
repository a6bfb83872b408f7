r"""What UI-TARS answers and the actions it stands for; nothing of what it types is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.agent.planners.gui_formats.form import Shown
from deskhand.agent.planners.gui_formats.ui_tars import unescape
from deskhand.agent.planners.gui_models import gui_format
from deskhand.memory.errors import ModelOutputError
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    Pause,
    PointTarget,
    PressKeys,
    RightClick,
    Scroll,
    TypeText,
)
from deskhand.tools.desktop.geometry import View
from deskhand.tools.models.answers import Answer

CAPTURE = View(width=1000, height=1000, origin_x=-1000, origin_y=50, id="now")
"""A thousand pixels a side: a place in thousandths is the pixel of that number."""


def at(x: float, y: float) -> PointTarget:
    return PointTarget(x=x, y=y, view="now")


def asked(form: str, answer: Answer) -> tuple[Action, str]:
    known = gui_format(form)
    sent = CAPTURE.resize(1000, 1000)
    shown = Shown(sent=sent, capture=CAPTURE, family=known.family)
    move = known.parse(answer, shown)
    return move.action, move.note


def said(form: str, text: str) -> Action:
    return asked(form, Answer(text=text))[0]


def message_of(form: str, answer: Answer) -> str:
    with pytest.raises(ModelOutputError) as caught:
        asked(form, answer)
    return str(caught.value)


UI_TARS = [
    ("click(start_box='<|box_start|>(100,200)<|box_end|>')", Click(target=at(100, 200))),
    ("click(start_box='(100,200)')", Click(target=at(100, 200))),
    ("click(start_box='(100, 200, 300, 400)')", Click(target=at(200, 300))),
    ("click(point='<point>100 200</point>')", Click(target=at(100, 200))),
    ("click(point='<point>0 0</point>')", Click(target=at(0, 0))),
    ("left_double(point='<point>1 2</point>')", DoubleClick(target=at(1, 2))),
    ("right_single(start_box='(1,2)')", RightClick(target=at(1, 2))),
    (
        "drag(start_box='(1,2)', end_box='(30,40)')",
        Drag(source=at(1, 2), target=at(30, 40)),
    ),
    (
        "drag(start_point='<point>1 2</point>', end_point='<point>30 40</point>')",
        Drag(source=at(1, 2), target=at(30, 40)),
    ),
    ("hotkey(key='ctrl c')", PressKeys(keys=("ctrl", "c"))),
    ("hotkey(key='ctrl shift arrowleft')", PressKeys(keys=("ctrl", "shift", "left"))),
    ("hotkey(key='enter')", PressKeys(keys=("enter",))),
    ("hotkey(key='space')", PressKeys(keys=("space",))),
    ("hotkey(key='win r')", PressKeys(keys=("super", "r"))),
    ("type(content='button\\n')", TypeText(text="button\n")),
    ("type(content='C:\\\\new\\\\')", TypeText(text="C:\\new\\")),
    (r"type(content='It\'s \"fine\"')", TypeText(text="It's \"fine\"")),
    ("type(content='It's fine')", TypeText(text="It's fine")),
    ('type(content="plain")', TypeText(text="plain")),
    ("type(content='a=1, b=\"(2)\"')", TypeText(text='a=1, b="(2)"')),
    ("type(content='Grüße, 你好')", TypeText(text="Grüße, 你好")),
    ("scroll(point='<point>5 6</point>', direction='down')",
     Scroll(direction="down", target=at(5, 6))),
    ("scroll(start_box='(5,6)', direction='left')", Scroll(direction="left", target=at(5, 6))),
    ("scroll(direction='up')", Scroll(direction="up")),
    ("wait()", Pause(seconds=5)),
    ("finished()", Done()),
    ("finished(content='The file is saved.\\nIt\\'s there.')",
     Done(summary="The file is saved.\nIt's there.")),
    ("call_user()", AskUser(question="I need the password.")),
]  # fmt: skip


@pytest.mark.parametrize("version", ["1.0", "1.5", "2"])
@pytest.mark.parametrize(("line", "action"), UI_TARS)
def test_ui_tars(version: str, line: str, action: Action) -> None:
    text = f"Thought: I need the password.\nAction: {line}"
    found = asked(f"ui-tars-{version}", Answer(text=text))
    assert found == (action, "I need the password.")


def test_ui_tars_without_a_thought_or_in_a_fence() -> None:
    assert said("ui-tars-1.5", "Action: wait()") == Pause(seconds=5)
    assert said("ui-tars-1.5", "```\nThought: a\nb\nAction: wait()\n```") == Pause(seconds=5)
    assert said("ui-tars-1.5", "Action: call_user()") == AskUser(
        question="The model asks for help."
    )


def test_nothing_is_stripped_of_what_is_typed() -> None:
    r"""bytedance/UI-TARS: `"button\\n".rstrip("\\n")` is "butto"."""
    for text in ("button", "run\\n", "n", "\\\\", "end \\n\\n"):
        action = said("ui-tars-1.5", f"Action: type(content='{text}')")
        assert isinstance(action, TypeText)
        assert action.text == unescape(text)
    assert unescape(r"a\\nb") == r"a\nb"


@given(typed=st.text(min_size=1, max_size=200))
def test_whatever_is_escaped_is_typed_as_it_was(typed: str) -> None:
    escaped = typed
    for plain, written in (("\\", "\\\\"), ("'", "\\'"), ('"', '\\"'), ("\n", "\\n")):
        escaped = escaped.replace(plain, written)
    action = said("ui-tars-1.5", f"Thought: I type.\nAction: type(content='{escaped}')")
    assert action == TypeText(text=typed)


def test_ui_tars_places_are_in_the_space_of_its_version() -> None:
    wide = View(width=1920, height=1080, id="now")
    for version, expected in (("1.0", (960, 270)), ("1.5", (500 * 1920 / 1932, 250 * 1080 / 1092))):
        known = gui_format(f"ui-tars-{version}")
        sent = wide.resize(*known.family.resize.size(1920, 1080))
        move = known.parse(
            Answer(text="Action: click(start_box='(500,250)')"),
            Shown(sent=sent, capture=wide, family=known.family),
        )
        assert isinstance(move.action, Click)
        assert isinstance(move.action.target, PointTarget)
        assert (move.action.target.x, move.action.target.y) == pytest.approx(expected)


UI_TARS_WRONG = [
    ("click it", "expected one line 'Action: name(…)', got 'click it'"),
    ("Thought: done", "expected one line 'Action: name(…)', got 'Thought: done'"),
    ("Action: open(app='x')", "there is no action 'open' here; got \"open(app='x')\""),
    (
        "Action: click(start_box=__import__('os').system('true'))",
        'expected arguments such as key=\'…\', got "click(start_box=__import__(\'os\')'
        ".system('true'))\"",
    ),
    (
        "Action: click(start_box='__import__')",
        "expected start_box='(x,y)', got \"click(start_box='__import__')\"",
    ),
    (
        "Action: click(start_box='(1,2)', start_box='(3,4)')",
        "expected arguments such as key='…', got \"click(start_box='(1,2)', start_box='(3,4)')\"",
    ),
    (
        "Action: click(start_box='(1,2)', point='(3,4)')",
        "got start_box, which it cannot have here in the call "
        "\"click(start_box='(1,2)', point='(3,4)')\"",
    ),
    ("Action: click()", "got no point in the call 'click()'"),
    (
        "Action: click(start_box='(1001,2)')",
        "expected a number from 0 to 1000, got 1001 in \"click(start_box='(1001,2)')\"",
    ),
    (
        "Action: click(start_box='(-1,-1)')",
        "expected a place on the screen, got (-1, -1) in \"click(start_box='(-1,-1)')\"",
    ),
    (
        "Action: click(start_box='(0.4,0.5)')",
        "expected a whole number from 0 to 1000, got 0.4 in \"click(start_box='(0.4,0.5)')\"",
    ),
    (
        "Action: hotkey(key='ctrl hyperkey')",
        "there is no key 'hyperkey'; expected names such as ctrl, enter, f5 in "
        "\"hotkey(key='ctrl hyperkey')\"",
    ),
    (
        "Action: type(content='a')\n\nclick(start_box='(1,2)')",
        "expected one action, got several: \"type(content='a')\\n\\nclick(start_box='(1,2)')\"; "
        "give the first",
    ),
    (
        "Action: type(content='a')\nAction: wait()",
        "expected one action, got several: \"type(content='a')\\nAction: wait()\"; give the first",
    ),
    (
        "Action: type(content='a', into='b')",
        "expected quotes inside content to be escaped, got \"type(content='a', into='b')\"",
    ),
    (
        "Action: type(content='')",
        "expected an action that can be done, got text: "
        "String should have at least 1 character",
    ),
    ("Action: type(text='a')", "expected type(content='…'), got \"type(text='a')\""),
    ("Action: type()", "there is no action 'type' here; got 'type()'"),
    (
        "Action: scroll(direction='sideways')",
        "expected an action that can be done, got direction: "
        "Input should be 'up', 'down', 'left' or 'right'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), UI_TARS_WRONG)
def test_ui_tars_refuses(text: str, message: str) -> None:
    assert message_of("ui-tars-1.0", Answer(text=text)) == message


@pytest.mark.parametrize(
    "text",
    ["Thought:" + "\n" * 99_000, "Action: type(content='" + "'" * 99_000, "Action:" + " " * 99_000],
    ids=range(3),
)
def test_no_answer_takes_long_to_refuse(text: str) -> None:
    assert message_of("ui-tars-1.5", Answer(text=text)).startswith("expected ")
