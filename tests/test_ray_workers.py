"""A folder read by two real Ray workers: the same screens as one process keeps, nothing left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.memory.records import Filter
from deskhand.memory.screens import VisualMemory
from deskhand.tools.remembering.ray_workers import SHORT

CLI = (sys.executable, "-m", "deskhand.agent.cli")
TEXTS = ("Invoice 4711", "Flight to Rome", "card 4111 1111 1111 1111", "Minutes of the meeting")


def index(folder: Path, memory: Path, *options: str) -> dict[str, object]:
    """Run the command; in a process of its own, as Ray wants one."""
    done = subprocess.run(
        [*CLI, "index", str(folder), "--json", *options],
        env=os.environ | {"DESKHAND_MEMORY": str(memory)},
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    document: dict[str, object] = json.loads(done.stdout)
    return document


def kept(memory: Path) -> list[tuple[str, tuple[str, ...]]]:
    with VisualMemory.open(memory) as opened:
        return sorted((r.source, r.lines) for r in opened.list(Filter(), 100))


@pytest.mark.slow
def test_two_workers_read_what_one_process_reads(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    font = ImageFont.load_default(size=22)
    for number, text in enumerate(TEXTS):
        page = Image.new("RGB", (480, 160), "white")
        ImageDraw.Draw(page).text((30, 50), text, fill="black", font=font)
        page.save(folder / f"{number}.png")
    (folder / "bad.png").write_text("no picture", encoding="utf-8")
    here, shared = tmp_path / "here", tmp_path / "shared"
    alone = index(folder, here)
    report = index(folder, shared, "--workers", "2")
    assert (report["added"], report["hidden"]) == (4, 1)
    assert report == alone
    assert kept(shared) == kept(here)
    assert index(folder, shared, "--workers", "2")["unchanged"] == 4
    assert not list(SHORT.glob("dh-ray-*"))


def test_a_cluster_without_workers_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*CLI, "index", str(tmp_path), "--ray", "auto"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "deskhand: error: --ray is the cluster of the workers; say how many: --workers N\n"
    )
