"""Does each model family's answer land on the pixel it means, all the way from `generate`?

    python benchmarks/calibration.py                # eight places a cell, some ten minutes
    python benchmarks/calibration.py claude gemini --places 20   # two families, more places

No published weights are here. A tiny checkpoint of random weights is forced to say the answer of a
perfect model, token by token through its own decoding; from there on all is what published weights
go through: the chat model, the strict parser, the space, the resize rule, the zoom, the monitor.

A cell says how many answers were mapped to the very pixel that exact fractions give, and how far
the farthest is from the place that was meant: that is what the format itself loses. Below are known
bugs of other agents: each must fail calibration, with the space named that fits instead.
"""

import argparse
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.coordinates import SCENES, Scene, places
from benchmarks.truth.forced_models import CARRIERS, ForcedModels
from benchmarks.truth.grounding_answers import PERFECT
from benchmarks.truth.peer_bugs import BUGS, MEANT, TYPED, typed_by_peer
from deskhand.agent.planners.gui_formats.form import Shown
from deskhand.agent.planners.gui_models import gui_format
from deskhand.tools.actions import TypeText
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.models.coordinates.families import FAMILIES, Family
from deskhand.tools.models.coordinates.families import family as family_named
from deskhand.tools.models.picture_messages import ask, user

ASKED = "the button"
PARTS = {"per_1000": 1000, "per_999": 999, "unit": 1, "percent": 100, "bins": 1000}
"""Of a whole side; a family of pixels has as many as its picture has."""

Place = tuple[Fraction, Fraction]


@dataclass(slots=True, kw_only=True)
class Cell:
    """What came of the answers of one family for one scene."""

    asked: int = 0
    exact: int = 0
    worst_px: float = 0.0

    def __str__(self) -> str:
        return f"{self.exact}/{self.asked} {self.worst_px:5.2f}"


def meant_by(answer: str, family: Family, size: tuple[int, int]) -> Place:
    """Return where an answer points on its picture, in fractions, without the code under test."""
    found = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", answer.replace("loc_", ""))
    numbers = [Fraction(number) for number in found]
    axes = (numbers[0::2], numbers[1::2])
    xs, ys = axes if family.order == "xy" else axes[::-1]
    return _on_side(xs, family, size[0]), _on_side(ys, family, size[1])


def _on_side(values: list[Fraction], family: Family, side: int) -> Fraction:
    space = family.space.name
    half = Fraction(1, 2) if space == "bins" else 0
    ends = [(value + half) * side / PARTS.get(space, side) for value in values]
    # The far edge of a relative space is on the last pixel.
    return min((min(ends) + max(ends)) / 2, side - Fraction(1, 10**12))


