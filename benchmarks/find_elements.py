"""Measures whether descriptions that are not the words on a thing find it, on real screens.

Each description is looked up twice in the same look: by its words alone (`ground.find`, the only
way there was) and by the cascade without models; with what the applications say of themselves, and
on the pixels alone. Right is a click on the thing that is meant, NotFound for what is not there,
and Ambiguous for what could be several things. A wrong click is worse than a refusal: both are
counted. Truth is AT-SPI's boxes for applications and the document for pages. Run it with:

    .venv/bin/python benchmarks/find_elements.py --misses
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.descriptions import HELD_OUT, TUNING, Described
from benchmarks.scenes.scenes import HELD_OUT as HELD_OUT_SCENES
from benchmarks.scenes.scenes import SCENES
from benchmarks.truth.records import Recording, TrueElement
from benchmarks.truth.spoken import record_spoken
from deskhand.memory.errors import Ambiguous, NotFound
from deskhand.tools.actions import TextTarget
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.finding.cascade import locate
from deskhand.tools.perception.accessibility import Node
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.ground import find
from deskhand.tools.perception.parse import load_parser

SIZE = (1280, 800)
BANDS = (0.35, 0.6, 0.7, 0.8, 1.01)
"""Of confidence, for how often an answer of each was right."""

Answers = dict[tuple[str, str, str], list["Answer"]]
"""By half, condition and way."""
Score = Literal["right", "wrong", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one description."""

    case: Described
    score: Score
    said: str
    confidence: float = 0.0
    seconds: float = 0.0


def by_words(observation: Observation, text: str) -> tuple[tuple[float, float], float, str]:
    """Return where the words alone lead, with no confidence."""
    element = find(observation, TextTarget(text=text))
    return element.click_at, 0.0, f'{element.role} "{element.text}"'


def by_cascade(observation: Observation, text: str) -> tuple[tuple[float, float], float, str]:
    """Return where the cascade leads, without models."""
    found = locate(observation, text, is_for_click=True)
    on = "" if found.element is None else f'{found.element.role} "{found.element.text}"'
    return (found.point.x, found.point.y), found.confidence, f"{found.source} {on}"


def judge(
    case: Described,
    truth: Sequence[TrueElement],
    ask: Callable[[str], tuple[tuple[float, float], float, str]],
) -> Answer:
    """Ask for one thing and hold the answer against the truth."""
    began = time.perf_counter()
    try:
        (x, y), confidence, said = ask(case.text)
    except Ambiguous as error:
        score: Score = "right" if case.outcome == "ambiguous" else "refused"
        seconds = time.perf_counter() - began
        return Answer(case=case, score=score, said=str(error), seconds=seconds)
    except NotFound as error:
        score = "right" if case.outcome == "absent" else "refused"
        seconds = time.perf_counter() - began
        return Answer(case=case, score=score, said=str(error), seconds=seconds)
    seconds = time.perf_counter() - began
    is_right = case.outcome == "one" and meant(case, truth).is_hit(x, y)
    return Answer(
        case=case, score="right" if is_right else "wrong", said=f"{said} at ({x:.0f}, {y:.0f})",
        confidence=confidence, seconds=seconds,
    )  # fmt: skip


def meant(case: Described, truth: Sequence[TrueElement]) -> TrueElement:
    """Return the true element that a description means."""
    named = [t for t in truth if t.label == case.label and case.kind in ("", t.kind)]
    named.sort(key=lambda t: (round(t.box.top / 12), t.box.left))
    return named[case.which]


def look(recording: Recording, nodes: Sequence[Node]) -> Observation:
    """Look at a recorded screen."""
    capture = load_capture(recording.picture)
    parser = load_parser()
    elements = parser.parse(
        capture, recording.windows, recording.popups, said=partial(tuple, nodes)
    )
    return Observation(
        capture=capture, elements=elements, windows=recording.windows, popups=recording.popups
    )


def rate(name: str, answers: Sequence[Answer]) -> str:
    """Return one row of the table."""
    counts = Counter(answer.score for answer in answers)
    shares = "".join(
        f" {counts[score]:5} ({counts[score] / len(answers):4.0%})"
        for score in ("right", "wrong", "refused")
    )
    middle = statistics.median(answer.seconds for answer in answers)
    return f"{name:44} {len(answers):4}{shares} {1000 * middle:8.1f}"


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--folder", type=Path, help="keeps the recordings")
    options.add_argument("--misses", action="store_true", help="list what was not right")
    options.add_argument("--half", choices=("tuning", "held-out"), help="only this half")
    given = options.parse_args()
    halves = {"tuning": TUNING, "held-out": HELD_OUT}
    if given.half:
        halves = {given.half: halves[given.half]}
    wanted = {case.scene for cases in halves.values() for case in cases}
    scenes = [scene for scene in (*SCENES, *HELD_OUT_SCENES) if scene.name in wanted]
    answers: Answers = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for recording, nodes in record_spoken(scenes, SIZE, folder):
            for condition, told in (("with accessibility", nodes), ("pixels alone", ())):
                seen = look(recording, told)
                for half, cases in halves.items():
                    for case in (case for case in cases if case.scene == recording.scene):
                        for way, ask in (("words", by_words), ("cascade", by_cascade)):
                            answer = judge(case, recording.truth.elements, partial(ask, seen))
                            answers.setdefault((half, condition, way), []).append(answer)
    print(f"{'':44} {'n':>4} {'right':>12} {'wrong':>12} {'refused':>12} {'median ms':>9}")
    for (half, condition, way), own in answers.items():
        print(rate(f"{half}, {condition}, {way}", own))
    print_confidence(answers)
    if given.misses:
        print_misses(answers)


def print_confidence(answers: Answers) -> None:
    """Print how often the cascade's places were right, by their confidence."""
    print("\nplaces the cascade gave, by confidence: right of all")
    for condition in ("with accessibility", "pixels alone"):
        placed = [
            answer
            for (_, where, way), own in answers.items()
            for answer in own
            if (where, way) == (condition, "cascade") and answer.confidence > 0
        ]
        bands = []
        for low, high in pairwise(BANDS):
            within = [answer for answer in placed if low <= answer.confidence < high]
            right = sum(answer.score == "right" for answer in within)
            bands.append(f"{low:.2f} to {min(high, 1):.2f}: {right}/{len(within)}")
        print(f"  {condition}: {'   '.join(bands)}")


def print_misses(answers: Answers) -> None:
    """Print what was not right."""
    for key, own in answers.items():
        print(f"\n--- {', '.join(key)}")
        for answer in own:
            case = answer.case
            if answer.score != "right":
                meaning = case.label if case.outcome == "one" else case.outcome
                print(f"{answer.score:8} {case.scene}: {case.text} [{meaning}] {answer.said[:170]}")


if __name__ == "__main__":
    main()
