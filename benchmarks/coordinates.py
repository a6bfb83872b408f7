"""How far off a perfect answer lands, for each model family and screen, by the true mapping code.

    python benchmarks/coordinates.py
    python benchmarks/coordinates.py --places 2000

Every family is forced to point at places all over the picture it would be sent, in its own syntax;
the answer is parsed, mapped back and compared with the truth. No model runs: what is measured is
what the format itself loses (whole numbers, two decimals, a smaller picture), in screen pixels.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.truth.grounding_answers import PERFECT
from deskhand.tools.desktop.geometry import View
from deskhand.tools.models.coordinates.families import FAMILIES, Family
from deskhand.tools.models.coordinates.pictures import carry_back, locate, zoom_box, zoom_size

LEFT_MONITOR = View(width=1920, height=1200, origin_x=-1920, origin_y=-240)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A screen, and whether the model looks at a part of it."""

    name: str
    screen: View
    zoomed: bool = False


SCENES = (
    Scene(name="1280x800", screen=View(width=1280, height=800)),
    Scene(name="1920x1080", screen=View(width=1920, height=1080)),
    Scene(name="3840x2160", screen=View(width=3840, height=2160)),
    Scene(name="zoom of 3840x2160", screen=View(width=3840, height=2160), zoomed=True),
    Scene(name="1920x1200 at -1920,-240", screen=LEFT_MONITOR),
)


def places(view: View, count: int) -> Iterator[tuple[float, float]]:
    """Yield the corners, the middle, and places drawn by a fixed seed."""
    far_x, far_y = view.width - 0.5, view.height - 0.5
    yield from ((0.5, 0.5), (far_x, 0.5), (0.5, far_y), (far_x, far_y))
    yield view.width / 2, view.height / 2
    seeded = random.Random(0)
    for _ in range(count):
        yield seeded.uniform(0, far_x), seeded.uniform(0, far_y)


def sent_view(family: Family, scene: Scene) -> View:
    """Return the picture that is sent."""
    if not scene.zoomed:
        return scene.screen.resize(*family.resize.size(scene.screen.width, scene.screen.height))
    guess = scene.screen.point(scene.screen.width * 0.8, scene.screen.height * 0.3)
    part = scene.screen.crop(zoom_box(scene.screen, guess))
    return part.resize(*zoom_size(family, part))


def largest_error(family: Family, scene: Scene, count: int) -> float:
    """Return the largest distance, in x or in y, between a place and what its answer says."""
    sent = sent_view(family, scene)
    worst = 0.0
    for x, y in places(sent, count):
        point = locate(PERFECT[family.name](x, y, (sent.width, sent.height)), family, sent)
        if point is None:
            raise AssertionError(f"{family.name} answered that there is nothing")
        found = scene.screen.to_desktop(carry_back(point, sent, scene.screen))
        true = (sent.origin_x + x * sent.scale_x, sent.origin_y + y * sent.scale_y)
        worst = max(worst, *(abs(found[axis] - true[axis]) for axis in (0, 1)))
    return worst


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--places", type=int, default=500, help="random places a cell")
    count = parser.parse_args().places
    table = Table(title=f"largest error, px of the screen, {count + 5} places a cell")
    table.add_column("family")
    table.add_column("space")
    for scene in SCENES:
        table.add_column(scene.name, justify="right")
    for family in FAMILIES.values():
        errors = (f"{largest_error(family, scene, count):.2f}" for scene in SCENES)
        table.add_row(family.name, f"{family.space.name} {family.order}", *errors)
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
