"""Tool calls are read from text by an exact grammar; what is held back while it is written."""

import pytest

from deskhand.tools.models.tool_call_text import TextGate, parse_answer

SET = {
    "type": "function",
    "function": {
        "name": "set",
        "parameters": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "count": {"type": "integer"},
                "flags": {"type": "array"},
                "any": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            },
        },
    },
}


def calls(text: str, *, complete: bool = True) -> list[tuple[str, dict[str, object]]]:
    answer = parse_answer(text, [SET], complete=complete)
    assert answer.invalid == ()
    return [(call.name, call.arguments) for call in answer.calls]


def complaint(text: str, *, complete: bool = True) -> str:
    answer = parse_answer(text, [SET], complete=complete)
    assert answer.calls == ()
    (invalid,) = answer.invalid
    assert invalid.text in text
    assert invalid.text.startswith("<tool_call>")
    return invalid.error


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ('{"name": "set", "arguments": {"a": {"b": [1, {"c": 2}]}}}', {"a": {"b": [1, {"c": 2}]}}),
        ('{"name": "set", "arguments": {"a": "</tool_call>"}}', {"a": "</tool_call>"}),
        ('{"name": "set", "arguments": {"a": "}"}}', {"a": "}"}),
        ('\n {"arguments": {}, "name": "set"} \n', {}),
        ('{"name": "set"}', {}),
        ('{"name": "set", "arguments": "{\\"a\\": 0}"}', {"a": 0}),
        ('{"name": "set", "arguments": {"a": "日本"}}', {"a": "日本"}),
    ],
)
def test_json_calls(body: str, arguments: dict[str, object]) -> None:
    assert calls(f"<tool_call>{body}</tool_call>") == [("set", arguments)]


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ("", {}),
        ("<parameter=text>\n7\n</parameter>\n", {"text": "7"}),
        ("<parameter=text>\n\n two \n\n</parameter>", {"text": "\n two \n"}),
        ("<parameter=count>7</parameter>", {"count": 7}),
        ("<parameter=flags>\n[1, true]\n</parameter>", {"flags": [1, True]}),
        (
            "<parameter=any>seven</parameter><parameter=new>8</parameter>",
            {"any": "seven", "new": 8},
        ),
    ],
)
def test_tagged_calls(parameters: str, arguments: dict[str, object]) -> None:
    text = f"<tool_call>\n<function=set>\n{parameters}</function>\n</tool_call>"
    assert calls(text) == [("set", arguments)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<tool_call></tool_call>", "expected a JSON object: Expecting value: line 1 column 12"),
        ("<tool_call>[1]</tool_call>", "expected a JSON object, got list"),
        ('<tool_call>{"name": 1}</tool_call>', "expected name to be a tool's name, got 1"),
        (
            '<tool_call>{"name": "set", "arguments": [1]}</tool_call>',
            "expected arguments to be a JSON object, got list",
        ),
        (
            '<tool_call>{"name": "set"} {"name": "set"}</tool_call>',
            "expected </tool_call> after the call, got '{\"name\": \"set\"}</too'",
        ),
        (
            '<tool_call>{"name": "set", "arguments": {"a": NaN}}</tool_call>',
            "expected a JSON object: NaN is not JSON",
        ),
        (
            "<tool_call><function=set><parameter=count>many</parameter></function></tool_call>",
            "expected count to be of type integer, got 'many'",
        ),
        (
            "<tool_call><function=set>text</function></tool_call>",
            "expected <parameter=…> or </function>, got 'text</function></too'",
        ),
        (
            "<tool_call><function=set><parameter=a>1</parameter><parameter=a>2</parameter>"
            "</function></tool_call>",
            "parameter 'a' is given twice",
        ),
        ("<tool_call>" + "[" * 100_000, "expected a JSON object: "),
    ],
)  # fmt: skip
def test_what_is_no_call_says_why(text: str, error: str) -> None:
    assert complaint(text).startswith(error)


def test_a_call_without_its_closing_tag_counts_only_where_the_model_ended_by_itself() -> None:
    cut = '<tool_call>{"name": "set", "arguments": {}}'
    assert calls(cut, complete=True) == [("set", {})]
    error = complaint(cut, complete=False)
    assert error == "expected </tool_call> after the call, got the end of the answer"


def test_text_and_several_calls_are_told_apart() -> None:
    good = '<tool_call>{"name": "set"}</tool_call>'
    answer = parse_answer(
        f"First. {good}\nThen {good} <tool_call>?</tool_call> End.", [], complete=True
    )
    assert answer.text == "First.\nThen\nEnd."
    assert [call.name for call in answer.calls] == ["set", "set"]
    assert len({call.id for call in answer.calls}) == 2
    assert [invalid.text for invalid in answer.invalid] == ["<tool_call>?</tool_call>"]


def test_text_alone_is_no_call() -> None:
    answer = parse_answer('{"name": "set", "arguments": {}}', [SET], complete=True)
    assert (answer.calls, answer.invalid) == ((), ())
    assert answer.text == '{"name": "set", "arguments": {}}'


def shown(gate: TextGate, text: str) -> list[str]:
    return [gate.feed(character) for character in text]


def test_text_passes_as_it_comes() -> None:
    gate = TextGate()
    assert shown(gate, "a <b") == ["a", " ", "<", "b"]
    assert gate.rest() == ""


def test_a_call_is_held_back_from_the_space_before_it() -> None:
    gate = TextGate(calls=True)
    assert "".join(shown(gate, "Well.\n\n<tool_call>{}</tool_call> so")) == "Well."
    assert gate.rest() == "\n\n<tool_call>{}</tool_call> so"


def test_what_only_looks_like_a_call_is_let_go() -> None:
    gate = TextGate(calls=True)
    assert shown(gate, "a <tool") == ["a", "", "", "", "", "", ""]
    assert gate.feed("box>") == " <toolbox>"


def test_without_tools_their_tags_are_text() -> None:
    assert "".join(shown(TextGate(), "<tool_call>x")) == "<tool_call>x"


@pytest.mark.parametrize("pieces", [["one STOP two"], list("one STOP two"), ["one ST", "OP two"]])
def test_a_stop_string_ends_the_text_before_it(pieces: list[str]) -> None:
    gate = TextGate(["STOP", "", "two"])
    assert "".join(gate.feed(piece) for piece in pieces) + gate.rest() == "one "
    assert gate.is_stopped


def test_the_beginning_of_a_stop_string_is_let_go_at_the_end() -> None:
    gate = TextGate(["STOP"])
    assert gate.feed("one ST") == "one "
    assert gate.rest() == "ST"
    assert not gate.is_stopped
