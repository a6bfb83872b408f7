"""Kills a process that writes to a memory, at moments that chance picks, and looks at what is left.

Right is: all that the process said was done is there, whole, and found by its words; what it said
was forgotten is gone; at most the one thing it was doing is there or not; after a repair nothing is
wrong. Run it with:

    nice .venv/bin/python benchmarks/memory_kill.py --rounds 60
"""

import argparse
import logging
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from deskhand.memory.records import Query, ScreenRecord
from deskhand.memory.screens import VisualMemory
from tests.memory_embedders import WordEmbedder
from tests.memory_screens import screen

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("add", "forget", "reindex")
LONGEST_S = 0.6


@dataclass(slots=True)
class Tally:
    """What came of the kills of one kind."""

    rounds: int = 0
    mended: int = 0
    """Rounds after which `check` found something to mend."""
    wrong: list[str] = field(default_factory=list)


def start_writer(folder: Path, what: str, rounds: int) -> subprocess.Popen[str]:
    """Start a process that writes and says what it did."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.memory_writer", str(folder), what, str(rounds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def said_by(process: subprocess.Popen[str]) -> Iterator[Sequence[str]]:
    """Yield the words of each whole line that a process says."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith("\n"):
            yield line.split()


def kill_rounds(folder: Path, what: str, rounds: int, chance: random.Random) -> Tally:
    """Kill so many writers of one kind on one memory."""
    tally = Tally()
    kept: set[str] = set()
    with VisualMemory.open(folder, text_embedder=WordEmbedder("writer")) as memory:
        for number in range(40 if what == "reindex" else 3):
            new = screen(f"first {number}", f"marker-{number}end", seed=500 + number)
            kept.add(memory.add(new).id)
    for _ in range(rounds):
        with start_writer(folder, what, 1000) as process:
            heard = said_by(process)
            next(heard)  # it is ready
            time.sleep(chance.uniform(0.0, LONGEST_S))
            process.send_signal(signal.SIGKILL)
            in_doubt = _listen(heard, kept)
        tally.rounds += 1
        with VisualMemory.open(folder, text_embedder=WordEmbedder("writer")) as memory:
            kept = _judge(memory, kept, in_doubt, tally)
    return tally


def _listen(heard: Iterator[Sequence[str]], kept: set[str]) -> str | None:
    """Follow what a process says; return the screen whose forgetting it began and did not end."""
    in_doubt = None
    for said in heard:
        if said[0] == "added":
            kept.add(said[1])
        elif said[0] == "forgetting":
            in_doubt = said[1]
        elif said[0] == "forgot":
            kept.discard(said[1])
            in_doubt = None
    return in_doubt


def _judge(memory: VisualMemory, kept: set[str], in_doubt: str | None, tally: Tally) -> set[str]:
    there = {record.id: record for record in memory.list()}
    lost = kept - set(there) - {in_doubt}
    extra = set(there) - kept
    if lost:
        tally.wrong.append(f"{len(lost)} screens are lost")
    if len(extra) > 1:
        tally.wrong.append(f"{len(extra)} screens are there that nobody was told of")
    tally.wrong += [wrong for record in there.values() for wrong in _wrong_with(memory, record)]
    found = memory.check(repair=True)
    tally.mended += bool(found)
    tally.wrong += [problem.what for problem in found if not problem.is_repaired]
    tally.wrong += [f"after a repair: {problem.what}" for problem in memory.check()]
    if {record.id for record in memory.list()} != set(there):
        tally.wrong.append("a repair changed which screens are there")
    return set(there)


def _wrong_with(memory: VisualMemory, record: ScreenRecord) -> Iterator[str]:
    if not record.picture.is_file():
        yield f"{record.id} has no picture"
    if memory.search(Query(text=record.lines[1]))[0].record.id != record.id:
        yield f"{record.id} is not found by its words"


def main() -> int:
    """Print a row a kind; return 1 if anything was wrong."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=60, help="of each kind")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    logging.disable(logging.WARNING)  # screens that are not indexed are part of it
    wrong = 0
    for what in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            tally = kill_rounds(Path(folder), what, given.rounds, random.Random(given.seed))
        wrong += len(tally.wrong)
        print(
            f"{what:8} {tally.rounds} kills, {tally.mended} left something to mend, "
            f"{len(tally.wrong)} wrong"
        )
        for each in tally.wrong:
            print(f"  {each}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
