"""What model calls cost, on record and within a budget; pictures that keep their limits."""

import dataclasses
import io
import logging
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deskhand.agent.budgets import Budgets
from deskhand.agent.planners.planner import Proposal, Turn
from deskhand.agent.planners.usage import ModelCall, Usage
from deskhand.agent.run_settings import RunSettings
from deskhand.agent.trajectory.model_calls import CALLS_FILE, CallBook, read_calls
from deskhand.memory.errors import BudgetExceeded, RunError
from deskhand.tools.actions import Done
from deskhand.tools.perception.pictures import encode, encode_within

CALL = ModelCall(
    model="m", answer="click", input_tokens=90, output_tokens=10, seconds=0.5, prompt="the prompt"
)


def book(folder: Path, *, max_tokens: int = 1000, **more: Any) -> CallBook:
    return CallBook(folder, Budgets(RunSettings(max_tokens=max_tokens)), **more)


def test_calls_are_counted_by_step_and_by_run(tmp_path: Path) -> None:
    calls = book(tmp_path)
    calls.note(1, CALL)
    calls.note(1, CALL)
    calls.note(2, CALL)
    assert (calls.of_step(1).calls, calls.of_step(2).tokens, calls.of_step(3)) == (2, 100, Usage())
    assert (calls.total.calls, calls.total.tokens, calls.total.seconds) == (3, 300, 1.5)
    again = book(tmp_path)
    assert again.total == calls.total


def test_the_budget_counts_earlier_processes(tmp_path: Path) -> None:
    book(tmp_path).note(1, CALL)
    calls = book(tmp_path, max_tokens=200)
    calls.check(1)
    calls.note(1, CALL)
    with pytest.raises(BudgetExceeded) as caught:
        calls.check(1)
    assert str(caught.value) == "200 tokens are used up; allow more with --max-tokens"


def test_a_call_that_a_killed_process_wrote_half_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book(tmp_path).note(1, CALL)
    with (tmp_path / CALLS_FILE).open("a", encoding="utf-8") as file:
        file.write('{"step": 2, "mod')
    with caplog.at_level(logging.WARNING):
        calls = book(tmp_path)
    assert "ends in the middle of a line" in caplog.text
    calls.note(2, CALL)
    assert [recorded.step for recorded in read_calls(tmp_path)] == [1, 2]


@pytest.mark.parametrize("line", ["no json", "[1]", '{"step": 1}', '{"step": 1, "odd": 2}'])
def test_a_damaged_file_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / CALLS_FILE
    file.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(RunError) as caught:
        book(tmp_path)
    assert str(caught.value).startswith(f"{file} is damaged in line 1: ")


def test_a_planner_that_tells_only_the_sum_is_counted_as_well(tmp_path: Path) -> None:
    class Summing:
        name = "summing"

        def plan(self, turn: Turn) -> Proposal:
            usage = Usage(input_tokens=70, output_tokens=5, seconds=2.0)
            return Proposal(action=Done(), sentence="done", memory={}, usage=usage)

    class Telling(Summing):
        def plan(self, turn: Turn) -> Proposal:
            turn.calls.note(turn.step, CALL)
            return dataclasses.replace(super().plan(turn), usage=CALL.usage)

    calls = book(tmp_path)
    turn = Turn(
        task="", observation=None, memory={}, history=(), step=1, last_outcome=None, calls=calls  # type: ignore[arg-type]  # these look at nothing
    )  # fmt: skip
    calls.counting(Summing(), turn)
    assert calls.of_step(1) == Usage(calls=1, input_tokens=70, output_tokens=5, seconds=2.0)
    calls.counting(Telling(), dataclasses.replace(turn, step=2))
    assert calls.of_step(2) == CALL.usage
    assert [recorded.call.answer for recorded in read_calls(tmp_path)] == ["done", "click"]


def test_prompts_are_written_only_if_that_is_asked(tmp_path: Path) -> None:
    book(tmp_path).note(1, CALL)
    assert "the prompt" not in (tmp_path / CALLS_FILE).read_text(encoding="utf-8")
    book(tmp_path, keep_prompts=True).note(2, CALL)
    assert [recorded.call.prompt for recorded in read_calls(tmp_path)] == ["", "the prompt"]


# --- pictures


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 90)


@pytest.mark.parametrize(
    ("picture", "limits", "kind"),
    [
        (Image.new("RGB", (800, 400)), {"max_side_px": 400, "max_bytes": 100_000}, "PNG"),
        (noise(400, 400), {"max_side_px": 400, "max_bytes": 100_000}, "JPEG"),
        (noise(400, 400), {"max_side_px": 400, "max_bytes": 5_000}, "JPEG"),
        (Image.new("RGB", (4000, 1)), {"max_side_px": 10, "max_bytes": 100_000}, "PNG"),
    ],
)
def test_a_picture_keeps_its_limits(
    picture: Image.Image, limits: dict[str, int], kind: str
) -> None:
    data, mime_type = encode_within(picture, **limits)
    with Image.open(io.BytesIO(data)) as sent:
        assert (sent.format, Image.MIME[kind]) == (kind, mime_type)
        assert max(sent.size) <= limits["max_side_px"]
    assert len(data) <= limits["max_bytes"]


def test_a_picture_whose_positions_count_keeps_its_size() -> None:
    data, _ = encode(noise(400, 400), max_bytes=10)
    with Image.open(io.BytesIO(data)) as sent:
        assert sent.size == (400, 400)
