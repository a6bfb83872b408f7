"""The planner for small models with a model that is scripted, turn by turn as in a run."""

import json
import sys
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

from deskhand.agent.planners.local import LocalPlanner
from deskhand.agent.planners.planner import Proposal, StepSummary, Turn
from deskhand.tools.outcome import Effect, Outcome
from deskhand.tools.perception.elements import Observation

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import form_field, rows, thing


class Scripted(BaseChatModel):
    """Says what it was given, and keeps what it was asked."""

    answers: list[str]
    asked: list[list[BaseMessage]] = []
    grammars: list[str] = []

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.asked.append(messages)
        self.grammars.append(kwargs["grammar"])
        used = UsageMetadata(input_tokens=7, output_tokens=3, total_tokens=10)
        message = AIMessage(self.answers.pop(0), usage_metadata=used)
        return ChatResult(generations=[ChatGeneration(message=message)])


class Run:
    """Does what the graph does with a planner: a new one each turn, memory through JSON."""

    def __init__(self, task: str, *answers: str) -> None:
        self.task = task
        self.model = Scripted(answers=list(answers), asked=[], grammars=[])
        self.memory: dict[str, Any] = {}
        self.history: list[StepSummary] = []
        self.sentence = ""

    def turn(
        self, screen: Observation, effect: Effect | None = None, *, answer: str = ""
    ) -> Proposal:
        last = None
        if effect is not None:
            last = Outcome(effect=effect, evidence="it was seen", answer=answer)
            summary = StepSummary(sentence=self.sentence, effect=effect, evidence=last.evidence)
            self.history.append(summary)
        proposal = LocalPlanner(self.task, self.model, nonce=lambda: "abcd").plan(
            Turn(
                task=self.task, observation=screen, memory=self.memory,
                history=tuple(self.history), step=len(self.history) + 1, last_outcome=last,
            )
        )  # fmt: skip
        self.memory = json.loads(json.dumps(proposal.memory))
        self.sentence = proposal.sentence
        return proposal

    def sentences(self, screen: Observation) -> list[str]:
        """Everything it does while each step is confirmed and the screen stays as it is."""
        said = [self.turn(screen).sentence]
        while not said[-1].startswith(("done", "stop", "ask")):
            said.append(self.turn(screen, "confirmed").sentence)
        return said


SAVE = rows(form_field("Name"), [thing("button", "Save"), thing("button", "Cancel", left=400)])
"""1 text, 2 field, 3 Save, 4 Cancel."""
SAVED = rows([thing("text", "All is well")], [thing("button", "Quit")])
