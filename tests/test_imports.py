"""Who imports whom, and that heavy things load late."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "memory": {"memory"},
    "tools": {"memory", "tools"},
    "agent": {"agent", "memory", "tools"},
}
HEAVY = {
    "Xlib", "av", "chromadb", "ctranslate2", "cv2", "faster_whisper", "langchain_core", "langgraph",
    "mss", "onnxruntime", "pyautogui", "ray", "rapidocr", "scenedetect", "torch", "transformers",
    "xllamacpp",
}  # fmt: skip


def imported_folders(path: Path, source: str) -> set[str]:
    """Return which of the three folders a module imports, also inside functions."""
    parts = path.relative_to(ROOT).parts
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = parts[: len(parts) - node.level]
            full = (*base, *(node.module or "").split("."))
            names = [full[0]] if full[0] else [alias.name for alias in node.names]
            found |= set(names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module.split(".")[0])
    return found & {*MAY_IMPORT, "deskhand"}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_dependencies_point_one_way(folder: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name in imported_folders(path, path.read_text(encoding="utf-8"))
        if name not in MAY_IMPORT[folder]
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("source", "folders"),
    [
        ("from ...agent.graph import x", {"agent"}),
        ("from ... import agent", {"agent"}),
        ("from .geometry import Box", {"tools"}),
        ("import deskhand.agent", {"deskhand"}),
        ("def f():\n    from ...memory import errors", {"memory"}),
        ("from agent import graph", {"agent"}),
        ("import numpy", set()),
    ],
)
def test_every_way_to_import_is_seen(source: str, folders: set[str]) -> None:
    assert imported_folders(ROOT / "tools" / "desktop" / "x.py", source) == folders


def heavy_modules_after(code: str) -> set[str]:
    """Return the heavy modules that a fresh interpreter has loaded after some code."""
    tail = "\nimport json, sys\nprint('\\n' + json.dumps([n for n in sys.modules]))"
    asked = subprocess.run(
        [sys.executable, "-c", code + tail], capture_output=True, text=True, check=True
    )
    loaded = json.loads(asked.stdout.splitlines()[-1])
    return {name.split(".")[0] for name in loaded} & HEAVY


def test_importing_the_packages_loads_nothing_heavy() -> None:
    code = (
        "import deskhand.memory, deskhand.tools, deskhand.agent\n"
        "import deskhand.memory.screens, deskhand.memory.episodes"
    )
    assert heavy_modules_after(code) == set()


def test_help_loads_nothing_heavy() -> None:
    code = (
        "from deskhand.agent.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as left:\n"
        "    assert left.code in (0, None), left.code\n"
    )
    assert heavy_modules_after(code) == set()


def test_planning_and_rehearsing_look_at_nothing() -> None:
    code = "import deskhand.agent.planners.instructions, deskhand.agent.cli.rehearsal"
    assert heavy_modules_after(code) == set()


def test_models_that_see_are_prepared_without_their_frameworks() -> None:
    code = (
        "import deskhand.agent.planners.gui_models, deskhand.agent.cli.calibrate\n"
        "import deskhand.tools.models.grounder, deskhand.tools.models.calibration_store\n"
    )
    assert heavy_modules_after(code) == set()


def test_embedders_are_chosen_without_their_frameworks() -> None:
    code = (
        "import deskhand.agent.cli.classify, deskhand.tools.models.zero_shot\n"
        "from deskhand.tools.models.embedders import *\n"
        "assert default_text_embedder() is None and default_image_embedder() is None\n"
        "text_embedder_hint(), image_embedder_hint()\n"
    )
    assert heavy_modules_after(code) == set()


def test_choosing_a_planner_loads_no_model() -> None:
    code = (
        "from deskhand.agent.planners.choose import *\n"
        "load_planner('click Save', ModelChoice(model='instructions'), Belongings())"
    )
    assert heavy_modules_after(code) == set()


def test_subtitles_and_summaries_need_no_speech_model() -> None:
    code = (
        "import deskhand.tools.media.subtitles, deskhand.tools.media.summarise\n"
        "import deskhand.tools.media.transcribe, deskhand.agent.cli.audio\n"
        "import deskhand.tools.media.moments, deskhand.agent.cli.video\n"
    )
    assert heavy_modules_after(code) == set()


def test_heavy_modules_are_noticed() -> None:
    assert heavy_modules_after("import mss") == {"mss"}
