"""Where a run goes after each node of its graph."""

from collections.abc import Callable

from langgraph.graph import END

from .state import RunState


def unless_over(following: str) -> Callable[[RunState], str]:
    """Return what goes to this node while the run is not over."""

    def route(state: RunState) -> str:
        return following if state["status"] == "running" else END

    return route


def after_plan(state: RunState) -> str:
    """Return the node after `plan`: nothing is planned on a look that went stale."""
    if state["status"] != "running":
        return END
    return "observe" if state.get("must_look_again") else "guard"


def after_guard(state: RunState) -> str:
    """Return the node after `guard`: what was refused is only recorded."""
    if state.get("must_look_again"):
        return "observe"
    return "act" if state.get("outcome") is None else "verify"


def after_act(state: RunState) -> str:
    """Return the node after `act`."""
    return "observe" if state.get("must_look_again") else "verify"
