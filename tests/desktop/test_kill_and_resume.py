"""A run that is killed with SIGKILL and resumed does no action twice."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

BENCHMARK = Path(__file__).parent.parent.parent / "benchmarks" / "kill_and_resume.py"

WORST_PLACES = ("leave:guard", "intended", "committed", "effect", "acted")
"""Around the action itself; the benchmark kills at every node's two ends as well."""


def test_around_the_action() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), *WORST_PLACES],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "asked" in rows["committed"], "the screen cannot tell, so the run must ask"
    for place in WORST_PLACES:
        assert rows[place].endswith("one two three four five six")
