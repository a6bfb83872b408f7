"""Looks at the screen or at a picture, for `look`, `find` and `do --dry-run`."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...memory.errors import ConfigError, NotFound
from ...tools.actions import TextTarget
from ...tools.desktop.capture import Capture, load_capture
from ...tools.finding import report
from ...tools.finding.cascade import locate
from ...tools.finding.found import Found
from ...tools.finding.sources import Sources
from ...tools.perception.elements import Element, Observation
from .screens import Screen, open_screen
from .settings import CliSettings


def observe(image: str | None, *, window: str | None) -> Observation:
    """Return what is on the screen, or in a picture.

    Args:
        image: Path of a picture, `-` for one on stdin, None for the live desktop.
        window: Keep only the elements of the windows with these words in their title.

    Raises:
        ConfigError: If the picture cannot be read, or a window is asked for in a picture.
        DisplayError: If there is no screen that may be looked at.
        NotFound: If no window has the words in its title.
    """
    if image is not None:
        if window is not None:
            raise ConfigError("--window is for the live desktop; a picture has no windows")
        from ...tools.perception.observe import observe_image
        from ...tools.perception.parse import load_parser

        return observe_image(picture(image), load_parser())
    with open_screen() as screen:
        observation = observe_live(screen)
    return observation if window is None else _only(observation, window)


def observe_live(screen: Screen) -> Observation:
    """Return what is on an open screen once it has settled."""
    from ...tools.perception.observe import load_observer

    with load_observer(screen.desktop) as observer:
        return observer.observe()


def text_target(
    *, text: str, role: str | None, window: str | None, near: str | None, nth: int | None
) -> TextTarget:
    """Return a description to be found.

    Raises:
        ConfigError: Naming the option that is wrong.
    """
    given = {"text": text, "role": role, "window": window, "near": near, "nth": nth}
    try:
        return TextTarget.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(f"{first['loc'][0]} is {first['input']!r}: {first['msg']}") from None


def element_to_json(element: Element) -> dict[str, Any]:
    """Return an element as plain data, in capture pixels."""
    x, y = element.click_at
    return {
        "id": element.id,
        "role": element.role,
        "text": element.text,
        "box": list(element.box.xyxy),
        "click_at": [x, y],
        "score": round(element.score, 3),
        "source": element.source,
        "states": sorted(element.states),
        "window": element.window,
    }


def sources_named(
    settings: CliSettings, ground_model: str | None, *, is_for_clicks: bool = False
) -> Sources:
    """Return the models that may tell where things are: the option's, else the environment's.

    Raises:
        ConfigError: If the model is named in a form that there is not.
        ModelUnavailable: If it is not there, or may not click and is to.
    """
    from ...tools.finding.load_sources import load_sources

    named = settings.ground_model if ground_model is None else ground_model
    return load_sources(named, is_for_clicks=is_for_clicks)


def found_to_json(found: Found) -> dict[str, Any]:
    """Return what was found, and how, as plain data; of a bare point all but the place is null."""
    point = [found.point.x, found.point.y]
    if found.element is None:
        keys = ("id", "role", "text", "box", "click_at", "score", "source", "states", "window")
        place = dict.fromkeys(keys) | {"click_at": point}
    else:
        place = element_to_json(found.element) | {"click_at": point}
    return place | report.to_json(found)


def picture(image: str) -> Capture:
    """Return a picture file, or the one on stdin for `-`.

    Raises:
        ConfigError: If it cannot be read.
    """
    if image != "-":
        return load_capture(Path(image))
    with tempfile.NamedTemporaryFile(prefix="deskhand-stdin-") as file:
        file.write(sys.stdin.buffer.read())
        file.flush()
        return load_capture(Path(file.name))


def _only(observation: Observation, words: str) -> Observation:
    wanted = words.casefold()
    if not any(wanted in window.title.casefold() for window in observation.windows):
        titles = ", ".join(f'"{window.title}"' for window in observation.windows) or "none"
        raise NotFound(f'no window has "{words}" in its title; open windows: {titles}')
    kept = [element for element in observation.elements if wanted in element.window.casefold()]
    return replace(observation, elements=kept)


__all__ = [
    "element_to_json", "found_to_json", "locate", "observe", "observe_live", "picture",
    "sources_named", "text_target",
]  # fmt: skip
