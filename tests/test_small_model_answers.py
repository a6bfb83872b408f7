"""The pulled local model answers questions about screens, held by the grammar."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.tools.models.chat_llama import ChatLlama
from deskhand.tools.models.chat_models import LoadedChatModel
from deskhand.tools.questions.ask import ask
from deskhand.tools.questions.describe import describe

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing

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
