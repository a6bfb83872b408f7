"""Observations on disk: graph state holds a handle, the bytes lie in the run folder.

A process that resumes a run reads back what the killed one saw: the picture, its view, its
elements and its windows.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..memory.errors import ConfigError, RunError
from ..tools.desktop.backend import Window
from ..tools.desktop.capture import Capture, Pixels, load_capture
from ..tools.desktop.geometry import Box, View
from ..tools.perception.elements import Element, Observation
from ..tools.safety.redaction import Redaction, blackened, ignoring
from .trajectory.recording import PictureHandle


def observation_to_json(observation: Observation, elements: Sequence[Element]) -> dict[str, Any]:
    """Return everything but the pixels as plain data, with the elements as they may be written."""
    view = observation.capture.view
    return {
        "view": {field.name: getattr(view, field.name) for field in dataclasses.fields(view)},
        "taken_at": observation.capture.taken_at,
        "settled": observation.settled,
        "moving": [list(box.xyxy) for box in observation.moving],
        "carets": [list(box.xyxy) for box in observation.carets],
        "elements": [_element_to_json(element) for element in elements],
        "windows": [_window_to_json(window) for window in observation.windows],
    }


def _element_to_json(element: Element) -> dict[str, Any]:
    return {
        "id": element.id,
        "role": element.role,
        "text": element.text,
        "box": list(element.box.xyxy),
        "score": round(element.score, 4),
        "source": element.source,
        "states": sorted(element.states),
        "window": element.window,
        "clickable": None if element.clickable is None else list(element.clickable),
    }


def _window_to_json(window: Window) -> dict[str, Any]:
    record = {field.name: getattr(window, field.name) for field in dataclasses.fields(window)}
    return record | {"box": list(window.box.xyxy)}


class ObservationStore:
    """Keeps the observations of one run beside its pictures.

    Args:
        folder: The run folder; picture paths in handles are relative to it.
        redaction: Knows what must not be written.
    """

    def __init__(self, folder: Path, redaction: Redaction) -> None:
        self._folder = folder
        self._redaction = redaction
        self._live: dict[str, Observation] = {}

    @staticmethod
    def handle(step: int) -> str:
        """Return the handle of a step's observation."""
        return f"captures/{step:04d}-observation.json"

    def save(self, observation: Observation, picture: PictureHandle, *, step: int) -> str:
        """Write an observation and return its handle, a path relative to the run folder."""
        handle = self.handle(step)
        elements = self._redaction.elements(observation.elements)
        hidden = self._redaction.boxes(observation.elements)
        record = observation_to_json(observation, elements) | {
            "picture": picture.path,
            "hidden": [list(box.xyxy) for box in hidden],
        }
        path = self._folder / handle
        path.write_text(json.dumps(record), encoding="utf-8")
        for old in range(max(1, step - 2), step):
            self._baseline(old).unlink(missing_ok=True)
            self._baseline(old).with_suffix(".json").unlink(missing_ok=True)
        # Only the newest is of use: an older screen must not be acted on.
        self._live = {handle: observation}
        return handle

    def save_baseline(
        self, step: int, pixels: Pixels, windows: Sequence[Window], observation: Observation
    ) -> None:
        """Write what was there right before the first event of a step's action, to disk.

        Args:
            step: The step.
            pixels: The whole desktop then.
            windows: The windows then.
            observation: The look the action was chosen on: what it hides is hidden here too.
        """
        height, width = pixels.shape[:2]
        shown = blackened(pixels, self._redaction.boxes(observation.elements))
        Capture(pixels=shown, view=View(width=width, height=height)).save(self._baseline(step))
        record = [_window_to_json(window) for window in windows]
        self._baseline(step).with_suffix(".json").write_text(json.dumps(record), encoding="utf-8")

    def has_baseline(self, step: int) -> bool:
        """Tell whether the step's action came as far as its first event."""
        return self._baseline(step).with_suffix(".json").exists()

    def load_baseline(self, step: int) -> tuple[Pixels, tuple[Window, ...]]:
        """Return what `save_baseline` wrote.

        Raises:
            RunError: If the files are missing or damaged.
        """
        path = self._baseline(step)
        try:
            record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            windows = tuple(_window_from_json(window) for window in record)
            return load_capture(path).pixels, windows
        except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
            raise RunError(f"the picture {path} cannot be read: {error}") from error

    def _baseline(self, step: int) -> Path:
        return self._folder / f"captures/{step:04d}-baseline.png"

    def live(self, handle: str) -> Observation | None:
        """Return the observation if this very process made it and made none since."""
        return self._live.get(handle)

    def load(self, handle: str) -> Observation:
        """Return an observation from this process or, after a kill, from disk.

        Raises:
            RunError: If the files are missing or damaged.
        """
        live = self._live.get(handle)
        if live is not None:
            return live
        path = self._folder / handle
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            pixels = load_capture(self._folder / record["picture"]).pixels
            capture = Capture(
                pixels=pixels, view=View(**record["view"]), taken_at=record["taken_at"]
            )
            observation = Observation(
                capture=capture,
                elements=[_element_from_json(element) for element in record["elements"]],
                windows=[_window_from_json(window) for window in record["windows"]],
                moving=[Box(*xyxy) for xyxy in record["moving"]],
                carets=[Box(*xyxy) for xyxy in record.get("carets", ())],
                settled=record["settled"],
            )
            # What was blackened in the picture is no change.
            return ignoring(observation, [Box(*xyxy) for xyxy in record["hidden"]])
        except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
            raise RunError(f"the observation {path} cannot be read: {error}") from error


def _window_from_json(record: dict[str, Any]) -> Window:
    return Window(**(record | {"box": Box(*record["box"])}))


def _element_from_json(record: dict[str, Any]) -> Element:
    clickable = record["clickable"]
    return Element(
        **(
            record
            | {
                "box": Box(*record["box"]),
                "states": frozenset(record["states"]),
                "clickable": None if clickable is None else (clickable[0], clickable[1]),
            }
        )
    )
