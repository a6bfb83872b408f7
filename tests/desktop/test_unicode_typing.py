"""The benchmark of typing in many scripts, on a few texts, with the real toolkits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "unicode_typing.py"
TEXTS = ("ascii", "chinese", "arabic", "emoji", "lines")


@pytest.mark.parametrize(
    "toolkit", ["GTK", "Qt", "Tk", pytest.param("Chromium", marks=pytest.mark.browser)]
)
def test_every_text_arrives_exactly(toolkit: str) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--json", "--toolkit", toolkit,
         *(f"--text={name}" for name in TEXTS)],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    arrivals = json.loads(done.stdout)
    assert [arrival["name"] for arrival in arrivals] == list(TEXTS)
    assert all(arrival["arrived"] == arrival["sent"] != "" for arrival in arrivals)
