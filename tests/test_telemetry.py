"""No dependency collects usage or sends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LISTENS = "import numpy; from deskhand.tools.media.speech import find_speech as f"
CODES = {
    "pictures": "from deskhand.tools.perception.parse import load_parser; load_parser()",
    "speech": f"{LISTENS}; f(numpy.zeros(16000, dtype='float32'))",
    "the memory's index": (
        "from pathlib import Path\n"
        "from deskhand.memory.chroma_index import disconnect, open_embedded\n"
        "disconnect(open_embedded(Path.home() / 'index'))\n"
        "import onnxruntime  # as Chroma's own embedding functions do"
    ),
    "the command line": (
        "import deskhand.agent.cli as c\n"
        "try:\n    c.main(['--version'])\nexcept SystemExit:\n    import onnxruntime"
    ),
}


@pytest.mark.parametrize("what", CODES)
def test_onnxruntime_keeps_no_record_of_its_use(what: str, tmp_path: Path) -> None:
    # It writes what it is going to send into the folder for caches, as it is imported.
    env = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", CODES[what]], env=env, check=True)
    assert [path for path in tmp_path.rglob("*") if "Microsoft" in str(path)] == []
