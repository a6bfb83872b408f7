"""The agent loop as a LangGraph graph: observe -> plan -> guard -> act -> verify, checkpointed.

A node may run twice (LangGraph promises at least once), so only `act` has an effect, and the
journal makes that effect happen at most once. See `journal` for what a killed run does next.
"""

import time
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from ..memory.errors import (
    ActionFailed,
    ApprovalRequired,
    BudgetExceeded,
    PolicyDenied,
    ToolError,
)
from ..tools.actions import Action, AskUser, Done, Fail, parse_action, redact
from ..tools.grounding import Prepared
from ..tools.hands import Acted, Hands, TargetGone
from ..tools.models.cancelling import call_unless
from ..tools.outcome import Outcome
from ..tools.perception.elements import Observation
from ..tools.safety.gate import Approval
from .budgets import Budgets
from .journal import Journal
from .observations import ObservationStore
from .people import Person
from .planners.planner import Planner, Turn
from .routes import after_act, after_guard, after_plan, unless_over
from .run_control import RunControl
from .state import RunState
from .step_records import StepWriter, target_of
from .trajectory.model_calls import CallBook

_Result = TypeVar("_Result")

Event = Literal[
    "enter:observe", "leave:observe", "enter:plan", "leave:plan", "enter:guard", "leave:guard",
    "enter:act", "intended", "committed", "effect", "acted", "leave:act",
    "enter:verify", "leave:verify",
]  # fmt: skip
"""Where a run is; `committed` is told right before the first event that cannot be taken back,
`effect` right after the last one."""

RECOVERY_PATIENCE_S = 1.0
"""A killed run's action is long over: what it did shows at once."""

REPEATABLE_KINDS = frozenset({"move", "wait_for", "focus_window", "set_clipboard"})
"""Doing these a second time changes nothing; after a kill they are simply done again."""


