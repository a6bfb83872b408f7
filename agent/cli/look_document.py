"""What `deskhand look --json` writes, and reading it back for `deskhand look --since`."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ...memory.errors import ConfigError
from ...tools.desktop.backend import Window
from ...tools.desktop.geometry import Box
from ...tools.perception.elements import Element, Observation, Role, Source, State
from ...tools.perception.news import News, PastLook
from .seeing import element_to_json

MAX_DOCUMENT_BYTES = 50_000_000


def _in_order(sides: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = sides
    if right < left or bottom < top:
        raise ValueError("a box must not end before it begins")
    return sides


Sides = Annotated[tuple[int, int, int, int], AfterValidator(_in_order)]


def look_to_json(observation: Observation) -> dict[str, Any]:
    """Return a look as plain data, without its pixels."""
    view = observation.capture.view
    return {
        "size": [view.width, view.height],
        "settled": observation.settled,
        "windows": [
            {
                "id": window.id,
                "title": window.title,
                "app": window.app,
                "box": list(window.box.xyxy),
                "active": window.is_active,
            }
            for window in observation.windows
        ],
        "elements": [element_to_json(element) for element in observation.elements],
    }


def news_to_json(found: News) -> dict[str, list[int]]:
    """Return the numbers of what came, went, changed and moved."""
    return {
        "added": [element.id for element in found.added],
        "removed": [element.id for element in found.removed],
        "changed": [element.id for _, element in found.changed],
        "moved": [element.id for _, element in found.moved],
    }


class _Record(BaseModel):
    # What is not needed here is passed over; what is, must be as it was written.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _WindowRecord(_Record):
    id: int
    title: str
    app: str
    box: Sides
    active: bool


class _ElementRecord(_Record):
    id: int = Field(ge=1)
    role: Role
    text: str
    box: Sides
    score: float
    source: Source
    states: frozenset[State]
    window: str


class _LookRecord(_Record):
    windows: tuple[_WindowRecord, ...]
    elements: tuple[_ElementRecord, ...]


def load_look(path: Path) -> PastLook:
    """Read what `deskhand look --json` wrote to a file.

    Raises:
        ConfigError: If there is no such file, or it holds something else.
    """
    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            raise ConfigError(f"{path} is larger than any look: {path.stat().st_size} bytes")
        record = _LookRecord.model_validate_json(path.read_bytes())
        numbers = [element.id for element in record.elements]
        if len(set(numbers)) < len(numbers):
            raise ConfigError(f"{path} has two elements with one number")
        return PastLook(
            elements=[_element(element) for element in record.elements],
            windows=[_window(window) for window in record.windows],
        )
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "its content"
        raise ConfigError(
            f"{path} is not what `deskhand look --json` writes: {place}: {first['msg']}"
        ) from None


def only_windows(look: PastLook, words: str) -> PastLook:
    """Return a look with the windows that have the words in their title, and what lies in them."""
    wanted = words.casefold()
    return PastLook(
        elements=[e for e in look.elements if wanted in e.window.casefold()],
        windows=[w for w in look.windows if wanted in w.title.casefold()],
    )


def _element(record: _ElementRecord) -> Element:
    return Element(
        id=record.id, role=record.role, text=record.text, box=Box(*record.box),
        score=record.score, source=record.source, states=record.states, window=record.window,
    )  # fmt: skip


def _window(record: _WindowRecord) -> Window:
    return Window(
        id=record.id, title=record.title, app=record.app, pid=None, box=Box(*record.box),
        is_active=record.active,
    )  # fmt: skip
