"""LangChain messages become turns that a chat template can render."""

import base64
import io
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from PIL import Image

from deskhand.memory.errors import BadArgumentError
from deskhand.tools.models.vlm_messages import (
    LEFT_OUT,
    Turn,
    in_words,
    pictures_of,
    to_turns,
    with_system,
    without_oldest,
)


def data(colour: str) -> str:
    written = io.BytesIO()
    Image.new("RGB", (2, 2), colour).save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


def block(colour: str) -> dict[str, Any]:
    return {"type": "image", "base64": data(colour), "mime_type": "image/png"}


def shown(turns: list[Turn]) -> list[tuple[str, list[str]]]:
    """Return the turns with each picture as the colour of its first pixel."""
    return [(turn.role, [in_text(part) for part in turn.parts]) for turn in turns]


def in_text(part: str | Image.Image) -> str:
    return part if isinstance(part, str) else str(part.getpixel((0, 0)))


RED = "(255, 0, 0)"
BLUE = "(0, 0, 255)"
CALL = {"name": "look", "args": {"at": 1}, "id": "1", "type": "tool_call"}


@pytest.mark.parametrize(
    "content",
    [
        block("red"),
        {"type": "image", "source_type": "base64", "data": data("red"), "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data('red')}"}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": data("red")},
        },
    ],
    ids=["standard", "standard v0", "OpenAI", "Anthropic"],
)
def test_pictures_of_every_provider(content: dict[str, Any]) -> None:
    assert shown(to_turns([HumanMessage([content])])) == [("user", [RED])]
    tool = ToolMessage([content], tool_call_id="1", name="look")
    assert shown(to_turns([tool]))[-1] == ("user", ["Picture from the tool look:", RED])


@pytest.mark.parametrize(
    "content",
    [
        {"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}},
        {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1/a.png"}},
    ],
)
def test_urls_of_every_provider_are_refused(content: dict[str, Any]) -> None:
    with pytest.raises(BadArgumentError) as error:
        to_turns([HumanMessage([content])])
    assert str(error.value) == (
        "an image block needs base64 or a data: URL, got 'http://127.0.0.1/a.png'; "
        "nothing is fetched"
    )


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (
            HumanMessage([{"type": "audio", "base64": "AA==", "mime_type": "audio/wav"}]),
            "a human message may hold texts and pictures, got 'audio'",
        ),
        (
            HumanMessage([{"type": "hologram"}]),
            "a human message may hold texts and pictures, got 'hologram'",
        ),
        (
            ChatMessage(content="x", role="critic"),
            "expected a message of type system, human, ai, tool, got 'chat'",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(message: BaseMessage, complaint: str) -> None:
    with pytest.raises(BadArgumentError) as error:
        to_turns([message])
    assert str(error.value) == complaint


def test_no_messages_are_refused() -> None:
    with pytest.raises(BadArgumentError, match=r"^expected at least one message, got none$"):
        to_turns([])


def test_tools_pictures_wait_until_all_tools_have_answered() -> None:
    turns = to_turns(
        [
            HumanMessage("Look."),
            AIMessage("", tool_calls=[CALL, CALL | {"id": "2"}]),
            ToolMessage(
                [{"type": "text", "text": "one"}, block("red")], tool_call_id="1", name="a"
            ),
            ToolMessage([block("blue")], tool_call_id="2", name="b"),
            AIMessage("Seen."),
        ]
    )
    assert shown(turns)[2:] == [
        ("tool", ["one"]),
        ("tool", ["The picture follows."]),
        ("user", ["Picture from the tool a:", RED, "Picture from the tool b:", BLUE]),
        ("assistant", ["Seen."]),
    ]


def test_tools_pictures_join_the_users_next_turn() -> None:
    turns = to_turns([ToolMessage([block("red")], tool_call_id="1"), HumanMessage("And?")])
    assert shown(turns)[1:] == [("user", ["Picture:", RED, "And?"])]


def test_reasoning_and_calls_are_no_text() -> None:
    message = AIMessage(
        [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "Yes."}],
        tool_calls=[CALL],
    )
    (turn,) = to_turns([message])
    assert turn.parts == ("Yes.",)
    assert turn.calls == ({"name": "look", "arguments": {"at": 1}},)


def test_a_template_without_tools_gets_them_in_words() -> None:
    turns = to_turns(
        [
            SystemMessage("Be brief."),
            HumanMessage("Look."),
            AIMessage("", tool_calls=[CALL]),
            ToolMessage(
                [{"type": "text", "text": "two"}, block("red")], tool_call_id="1", name="a"
            ),
        ]
    )
    written = shown(in_words(turns, [{"type": "function", "function": {"name": "{look}"}}]))
    assert [role for role, _ in written] == ["system", "user", "assistant", "user"]
    system = "".join(written[0][1])
    assert system.startswith("Be brief.\n\n# Tools\n")
    assert '<tools>\n{"type": "function", "function": {"name": "{look}"}}\n</tools>' in system
    call = '\n<tool_call>\n{"name": "look", "arguments": {"at": 1}}\n</tool_call>'
    assert written[2][1][-1] == call
    answer = "<tool_response>\ntwo\n</tool_response>"
    assert written[3][1] == [answer, "\n", "Picture from the tool a:", RED]


def test_user_turns_in_a_row_become_one() -> None:
    turns = to_turns([HumanMessage("Look."), HumanMessage([block("red")])])
    assert shown(in_words(turns, [])) == [("user", ["Look.", "\n", RED])]


def test_without_tools_words_stay_as_they_are() -> None:
    turns = to_turns([HumanMessage("Look."), AIMessage("Yes.")])
    assert in_words(turns, []) == turns


def test_a_system_turn_is_made_where_there_is_none() -> None:
    (system, _) = with_system(to_turns([HumanMessage("Look.")]), "Be brief.")
    assert system == Turn(role="system", parts=("Be brief.",))


def test_the_oldest_pictures_become_lines() -> None:
    turns = to_turns([HumanMessage([block("red"), block("blue")]), HumanMessage([block("red")])])
    assert len(pictures_of(turns)) == 3
    assert shown(without_oldest(turns, 1)) == [("user", [LEFT_OUT, BLUE]), ("user", [RED])]
    assert pictures_of(without_oldest(turns, 3)) == []
