"""A real checkpoint's way into the cascade: loaded once words find nothing, and not before."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import NotFound
from deskhand.tools.actions import TextTarget
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.finding.cascade import locate
from deskhand.tools.finding.load_sources import load_sources
from deskhand.tools.finding.sources import Sources
from deskhand.tools.models.clip import ClipEmbedder
from deskhand.tools.perception.elements import Element, Observation

ICON = Element(id=1, role="icon", text="", box=Box(40, 40, 64, 64), score=0.9, source="icon")
WORD = Element(id=2, role="button", text="Save", box=Box(90, 40, 150, 64), score=0.9, source="ocr")


@pytest.fixture
def seen() -> Observation:
    pixels = np.full((120, 200, 3), 240, np.uint8)
    pixels[40:64, 40:64] = (40, 90, 220)
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=200, height=120)), elements=[ICON, WORD]
    )


def test_it_is_loaded_only_where_words_find_nothing(
    seen: Observation, checkpoint: Callable[[str], Path]
) -> None:
    loaded = []

    def load() -> ClipEmbedder:
        loaded.append(ClipEmbedder.load(checkpoint("clip")))
        return loaded[-1]

    sources = Sources(load_clip=load)
    found = locate(seen, TextTarget(text="Save"), sources)
    assert found.element == WORD
    assert not loaded
    try:
        found = locate(seen, TextTarget(text="the rocket icon"), sources)
    except NotFound:
        pass  # what random weights say is chance; that they were asked is not
    else:
        assert found.source == "clip"
    assert len(loaded) == 1


def test_without_one_the_answer_says_so(seen: Observation) -> None:
    sources = load_sources()
    assert sources.embedder() is None
    with pytest.raises(NotFound):
        locate(seen, TextTarget(text="the rocket icon"), sources)
