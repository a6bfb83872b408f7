"""Sentences to actions, one table; errors that point at the word, another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.agent.instructions.parse import (
    MAX_SENTENCES,
    MAX_TEXT_BYTES,
    parse_instructions,
    point_at,
)
from deskhand.agent.instructions.sentences import (
    Act,
    Condition,
    Expect,
    If,
    ScrollUntil,
    SelectFrom,
    Sentence,
    SetChecked,
)
from deskhand.agent.instructions.write import write_sentences
from deskhand.memory.errors import InstructionError
from deskhand.tools.actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    Expectation,
    Fail,
    FocusWindow,
    Launch,
    Move,
    Pause,
    PressKeys,
    RightClick,
    SaveScreenshot,
    Scroll,
    SetClipboard,
    TextTarget,
    TypeText,
    WaitFor,
)


def thing(text: str, **more: object) -> TextTarget:
    return TextTarget.model_validate({"text": text, **more})


SAVED = Expectation(kind="text_appears", text="Saved")
SAVE_AS = Expectation(kind="window_opened", text="Save As")

ACTIONS: list[tuple[str, list[Action]]] = [
    ("click Save", [Click(target=thing("Save"))]),
    ("CLICK the Save button.", [Click(target=thing("Save", role="button"))]),
    ('click on the "Save" button', [Click(target=thing("Save", role="button"))]),
    ('click button "Go to page"', [Click(target=thing("Go to page", role="button"))]),
    ("click menu item Save As...", [Click(target=thing("Save As...", role="menuitem"))]),
    ("click Save As....", [Click(target=thing("Save As...."))]),
    ("click Radio button", [Click(target=thing("Radio", role="button"))]),
    ("click Tab", [Click(target=thing("Tab"))]),
    ("click button", [Click(target=thing("button"))]),
    ("click 7", [Click(target=thing("7"))]),
    ("click +", [Click(target=thing("+"))]),
    ("click × in galculator", [Click(target=thing("×", window="galculator"))]),
    ("click Don't save", [Click(target=thing("Don't save"))]),
    ("click 12:30", [Click(target=thing("12:30"))]),
    ("click Sign in", [Click(target=thing("Sign in"))]),
    ("click Sign in then click OK", [Click(target=thing("Sign in")), Click(target=thing("OK"))]),
    ("click 保存", [Click(target=thing("保存"))]),
    ("click “Ünïcode”", [Click(target=thing("Ünïcode"))]),
    ("click 'It\\'s me'", [Click(target=thing("It's me"))]),
    ('click OK in window "Save As"', [Click(target=thing("OK", window="Save As"))]),
    ('click OK in the Save As window near "Name"',
     [Click(target=thing("OK", window="Save As", near="Name"))]),
    ('click the 2nd "Edit"', [Click(target=thing("Edit", nth=2))]),
    ("click the 12th Edit", [Click(target=thing("Edit", nth=12))]),
    ('click the first button "Edit"', [Click(target=thing("Edit", nth=1, role="button"))]),
    ("click First name", [Click(target=thing("First name"))]),
    ("double-click a.txt", [DoubleClick(target=thing("a.txt"))]),
    ("double click a.txt", [DoubleClick(target=thing("a.txt"))]),
    ("right-click a.txt", [RightClick(target=thing("a.txt"))]),
    ("hover over Help", [Move(target=thing("Help"))]),
    ('drag "a.txt" to icon Trash',
     [Drag(source=thing("a.txt"), target=thing("Trash", role="icon"))]),
    ("scroll down", [Scroll(direction="down")]),
    ("scroll up 1 notch", [Scroll(direction="up", notches=1)]),
    ("scroll left 3", [Scroll(direction="left", notches=3)]),
    ('scroll right 3 notches in "List"',
     [Scroll(direction="right", notches=3, target=thing("List"))]),
    ('type "a\\n\\tb \\"c\\" \\\\"', [TypeText(text='a\n\tb "c" \\')]),
    ('type "x" into the Name field, replacing what is there',
     [TypeText(text="x", into=thing("Name", role="textbox"), replace=True)]),
    ('type "x" replacing it', [TypeText(text="x", replace=True)]),
    ('replace the text in Name with "x"', [TypeText(text="x", into=thing("Name"), replace=True)]),
    ("type secret mail-password into Password",
     [TypeText(text="mail-password", into=thing("Password"), secret=True)]),
    ("press ctrl+s", [PressKeys(keys=("ctrl", "s"))]),
    ("press Ctrl + Shift + S.", [PressKeys(keys=("ctrl", "shift", "s"))]),
    ("press ctrl++", [PressKeys(keys=("ctrl", "+"))]),
    ("press page down", [PressKeys(keys=("pagedown",))]),
    ("press tab twice", [PressKeys(keys=("tab",))] * 2),
    ("press ctrl+s then enter and expect \"Saved\"",
     [PressKeys(keys=("ctrl", "s")), PressKeys(keys=("enter",), expect=(SAVED,))]),
    ("open mousepad", [Launch(command=("mousepad",))]),
    ('launch "chromium --no-sandbox \'my file.html\'"',
     [Launch(command=("chromium", "--no-sandbox", "my file.html"))]),
    ('open xterm -e "top -b"', [Launch(command=("xterm", "-e", "top -b"))]),
    ("focus window Mousepad", [FocusWindow(title="Mousepad")]),
    ("switch to the mousepad window", [FocusWindow(title="mousepad")]),
    ('switch to "Save As"', [FocusWindow(title="Save As")]),
    ('wait until "a" appears', [WaitFor(text="a")]),
    ('wait until "a" is gone within 2 minutes', [WaitFor(text="a", present=False, timeout_s=120)]),
    ('wait until window "W" opens', [WaitFor(text="W", what="window")]),
    ('wait until window "W" closes within 1.5s',
     [WaitFor(text="W", what="window", present=False, timeout_s=1.5)]),
    ('wait for window "W"', [WaitFor(text="W", what="window")]),
    ("wait 2 seconds", [Pause(seconds=2)]),
    ('copy "x" to the clipboard', [SetClipboard(text="x")]),
    ('set clipboard to ""', [SetClipboard(text="")]),
    ("save screenshot", [SaveScreenshot()]),
    ("take a screenshot as a.png", [SaveScreenshot(path="a.png")]),
    ('ask "Which?"', [AskUser(question="Which?")]),
    ("done", [Done()]),
    ('stop "full"', [Fail(reason="full")]),
    ('click Save and expect window "Save As" and expect no window "Old"',
     [Click(target=thing("Save"),
            expect=(SAVE_AS, Expectation(kind="window_closed", text="Old")))]),
    ('click Save, and expect no "Error".',
     [Click(target=thing("Save"), expect=(Expectation(kind="text_gone", text="Error"),))]),
    ("click A; click B\n\n# click X\n  click C # and so on\nclick D. Click E, then click F\n",
     [Click(target=thing(letter)) for letter in "ABCDEF"]),
    ("click A\r\nthen click B then\n  click C", [Click(target=thing(letter)) for letter in "ABC"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "actions"), ACTIONS, ids=[text for text, _ in ACTIONS])
def test_sentences_become_actions(text: str, actions: list[Action]) -> None:
    sentences = parse_instructions(text)
    assert [s.action for s in sentences if isinstance(s, Act)] == actions
    assert len(sentences) == len(actions)


CLICKS = {letter: Act(action=Click(target=thing(letter))) for letter in "ABCD"}
TIP = Condition(what="window", text="Tip")

OTHERS: list[tuple[str, list[Sentence]]] = [
    ("select A4 from Paper size and expect \"Saved\"",
     [SelectFrom(option="A4", target=thing("Paper size"), expect=(SAVED,))]),
    ('select "x" from the list near "y"',
     [SelectFrom(option="x", target=thing("list", near="y"))]),
    ("check Wrap lines", [SetChecked(target=thing("Wrap lines"), checked=True)]),
    ('untick "Match case"', [SetChecked(target=thing("Match case"), checked=False)]),
    ('scroll down until "Z" is visible', [ScrollUntil(direction="down", text="Z")]),
    ('scroll up over List until "Z" appears',
     [ScrollUntil(direction="up", text="Z", target=thing("List"))]),
    ('expect "Z"', [Expect(condition=Condition(what="text", text="Z"), within_s=5)]),
    ('expect no window "Tip" within 20 seconds',
     [Expect(condition=Condition(what="window", text="Tip", present=False), within_s=20)]),
    # `then` goes on with the branch, ";" and new lines end it
    ('if window "Tip" is open then click A then click B; click C',
     [If(condition=TIP, then=(CLICKS["A"], CLICKS["B"])), CLICKS["C"]]),
    ('if window "Tip" is open, click A\nclick B', [If(condition=TIP, then=(CLICKS["A"],)),
                                                 CLICKS["B"]]),
    ('if window "Tip" is open then click A otherwise click B then click C\nclick D',
     [If(condition=TIP, then=(CLICKS["A"],), otherwise=(CLICKS["B"], CLICKS["C"])), CLICKS["D"]]),
    ('click D then if window "Tip" is open then click A\notherwise click B',
     [CLICKS["D"], If(condition=TIP, then=(CLICKS["A"],), otherwise=(CLICKS["B"],))]),
    ('if window "Tip" is open:\n  click A\n  # why\n  if "x" is not visible then click B\n'
     'otherwise:\n  click C\nend\nclick D',
     [If(condition=TIP,
         then=(CLICKS["A"], If(condition=Condition(what="text", text="x", present=False),
                               then=(CLICKS["B"],))),
         otherwise=(CLICKS["C"],)), CLICKS["D"]]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentences"), OTHERS, ids=[text for text, _ in OTHERS])
def test_sentences_that_are_more_than_one_action(text: str, sentences: list[Sentence]) -> None:
    assert parse_instructions(text) == tuple(sentences)


def test_a_sentence_knows_its_place() -> None:
    first, second = parse_instructions('click A\n  press tab  then click "B" near C # d')[:2]
    assert (first.source.line, first.source.column, first.source.text) == (1, 1, "click A")
    assert (second.source.line, second.source.column, second.source.text) == (2, 3, "press tab")


ERRORS = [
    ("clik Save", 1,
     "line 1, column 1: 'clik' is no verb of the language; did you mean \"click\"?"),
    ("click A then presss enter", 14,
     "line 1, column 14: 'presss' is no verb of the language after 'click A then'; "
     'did you mean "press"?'),
    ("tap Save", 1, 'line 1, column 1: \'tap\' is no verb of the language; did you mean "click"?'),
    ("typ Save", 1,
     "line 1, column 1: 'typ' is no verb of the language; did you mean \"type\"?"),
    ("selct A from B", 1,
     "line 1, column 1: 'selct' is no verb of the language; did you mean \"select\"?"),
    ("frobnicate", 1,
     "line 1, column 1: 'frobnicate' is no verb of the language; a sentence begins with click, "
     "double-click, right-click, hover, drag, scroll, type, replace, press, select, check, "
     "uncheck, open, focus, wait, expect, if, ask, done, stop, copy, set, save, launch, switch"),
    ("then click A", 1,
     "line 1, column 1: 'then' stands between two sentences, and none is before it"),
    ("otherwise click A", 1,
     "line 1, column 1: 'otherwise' belongs to an if, and none is open here"),
    ("click", 6, "line 1, column 6: the sentence ends after 'click'; expected a label"),
    ("type Hello into Name", 6,
     "line 1, column 6: 'Hello' is not understood after 'type'; expected a text in quotes; "
     'quote it: "Hello"'),
    ('type "abc into Name', 6,
     "line 1, column 6: the quote that opens here is not closed on its line after 'type'"),
    ("click Go to page", 10,
     "line 1, column 10: 'to' is not understood after 'click Go'; expected then, and expect "
     '"…" or the end of the sentence; a label that holds a word of the language is quoted'),
    ("click Save and press enter", 12,
     "line 1, column 12: sentences are joined by then; if it is part of the label, quote the "
     "label"),
    ("click the first Save", 7,
     'line 1, column 7: quote the label: the first "Save", or "first Save" if that is on it'),
    ('click "A" "B"', 11,
     "line 1, column 11: '\"B\"' is not understood after 'click \"A\"'; expected then, and expect "
     '"…", the end of the sentence, in window "…", near "…" or a kind such as button'),
    ("press the Save button", 7,
     "line 1, column 7: there is no key 'the'; expected names such as ctrl, enter, f5; "
     "press is for keys, a thing on the screen is clicked: click X"),
    ("press ctlr+s", 7, "line 1, column 7: there is no key 'ctlr'; did you mean 'ctrl'?"),
    ("click Save then enter", 17,
     "line 1, column 17: 'enter' alone is no sentence; write: press enter"),
    ("open the File menu", 6,
     "line 1, column 6: open starts applications; what is on the screen is clicked: click X"),
    ("open \"xterm 'x\"", 6, "line 1, column 6: the command cannot be split: No closing quotation"),
    ("wait 2 hours", 8,
     "line 1, column 8: 'hours' is not understood after 'wait 2'; expected then, the end of the "
     "sentence or seconds"),
    ("wait 9999 seconds", 1,
     "line 1, column 1: seconds: Input should be less than or equal to 600"),
    ('if "x" is visible: click A', 1,
     "line 1, column 1: this block has no end; write end on a line after its last sentence"),
    ("click A\nend", 1, "line 2, column 1: 'end' belongs to an if, and none is open here"),
    ('type "C:\\dir"', 9,
     "line 1, column 9: \\d has no meaning in quotes; a backslash itself is written \\\\"),
    ('type ""', 1, "line 1, column 1: text: String should have at least 1 character"),
    ('expect ""', 8, "line 1, column 8: words on the screen are 1 to 200 characters"),
    ("scroll sideways", 8,
     "line 1, column 8: 'sideways' is not understood after 'scroll'; expected up, down, left or "
     "right"),
    ("scroll down 1.5 notches", 13, "line 1, column 13: expected a whole number, got 1.5"),
    ("press tab 101 times", 11, "line 1, column 11: keys are pressed 1 to 100 times"),
    ('click button "Save" button', 21,
     "line 1, column 21: 'button' is a second kind for one thing"),
    ("click A in B in C", 7, "line 1, column 7: 'window' is said twice of one thing"),
    (" # only a comment\n", 1,
     'there is no sentence in the text; for example: click "Save"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), ERRORS, ids=[text for text, _, _ in ERRORS])
def test_errors_point_at_the_word(text: str, column: int, message: str) -> None:
    with pytest.raises(InstructionError) as caught:
        parse_instructions(text)
    assert (str(caught.value), caught.value.column) == (message, column)


def test_the_mark_stands_under_the_word() -> None:
    text = 'open mousepad\n\ttype "a" int Name\nclick Save'
    with pytest.raises(InstructionError) as caught:
        parse_instructions(text)
    assert point_at(text, caught.value) == '\ttype "a" int Name\n\t         ^'


def test_sizes_are_bounded() -> None:
    with pytest.raises(InstructionError, match=rf"^line {MAX_SENTENCES + 1}: more than 1000 sent"):
        parse_instructions("click A\n" * (MAX_SENTENCES + 1))
    assert len(parse_instructions("click A\n" * MAX_SENTENCES)) == MAX_SENTENCES
    with pytest.raises(
        InstructionError, match=r"^the text has 65537 bytes; at most 65536 are read"
    ):
        parse_instructions("#" * (MAX_TEXT_BYTES + 1))
    with pytest.raises(InstructionError, match=r"more than 10 blocks in blocks$"):
        parse_instructions('if "a" is visible:\n' * 3000)


WORDS = st.sampled_from(
    ["click", "type", "press", "if", "end", "otherwise", "otherwise:", "then", "and", "expect",
     "in", "near", "the", "2nd", "first", "button", "menu item", "window", "is visible", "opens",
     '"Save"', "“a b”", "'x'", '"', "Save", "As...", "ctrl+s", "enter", "3", "times", "notches",
     "down", "scroll", "until", "to", "from", "into", "with", ",", ";", ".", "\n", ":", "#", "no",
     "wait", "within", "seconds", "select", "drag", "replacing", "open", "done", "×", "\\",
     "secret"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_parses_to_what_it_writes_or_is_an_instruction_error(text: str) -> None:
    error = None
    try:
        sentences = parse_instructions(text)
    except InstructionError as raised:
        error = raised
    if error is None:
        assert parse_instructions(write_sentences(sentences)) == sentences
        return
    assert "\n" not in str(error)
    line, mark = point_at(text, error).split("\n")
    assert mark.endswith("^")
    assert len(mark) <= len(text.split("\n")[error.line - 1]) + 1
