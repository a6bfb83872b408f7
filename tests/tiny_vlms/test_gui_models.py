"""A GUI model in this process: from transformers' own generate to a click on a real window.

The checkpoints are tiny and random, and forced to say what is told: everything from the prompt's
tokens to the press is what published weights go through.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.agent.cli import main
from deskhand.agent.planners.choose import Belongings, ModelChoice, load_planner
from deskhand.agent.planners.gui_models import gui_format
from deskhand.agent.run_settings import RunSettings
from deskhand.agent.runner import run_task
from deskhand.agent.trajectory.model_calls import read_calls
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.memory.errors import ModelUnavailable
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.models.calibrate import COLOURS, DEFAULT_SIZES, draw_screen
from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.tiny_vlms import ForcedAnswers

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.seeing_brains import middle_of

Checkpoints = Callable[[str], Path]

FORM = Path(__file__).parent.parent / "apps" / "colour_form.py"
TASK = "put Ada into the form and save it"
CASES = [
    ("ui-tars-1.5", "qwen2_5_vl"),
    ("qwen2.5-computer-use", "qwen2_5_vl"),
    ("qwen3-computer-use", "qwen3_vl"),
]


def says(form: str, place: tuple[float, float], size: tuple[int, int]) -> str:
    """Return a click on a place of a screen, as a perfect model of the format says it."""
    family = gui_format(form).family
    sent = family.resize.size(*size)
    parts = sent if family.space.parts is None else (1000, 1000)
    x, y = (int(place[axis] * parts[axis] / size[axis]) for axis in (0, 1))
    if form.startswith("ui-tars"):
        return f"Thought: There it is.\nAction: click(point='<point>{x} {y}</point>')"
    return "There it is.\n" + tool_call(action="left_click", coordinate=[x, y])


def tool_call(**arguments: Any) -> str:
    call = json.dumps({"name": "computer_use", "arguments": arguments})
    return f"<tool_call>\n{call}\n</tool_call>"


def rest(form: str) -> tuple[str, str]:
    """Return how a model of the format types and ends."""
    if form.startswith("ui-tars"):
        return "Action: type(content='Ada Byron')", "Action: finished(content='It is saved.')"
    return tool_call(action="type", text="Ada Byron"), tool_call(
        action="terminate", status="success"
    )


class Speaking:
    """Loads checkpoints by the true code, and has them say what is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[str] = []
        load = ChatLocalVLM.load

        def loaded(path: Path) -> ChatLocalVLM:
            model = load(path, dtype="float32")
            model.logits_processors = ForcedAnswers(model.vlm.processor.tokenizer, self.answers)
            return model

        monkeypatch.setattr(ChatLocalVLM, "load", loaded)


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Speaking:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Speaking(monkeypatch)


def calibrate(form: str, folder: Path) -> object:
    with pytest.raises(SystemExit) as left:
        main(["models", "calibrate", f"gui:{folder}", "--family", form, "--json"])
    return left.value.code


@pytest.mark.desktop
@pytest.mark.parametrize(("form", "architecture"), CASES)
def test_what_is_generated_presses_and_types(
    form: str,
    architecture: str,
    speaking: Speaking,
    checkpoint: Checkpoints,
    desktop: Desktop,
    launch: Callable[..., Window],
    tmp_path: Path,
) -> None:
    folder, log = checkpoint(architecture), tmp_path / "log"
    choice = ModelChoice(model=f"gui:{folder}", family=form)
    with pytest.raises(ModelUnavailable, match=rf"calibrate gui:{folder} --family {form}$"):
        load_planner(TASK, choice, Belongings())

    for size in DEFAULT_SIZES:
        targets = draw_screen(*size)[1]
        speaking.answers += [says(form, target.box.centre, size) for target in targets]
    assert calibrate(form, folder) == 0

    launch(sys.executable, str(FORM), str(log))
    capture = desktop.capture()
    picture = Image.fromarray(np.asarray(capture.pixels))
    places = [middle_of(picture, COLOURS[name]) for name in ("orange", "red")]
    assert None not in places
    field, save = (says(form, place, picture.size) for place in places if place is not None)
    typed, ended = rest(form)
    speaking.answers = [field, typed, save, ended]
    planner = load_planner(TASK, choice, Belongings())
    run = RunFolder.create(tmp_path, TASK)
    result = run_task(
        TASK, folder=run, settings=RunSettings(), desktop=desktop, planner=planner
    )  # fmt: skip

    assert result.status == "done", result.reason
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    boxes = {event[1]: event[2:] for event in events if event[0] == "box"}
    happened = [event for event in events if event[0] != "box"]
    assert [event[:2] for event in happened] == [
        ["press", "field"], ["press", "save"], ["saved", "Ada Byron"],
    ]  # fmt: skip
    for _, name, x, y in happened[:2]:
        left, top, right, bottom = boxes[name]
        assert abs(x - (left + right) / 2) <= 3
        assert abs(y - (top + bottom) / 2) <= 3
    calls = [recorded.call for recorded in read_calls(run.path)]
    assert [call.n_pictures for call in calls] == [1, 2, 3, 3]
    assert all(call.input_tokens > 500 and not call.is_estimate for call in calls)


def test_the_wrong_format_is_refused_and_what_fits_is_told(
    speaking: Speaking, checkpoint: Checkpoints
) -> None:
    folder = checkpoint("qwen2_5_vl")
    for size in DEFAULT_SIZES:
        for target in draw_screen(*size)[1]:
            x, y = (round(target.box.centre[axis] * 1000 / size[axis]) for axis in (0, 1))
            speaking.answers.append(f"Action: click(start_box='({x},{y})')")
    assert calibrate("ui-tars-1.5", folder) == 1
    with pytest.raises(ModelUnavailable) as caught:
        load_planner(TASK, ModelChoice(model=f"gui:{folder}", family="ui-tars-1.5"), Belongings())
    assert str(caught.value) == (
        f"gui:{folder} failed its calibration as ui-tars-1.5 (an answer without a place, at "
        "most 16 px are allowed; its answers fit per_1000 xy), so it may not click; "
        f"run: deskhand models calibrate gui:{folder} --family ui-tars-1.5"
    )
