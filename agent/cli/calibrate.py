"""`deskhand models calibrate`: does a model's answer land where it points?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import exit_codes
from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from ...tools.models.calibrate import Calibration, GroundingModel
    from ...tools.models.calibration_store import CalibrationStore


def calibrate(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A model of `deskhand models list`, or a checkpoint's folder."
        ),
    ],
    family: Annotated[
        str | None,
        typer.Option(
            metavar="FAMILY",
            help="How it counts, such as qwen3-vl; a model of the list tells by itself.",
        ),
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WIDTHxHEIGHT",
            help="A screen to draw; may be given several times.",
            show_default="1280x800 and 1920x1080",
        ),
    ] = None,
    zoom: Annotated[
        bool, typer.Option("--zoom", metavar="", help="Let it look a second time, enlarged.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Show a local model squares whose place is known, and measure its answers.

    A model that fails is not used for clicks; where its answers fit another
    way of counting than its family's, that is said. Exits with 1 if it failed.

    Example:
      deskhand models calibrate qwen3-vl-2b
    """
    from ...tools.models.calibration_store import CalibrationStore, default_folder

    sizes = [parse_size(text) for text in size] if size else None
    model = _grounder(name, family, zoom=zoom)
    store = CalibrationStore(default_folder())
    if not calibrate_model(model, store, sizes=sizes, json=json):
        raise typer.Exit(exit_codes.FAILED)


def _grounder(name: str, family: str | None, *, zoom: bool) -> "GroundingModel":
    """Return a local model as one that is asked for places.

    Raises:
        ConfigError: If nothing tells its family.
        ModelUnavailable: If it is not there or cannot be loaded.
    """
    from pathlib import Path

    from ...memory.errors import ConfigError
    from ...tools.models.coordinates.families import family as family_named
    from ...tools.models.registry import entry_named
    from ...tools.models.store import find_model

    entry = None if Path(name).exists() else entry_named(name)
    spoken = family or (None if entry is None else entry.family)
    if spoken is None:
        raise ConfigError(f"nothing tells how {name} counts; say it: --family qwen3-vl")
    known = family_named(spoken)
    path = find_model(name)
    from ...tools.models.chat_vlm import ChatLocalVLM
    from ...tools.models.grounder import Grounder

    revision = "" if entry is None or entry.revision is None else entry.revision
    return Grounder(ChatLocalVLM.load(path), known, name=name, revision=revision, zoom=zoom)


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
    from ...tools.models.calibrate import DEFAULT_SIZES
    from ...tools.models.calibrate import calibrate as measure

    result = measure(
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
