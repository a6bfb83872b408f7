"""`deskhand models calibrate`: does a model's answer land where it points?"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...memory.errors import ConfigError, DeskhandError
from . import exit_codes
from .output import inert, notes, print_json, results, table
from .settings import CliSettings

if TYPE_CHECKING:
    from ...tools.desktop.capture import Capture
    from ...tools.models.calibrate import Calibration, GroundingModel
    from ...tools.models.calibration_store import CalibrationStore


def calibrate(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A model of `deskhand models list`, a checkpoint's folder, provider:name, the "
            "address of a server, or gui: and any of these, as `deskhand run --model` has it.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="The same as NAME, spelled as in `run`.")
    ] = None,
    model_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model's name on the server (DESKHAND_MODEL_NAME)."),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(
            metavar="FAMILY",
            help="How it counts, such as qwen3-vl, or the format of a gui: model, such as "
            "ui-tars-1.5; a model of the list tells by itself, other GUI models by their names.",
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
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Show a model squares whose place is known, and measure its answers.

    A model that fails is not used for clicks; where its answers fit another
    way of counting than its family's, that is said. With gui: it is asked in
    the format of a run, ten times; a provider is paid for that. Exits with 1
    if it failed.

    Examples:
      deskhand models calibrate qwen3-vl-2b
      deskhand models calibrate gui:ui-tars-1.5-7b
      deskhand models calibrate gui:http://127.0.0.1:8000/v1 --model-name UI-TARS-1.5-7B
    """
    from ...tools.models.calibration_store import CalibrationStore, default_folder

    settings: CliSettings = context.obj
    sizes = [parse_size(text) for text in size] if size else None
    given = model if name is None else name
    if given is None or (name is not None and model is not None):
        raise ConfigError("name one model: deskhand models calibrate NAME")
    server_name = (settings.model_name if model_name is None else model_name) or ""
    attached = _attached(given, server_name, family, settings)
    store = CalibrationStore(default_folder())
    if not calibrate_model(attached, store, sizes=sizes, json=json):
        raise typer.Exit(exit_codes.FAILED)


def _attached(
    given: str, server_name: str, family: str | None, settings: CliSettings
) -> "GroundingModel":
    """Return a model as one that is asked for places.

    Raises:
        ConfigError: If there is no such model, or nothing tells its family.
        ModelUnavailable: If it is not there or cannot be loaded.
    """
    from ..planners.gui_choice import GUI

    if not given.startswith(GUI):
        return _grounder(given, server_name, family, settings)
    from ..planners.choose import Belongings, ModelChoice
    from ..planners.gui_choice import gui_model
    from ..planners.gui_pointing import GuiPointer

    named = gui_model(ModelChoice(model=given, name=server_name, family=family or ""))
    has = Belongings(keys=settings.keys, server_key=settings.server_key)
    return GuiPointer(named.load(has), named.form, name=named.name, revision=named.revision)


def _grounder(
    given: str, server_name: str, family: str | None, settings: CliSettings
) -> "GroundingModel":
    """Return a model that is asked in its family's own words; see `_attached`."""
    from pathlib import Path

    from ...tools.models.coordinates.families import family as family_named
    from ...tools.models.grounder import Grounder
    from ...tools.models.registry import entry_named
    from ...tools.models.store import find_model

    is_server = given.startswith(("http://", "https://"))
    is_here = Path(given).exists()
    is_hosted = not is_server and not is_here and all(given.partition(":"))
    entry = None if is_server or is_here or is_hosted else entry_named(given)
    spoken = family or (None if entry is None else entry.family)
    if spoken is None:
        raise ConfigError(f"nothing tells how {given} counts; say it: --family qwen3-vl")
    known = family_named(spoken)
    if is_server:
        from ...tools.models.providers import check_server, server_model

        check_server(given, server_name)
        served = server_model(
            given, server_name, key=settings.server_key, options={"temperature": 0}
        )
        return Grounder(served, known, name=f"{server_name} at {given}")
    if is_hosted:
        from ...tools.models.providers import hosted_model

        return Grounder(hosted_model(given, keys=settings.keys), known, name=given)
    path = find_model(given)
    from ...tools.models.chat_vlm import ChatLocalVLM

    revision = "" if entry is None or entry.revision is None else entry.revision
    return Grounder(ChatLocalVLM.load(path), known, name=given, revision=revision)


def _answered(model: "GroundingModel") -> "Callable[[Capture, str], str]":
    """Return how a model is asked, where a server that is away is one line."""

    def ask(picture: "Capture", description: str) -> str:
        try:
            return model.ask(picture, description)
        except DeskhandError:
            raise
        # Each provider's package has a tree of errors of its own, with no common root.
        except Exception as error:
            from ...tools.models.call_errors import unavailable

            raise unavailable(model.name, error) from error

    return ask


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
        ModelUnavailable: If the model does not answer at all.
    """
    from ...tools.models.calibrate import DEFAULT_SIZES
    from ...tools.models.calibrate import calibrate as measure

    result = measure(
        _answered(model),
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
