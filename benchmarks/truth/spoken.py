"""Recordings together with what the applications say of their controls at that moment."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.scenes.scenes import AppScene, PageScene, Scene
from benchmarks.truth.recorder import Studio
from benchmarks.truth.records import Recording, Truth, load_recording, stem_of
from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.accessibility import AccessibilitySource, Node

LISTEN_S = 8.0
"""Pages say nothing: Chromium does so only if it is told to as it starts."""
POLL_S = 0.2


class ListeningStudio(Studio):
    """A studio that also asks the applications, as a look does."""

    def _record_page(self, scene: PageScene) -> tuple[Pixels, Truth]:
        pixels, truth = super()._record_page(scene)
        self._listen(scene)
        return pixels, truth

    def _record_app(
        self, scene: AppScene, window: Window
    ) -> tuple[Pixels, tuple[Window, ...], tuple[Popup, ...], Truth]:
        recorded = super()._record_app(scene, window)
        self._listen(scene)
        return recorded

    def _listen(self, scene: Scene) -> None:
        deadline = time.monotonic() + LISTEN_S
        nodes: Sequence[Node] = ()
        with AccessibilitySource(env=self._sandbox.env) as source:
            while time.monotonic() < deadline:
                look = source.look(self._windows(), self._popups())
                nodes = look.nodes
                if look.status == "ok" and nodes:
                    break
                time.sleep(POLL_S)
        path = _nodes_file(self._folder, scene.name, self.size)
        path.write_text(json.dumps([_record(node) for node in nodes]), encoding="utf-8")


def record_spoken(
    scenes: Sequence[Scene], size: tuple[int, int], folder: Path
) -> list[tuple[Recording, tuple[Node, ...]]]:
    """Return the recordings of the scenes, each with what was said; those of before are used again.

    Raises:
        ActionFailed: If an application does not come up.
    """
    missing = [
        scene
        for scene in scenes
        if not _nodes_file(folder, scene.name, size).exists()
        or load_recording(folder / f"{stem_of(scene.name, size)}.json") is None
    ]
    if missing:
        with ListeningStudio(size, folder) as studio:
            for scene in missing:
                studio.record(scene)
    recorded = []
    for scene in scenes:
        recording = load_recording(folder / f"{stem_of(scene.name, size)}.json")
        if recording is None:
            raise ActionFailed(f"{scene.name} was not recorded")
        said = json.loads(_nodes_file(folder, scene.name, size).read_text(encoding="utf-8"))
        recorded.append((recording, tuple(_node(record) for record in said)))
    return recorded


def _nodes_file(folder: Path, scene: str, size: tuple[int, int]) -> Path:
    return folder / f"{stem_of(scene, size)}.nodes.json"


def _record(node: Node) -> dict[str, Any]:  # Any: plain data for JSON
    record = asdict(node) | {"box": node.box.xyxy, "states": sorted(node.states)}
    return record | {"window": None if node.window is None else node.window.xyxy}


def _node(record: dict[str, Any]) -> Node:  # Any: as it was written
    window = record["window"]
    return Node(
        **record
        | {
            "box": Box(*record["box"]),
            "states": frozenset(record["states"]),
            "window": None if window is None else Box(*window),
        }
    )
