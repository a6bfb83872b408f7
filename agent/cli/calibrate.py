"""`deskhand models calibrate`: does a model's answer land where it points?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from ...tools.models.calibrate import Calibration, GroundingModel
    from ...tools.models.calibration_store import CalibrationStore


def calibrate_model(
    model: "GroundingModel",
    store: "CalibrationStore",
    *,
    sizes: Sequence[tuple[int, int]] | None = None,
    json: bool = False,
) -> bool:
    """Calibrate a model, keep the result, print it, and tell whether the model passed.

    Args:
        model: Such as a `Grounder`.
        store: Where the result is kept.
        sizes: The screens to draw; None for the usual ones.
        json: Print one JSON document.

    Raises:
        ConfigError: If the result cannot be kept.
    """
    from ...tools.models.calibrate import DEFAULT_SIZES, calibrate

    result = calibrate(
        model.ask,
        model.family,
        model=model.name,
        revision=model.revision,
        sizes=DEFAULT_SIZES if sizes is None else sizes,
    )
    path = store.save(result)
    if json:
        print_json(_document(result))
    else:
        _show(result)
        notes().print(f"kept in {path}", markup=False, soft_wrap=True)
    return result.passed


def parse_size(text: str) -> tuple[int, int]:
    """Return a screen's size from an option such as `1920x1080`.

    Raises:
        ConfigError: If it is none, or too small for the squares.
    """
    import re

    from ...memory.errors import ConfigError
    from ...tools.models.calibrate import MIN_SIDE_PX

    found = re.fullmatch(r"([1-9][0-9]{2,4})x([1-9][0-9]{2,4})", text)
    size = (0, 0) if found is None else (int(found[1]), int(found[2]))
    if min(size) < MIN_SIDE_PX:
        raise ConfigError(
            f"expected a size such as 1920x1080, at least {MIN_SIDE_PX} a side, got {text!r}"
        )
    return size


def _document(result: "Calibration") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(result) | {"worst_px": result.worst_px}


def _show(result: "Calibration") -> None:
    rows = table("screen", "target", "true", "error px", "answer", numeric=("error px",))
    for probe in result.probes:
        rows.add_row(
            f"{probe.size[0]}x{probe.size[1]}",
            probe.description,
            f"{probe.truth[0]:g}, {probe.truth[1]:g}",
            "-" if probe.error_px is None else f"{probe.error_px:.1f}",
            inert(probe.problem or probe.answer),
        )
    console = results()
    console.print(rows)
    verdict = "passed" if result.passed else "failed"
    console.print(
        f"{result.model} as {result.family} ({result.convention}): {verdict}; "
        f"at most {result.bound_px:g} px off are allowed",
        markup=False,
        soft_wrap=True,
    )
    for fit in result.fits:
        console.print(f"its answers fit: {fit}", markup=False, soft_wrap=True)
    if not result.passed and not result.fits:
        console.print("its answers fit no known space", markup=False, soft_wrap=True)