class Shot:
    """One picture that a model is sent: a part of a screen at the family's size, in fractions."""

    def __init__(self, scene: Scene, family: Family, around: Place | None = None) -> None:
        screen = scene.screen
        self.left, self.top, width, height = 0, 0, screen.width, screen.height
        self.size = family.resize.size(width, height)
        if around is not None:
            width, height = round(screen.width / 2), round(screen.height / 2)
            corner = (around[0] - Fraction(width, 2), around[1] - Fraction(height, 2))
            self.left = min(max(0, round(corner[0])), screen.width - width)
            self.top = min(max(0, round(corner[1])), screen.height - height)
            scale = min(Fraction(1920, width), Fraction(1080, height))
            self.size = family.resize.size(round(width * scale), round(height * scale))
        self._part = (width, height)

    def to_screen(self, place: Place) -> Place:
        """Return a place of the picture as one of the screen's own pixels."""
        x, y = (place[axis] * self._part[axis] / self.size[axis] for axis in (0, 1))
        return self.left + x, self.top + y

    def of_screen(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the screen is on the picture."""
        width, height = self._part
        return (x - self.left) * self.size[0] / width, (y - self.top) * self.size[1] / height


def answers_for(family: Family, scene: Scene, x: float, y: float) -> tuple[list[str], Place]:
    """Return what a perfect model says for a place of a screen, and the pixel that means."""
    shot = Shot(scene, family)
    answers = [PERFECT[family.name](*shot.of_screen(x, y), shot.size)]
    place = shot.to_screen(meant_by(answers[0], family, shot.size))
    if scene.zoomed:
        shot = Shot(scene, family, place)
        answers.append(PERFECT[family.name](*shot.of_screen(x, y), shot.size))
        place = shot.to_screen(meant_by(answers[1], family, shot.size))
    return answers, place


def measure(models: ForcedModels, family: Family, scene: Scene, count: int) -> Cell:
    """Have a family's answers for some places of a scene generated, parsed and mapped."""
    screen, cell = scene.screen, Cell()
    pixels = np.full((screen.height, screen.width, 3), 225, np.uint8)
    capture = Capture(pixels=pixels, view=screen)
    for x, y in places(screen, count):
        answers, place = answers_for(family, scene, x, y)
        found = models.grounder(family, *answers, zoom=scene.zoomed).find(capture, ASKED)
        exact = [origin + axis for origin, axis in zip(_origin(scene), place, strict=True)]
        at = screen.to_desktop(found.point)
        cell.asked += 1
        cell.exact += screen.to_input(found.point) == tuple(math.floor(axis) for axis in exact)
        true = [origin + axis for origin, axis in zip(_origin(scene), (x, y), strict=True)]
        off = max(abs(float(at[axis]) - float(true[axis])) for axis in (0, 1))
        cell.worst_px = max(cell.worst_px, off)
    return cell


def _origin(scene: Scene) -> tuple[Fraction, Fraction]:
    return Fraction(scene.screen.origin_x), Fraction(scene.screen.origin_y)


def families_table(
    models: ForcedModels, names: Sequence[str], count: int, console: Console
) -> bool:
    """Print the table of some families; tell whether every answer was mapped exactly."""
    table = Table(title="answers mapped to the exact pixel, and the largest error in px")
    table.add_column("family")
    table.add_column("space")
    table.add_column("carried by")
    for scene in SCENES:
        table.add_column(scene.name, justify="right")
    is_exact = True
    for family in map(family_named, names):
        carrier = CARRIERS[family.name]
        cells = [measure(models, family, scene, count) for scene in SCENES]
        print(f"{family.name}: {', '.join(map(str, cells))}", file=sys.stderr)
        is_exact &= all(cell.exact == cell.asked for cell in cells)
        carried = carrier.architecture + ("" if carrier.is_own else " *")
        space = f"{family.space.name} {family.order}"
        table.add_row(family.name, space, carried, *map(str, cells))
    console.print(table)
    console.print("* no tiny checkpoint of the family's own architecture: this one carried it")
    return is_exact


def bugs_table(models: ForcedModels, console: Console) -> bool:
    """Print the table of other agents' bugs; tell whether every one was caught."""
    table = Table(title="right answers through other agents' bugs")
    for name in ("bug", "where", "calibration", "worst px", "what its answers fit"):
        table.add_column(name)
    is_caught = True
    for bug in BUGS:
        result = bug.calibrate(models)
        is_caught &= not result.passed
        worst = "no place" if result.worst_px is None else f"{result.worst_px:.0f}"
        verdict = "passed" if result.passed else "failed"
        table.add_row(bug.name, bug.where, verdict, worst, "; ".join(result.fits) or "nothing")
    ours, theirs = typed(models)
    is_caught &= ours == MEANT != theirs
    table.add_row(
        "trailing letters stripped", 'UI-TARS, action_parser.py: rstrip("\\\\n")',
        "no matter of places", "-", f"typed {theirs!r} where {MEANT!r} was meant; ours: {ours!r}",
    )  # fmt: skip
    console.print(table)
    return is_caught


def typed(models: ForcedModels) -> tuple[str, str]:
    """Return what is typed of a generated answer: by us, and by a peer."""
    screen = SCENES[0].screen
    pixels = np.full((screen.height, screen.width, 3), 225, np.uint8)
    capture = Capture(pixels=pixels, view=screen)
    answer = ask(models.chat("qwen2_5_vl", TYPED), [user("Type it.", capture)])
    form = gui_format("ui-tars-1.5")
    wish = form.parse(answer, Shown(sent=screen, capture=screen, family=form.family))
    assert isinstance(wish.action, TypeText)
    return wish.action.text, typed_by_peer(answer.text)


def main() -> int:
    """Print both tables; 1 if an answer missed its pixel or a bug passed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("families", nargs="*", default=list(FAMILIES), help="all without any")
    parser.add_argument("--places", type=int, default=3, help="random places a cell more")
    given = parser.parse_args()
    console = Console(width=150)
    with ForcedModels() as models:
        is_exact = families_table(models, given.families, given.places, console)
        is_caught = bugs_table(models, console)
    return 0 if is_exact and is_caught else 1


if __name__ == "__main__":
    sys.exit(main())
