"""Measures how well real screens are understood, against what the applications say is there.

Records pages in Chromium (truth: the document) and Debian's applications (truth: AT-SPI) at several
screen sizes, looks at each picture, and counts: words read, elements found by kind, clicks by label
that land, actionable elements that are none. Times a full look beside the OCR of the PyPI package
computer-control-mcp on the same pictures. Run it with:

    .venv/bin/python benchmarks/perception.py --sizes 1280x800 1920x1080 3840x2160 --misses
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.scenes import HELD_OUT, SCENES, Scene
from benchmarks.truth import peer
from benchmarks.truth.recorder import record_all
from benchmarks.truth.records import Recording
from benchmarks.truth.scoring import score, score_words
from benchmarks.truth.tables import (
    Look,
    kinds_table,
    misses_list,
    scenes_table,
    timing_table,
)
from deskhand.memory.errors import ActionFailed, DeskhandError
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.desktop.sandbox import parse_size
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.parse import load_parser

DEFAULT_SIZES = ("1280x800", "1920x1080")
TIMED = (
    "mousepad-menu", "qt-file-dialog", "qalculate-gtk", "sign-up", "mail", "table", "article",
    "shop",
)  # fmt: skip
"""Scenes whose look is timed thrice, and by the peer: it takes up to half a minute for one."""
REPEATS = 3


def look_at(recording: Recording, *, is_held_out: bool, repeats: int) -> Look:
    """Look at a picture afresh, as if nothing had been read before, and score it."""
    capture = load_capture(recording.picture)
    walls, cpus = [], []
    for _ in range(repeats):
        parser = load_parser()  # a new one: the old one remembers what it has read
        wall, cpu = time.perf_counter(), time.process_time()
        elements = parser.parse(capture, recording.windows, recording.popups)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    observation = Observation(
        capture=capture, elements=elements, windows=recording.windows, popups=recording.popups
    )
    return Look(
        scene=recording.scene,
        size=f"{recording.size[0]}x{recording.size[1]}",
        is_held_out=is_held_out,
        score=score(observation, recording.truth),
        wall_s=statistics.median(walls),
        cpu_s=statistics.median(cpus),
        is_timed=repeats > 1,
    )


def record(
    scenes: Sequence[Scene], sizes: Sequence[tuple[int, int]], folder: Path
) -> tuple[list[Recording], list[str]]:
    """Return the recordings, and what could not be recorded."""
    recordings, failures = [], []
    for size in sizes:
        for one in record_all(scenes, size, folder):
            if isinstance(one, ActionFailed):
                failures.append(str(one))
            else:
                recordings.append(one)
            print(f"\rrecorded {len(recordings)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    places = {scene.name: place for place, scene in enumerate(scenes)}
    recordings.sort(key=lambda recording: (recording.size, places[recording.scene]))
    return recordings, failures


def with_peer(looks: Sequence[Look], recordings: Sequence[Recording], folder: Path) -> list[Look]:
    """Return the looks with the peer's times and words beside the timed ones."""
    pictures = [
        recording.picture
        for look, recording in zip(looks, recordings, strict=True)
        if look.is_timed
    ]
    found = {one.picture: one for one in peer.look(peer.install(folder), pictures)}
    joined = []
    for look, recording in zip(looks, recordings, strict=True):
        other = found.get(recording.picture)
        if other is not None:
            look = replace(
                look,
                peer_wall_s=other.wall_s,
                peer_cpu_s=other.cpu_s,
                peer_call_s=other.call_s,
                peer_words=score_words(other.texts, recording.truth.words)[0],
            )
        joined.append(look)
    return joined


def chosen_scenes(names: Iterable[str]) -> list[Scene]:
    """Return the scenes with these names, all without one.

    Raises:
        ActionFailed: If there is no such scene.
    """
    by_name = {scene.name: scene for scene in (*SCENES, *HELD_OUT)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise ActionFailed(f"there is no scene {unknown[0]!r}; there are: {', '.join(by_name)}")
    return [by_name[name] for name in names] or list(by_name.values())


def run(given: argparse.Namespace, folder: Path) -> int:
    """Record, look, and print the tables; return 1 if a scene could not be recorded."""
    folder.mkdir(parents=True, exist_ok=True)
    held_out = {scene.name for scene in HELD_OUT}
    sizes = [parse_size(size) for size in given.sizes]
    recordings, failures = record(chosen_scenes(given.scenes), sizes, folder)
    looks = []
    for number, recording in enumerate(recordings, 1):
        repeats = REPEATS if recording.scene in TIMED else 1
        looks.append(look_at(recording, is_held_out=recording.scene in held_out, repeats=repeats))
        print(f"\rlooked at {number}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if given.peer and any(look.is_timed for look in looks):
        try:
            looks = with_peer(looks, recordings, folder)
        except ActionFailed as error:
            failures.append(str(error))
    tables = [scenes_table(looks), kinds_table(looks), timing_table(looks)]
    if given.misses:
        tables.append(misses_list(looks))
    print("\n\n".join("\n".join(table) for table in tables))
    for failure in failures:
        print(f"missing: {failure}", file=sys.stderr)
    return 1 if failures else 0


def main() -> int:
    """Run the benchmark; a usage error is one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", nargs="*", default=[], metavar="NAME", help="only these")
    parser.add_argument("--sizes", nargs="+", default=list(DEFAULT_SIZES), metavar="WIDTHxHEIGHT")
    parser.add_argument("--folder", type=Path, help="keeps recordings here, and uses them again")
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="time only our own")
    parser.add_argument("--misses", action="store_true", help="list what was missed")
    given = parser.parse_args()
    try:
        if given.folder is not None:
            return run(given, given.folder.resolve())
        with tempfile.TemporaryDirectory(prefix="deskhand-scenes-") as folder:
            return run(given, Path(folder))
    except DeskhandError as error:
        print(f"perception: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
