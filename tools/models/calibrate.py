"""Does an attached model answer in the space it is said to? Ask it for places that are known.

A server that draws pictures at another size, a checkpoint of another family, axes in another order:
each makes every click wrong while every answer parses. So a model is asked for squares at the
corners and in the middle of a synthetic screen, and one that misses is refused for clicks.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

from ...memory.errors import BadArgumentError, ToolError
from ..desktop.capture import Capture
from ..desktop.geometry import Box, View
from .coordinates.families import Family
from .coordinates.pictures import carry_back, locate, picture_for
from .space_fitting import Probe, what_fits

logger = logging.getLogger(__name__)

Ask = Callable[[Capture, str], str]
"""From a picture, at the size it is to be sent, and a description to the model's whole answer."""


class AttachedModel(Protocol):
    """A model whose answers may become clicks, loaded or not."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def revision(self) -> str:
        """Which weights."""
        ...

    @property
    def family(self) -> Family:
        """How its answers are meant."""
        ...


class GroundingModel(AttachedModel, Protocol):
    """What can be calibrated: a `Grounder`, or anything that is asked like one."""

    def ask(self, picture: Capture, description: str, /) -> str:
        """Return its whole answer for a picture as it is."""
        ...


TARGET_PX = 32
"""Side of a square: a large toolbar button."""
MARGIN_PX = 24
BOUND_PX = TARGET_PX / 2
"""A point that is farther from the middle than this, in x or y, is not on the square."""
DEFAULT_SIZES = ((1280, 800), (1920, 1080))
GROUND = (225, 228, 232)
COLOURS = {
    "red": (208, 20, 30), "green": (20, 140, 40), "blue": (20, 60, 210),
    "orange": (245, 140, 10), "purple": (120, 30, 150),
}  # fmt: skip
MIN_SIDE_PX = 200  # of a screen, for the squares to lie apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A square on a synthetic screen."""

    description: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a model's answers were worth."""

    model: str
    revision: str
    family: str
    convention: str
    """The family's space, order and resize rule, in words: for another one this does not hold."""
    probes: tuple[Probe, ...]
    bound_px: float
    passed: bool
    """Whether every answer lies within the bound."""
    fits: tuple[str, ...] = ()
    """Where the declared space does not hold: what does, for every answer."""
    taken_at: float = field(default_factory=time.time)
    """Seconds since the epoch."""

    @property
    def worst_px(self) -> float | None:
        """The largest error; None if an answer had no place."""
        errors = [probe.error_px for probe in self.probes if probe.error_px is not None]
        return max(errors) if len(errors) == len(self.probes) else None


def draw_screen(width: int, height: int) -> tuple[Capture, tuple[Target, ...]]:
    """Return a screen with a square of its own colour in each corner and in the middle.

    Raises:
        BadArgumentError: If it is too small for them.
    """
    if min(width, height) < MIN_SIDE_PX:
        raise BadArgumentError(
            f"a screen to calibrate on needs {MIN_SIDE_PX} pixels a side, got {width}x{height}"
        )
    image = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(image)
    far_x, far_y = width - MARGIN_PX - TARGET_PX, height - MARGIN_PX - TARGET_PX
    middle = ((width - TARGET_PX) // 2, (height - TARGET_PX) // 2)
    corners = [(MARGIN_PX, MARGIN_PX), (far_x, MARGIN_PX), (MARGIN_PX, far_y), (far_x, far_y)]
    targets = []
    for (name, colour), (left, top) in zip(COLOURS.items(), [*corners, middle], strict=True):
        box = Box(left, top, left + TARGET_PX, top + TARGET_PX)
        draw.rectangle((left, top, box.right - 1, box.bottom - 1), fill=colour)
        targets.append(Target(description=f"the {name} square", box=box))
    view = View(width=width, height=height, on_desktop=False)
    return Capture(pixels=np.asarray(image), view=view), tuple(targets)


def calibrate(
    ask: Ask,
    family: Family,
    *,
    model: str,
    revision: str = "",
    sizes: Sequence[tuple[int, int]] = DEFAULT_SIZES,
    bound_px: float = BOUND_PX,
) -> Calibration:
    """Ask a model for known places and judge its answers.

    Args:
        ask: The model, such as `Grounder.ask`.
        family: How its answers are meant.
        model: Its name.
        revision: Which weights.
        sizes: The screens to draw; large ones find servers that shrink what they are sent.
        bound_px: The largest error, in x and in y, of a model that passes.
    """
    probes = []
    for width, height in sizes:
        screen, targets = draw_screen(width, height)
        sent = picture_for(family, screen)
        for target in targets:
            probes.append(_probe(ask, family, screen, sent, target))
            logger.info("calibration: %s", probes[-1])
    passed = all(probe.error_px is not None and probe.error_px <= bound_px for probe in probes)
    return Calibration(
        model=model,
        revision=revision,
        family=family.name,
        convention=family.convention,
        probes=tuple(probes),
        bound_px=bound_px,
        passed=passed,
        fits=() if passed else what_fits(probes, family, bound_px),
    )


def _probe(ask: Ask, family: Family, screen: Capture, sent: Capture, target: Target) -> Probe:
    answer, error_px, problem = "", None, ""
    truth = target.box.centre
    try:
        answer = ask(sent, target.description)
        point = locate(answer, family, sent.view)
    except ToolError as error:
        problem = str(error)
    else:
        if point is None:
            problem = "it answered that there is no such thing"
        else:
            found = carry_back(point, sent.view, screen.view)
            error_px = max(abs(found.x - truth[0]), abs(found.y - truth[1]))
    return Probe(
        description=target.description,
        size=(screen.view.width, screen.view.height),
        sent=(sent.view.width, sent.view.height),
        truth=truth,
        answer=answer,
        error_px=error_px,
        problem=problem,
    )
