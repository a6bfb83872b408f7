"""What is typed or pasted arrives character by character, in applications of four toolkits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop

BENCHMARK = Path(__file__).parent.parent.parent / "benchmarks" / "unicode_typing.py"
SUBSET = ("ascii", "latin", "chinese", "arabic", "emoji", "key names", "indented")


@pytest.mark.parametrize(
    "toolkit", ["GTK", "Qt", "Tk", pytest.param("Chromium", marks=pytest.mark.browser)]
)
def test_what_was_sent_arrives(toolkit: str) -> None:
    chosen = [argument for name in SUBSET for argument in ("--text", name)]
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--json", "--toolkit", toolkit, *chosen],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    arrivals = json.loads(done.stdout)
    assert [arrival["arrived"] for arrival in arrivals] == [arrival["sent"] for arrival in arrivals]
    assert [arrival["name"] for arrival in arrivals] == list(SUBSET)
