"""What is really on a recorded screen: elements, words, and where the truth is complete."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from deskhand.memory.errors import ConfigError
from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.geometry import Box

Kind = Literal[
    "button", "field", "checkbox", "radio", "link", "icon", "tab", "menu item", "combobox", "slider"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

FORMAT = 3
"""Goes up when recordings of before mean something else; older ones are then recorded anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueElement:
    """One thing that a person could click on."""

    kind: Kind
    label: str
    """What it is called; for an icon the name that only its tooltip shows."""
    is_label_visible: bool
    """Whether the label stands on it or beside it, so that it can be found by it."""
    hits: tuple[Box, ...]
    """Where a click operates it, in pixels of the picture: the box of a check mark and its label,
    the pieces of a link that is broken over lines."""

    @property
    def box(self) -> Box:
        """The smallest box around all of it."""
        first, *others = self.hits
        for other in others:
            first = first.union(other)
        return first

    @property
    def area(self) -> int:
        """Square pixels that can be clicked."""
        return sum(hit.area for hit in self.hits)

    def is_hit(self, x: float, y: float) -> bool:
        """Tell whether a click there operates it."""
        return any(hit.contains(x, y) for hit in self.hits)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueWord:
    """A word that can be read."""

    text: str
    box: Box
    is_exact: bool
    """Whether the box is the word's own; else it is that of the control it is written on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is on one picture, as the applications tell it. All boxes in pixels of the picture."""

    elements: tuple[TrueElement, ...]
    words: tuple[TrueWord, ...]
    regions: tuple[Box, ...]
    """Where all elements are known."""
    uncounted: tuple[Box, ...] = ()
    """Parts of the regions where what we find is neither right nor wrong: scroll bars and canvases,
    of which the application tells nothing, and rows of lists, which are of no kind above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One scene as it was recorded at one size."""

    scene: str
    size: tuple[int, int]
    picture: Path
    windows: tuple[Window, ...]
    truth: Truth
    popups: tuple[Popup, ...] = ()
    """The open menus, topmost first: a real look is told of them as well."""

    @property
    def stem(self) -> str:
        """Such as `mousepad-1280x800`."""
        return stem_of(self.scene, self.size)


def stem_of(scene: str, size: tuple[int, int]) -> str:
    """Return the name of a recording's files, without their ending."""
    return f"{scene}-{size[0]}x{size[1]}"


def save_recording(recording: Recording) -> None:
    """Write all but the picture beside the picture."""
    truth = recording.truth
    record = {
        "format": FORMAT,
        "scene": recording.scene,
        "size": recording.size,
        "windows": [
            {
                "id": window.id, "title": window.title, "app": window.app, "pid": window.pid,
                "client": window.client, "box": window.box.xyxy, "is_active": window.is_active,
                "is_minimized": window.is_minimized, "is_dialog": window.is_dialog,
            }
            for window in recording.windows
        ],
        "popups": [
            {
                "id": popup.id, "kind": popup.kind, "client": popup.client, "pid": popup.pid,
                "box": popup.box.xyxy,
            }
            for popup in recording.popups
        ],
        "elements": [
            {
                "kind": element.kind, "label": element.label,
                "is_label_visible": element.is_label_visible,
                "hits": [hit.xyxy for hit in element.hits],
            }
            for element in truth.elements
        ],
        "words": [
            {"text": word.text, "box": word.box.xyxy, "is_exact": word.is_exact}
            for word in truth.words
        ],
        "regions": [box.xyxy for box in truth.regions],
        "uncounted": [box.xyxy for box in truth.uncounted],
    }  # fmt: skip
    path = recording.picture.with_suffix(".json")
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


def load_recording(path: Path) -> Recording | None:
    """Return what `save_recording` wrote, None if it is not there or of an older format.

    Raises:
        ConfigError: If the file is no recording.
    """
    if not path.exists() or not path.with_suffix(".png").exists():
        return None
    try:
        # Any: the JSON's shape is checked by building the records from it.
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            return None
        return Recording(
            scene=record["scene"],
            size=(record["size"][0], record["size"][1]),
            picture=path.with_suffix(".png"),
            windows=tuple(
                Window(**(window | {"box": Box(*window["box"])})) for window in record["windows"]
            ),
            popups=tuple(
                Popup(**(popup | {"box": Box(*popup["box"])})) for popup in record["popups"]
            ),
            truth=Truth(
                elements=tuple(
                    TrueElement(**(element | {"hits": _boxes(element["hits"])}))
                    for element in record["elements"]
                ),
                words=tuple(
                    TrueWord(**(word | {"box": Box(*word["box"])})) for word in record["words"]
                ),
                regions=_boxes(record["regions"]),
                uncounted=_boxes(record["uncounted"]),
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no recording of a scene ({error}); delete it") from error


def _boxes(rows: Sequence[Sequence[int]]) -> tuple[Box, ...]:
    return tuple(Box(*row) for row in rows)
