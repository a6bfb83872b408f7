"""Which scenes have a table, and where one is found: what is missed, and what is none.

    python benchmarks/tables.py

`--folder` keeps the recordings, or uses those of `perception.py`. The row of a scene says how many
tables it has and how many were found, with their columns and rows and what finding them took.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.scenes import HELD_OUT, SCENES, Scene
from benchmarks.truth.recorder import record_all
from benchmarks.truth.records import Recording
from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.perception.table_structure import Table, find_tables

WITH_TABLE = frozenset(("table", "mail", "xarchiver", "gtk-file-dialog", "qt-file-dialog"))
"""Scenes with one table or list with columns each; the two dialogs list three files at most."""
SIZES = ((1280, 800), (1920, 1080))
REPEATS = 20


def look(recording: Recording) -> tuple[Sequence[Table], float]:
    """Return the tables on a recording, and how many milliseconds of CPU finding them took."""
    capture = load_capture(recording.picture)
    elements = load_parser().parse(capture, recording.windows)
    seen = Observation(capture=capture, elements=elements, windows=recording.windows)
    started = time.process_time()
    for _ in range(REPEATS):
        tables = find_tables(seen)
    return tables, (time.process_time() - started) / REPEATS * 1000


def report(scenes: Sequence[Scene], folder: Path) -> int:
    """Print a row a scene and the totals; return 1 if a scene could not be recorded."""
    found = missed = wrong = failures = 0
    for size in SIZES:
        for one in record_all(scenes, size, folder):
            if isinstance(one, ActionFailed):
                failures += 1
                print(f"missing: {one}", file=sys.stderr)
                continue
            tables, cpu_ms = look(one)
            expected = int(one.scene in WITH_TABLE)
            sizes = ", ".join(f"{len(t.columns)} x {len(t.rows)}" for t in tables)
            print(f"{one.stem:34} {expected} {len(tables)}  {cpu_ms:5.1f} ms  {sizes}")
            found += min(expected, len(tables))
            missed += max(0, expected - len(tables))
            wrong += max(0, len(tables) - expected)
    print(f"found {found}, missed {missed}, called a table wrongly {wrong}")
    return 1 if failures else 0


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder", type=Path, help="of recordings made before, or to be made")
    options.add_argument("--held-out", action="store_true", help="the scenes nobody looks at")
    given = options.parse_args()
    scenes = HELD_OUT if given.held_out else SCENES
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
        return report(scenes, given.folder.resolve())
    with tempfile.TemporaryDirectory() as folder:
        return report(scenes, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
