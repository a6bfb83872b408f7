"""Which models are asked where things are: the one that is named, else one that is here and fit."""

from pathlib import Path

from ...memory.errors import ConfigError
from ..models.calibration_store import CalibrationStore, default_folder
from ..models.coordinates.families import Family
from ..models.coordinates.families import family as family_named
from ..models.embedders import default_image_embedder
from ..models.grounder import Grounder
from ..models.registry import catalogue, entry_named
from ..models.store import ModelStore, find_model
from .sources import Embedder, GroundingPointer, Sources

VLM = "vlm:"
"""Before the name or the folder of a checkpoint, as `--model` has it."""
NONE_FIT = "no vision-language model is here that was calibrated and passed"


def load_sources(
    ground_model: str | None = None,
    *,
    embedder: Embedder | None = None,
    is_for_clicks: bool = False,
    calibrations: CalibrationStore | None = None,
) -> Sources:
    """Return the models that may be asked; no weights are loaded before one is.

    Args:
        ground_model: `vlm:` and a name of the catalogue or a folder; None for one that is pulled
            and passed its calibration, or none. Nothing hosted is ever taken: it sees the screen.
        embedder: A CLIP model; None for the best that is pulled, loaded when it is needed.
        is_for_clicks: Refuse a named model that did not pass its calibration.
        calibrations: Where calibrations are kept; None for the user's data folder.

    Raises:
        ConfigError: If it is named another way, or nothing tells how it counts.
        ModelUnavailable: If the named model is not there, or may not click and is to.
    """
    kept = CalibrationStore(default_folder()) if calibrations is None else calibrations
    if ground_model is None:
        pointer = _fit_pointer(kept)
        absent = (("vlm", NONE_FIT),) if pointer is None else ()
        return Sources(clip=embedder, load_clip=default_image_embedder, vlm=pointer, absent=absent)
    pointer = _named_pointer(ground_model, kept)
    if is_for_clicks:
        pointer.require()
    return Sources(clip=embedder, load_clip=default_image_embedder, vlm=pointer)


def _named_pointer(ground_model: str, kept: CalibrationStore) -> GroundingPointer:
    name = ground_model.removeprefix(VLM)
    if name == ground_model or not name:
        raise ConfigError(
            f"the grounding model is {ground_model!r}; expected {VLM}NAME of `deskhand models "
            f"list`, or {VLM}FOLDER"
        )
    entry = None if Path(name).exists() else entry_named(name)
    path = find_model(name)
    if entry is None or entry.family is None:
        raise ConfigError(
            f"nothing tells how {name} counts; name a vision-language model of `deskhand models "
            "list`"
        )
    return _pointer(name, path, family_named(entry.family), entry.revision or "", kept)


def _fit_pointer(kept: CalibrationStore) -> GroundingPointer | None:
    store = ModelStore()
    for entry in catalogue():
        if entry.family is None or store.state(entry) != "yes":
            continue
        found = _pointer(
            entry.name, store.find(entry), family_named(entry.family), entry.revision or "", kept
        )
        if found.may_click():
            return found
    return None


def _pointer(
    name: str, path: Path, family: Family, revision: str, kept: CalibrationStore
) -> GroundingPointer:
    def load() -> Grounder:
        from ..models.chat_vlm import ChatLocalVLM

        return Grounder(ChatLocalVLM.load(path), family, name=name, revision=revision, zoom=True)

    return GroundingPointer(load, name=name, revision=revision, family=family, calibrations=kept)
