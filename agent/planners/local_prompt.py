"""The question a small model is asked, and the plan it answers with."""

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ...memory.errors import InstructionError, ModelOutputError
from ..instructions.parse import parse_instructions
from ..instructions.sentences import Sentence
from ..prompts import load_prompt
from .labels import LabelledScreen, harmless

SHOWN_DONE = 8
"""Sentences of the history in the prompt."""


def plan_messages(
    screen: LabelledScreen, task: str, done: list[str], nonce: str
) -> list[BaseMessage]:
    """Return the conversation that ends with the question for a plan.

    All that changes stands at its end: what is before it has been read already.
    """
    prompt = load_prompt("local_plan")
    messages: list[BaseMessage] = [SystemMessage(prompt.system)]
    for example in prompt.examples:
        messages += [HumanMessage(example.question), AIMessage(example.answer)]
    history = "; ".join(harmless(sentence) for sentence in done[-SHOWN_DONE:]) or "nothing"
    question = (
        f"<screen {nonce}>\n{screen.text}\n</screen {nonce}>\n"
        f"Done so far: {history}\nTask: {harmless(task)}\nPlan:"
    )
    return [*messages, HumanMessage(question)]


def parse_plan(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a plan.

    Raises:
        ModelOutputError: If they are none; the grammar keeps a model from writing such.
    """
    try:
        return parse_instructions(text)
    except InstructionError as error:
        # An answer that was cut off ends within a sentence: what is before it stands.
        whole, _, rest = text.rpartition("\n")
        if whole and rest:
            return parse_plan(whole)
        raise ModelOutputError(f"expected sentences of the language: {error}") from error
