"""A person's yes inside of somebody's LangChain agent: the graph pauses, a reply lets it go on.

The gate of the tools stays the last word, and whoever leaves this middleware out is refused rather
than let through. What it adds is the way to ask: an interrupt in the form of LangChain's own
human-in-the-loop middleware, so that whatever shows those shows these. Unlike that one, a tool that
nobody listed is asked about.

An approval holds for the very call on what the window showed when it was asked; where the screen is
another one by then, the call is not made, and the model is told to look and call again.
"""

from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..memory.errors import BadArgumentError, MissingExtraError
from .safety.approvals import ASKED_BY, Approvals, Request
from .safety.fence import defuse

try:
    from langchain.agents.middleware import AgentMiddleware
    from langchain.agents.middleware.types import ToolCallRequest
    from langchain_core.messages import ToolCall, ToolMessage
    from langchain_core.tools import BaseTool
    from langgraph.types import Command, interrupt
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "langchain", extra="chat") from error

Answer = ToolMessage | Command[Any]
Steps = Generator[ToolCallRequest, Answer, Answer]
"""Yields the calls to make, is sent their answers, returns what the model is told."""

DECISIONS = ("approve", "edit", "reject")
REJECTED = "the user said no to this call; do not make it again unless the user asks for it"
CHANGED = (
    "approval_required: what was approved is not what is there any more; look at the screen, then "
    "call again"
)
MAYBE_DONE = (
    "approval_required: the user's yes was used before, or it is too old; look at the screen, and "
    "call again only if this was not done"
)


class ApprovalMiddleware(AgentMiddleware[Any, Any, Any]):
    """Pauses the graph where the gate asks, and before tools that nobody vouched for.

    Args:
        approvals: The same object whose `approver` the toolkit's gate has.
        tools: The toolkit's tools: their gate knows when to ask.
        allowed: Names of other tools that are called without asking; all others are asked about.
    """

    def __init__(
        self,
        approvals: Approvals,
        tools: Iterable[BaseTool],
        *,
        allowed: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._approvals = approvals
        self._ours = frozenset(tool.name for tool in tools)
        self._allowed = frozenset(allowed)

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Answer]
    ) -> Answer:
        """Make a call, after a person's yes where one is needed."""
        steps = self._steps(request)
        try:
            call = next(steps)
            while True:
                with _asking_as(request.tool_call):
                    answer = handler(call)
                call = steps.send(answer)
        except StopIteration as end:
            result: Answer = end.value
            return result

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Answer]]
    ) -> Answer:
        """Make a call, after a person's yes where one is needed."""
        steps = self._steps(request)
        try:
            call = next(steps)
            while True:
                with _asking_as(request.tool_call):
                    answer = await handler(call)
                call = steps.send(answer)
        except StopIteration as end:
            result: Answer = end.value
            return result

    def _steps(self, request: ToolCallRequest) -> Steps:
        """Yield the calls to make; the value returned is the answer to the model."""
        if request.tool_call["name"] in self._ours:
            return self._gated(request)
        return self._foreign(request)

    def _gated(self, request: ToolCallRequest) -> Steps:
        call = request.tool_call
        # There if this node was interrupted: it begins again from its top when it is resumed.
        waiting = self._approvals.asked_by(_id(call))
        is_resumed = waiting is not None
        if waiting is None:
            answer = yield request
            waiting = self._approvals.asked_by(_id(call))
            if waiting is None:
                return answer
        decision = _ask(call, defuse(waiting.what), waiting)
        if not is_resumed:  # an answer that is there already is one to an earlier request
            return _refusal(call, MAYBE_DONE)
        if decision["type"] == "reject":
            self._answer(waiting, "refuse")
            return _refusal(call, _reason(decision))
        if decision["type"] == "edit":
            self._answer(waiting, "refuse")
            request = request.override(tool_call=_edited(call, decision))
            answer = yield request
            waiting = self._approvals.asked_by(_id(call))
            if waiting is None:
                return answer
        self._answer(waiting, "approve")
        answer = yield request
        return _refusal(call, CHANGED) if self._approvals.asked_by(_id(call)) else answer

    def _foreign(self, request: ToolCallRequest) -> Steps:
        call = request.tool_call
        if call["name"] not in self._allowed:
            decision = _ask(call, f"call {call['name']}, which nobody listed as allowed", None)
            if decision["type"] == "reject":
                return _refusal(call, _reason(decision))
            if decision["type"] == "edit":
                request = request.override(tool_call=_edited(call, decision))
        answer = yield request
        return answer

    def _answer(self, waiting: Request, answer: Any) -> None:
        try:
            self._approvals.answer(waiting.token, answer)
        except BadArgumentError:
            pass  # answered with `deskhand approve` meanwhile, or over: the gate judges it


@contextmanager
def _asking_as(call: ToolCall) -> Iterator[None]:
    token = ASKED_BY.set(_id(call))
    try:
        yield
    finally:
        ASKED_BY.reset(token)


def _ask(call: ToolCall, what: str, waiting: Request | None) -> dict[str, Any]:
    """Interrupt the graph; returns a person's decision once it is resumed.

    Raises:
        BadArgumentError: If the reply is no decision.
    """
    asked: dict[str, Any] = {
        "action_requests": [{"name": call["name"], "args": call["args"], "description": what}],
        "review_configs": [{"action_name": call["name"], "allowed_decisions": list(DECISIONS)}],
    }
    if waiting is not None:
        asked |= {"rule": waiting.rule, "token": waiting.token, "ends_at": waiting.ends_at}
    reply = interrupt(asked)
    match reply:
        case {"decisions": [{"type": kind} as decision]} if kind in DECISIONS:
            return dict(decision)
    raise BadArgumentError(
        'expected a reply such as {"decisions": [{"type": "approve"}]}, with one of '
        f"{', '.join(DECISIONS)}; got {str(reply)[:80]!r}"
    )


def _edited(call: ToolCall, decision: dict[str, Any]) -> ToolCall:
    match decision.get("edited_action"):
        case {"name": name, "args": dict(args)} if name == call["name"]:
            return ToolCall(name=call["name"], args=args, id=call["id"], type="tool_call")
    raise BadArgumentError(
        f"an edit of {call['name']} needs edited_action with its name and its args, got "
        f"{str(decision.get('edited_action'))[:80]!r}"
    )


def _reason(decision: dict[str, Any]) -> str:
    said = decision.get("message")
    return f"{REJECTED}: {said}" if said else REJECTED


def _refusal(call: ToolCall, why: str) -> ToolMessage:
    return ToolMessage(content=why, name=call["name"], tool_call_id=_id(call), status="error")


def _id(call: ToolCall) -> str:
    return call["id"] or ""
