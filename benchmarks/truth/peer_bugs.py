"""What other agents do wrong with a right answer, as their code has it, to see calibration fail.

Each model here is perfect: it sees the squares and says where they are, through a tiny checkpoint's
own `generate`. What is calibrated is that model together with what the peer makes of its answer.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.truth.forced_models import ForcedModels
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.models.calibrate import DEFAULT_SIZES, Calibration, calibrate
from deskhand.tools.models.coordinates.families import Family, family
from deskhand.tools.models.coordinates.pictures import draw_at, numbers_in
from deskhand.tools.models.coordinates.sizes import AsItIs

HALVES = ((1022, 1522),)
"""36.5 times 28 wide: here the two ways to round a half differ."""
SHRUNK_WIDTH = 1024

Ask = Callable[[Capture, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One bug."""

    name: str
    where: str
    """Project and place."""
    calibrate: Callable[[ForcedModels], Calibration]
    """Of the model with the bug behind it."""


def in_pixels(of: str) -> Family:
    """Return a family whose answers arrive as pixels of the screen: what a peer hands on."""
    return replace(family("uground-v1-llava"), name=f"{of} in pixels", resize=AsItIs())


def _axes_of_the_size_swapped(models: ForcedModels) -> Calibration:
    right = family("qwen3-vl")
    ask = models.seeing(right)

    def handed_on(picture: Capture, description: str) -> str:
        x, y = numbers_in(ask(picture, description), right)
        height, width = picture.view.height, picture.view.width
        size = (height, width)  # the call hands over (height, width), read as (width, height)
        return f"({int(x / 1000 * size[0])}, {int(y / 1000 * size[1])})"

    return calibrate(handed_on, in_pixels("qwen3-vl"), model="qwen3-vl")


def _y_first_read_as_x_first(models: ForcedModels) -> Calibration:
    right = family("gemini")
    ask = models.seeing(right)

    def handed_on(picture: Capture, description: str) -> str:
        first, second, third, fourth = numbers_in(ask(picture, description), right)
        return f"[[{first}, {second}, {third}, {fourth}]]"

    return calibrate(handed_on, replace(family("internvl"), resize=AsItIs()), model="gemini")


def _scale_of_the_shrunk_picture(models: ForcedModels) -> Calibration:
    right = family("openai-computer")
    ask = models.seeing(right)

    def handed_on(picture: Capture, description: str) -> str:
        height = round(picture.view.height * SHRUNK_WIDTH / picture.view.width)
        x, y = numbers_in(ask(draw_at(picture, SHRUNK_WIDTH, height), description), right)
        return f"({x}, {y})"

    return calibrate(handed_on, in_pixels("openai-computer"), model="openai-computer")


def _halves_rounded_up(models: ForcedModels) -> Calibration:
    right = family("ui-tars-1.5")
    ask = models.seeing(right)

    def handed_on(picture: Capture, description: str) -> str:
        width, height = picture.view.width, picture.view.height
        # The model's own code draws it at 1008x1512, as Python rounds.
        seen = draw_at(picture, *right.resize.size(width, height))
        x, y = numbers_in(ask(seen, description), right)
        taken_for = tuple(math.floor(side / 28 + 0.5) * 28 for side in (width, height))
        return f"({int(x / taken_for[0] * width)}, {int(y / taken_for[1] * height)})"

    return calibrate(handed_on, in_pixels("ui-tars-1.5"), model="ui-tars-1.5", sizes=HALVES)


def _first_two_integers(models: ForcedModels) -> Calibration:
    right = family("seeclick")
    ask = models.seeing(right)

    def handed_on(picture: Capture, description: str) -> str:
        x, y, *_ = re.findall(r"\d+", ask(picture, description))
        return f"({int(x)}, {int(y)})"

    return calibrate(handed_on, in_pixels("seeclick"), model="seeclick", sizes=DEFAULT_SIZES)


BUGS = (
    Bug(
        name="axes of the size swapped",
        where="trycua/cua, loops/qwen35.py: (height, width) unpacked as (width, height)",
        calibrate=_axes_of_the_size_swapped,
    ),
    Bug(
        name="y first, read as x first",
        where="Gemini's boxes in any tool that has x first",
        calibrate=_y_first_read_as_x_first,
    ),
    Bug(
        name="scale of the shrunk picture",
        where="88plug/screen-mcp, failure ledger 1: shrunk for a cap, the old scale told",
        calibrate=_scale_of_the_shrunk_picture,
    ),
    Bug(
        name="halves rounded up",
        where="UI-TARS-desktop#1730: Math.round where the model's code rounds to even",
        calibrate=_halves_rounded_up,
    ),
    Bug(
        name="first two integers",
        where=r"Agent-S: re.findall(r'\d+') makes (0, 45) of 0.45",
        calibrate=_first_two_integers,
    ),
)

TYPED = r"Action: type(content='open the button\n')"
MEANT = "open the button\n"


def typed_by_peer(answer: str) -> str:
    r"""Return what UI-TARS's `action_parser.py` types: it strips each last n and backslash."""
    found = re.search(r"content='(.*)'", answer)
    assert found is not None
    return found[1].rstrip("\\n")
