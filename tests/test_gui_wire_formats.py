"""What GUI models' servers are sent, by servers that check it against their protocols."""

import sys
from pathlib import Path
from typing import Any

import pytest

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.wire_formats import gui_ways


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, dict[str, Any]]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for variable in ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(variable, "")  # what is set anew is taken back afterwards
    return {row["model"]: row for row in gui_ways()}


def test_requests_are_of_their_protocols(ways: dict[str, dict[str, Any]]) -> None:
    assert {name: row["problems"] for name, row in ways.items()} == {
        "gui:anthropic:claude-sonnet-4-6": [],
        "gui:openai:computer-use-preview": [],
        "UI-TARS-1.5-7B": [],
    }
    # Two turns, and a correction in the first.
    assert [row["requests"] for row in ways.values()] == [3, 3, 3]
    assert {row["action"] for row in ways.values()} == {"click button Save"}


def test_pictures_have_the_size_that_the_format_demands(ways: dict[str, dict[str, Any]]) -> None:
    shown = {name: str(row["last"]).count("a PNG of ") for name, row in ways.items()}
    assert set(shown.values()) == {2}
    assert "PNG of 644x476" in str(ways["UI-TARS-1.5-7B"]["last"])
    claude = ways["gui:anthropic:claude-sonnet-4-6"]
    assert claude["last"]["tools"][0] == {
        "type": "computer_20251124", "name": "computer",
        "display_width_px": 640, "display_height_px": 480,
    }  # fmt: skip
    assert claude["beta"] == "computer-use-2025-11-24"
    assert "PNG of 640x480" in str(claude["last"])
