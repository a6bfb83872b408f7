"""A checkpoint of this machine, attached: calibrated for clicks, and as a planner."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deskhand.agent.cli import main
from deskhand.agent.planners.chat import ChatPlanner
from deskhand.agent.planners.choose import Belongings, ModelChoice, load_planner

Checkpoints = Callable[[str], Path]


@pytest.mark.slow
def test_random_weights_fail_their_calibration(
    checkpoint: Checkpoints,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = str(checkpoint("qwen3_vl"))
    with pytest.raises(SystemExit) as left:
        main(["models", "calibrate", folder, "--family", "qwen3-vl", "--size", "640x400", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert left.value.code == 1
    assert (result["passed"], result["family"], len(result["probes"])) == (False, "qwen3-vl", 5)
    assert list((tmp_path / "deskhand" / "calibrations").iterdir())


def test_a_checkpoint_can_be_named_as_a_planner(checkpoint: Checkpoints) -> None:
    name = f"vlm:{checkpoint('qwen2_5_vl')}"
    planner = load_planner("write a letter", ModelChoice(model=name), Belongings())
    assert isinstance(planner, ChatPlanner)
    assert planner.name == f"chat ({name})"
