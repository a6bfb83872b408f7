"""The calibration table: parts of it, and other agents' bugs, all of which must fail."""

import math
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from benchmarks.calibration import answers_for, measure, typed
from benchmarks.coordinates import SCENES, Scene, places
from benchmarks.truth.forced_models import CARRIERS, ForcedModels
from benchmarks.truth.peer_bugs import BUGS, Bug
from deskhand.tools.desktop.geometry import Point, View
from deskhand.tools.models.coordinates.families import FAMILIES, Family
from deskhand.tools.models.coordinates.pictures import carry_back, locate, zoom_box, zoom_size
from deskhand.tools.models.tiny_vlm_families import FAMILIES as TINY

SMALL, LEFT = SCENES[0], SCENES[-1]
FITS = {
    "axes of the size swapped": "pixels xy of a picture of another size: about 800x1280 for "
    "1280x800, 1079x1919 for 1920x1080",
    "y first, read as x first": "per_1000 yx",
    "scale of the shrunk picture": "pixels xy of a picture of another size: about 1024x640 for "
    "1280x800, 1024x575 for 1920x1080",
    "halves rounded up": "pixels xy of a picture of another size: about 993x1521 for 1022x1522",
    "first two integers": None,
}


@pytest.fixture(scope="module")
def models() -> Iterator[ForcedModels]:
    with ForcedModels() as models:
        yield models


def test_every_family_is_carried() -> None:
    assert set(CARRIERS) == set(FAMILIES)
    assert {carrier.architecture for carrier in CARRIERS.values()} == set(TINY)


def test_the_fractions_of_a_known_answer() -> None:
    answers, place = answers_for(FAMILIES["uground-v1-qwen2"], SMALL, 640, 400)
    assert (answers, [float(axis) for axis in place]) == (["(500, 500)"], [640, 400])
    answers, place = answers_for(FAMILIES["ui-tars-1.5"], SMALL, 100, 100)
    assert answers == ["Action: click(point='<point>100 101</point>')"]
    assert [str(axis) for axis in place] == ["16000/161", "20200/203"]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_no_place_is_a_pixel_off(scene: Scene) -> None:
    """A chain of floats ends a trifle below a pixel's edge about once in a hundred answers."""
    for family in FAMILIES.values():
        for x, y in places(scene.screen, 20):
            answers, place = answers_for(family, scene, x, y)
            screen = scene.screen
            sent = screen.resize(*family.resize.size(screen.width, screen.height))
            found = point_of(answers[0], family, sent, screen)
            if scene.zoomed:
                part = screen.crop(zoom_box(screen, found))
                sent = part.resize(*zoom_size(family, part))
                found = point_of(answers[1], family, sent, screen)
            origin = (screen.origin_x, screen.origin_y)
            expected = tuple(math.floor(Fraction(origin[axis]) + place[axis]) for axis in (0, 1))
            assert screen.to_input(found) == expected, (family.name, answers)


def point_of(answer: str, family: Family, sent: View, screen: View) -> Point:
    point = locate(answer, family, sent)
    assert point is not None
    return carry_back(point, sent, screen)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ui-tars-1.5", "internvl", "gemini", "florence-2", "step-gui"])
def test_answers_are_mapped_to_the_exact_pixel(models: ForcedModels, name: str) -> None:
    for scene in (SMALL, LEFT):
        cell = measure(models, FAMILIES[name], scene, 0)
        assert (cell.exact, cell.asked) == (5, 5)


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_of_another_agent_fails_calibration(models: ForcedModels, bug: Bug) -> None:
    result = bug.calibrate(models)
    assert not result.passed
    expected = FITS[bug.name]
    assert (expected is None and not result.fits) or result.fits[0] == expected


def test_typed_text_keeps_its_last_letter(models: ForcedModels) -> None:
    assert typed(models) == ("open the button\n", "open the butto")