class TaskGraph:
    """The nodes of one run and what they share.

    Args:
        planner: Chooses the next action.
        hands: Look, act and verify.
        journal: Makes an action happen at most once.
        store: Where observations lie.
        writer: Records each settled step.
        budgets: Limits.
        calls: Counts and records what the planner asks of models.
        person: Answers approvals and questions; may be nobody.
        control: Told what the run is doing; holds it while somebody paused it.
        on_event: Told where the run is, for progress.
    """

    def __init__(
        self,
        *,
        planner: Planner,
        hands: Hands,
        journal: Journal,
        store: ObservationStore,
        writer: StepWriter,
        budgets: Budgets,
        calls: CallBook,
        person: Person,
        control: RunControl,
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._planner = planner
        self._hands = hands
        self._journal = journal
        self._store = store
        self._writer = writer
        self._budgets = budgets
        self._calls = calls
        self._person = person
        self._control = control
        self._on_event = on_event
        self._acted: Acted | None = None
        self._fresh_look: Observation | None = None
        self._timings: dict[str, float] = {}

    def build(self) -> StateGraph[RunState]:
        """Return the graph, to be compiled with a checkpointer."""
        graph = StateGraph(RunState)
        graph.add_node("observe", self.observe)
        graph.add_node("plan", self.plan)
        graph.add_node("guard", self.guard)
        graph.add_node("act", self.act)  # no retry policy: it has an effect
        graph.add_node("verify", self.verify)
        graph.add_edge(START, "observe")
        graph.add_conditional_edges("observe", unless_over("plan"), ["plan", END])
        graph.add_conditional_edges("plan", after_plan, ["guard", "observe", END])
        graph.add_conditional_edges("guard", after_guard, ["act", "verify", "observe"])
        graph.add_conditional_edges("act", after_act, ["verify", "observe"])
        graph.add_edge("verify", "observe")
        return graph

    # Each node is timed and tells where it is; the body is in the method of its name.

    def observe(self, state: RunState) -> RunState:
        """Look at the screen and keep what was seen."""
        return self._run("observe", self._observe, state)

    def plan(self, state: RunState) -> RunState:
        """Ask the planner for the next action."""
        return self._run("plan", self._plan, state)

    def guard(self, state: RunState) -> RunState:
        """Find what the action names and ask the gate, and a person where it says so."""
        return self._run("guard", self._guard, state)

    def act(self, state: RunState) -> RunState:
        """Do the action, at most once."""
        return self._run("act", self._act, state)

    def verify(self, state: RunState) -> RunState:
        """Judge the effect and record the step."""
        return self._run("verify", self._verify, state)

    def _run(
        self,
        name: Literal["observe", "plan", "guard", "act", "verify"],
        body: Callable[[RunState], RunState],
        state: RunState,
    ) -> RunState:
        self._on_event(f"enter:{name}")  # type: ignore[arg-type]  # an f-string is no Literal
        self._control.tell(doing=name, step=state["step"])
        started = time.monotonic()
        update = body(state)
        if name != "verify":  # which has written its record, with its own time, by now
            self._timings[f"{name}_s"] = time.monotonic() - started
        self._on_event(f"leave:{name}")  # type: ignore[arg-type]  # as above
        return update

    def _unless_stopped(self, work: Callable[[], _Result]) -> _Result:
        """Return what a model may have to say first, which can take a minute: no stop waits for it.

        Raises:
            TakenOver: If the run was stopped meanwhile.
        """
        return call_unless(self._control.stop_if_told, work)

    def _observe(self, state: RunState) -> RunState:
        step = state["step"]
        self._control.tell(sentence="", note="", target=None)
        self._control.hold()
        try:
            self._budgets.check(step)
        except BudgetExceeded as error:
            return {"status": "budget", "reason": str(error)}
        observation = self._fresh_look
        self._fresh_look = None
        if observation is None:
            observation = self._hands.look()
        handle = self._store.save(observation, self._writer.picture(observation), step=step)
        self._control.tell(observation=handle)
        return {"observation": handle, "must_look_again": False, "outcome": None, "recovered": ""}

    def _plan(self, state: RunState) -> RunState:
        observation = self._store.live(state["observation"])
        if observation is None:
            return {"must_look_again": True}
        last = state.get("last_outcome")
        turn = Turn(
            task=state["task"],
            observation=observation,
            memory=state.get("memory", {}),
            history=self._writer.history(),
            step=state["step"],
            last_outcome=None if last is None else Outcome.from_json(last),
            redaction=self._writer.redaction,
            calls=self._calls,
        )
        try:
            proposal = self._unless_stopped(lambda: self._calls.counting(self._planner, turn))
            action = proposal.action
            if isinstance(action, Done):
                return {"status": "done", "reason": action.summary}
            if isinstance(action, Fail):
                return {"status": "failed", "reason": action.reason}
            record = action.model_dump(mode="json")
            self._budgets.note_action(record, observation.capture.sha256)
        except BudgetExceeded as error:
            return {"status": "budget", "reason": str(error)}
        self._control.tell(sentence=proposal.sentence, note=proposal.note)
        return {
            "proposal": {
                "action": record,
                "sentence": proposal.sentence,
                "memory": dict(proposal.memory),
                "note": proposal.note,
            }
        }

    def _guard(self, state: RunState) -> RunState:
        observation = self._store.live(state["observation"])
        if observation is None:
            return {"must_look_again": True}
        action = parse_action(state["proposal"]["action"])
        if isinstance(action, AskUser):
            return self._ask(state, action)
        try:
            prepared = self._unless_stopped(lambda: self._hands.prepare(action, observation))
        except ToolError as error:
            return {"outcome": _refused(str(error)), "decision": {}}
        self._control.tell(target=target_of(prepared))
        decision = self._hands.gate.decide(action, prepared.context)
        record = {"verdict": decision.verdict, "rule": decision.rule, "reason": decision.reason}
        if decision.verdict == "allow":
            return {"decision": record | {"by": "policy"}}
        if decision.verdict == "deny":
            return {
                "decision": record | {"by": "policy"},
                "outcome": _refused(f"{decision.reason}: denied by policy"),
            }
        approval = self._person.approve(redact(action), prepared.context, decision)
        if approval is None:
            reply = interrupt(
                {"kind": "approval", "step": state["step"], **record}
                | {"sentence": state["proposal"]["sentence"]}
            )
            approval = Approval(answer=reply["answer"], by="resume")
        update: RunState = {"decision": record | {"by": approval.by, "answer": approval.answer}}
        if approval.answer == "refuse":
            update["outcome"] = _refused(f"{decision.reason}: refused by {approval.by}")
        return update

    def _ask(self, state: RunState, action: AskUser) -> RunState:
        answer = self._person.answer(action.question)
        if answer is None:
            payload = {"kind": "question", "step": state["step"], "question": action.question}
            answer = interrupt(payload)["answer"]
        outcome = Outcome(effect="confirmed", evidence="a person answered", answer=answer)
        return {"outcome": outcome.to_json(), "decision": {}}

    def _act(self, state: RunState) -> RunState:
        step = state["step"]
        self._acted = None
        entry = self._journal.entry(step)
        if entry is not None and entry.phase == "acted":
            return {}
        action = parse_action(state["proposal"]["action"])
        if entry is not None and entry.phase == "committed":
            return self._recover(state, action)
        observation = self._store.live(state["observation"])
        # Whoever paused the run may have changed the screen meanwhile.
        if self._control.hold() or observation is None:
            return {"must_look_again": True}
        prepared = self._hands.prepare(action, observation)
        return self._carry_out(state, prepared)

    def _carry_out(self, state: RunState, prepared: Prepared) -> RunState:
        step = state["step"]
        decision = state["decision"]

        def commit() -> None:
            baseline = self._hands.baseline
            if baseline is not None:
                self._store.save_baseline(
                    step, baseline.before, baseline.windows, prepared.observation
                )
            self._journal.commit(step)
            self._on_event("committed")

        approval = None
        if decision.get("answer") == "approve":
            approval = Approval(answer="approve", by=decision["by"])
        try:
            permit = self._hands.authorize(prepared, on_commit=commit, approval=approval)
        except (PolicyDenied, ApprovalRequired) as error:
            return {"outcome": _refused(str(error))}
        self._journal.intend(step, redact(prepared.action).model_dump(mode="json"))
        self._on_event("intended")
        try:
            self._acted = self._hands.act(prepared, permit)
        except TargetGone as error:
            self._journal.forget(step)
            outcome = Outcome(effect="diverged", evidence=str(error))
            return {"outcome": outcome.to_json()}
        except ActionFailed as error:
            self._journal.acted(step, {})
            outcome = Outcome(effect="diverged", evidence=str(error))
            return {"outcome": outcome.to_json()}
        self._on_event("effect")
        known = self._acted.outcome
        self._journal.acted(step, {"outcome": None if known is None else known.to_json()})
        self._on_event("acted")
        return {}

    def _recover(self, state: RunState, action: Action) -> RunState:
        """Settle an action that a killed process may or may not have done."""
        step = state["step"]
        if action.kind in REPEATABLE_KINDS:
            self._journal.forget(step)
            return {"must_look_again": True}
        observation = self._store.load(state["observation"])
        prepared = self._hands.prepare(action, observation)
        pixels, windows = self._store.load_baseline(step)
        outcome, _ = self._hands.verifier.judge(
            prepared,
            before=pixels,
            windows=windows,
            clipboard=self._hands.desktop.get_clipboard(),
            patience_s=RECOVERY_PATIENCE_S,
        )
        if outcome.effect == "confirmed":
            self._journal.acted(step, {"outcome": outcome.to_json()})
            return {"recovered": "the screen shows that it was done before the run was stopped"}
        question = (
            f"Step {step} ({state['proposal']['sentence']}) may or may not have been carried out "
            f"before the run was stopped ({outcome.evidence}). Was it? Answer done or not done."
        )
        answer = self._person.answer(question)
        if answer is None:
            payload = {"kind": "recovery", "step": step, "question": question}
            answer = interrupt(payload)["answer"]
        if answer.strip().casefold() == "done":
            settled = Outcome(effect="unverifiable", evidence="a person said it was done")
            self._journal.acted(step, {"outcome": settled.to_json()})
            return {"recovered": "a person said it was done before the run was stopped"}
        self._journal.forget(step)
        return {"must_look_again": True}

    def _verify(self, state: RunState) -> RunState:
        step = state["step"]
        started = time.monotonic()
        proposal = state["proposal"]
        observation = self._store.load(state["observation"])
        action = parse_action(proposal["action"])
        record = state.get("outcome")
        prepared = None
        after = None
        if record is None:
            prepared = self._hands.prepare(action, observation)
            outcome, after = self._hands.verify(prepared, self._what_was_there(step, observation))
        else:
            outcome = Outcome.from_json(record)
        self._writer.step(
            step=step,
            sentence=proposal["sentence"],
            note=proposal["note"],
            action=redact(action),
            observation=observation,
            prepared=prepared,
            decision=state.get("decision", {}),
            outcome=outcome,
            after=after,
            timings=self._timings | {"verify_s": time.monotonic() - started},
            recovered=state.get("recovered", ""),
            usage=self._calls.of_step(step),
        )
        self._timings = {}
        # The look the verdict rests on is the next step's look: the press checks it once more.
        self._fresh_look = after
        return {
            "last_outcome": outcome.to_json(),
            "outcome": None,
            "memory": proposal["memory"],
            "step": step + 1,
        }

    def _what_was_there(self, step: int, observation: Observation) -> Acted:
        if self._acted is not None:
            return self._acted
        # Another process acted and was killed before it could judge.
        entry = self._journal.entry(step)
        known = None if entry is None or entry.acted is None else entry.acted.get("outcome")
        pixels, windows = observation.capture.pixels, tuple(observation.windows)
        if self._store.has_baseline(step):
            pixels, windows = self._store.load_baseline(step)
        return Acted(
            before=pixels,
            windows=windows,
            clipboard=self._hands.desktop.get_clipboard(),
            outcome=None if known is None else Outcome.from_json(known),
        )


def _refused(evidence: str) -> dict[str, Any]:
    return Outcome(effect="refused", evidence=evidence).to_json()
