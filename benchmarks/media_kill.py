"""Kills the reading of a video and a transcription with SIGKILL, lets them go on, and compares.

    python benchmarks/media_kill.py
    python benchmarks/media_kill.py --minutes 2 --points 2

Real processes of the real commands with the real speech model: `deskhand video index` and `deskhand
audio transcribe`. Each is killed once so much is kept on the disk, at several points, and once more
in the middle of a line (half a record is what a kill during a write leaves). Right is: the rerun
reads or hears anew only what was not kept, and its result is that of a run that was not killed.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.long_recording import PROGRAM, write
from deskhand.tools.media.windows import WINDOW_S
from deskhand.tools.models.store import default_root

POLL_S = 0.02
RNG = random.Random(3)
KINDS = {"video": "videos", "audio": "transcriptions"}
"""Where in the folder of caches each keeps how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run that came to its end took and gave."""

    wall_s: float
    document: dict[str, object]
    kept: bytes
    """What lies on the disk afterwards."""

    @property
    def anew(self) -> float:
        """Return pictures that were read, or seconds that were heard, now."""
        if "newly_read" in self.document:
            return float(str(self.document["newly_read"]))
        return float(str(self.document["duration_s"])) - float(str(self.document["resumed_at_s"]))

    @property
    def result(self) -> object:
        """Return what does not hang on how it came about."""
        passing = ("newly_read", "seconds", "resumed_at_s")
        return {name: one for name, one in self.document.items() if name not in passing}, self.kept


def command(kind: str, path: Path) -> list[str]:
    """Return the command that does all the work and prints what came of it."""
    if kind == "video":
        return [str(PROGRAM), "video", "index", str(path), "--no-speech", "--json"]
    return [str(PROGRAM), "audio", "transcribe", str(path), "--json"]


def start(kind: str, path: Path, cache: Path) -> "subprocess.Popen[bytes]":
    """Start a process that keeps what it does in a folder."""
    return subprocess.Popen(
        command(kind, path),
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def to_its_end(kind: str, path: Path, cache: Path) -> Run:
    """Run it and return what came of it."""
    began = time.monotonic()
    out, _err = start(kind, path, cache).communicate()
    return Run(
        wall_s=time.monotonic() - began,
        document=json.loads(out),
        kept=b"".join(_lines(kind, cache)),
    )


def kill_at(kind: str, path: Path, cache: Path, n_lines: int) -> int | None:
    """Kill it once so many lines are kept; return how many, None if it came to its end before."""
    process = start(kind, path, cache)
    assert process.stdout is not None
    with process.stdout:
        while process.poll() is None and len(_lines(kind, cache)) < n_lines:
            time.sleep(POLL_S)
        time.sleep(RNG.uniform(0, 0.2))
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    return len(_lines(kind, cache)) if was_running else None


def tear(kind: str, cache: Path) -> None:
    """Take half of the last line away, as if the kill had come while it was written."""
    path = _kept_file(kind, cache)
    assert path is not None
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2])


def _kept_file(kind: str, cache: Path) -> Path | None:
    return next((cache / "deskhand" / KINDS[kind]).glob("*.jsonl"), None)


def _lines(kind: str, cache: Path) -> list[bytes]:
    """Return the whole lines that are kept."""
    found = _kept_file(kind, cache)
    try:
        lines = [] if found is None else found.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:  # it has just come to its end
        lines = []
    return [line for line in lines if line.endswith(b"\n")]


def points(n_lines: int, n_points: int) -> Iterator[tuple[int, bool]]:
    """Yield after how many lines to kill, and whether to tear the last."""
    for at in sorted({max(1, n_lines * (n + 1) // (n_points + 1)) for n in range(n_points)}):
        yield at, False
    yield max(1, n_lines // 2), True


def measure(kind: str, path: Path, folder: Path, n_points: int) -> bool:
    """Print a row for each kill; tell whether all were right."""
    whole = to_its_end(kind, path, folder / "never killed")
    n_lines = len(whole.kept.splitlines())
    unit = "pictures"
    if kind == "audio":  # what is kept on the way is removed at the end
        n_lines, unit = int(whole.anew // WINDOW_S), "s"
    print(
        f"\n{' '.join(command(kind, path)[1:3])}: {whole.anew:.0f} {unit} in {whole.wall_s:.1f} s "
        "when not killed"
    )
    all_right = True
    for number, (at, is_torn) in enumerate(points(n_lines, n_points)):
        cache = folder / f"{kind} {number}"
        done = kill_at(kind, path, cache, at)
        if done is None:
            print(f"  came to its end before line {at}")
            continue
        if is_torn:
            tear(kind, cache)
        rest = to_its_end(kind, path, cache)
        is_same = rest.result == whole.result
        all_right &= is_same
        torn = ", the last torn" if is_torn else ""
        anew = f"{rest.anew:.0f} of {whole.anew:.0f} {unit} anew in {rest.wall_s:.1f} s"
        print(
            f"  killed after {done} lines{torn}: {anew}; "
            f"{'the same result' if is_same else 'ANOTHER RESULT'}",
            flush=True,
        )
    return all_right


def main() -> None:
    """Print the tables, and exit with 1 if a result is another."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=7.0, help="of the recording")
    options.add_argument("--points", type=int, default=3, help="kills of each, besides a torn line")
    chosen = options.parse_args()
    os.environ["DESKHAND_MODELS"] = str(default_root(os.environ))
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name) / "recording.mp4", chosen.minutes)
        print(f"a recording of {chosen.minutes:g} min")
        right = [measure(kind, path, Path(name), chosen.points) for kind in KINDS]
    sys.exit(not all(right))


if __name__ == "__main__":
    main()
