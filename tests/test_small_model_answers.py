"""The pulled local model answers questions about screens, held by the grammar."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.tools.media.ask_video import VideoReply, ask_video
from deskhand.tools.media.video_index import index_video
from deskhand.tools.models.chat_llama import ChatLlama
from deskhand.tools.models.chat_models import LoadedChatModel
from deskhand.tools.questions.ask import ask
from deskhand.tools.questions.describe import describe

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing
from tests.videos import screen, steady, write_video

pytestmark = [pytest.mark.models, pytest.mark.slow]

BILL = rows(
    [thing("text", "Bill of 3 May", left=20)],
    form_field("Customer", "Paul Voss"),
    [thing("text", "Total:", left=20), thing("text", "1,204.00", left=400)],
    [thing("checkbox", "Gift wrap", "unchecked", left=20)],
    [thing("button", "Send", "disabled", left=20), thing("button", "Close", left=400)],
    title="Bill",
)


@pytest.fixture(scope="module")
def loaded(gguf: Path) -> Iterator[LoadedChatModel]:
    model = ChatLlama.load(gguf)
    yield LoadedChatModel(model=model, name="qwen2.5-coder-1.5b", sees=False, is_small=True)
    model.engine.close()


def test_a_value_is_read_beside_its_label(loaded: LoadedChatModel) -> None:
    answered = ask(BILL, "What is the total?", loaded)
    assert "1,204.00" in answered.text
    assert [element.text for element in answered.elements] == ["1,204.00"]
    assert (answered.found, answered.claims) == (True, ())


def test_what_is_not_there_is_said_to_be(loaded: LoadedChatModel) -> None:
    answered = ask(BILL, "What is the phone number of Paul Voss?", loaded)
    assert (answered.found, answered.text) == (False, "not on the screen")


def test_a_screen_is_summed_up(loaded: LoadedChatModel) -> None:
    described = describe(BILL, loaded)
    assert described.text.startswith("The screen shows ")
    assert 'Disabled: button "Send".' in described.facts


def test_a_question_about_a_video_is_answered_or_not_there(
    loaded: LoadedChatModel, tmp_path: Path
) -> None:
    shown = [
        (0.0, screen("Inbox of Dana", "Order number 48213", "Total 1,204.00 EUR")),
        (2.0, screen("Terminal", "Build failed: missing library zlib")),
    ]
    video = write_video(tmp_path / "a.mp4", steady(shown, 4.0))
    index_video(video, kept_in=tmp_path / "kept")

    def asked(question: str) -> VideoReply:
        return ask_video(video, question, loaded, speech_model=None, kept_in=tmp_path / "kept")

    reply = asked("Which library is missing?")
    assert "zlib" in reply.text
    # Which line of that picture a small model cites differs from run to run on a busy machine.
    assert [one.start_s >= 1.9 for one in reply.moments] == [True]
    assert not asked("What does the bicycle cost?").found
