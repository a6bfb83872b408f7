"""The planner for small local models: a plan for the whole screen, one call, then carried out.

A small model cannot use a history of steps, but it can name what a screen is for. So it writes all
that a task asks of the present screen at once, as sentences of the instruction language under a
grammar that knows this screen's labels. The sentences are then done one a turn. When they are used
up, and the screen is another one while parts of the task are left, a plan is made for that.
Measured beside JSON over element numbers in `benchmarks/local_planner.py`.
"""

import secrets
import time
from collections.abc import Callable

from langchain_core.language_models import BaseChatModel

from ...memory.errors import ModelOutputError
from ...tools.actions import Fail
from ...tools.models.gbnf import grammar_arguments
from ..instructions.write import write_action
from .english import is_english
from .gbnf import MAX_LINES
from .labels import LabelledScreen
from .local_prompt import plan_messages
from .local_turn import TurnPlanning
from .planner import Proposal, Turn
from .usage import Usage

MAX_ANSWER_TOKENS = 320


class LocalPlanner:
    """Does a task in plain words with a small chat model that follows a grammar.

    Args:
        task: What to do.
        model: `ChatLlama`, or any chat model whose server takes GBNF as `grammar` in its request
            (a llama.cpp server behind `ChatOpenAI`).
        max_lines: Sentences in one plan.
        nonce: Makes the mark of the fence around the screen, a new one for each call.
    """

    name = "local"

    def __init__(
        self,
        task: str,
        model: BaseChatModel,
        *,
        max_lines: int = MAX_LINES,
        nonce: Callable[[], str] = lambda: secrets.token_hex(2),
    ) -> None:
        self._task = task
        self._model = model
        self._max_lines = max_lines
        self._nonce = nonce

    def plan(self, turn: Turn) -> Proposal:
        """Return the next action of the plan for this screen, or of a new one."""
        if not is_english(self._task):
            reason = (
                "this planner understands tasks in English only (texts in quotes may be in any "
                f"language); say this one in English, or choose another model: {self._task}"
            )
            refusal = Fail(reason=reason)
            return Proposal(action=refusal, sentence=write_action(refusal), memory={})
        return TurnPlanning(
            turn, self._full_task(turn), self._ask_model, self._max_lines
        ).proposal()

    def _full_task(self, turn: Turn) -> str:
        answers = [*turn.memory.get("answers", ())]
        if turn.memory.get("is_asking") and turn.last_outcome is not None:
            answers.append(turn.last_outcome.answer)
        return " ".join([self._task.strip(), *(f"({answer.strip()})" for answer in answers)])

    def _ask_model(
        self, screen: LabelledScreen, task: str, done: list[str], grammar: str
    ) -> tuple[str, Usage]:
        """Return what the model writes, with what it cost.

        Raises:
            ModelOutputError: If it is no text.
        """
        started = time.monotonic()
        message = self._model.invoke(
            plan_messages(screen, task, done, self._nonce()),
            max_tokens=MAX_ANSWER_TOKENS,
            **grammar_arguments(self._model, grammar),
        )
        if not isinstance(message.content, str):
            raise ModelOutputError("expected text from the model, got a list of parts; ask again")
        used = message.usage_metadata
        usage = Usage(
            calls=1,
            input_tokens=0 if used is None else used["input_tokens"],
            output_tokens=0 if used is None else used["output_tokens"],
            seconds=time.monotonic() - started,
        )
        return message.content, usage
