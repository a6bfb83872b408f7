"""Whole runs over the protocols of hosted models, against local servers that check each request."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.agent import runner
from deskhand.agent.planners.choose import Belongings, ModelChoice, load_planner
from deskhand.agent.planners.usage import Price
from deskhand.agent.run_settings import RunResult, RunSettings
from deskhand.agent.runner import run_task
from deskhand.agent.trajectory.model_calls import read_calls
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.tools import verification

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.model_servers.brains import always, failing_first, fill_in, wrong_first
from tests.model_servers.form_desk import FormObserver, FormScreen
from tests.model_servers.hosted import HOSTED
from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.server import Brain

TASK = "put Ada into the form and save it"
GOOD = fill_in("Name", "Ada", "Save", "saved Ada")
WAYS = (*HOSTED, "address")


class Way:
    """One way to a model: its server, and runs with it on the form."""

    def __init__(
        self, name: str, home: Path, screen: FormScreen, patch: pytest.MonkeyPatch
    ) -> None:
        self.name, self.screen, self.home, self._patch = name, screen, home, patch
        kind = OpenAIServer if name == "address" else HOSTED[name].server
        self.server = kind(GOOD)

    def choice(self, pictures: str) -> tuple[ModelChoice, Belongings]:
        address = self.server.address
        if self.name == "address":
            choice = ModelChoice(model=f"{address}/v1", name="tiny", pictures=pictures)  # type: ignore[arg-type]  # of the test's table
            return choice, Belongings(prices={"tiny": Price(input=1, output=1)})
        hosted = HOSTED[self.name]
        self._patch.setenv(hosted.address_variable, address + hosted.path)
        choice = ModelChoice(model=hosted.model, pictures=pictures)  # type: ignore[arg-type]  # as above
        return choice, Belongings(
            keys={hosted.key_variable: "key-of-the-test"},
            prices={hosted.model: Price(input=1, output=1)},
        )

    def run(self, brain: Brain, *, pictures: str = "auto", max_steps: int = 10) -> RunResult:
        self.server.brain = brain
        choice, has = self.choice(pictures)
        planner = load_planner(TASK, choice, has)
        self.folder = RunFolder.create(self.home, TASK, model=choice.to_json())
        return run_task(
            TASK, folder=self.folder, settings=RunSettings(max_steps=max_steps),
            desktop=self.screen.desktop, planner=planner,
        )  # fmt: skip


@pytest.fixture(params=WAYS)
def way(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Way]:
    screen = FormScreen(tmp_path)
    monkeypatch.setattr(runner, "load_observer", lambda _desktop: FormObserver(screen))
    monkeypatch.setattr(verification, "PATIENCE_S", 0.1)
    for hosted in HOSTED.values():
        monkeypatch.delenv(hosted.key_variable, raising=False)
    way = Way(request.param, tmp_path, screen, monkeypatch)
    with way.server:
        yield way


def test_a_whole_run(way: Way) -> None:
    result = way.run(GOOD, pictures="always")
    assert (result.status, result.reason) == ("done", "the screen says saved Ada")
    assert way.screen.saved == "Ada"
    assert [received.problems for received in way.server.received] == [()] * 3
    calls = [recorded.call for recorded in read_calls(way.folder.path)]
    assert [call.answer for call in calls] == ["type_text", "click", "done"]
    # All three tell the same in words of their own.
    assert {(c.input_tokens, c.cached_tokens, c.output_tokens) for c in calls} == {(900, 500, 30)}
    assert not any(call.is_estimate for call in calls)
    assert result.usage.price == 0.00279
    assert all(call.n_pictures == 1 for call in calls)


def test_corrections_are_of_the_protocol(way: Way) -> None:
    result = way.run(wrong_first(GOOD))
    assert result.status == "done"
    assert [received.problems for received in way.server.received] == [()] * 9
    assert result.usage.calls == 9


@pytest.mark.parametrize("way", ["anthropic"], indirect=True)
def test_a_model_that_refuses_to_be_forced_is_asked_without(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way.server, "may_force", False)
    result = way.run(wrong_first(GOOD))
    assert result.status == "done"
    first, *others = (received.problems for received in way.server.received)
    assert first == ("tool_choice: this model does not support forced tool use",)
    assert others == [()] * 9


def test_no_key_is_written_or_left_in_the_environment(way: Way) -> None:
    way.run(GOOD)
    written = b"".join(path.read_bytes() for path in way.home.rglob("*") if path.is_file())
    assert b"key-of-the-test" not in written
    assert "key-of-the-test" not in os.environ.values()
    if way.name != "address":
        sent = {value for request in way.server.received for value in request.headers.values()}
        assert any("key-of-the-test" in value for value in sent)


def test_a_providers_key_is_not_sent_to_another_server(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-openai")
    way.run(GOOD)
    if way.name == "address":
        sent = {request.headers["authorization"] for request in way.server.received}
        assert sent == {"Bearer none"}


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_is_busy_is_asked_again(way: Way, status: int) -> None:
    assert way.run(failing_first(GOOD, status)).status == "done"
    assert len(way.server.received) == 4


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, r"the key is missing or wrong; check the provider's key variable \(401\)"),
        (404, r"there is no such model; check its name \(404\)"),
        (429, r"the rate limit or the quota is used up; wait, or take another model \(429\)"),
        (500, r"its server fails \(500\); try again later"),
    ],
)
def test_a_server_that_refuses_ends_the_run(way: Way, status: int, told: str) -> None:
    result = way.run(always(status))
    assert result.status == "stopped"
    assert re.match(rf"model [^\n]+: {told}", result.reason)
    assert len(way.server.received) <= 4  # tried again a few times at most


def test_a_server_that_is_away_ends_the_run(way: Way) -> None:
    choice, has = way.choice("auto")
    planner = load_planner(TASK, choice, has)
    way.server.stop()
    folder = RunFolder.create(way.home, TASK)
    result = run_task(
        TASK, folder=folder, settings=RunSettings(), desktop=way.screen.desktop, planner=planner
    )
    assert result.status == "stopped"
    assert result.reason.endswith(
        ": its server cannot be reached; is it running, and is there a network?"
    )


def test_the_head_is_marked_for_the_provider_that_wants_it(way: Way) -> None:
    way.run(GOOD)
    bodies = [received.body for received in way.server.received]
    assert len({str(body.get("tools")) for body in bodies}) == 1
    marked = {"cache_control" in str(body) for body in bodies}
    assert marked == {way.name == "anthropic"}
