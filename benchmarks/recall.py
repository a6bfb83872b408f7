"""How well the visual memory finds screens: real pages and applications, asked for in many ways.

Pages with known content are shown in a real Chromium, notes, folders and logs in real applications;
each is looked at once and kept. Then each is asked for: in its own words, by its number, in other
words, by a part of its picture, by it made smaller, by it in the other theme, and by thing and day.
The corpus is kept in a folder, so that a stopped run goes on and a second one only asks. Run with:

    .venv/bin/python benchmarks/recall.py --screens 500 --folder /tmp/corpus

Embedders are those that were pulled (`deskhand models pull`); the table says which were there.
"""

import argparse
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.recall_corpus.capture import SIZE, Kept, Studio, kept_screens
from benchmarks.recall_corpus.subjects import Subject, subject
from deskhand.memory.records import Filter, Query
from deskhand.memory.screens import VisualMemory
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.observe import load_observer
from deskhand.tools.remembering.opening import open_memory

CROP_SHARE = 0.5
"""Of each side of the picture."""
SMALLER = 0.5
FUSED = "fused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, and the screen that is meant."""

    kind: str
    query: Query
    answer: str


def capture(folder: Path, n_screens: int, seed: int) -> float:
    """Bring the corpus up to so many screens; return CPU seconds a new one, 0 for none."""
    missing = [n for n in range(n_screens) if n not in kept_screens(folder)]
    if not missing:
        return 0.0
    began = time.process_time()
    with Sandbox.start(SIZE) as sandbox:
        os.environ.update(sandbox.variables)
        with (
            Desktop.open(sandbox.display) as desktop,
            load_observer(desktop) as observer,
            VisualMemory.open(folder / "memory") as memory,
        ):
            studio = Studio(desktop, sandbox, observer, memory, folder)
            try:
                for number in missing:
                    studio.take(subject(number, seed))
                    print(f"\r{number + 1} of {n_screens} screens", end="", file=sys.stderr)
            finally:
                studio.close()
                print(file=sys.stderr)
    return (time.process_time() - began) / len(missing)


def questions(memory: VisualMemory, one: Subject, kept: Kept, limit: int) -> Iterator[Question]:
    """Return what is asked for a screen."""

    def ask(kind: str, **asked: object) -> Question:
        query = Query(limit=limit, **asked)  # type: ignore[arg-type]  # as Query takes them
        return Question(kind=kind, query=query, answer=kept.id)

    yield ask("own words", text=one.exact)
    yield ask("number", text=one.code)
    yield ask("other words", text=one.paraphrase)
    day = one.time.replace(hour=0, minute=0)
    yield ask("thing and day", text=one.thing, filter=_on(day))
    picture = load_capture(memory.show(kept.id).picture).pixels
    yield ask("picture, a part", image=_part(picture, one.number))
    yield ask("picture, smaller", image=_smaller(picture))
    if kept.themed is not None:
        yield ask("picture, other theme", image=load_capture(kept.themed).pixels)


def ranks(memory: VisualMemory, question: Question) -> tuple[Mapping[str, int | None], float]:
    """Return the answer's place by each source and by all of them, and the seconds it took.

    A source that gave no place to the answer has None; one that could not be asked is missing.
    """
    began = time.perf_counter()
    hits = memory.search(question.query)
    took = time.perf_counter() - began
    asked = {reason.source for hit in hits for reason in hit.reasons}
    places: dict[str, int | None] = dict.fromkeys([*asked, FUSED])
    for place, hit in enumerate(hits, start=1):
        if hit.record.id == question.answer:
            places[FUSED] = place
            places |= {reason.source: reason.rank for reason in hit.reasons}
    return places, took


def measure(folder: Path, n_screens: int, seed: int) -> None:
    """Ask for every screen in every way, and print how often it was found."""
    places: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    kept = kept_screens(folder)
    with open_memory(folder / "memory") as memory:
        indexed = memory.reindex()
        for source in memory.sources:
            print(f"{source.name}: {source.why if source.is_ready else 'not here: ' + source.why}")
        print(f"{len(memory.list())} screens in the memory, {indexed} embedded now\n")
        for number in range(n_screens):
            for question in questions(memory, subject(number, seed), kept[number], n_screens):
                found, took = ranks(memory, question)
                seconds[question.kind].append(took)
                for source_name, place in found.items():
                    places[question.kind, source_name].append(place)
    _print(places, seconds)


def _print(
    places: Mapping[tuple[str, str], Sequence[int | None]], seconds: Mapping[str, Sequence[float]]
) -> None:
    print(f"{'asked for by':<22}{'source':<12}{'n':>5}{'recall@1':>10}{'recall@5':>10}{'MRR':>7}"
          f"{'ms':>7}")  # fmt: skip
    for (kind, source), several in places.items():
        n = len(seconds[kind])  # a source that found nothing at all for a question has missed it
        at_1 = sum(place == 1 for place in several) / n
        at_5 = sum(place is not None and place <= 5 for place in several) / n
        mrr = sum(1 / place for place in several if place is not None) / n
        took = f"{1000 * float(np.median(seconds[kind])):>7.0f}" if source == FUSED else ""
        print(f"{kind:<22}{source:<12}{n:>5}{at_1:>10.3f}{at_5:>10.3f}{mrr:>7.3f}{took}")


def _on(day: datetime) -> Filter:
    return Filter(since=day, until=day + timedelta(days=1) - timedelta(microseconds=1))


def _part(pixels: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    tall, wide = (int(side * CROP_SHARE) for side in pixels.shape[:2])
    drawn = random.Random(number)
    # From the upper left half: there is content everywhere but in the margin at the lower right.
    top = drawn.randint(0, (pixels.shape[0] - tall) // 2)
    left = drawn.randint(0, (pixels.shape[1] - wide) // 2)
    return np.ascontiguousarray(pixels[top : top + tall, left : left + wide])


def _smaller(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (int(pixels.shape[1] * SMALLER), int(pixels.shape[0] * SMALLER))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def main() -> None:
    """Read the command line, capture what is missing, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--screens", type=int, default=500, help="how many (576 at most)")
    parser.add_argument("--folder", type=Path, required=True, help="takes the corpus")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    cpu_s = capture(given.folder, given.screens, given.seed)
    print(f"{given.screens} screens, seed {given.seed}"
          + (f", {cpu_s:.1f} CPU s a screen to look at and keep" if cpu_s else ""))  # fmt: skip
    measure(given.folder, given.screens, given.seed)


if __name__ == "__main__":
    main()
