"""Somebody's LangChain agent with our tools: it pauses where a person is needed, and only there."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from deskhand.memory.errors import BadArgumentError
from deskhand.tools import toolkit as toolkit_module
from deskhand.tools import verification
from deskhand.tools.langchain_approvals import CHANGED, MAYBE_DONE, REJECTED, ApprovalMiddleware
from deskhand.tools.safety.approvals import Approvals
from deskhand.tools.safety.gate import Gate
from deskhand.tools.safety.policy import Policy, Rule
from deskhand.tools.toolkit import DesktopToolkit

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.model_servers.form_desk import DEAD, SAVE, FormObserver, FormScreen
from tests.model_servers.scripted import ScriptedModel, call, calls, say

POLICY = Policy(rules=(Rule(name="saves", verdict="ask", words=("save", "dead")),))
CONFIG: Any = {"configurable": {"thread_id": "1"}}
YES: Command[Any] = Command(resume={"decisions": [{"type": "approve"}]})


@tool
def send_mail(to: str) -> str:
    """Send a mail."""
    return f"sent to {to}"


@tool
def add(a: int, b: int) -> str:
    """Add numbers."""
    return str(a + b)


@dataclass
class World:
    """A desktop, and an agent that lasts as long as its process."""

    folder: Path
    screen: FormScreen
    saver: InMemorySaver
    approvals: Approvals

    def agent(self, *answers: AIMessage) -> Any:
        """Return a new agent of the same thread, as a new process would make it."""
        gate = Gate(POLICY, self.approvals.approver)
        tools = DesktopToolkit(self.screen.desktop, gate=gate).get_tools()
        return create_agent(
            ScriptedModel(answers=[*answers, say("done")]),
            tools=[*tools, send_mail, add],
            middleware=[ApprovalMiddleware(self.approvals, tools, allowed=["add"])],
            checkpointer=self.saver,
        )

    def presses(self) -> int:
        return sum(event[0] == "press" for event in self.screen.events)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    screen = FormScreen(tmp_path)
    monkeypatch.setattr(toolkit_module, "load_observer", lambda _desktop: FormObserver(screen))
    monkeypatch.setattr(verification, "PATIENCE_S", 0.1)
    return World(tmp_path, screen, InMemorySaver(), Approvals(tmp_path / "approvals"))


def begin(agent: Any) -> dict[str, Any]:
    """Start, and return what the agent asks; nothing where it does not pause."""
    state = agent.invoke({"messages": [("user", "save it")]}, CONFIG)
    paused = state.get("__interrupt__", ())
    return dict(paused[0].value) if paused else {}


def told(state: dict[str, Any]) -> list[str]:
    return [message.text for message in state["messages"] if isinstance(message, ToolMessage)]


def test_what_is_approved_is_done_once(world: World) -> None:
    agent = world.agent(call("click", text="Save"))
    asked = begin(agent)
    assert asked["action_requests"] == [
        {"name": "click", "args": {"text": "Save"}, "description": 'click on "Save" in "Form"'}
    ]
    assert asked["review_configs"] == [
        {"action_name": "click", "allowed_decisions": ["approve", "edit", "reject"]}
    ]
    assert (asked["rule"], world.presses()) == ("saves", 0)
    [answer] = told(agent.invoke(YES, CONFIG))
    assert not answer.startswith("approval_required")
    assert world.presses() == 1
    assert world.approvals.waiting() == []


def test_what_is_rejected_is_not_done(world: World) -> None:
    agent = world.agent(call("click", text="Save"))
    begin(agent)
    no: Command[Any] = Command(resume={"decisions": [{"type": "reject", "message": "not today"}]})
    assert told(agent.invoke(no, CONFIG)) == [f"{REJECTED}: not today"]
    assert (world.presses(), world.approvals.waiting()) == (0, [])


def test_an_edited_call_is_made_instead(world: World) -> None:
    agent = world.agent(call("click", text="Save"))
    begin(agent)
    edited = {"name": "click", "args": {"text": "Dead"}}
    agent.invoke(Command(resume={"decisions": [{"type": "edit", "edited_action": edited}]}), CONFIG)
    assert world.presses() == 1
    assert DEAD.contains(*world.screen.place)
    assert not SAVE.contains(*world.screen.place)


def test_an_approval_does_not_outlast_the_screen_it_was_given_for(world: World) -> None:
    agent = world.agent(call("click", text="Save"))
    begin(agent)
    world.screen.notice = "all files will be replaced"
    world.screen.draw()
    assert told(agent.invoke(YES, CONFIG)) == [CHANGED]
    assert world.presses() == 0


def test_another_process_goes_on_with_the_same_thread(world: World) -> None:
    begin(world.agent(call("click", text="Save")))
    world.approvals = Approvals(world.folder / "approvals")
    world.agent().invoke(YES, CONFIG)
    assert world.presses() == 1


def test_a_yes_that_was_used_serves_no_second_time(world: World) -> None:
    agent = world.agent(call("click", text="Save"))
    asked = begin(agent)
    # The call was made, and the process died before the graph could note it.
    world.approvals.answer(asked["token"], "approve")
    again = DesktopToolkit(world.screen.desktop, gate=Gate(POLICY, world.approvals.approver))
    next(spec for spec in again.specs() if spec.name == "click").run({"text": "Save"})
    assert world.presses() == 1
    assert told(agent.invoke(YES, CONFIG)) == [MAYBE_DONE]
    assert world.presses() == 1


def test_a_yes_at_a_terminal_is_one_as_well(world: World) -> None:
    agent = world.agent(call("click", text="Save"))
    world.approvals.answer(begin(agent)["token"], "approve")
    agent.invoke(YES, CONFIG)
    assert world.presses() == 1


def test_a_tool_that_nobody_listed_is_asked_about(world: World) -> None:
    agent = world.agent(call("add", a=1, b=2), call("list_windows"), call("send_mail", to="eve"))
    asked = begin(agent)
    assert asked["action_requests"][0]["name"] == "send_mail"
    assert asked["action_requests"][0]["description"] == (
        "call send_mail, which nobody listed as allowed"
    )
    answers = told(agent.invoke(YES, CONFIG))
    assert (answers[0], answers[-1]) == ("3", "sent to eve")
    refused = world.agent(call("send_mail", to="eve"))
    other: Any = {"configurable": {"thread_id": "2"}}
    refused.invoke({"messages": [("user", "mail eve")]}, other)
    state = refused.invoke(Command(resume={"decisions": [{"type": "reject"}]}), other)
    assert told(state) == [REJECTED]


def test_calls_side_by_side_are_each_asked_about(world: World) -> None:
    agent = world.agent(calls(("click", {"text": "Save"}), ("send_mail", {"to": "eve"})))
    state = agent.invoke({"messages": [("user", "both")]}, CONFIG)
    by_name = {one.value["action_requests"][0]["name"]: one.id for one in state["__interrupt__"]}
    assert set(by_name) == {"click", "send_mail"}
    answers = {
        by_name["click"]: {"decisions": [{"type": "reject"}]},
        by_name["send_mail"]: {"decisions": [{"type": "approve"}]},
    }
    assert told(agent.invoke(Command(resume=answers), CONFIG)) == [REJECTED, "sent to eve"]
    assert world.presses() == 0


@pytest.mark.parametrize(
    "reply",
    ["yes", {"decisions": []}, {"decisions": [{"type": "respond"}]}, {"decisions": [{}, {}]}],
)
def test_a_reply_that_is_no_decision_does_nothing(world: World, reply: Any) -> None:
    agent = world.agent(call("click", text="Save"))
    begin(agent)
    with pytest.raises(BadArgumentError, match="expected a reply such as"):
        agent.invoke(Command(resume=reply), CONFIG)
    assert world.presses() == 0


def test_without_the_middleware_the_gate_refuses(world: World) -> None:
    gate = Gate(POLICY, world.approvals.approver)
    tools = DesktopToolkit(world.screen.desktop, gate=gate).get_tools()
    model = ScriptedModel(answers=[call("click", text="Save"), say("done")])
    agent: Any = create_agent(model, tools=tools)
    [answer] = told(agent.invoke({"messages": [("user", "save it")]}))
    assert answer.startswith("refused; approval_required: ask your user to run")
    assert world.presses() == 0


def test_the_same_holds_where_it_is_awaited(world: World) -> None:
    async def run(agent: Callable[..., Any]) -> list[str]:
        state = await agent.ainvoke({"messages": [("user", "save it")]}, CONFIG)  # type: ignore[attr-defined]
        assert state["__interrupt__"][0].value["rule"] == "saves"
        return told(await agent.ainvoke(YES, CONFIG))  # type: ignore[attr-defined]

    anyio.run(run, world.agent(call("click", text="Save")))
    assert world.presses() == 1
