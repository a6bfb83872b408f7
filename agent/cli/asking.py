"""What `deskhand ask` and `deskhand describe` have in common: the screen, the model, the marks."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...memory.errors import ConfigError
from ..planners.pictures import Pictures
from .output import notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...tools.models.chat_models import LoadedChatModel
    from ...tools.perception.elements import Element, Observation
    from ...tools.safety.redaction import Redaction
    from .settings import CliSettings

INSTRUCTIONS = "instructions"
"""What `DESKHAND_MODEL` may say for `run`; it answers nothing."""


def observe(image: str | None, *, screen: bool, window: str | None) -> "Observation":
    """Return what is to be talked about: a picture, the live desktop, or some of its windows.

    Of the desktop's picture only those windows are left, so that nothing else goes to a model.

    Raises:
        ConfigError: If two sources are given, or the picture cannot be read.
        DisplayError: If there is no screen that may be looked at.
        NotFound: If no window has the words in its title.
    """
    given = [name for name, is_given in (("a picture", image is not None), ("--screen", screen),
                                         ("--window", window is not None)) if is_given]  # fmt: skip
    if len(given) > 1:
        raise ConfigError(f"{given[0]} and {given[1]} are two sources; give one")
    from . import seeing

    observation = seeing.observe(image, window=window)
    return observation if window is None else _only_windows(observation, window)


def _only_windows(observation: "Observation", words: str) -> "Observation":
    from ...tools.desktop.capture import Capture

    own = [w for w in observation.windows if words.casefold() in w.title.casefold()]
    capture = observation.capture
    pixels = capture.pixels.copy()
    pixels[:] = 0
    for window in own:
        box = capture.view.box_from_desktop(window.box)
        if box is not None and not window.is_minimized:
            inside = (slice(box.top, box.bottom), slice(box.left, box.right))
            pixels[inside] = capture.pixels[inside]
    shown = Capture(pixels=pixels, view=capture.view, taken_at=capture.taken_at)
    return replace(observation, capture=shown, windows=own)


def load_model(
    settings: "CliSettings", *, model: str | None, name: str | None, pictures: Pictures
) -> "LoadedChatModel | None":
    """Return the model that is named, else the best that is on this machine, None if none is.

    With `pictures` somebody says whether it sees; `auto` goes by what is known of it.

    Raises:
        ConfigError: If the one that is named cannot be had.
        ModelUnavailable: If a local one's files are not there.
    """
    from ...tools.models.chat_models import ModelAccess, best_there, load_chat_model

    named = settings.model if model is None else model
    if model is None and named == INSTRUCTIONS:
        named = None
    if named is None:
        if name is not None:
            raise ConfigError(f"--model-name is {name!r}; name its server as well: --model URL")
        named = best_there()
    if named is None:
        return None
    access = ModelAccess(
        server_model=(settings.model_name if name is None else name) or "",
        keys=settings.keys,
        server_key=settings.server_key,
    )
    loaded = load_chat_model(named, access)
    if pictures == "auto":
        return loaded
    if pictures == "always" and loaded.is_small:
        raise ConfigError(f"--pictures always: {loaded.name} reads text only")
    return replace(loaded, sees=pictures == "always")


def redaction(settings: "CliSettings") -> "Redaction":
    """Return what must not reach a model: the secrets that the environment names."""
    from ...tools.safety.redaction import Redaction

    return Redaction(values=tuple(settings.secrets.values()))


def annotate(observation: "Observation", elements: "Sequence[Element]", out: Path) -> None:
    """Write the picture with boxes round some elements.

    Raises:
        ConfigError: If it cannot be written.
    """
    from ...tools.perception.marks import annotate as marked

    try:
        marked(observation.capture, elements).save(out)
    except (OSError, ValueError) as error:  # ValueError: a suffix that Pillow does not know
        raise ConfigError(f"cannot write {out}: {error}") from error
    notes().print(f"{len(elements)} marks written to {out}", markup=False, soft_wrap=True)


def warn(claims: "Sequence[str]", unknown: "Sequence[int]" = ()) -> None:
    """Say on stderr what of an answer the screen does not bear out."""
    if claims:
        listed = ", ".join(f'"{inline(claim)}"' for claim in claims)
        _note(f"warning: no text on the screen says {listed}")
    if unknown:
        numbers = ", ".join(f"e{number}" for number in unknown)
        _note(f"warning: the model named what is not on the screen: {numbers}")


def inline(text: str) -> str:
    """Return text of a screen or a model on one line, with no escape code in it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _note(text: str) -> None:
    notes().print(text, markup=False, soft_wrap=True)
