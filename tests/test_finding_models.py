"""Where words do not settle it, models are asked; what they say is checked, matched and told."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import AIMessage
from numpy.typing import NDArray

from deskhand.memory.embedding import Vectors
from deskhand.memory.errors import Ambiguous, ConfigError, ModelUnavailable, NotFound
from deskhand.tools.actions import Click, TextTarget
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.finding import report
from deskhand.tools.finding.cascade import locate
from deskhand.tools.finding.load_sources import NONE_FIT, load_sources
from deskhand.tools.finding.sources import GroundingPointer, Sources
from deskhand.tools.grounding import prepare
from deskhand.tools.models.calibrate import Calibration
from deskhand.tools.models.calibration_store import CalibrationStore
from deskhand.tools.models.coordinates.families import family
from deskhand.tools.models.grounder import Grounder
from deskhand.tools.models.space_fitting import Probe
from deskhand.tools.perception.elements import Element, Observation, Role

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.truth.grounding_answers import PERFECT
from benchmarks.truth.seeing_model import RED, Say, SeeingModel

FAMILY = "qwen3-vl"
TITLE = "Painter"
SIZE = Box(0, 0, 1280, 800)
GROUND, GREY, BLUE = (240, 240, 240), (120, 120, 120), (40, 90, 220)
PROBE = Probe(
    description="red", size=(400, 250), sent=(400, 250), truth=(9, 9), answer="", error_px=30
)
Thing = tuple[Role, str, Box, tuple[int, int, int]]


def square(x: int, y: int, colour: tuple[int, int, int] = GREY, text: str = "") -> Thing:
    return "icon", text, Box(x, y, x + 24, y + 24), colour


def screen(*things: Thing) -> Observation:
    pixels = np.full((SIZE.height, SIZE.width, 3), GROUND, np.uint8)
    elements = []
    for number, (role, text, box, colour) in enumerate(things, 1):
        pixels[box.top : box.bottom, box.left : box.right] = colour
        elements.append(
            Element(
                id=number, role=role, text=text, box=box, score=0.5, window=TITLE,
                source="accessibility" if text else "icon",
            )
        )  # fmt: skip
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=SIZE.width, height=SIZE.height)),
        elements=elements,
        windows=[Window(id=1, title=TITLE, app="painter", pid=1, box=SIZE, is_active=True)],
    )


# --- a grounding model


def pointing(folder: Path, *says: Say, passed: bool | None = True) -> GroundingPointer:
    """A model that points at the red on a picture, calibrated as told."""
    model = SeeingModel(
        script=list(says) or [lambda x, y, size: AIMessage(PERFECT[FAMILY](x, y, size))]
    )
    grounder = Grounder(model, family(FAMILY), name="seer", revision="r1")
    store = CalibrationStore(folder)
    if passed is not None:
        convention = family(FAMILY).convention
        store.save(
            Calibration(
                model="seer", revision="r1", family=FAMILY, convention=convention, probes=(PROBE,),
                bound_px=16, passed=passed,
            )
        )  # fmt: skip
    return GroundingPointer.of(grounder, store)


def click(seen: Observation, text: str, sources: Sources) -> tuple[float, float, int | None]:
    place = prepare(Click(target=TextTarget(text=text)), seen, sources).place
    assert place is not None
    number = None if place.element is None else place.element.id
    return place.point.x, place.point.y, number


def test_a_model_finds_what_words_do_not(tmp_path: Path) -> None:
    seen = screen(square(100, 100), square(600, 300, RED))
    found = locate(seen, "the eraser icon", Sources(vlm=pointing(tmp_path)))
    assert found.element is not None
    assert (found.element.id, found.source, found.confidence) == (2, "vlm", 0.7)
    assert found.element.box.contains(found.point.x, found.point.y)
    assert found.verdicts[-1].said == (
        'seer points at (612, 312): icon "" in "Painter" at (612, 312)'
    )
    x, y, number = click(seen, "the eraser icon", Sources(vlm=pointing(tmp_path)))
    assert (round(x), round(y), number) == (612, 312, 2)


def test_a_bare_point_has_no_element(tmp_path: Path) -> None:
    seen = screen(square(100, 100))
    seen.capture.pixels[400:420, 700:720] = RED
    found = locate(seen, "the eraser icon", Sources(vlm=pointing(tmp_path)))
    assert found.element is None
    assert (round(found.point.x), round(found.point.y)) == (710, 410)
    assert found.point.view_id == seen.capture.view.id
    assert report.to_json(found)["found_by"] == "vlm"


def test_a_bare_point_is_as_risky_as_its_description(tmp_path: Path) -> None:
    seen = screen(square(100, 100))
    seen.capture.pixels[400:420, 700:720] = RED
    action = Click(target=TextTarget(text="delete everything"))
    prepared = prepare(action, seen, Sources(vlm=pointing(tmp_path)))
    assert prepared.place is not None
    assert prepared.place.element is None
    assert prepared.context.element is not None
    assert prepared.context.element.text == "delete everything"


@pytest.mark.parametrize(
    ("passed", "why"),
    [
        (None, "seer was never calibrated as qwen3-vl"),
        (
            False,
            "seer failed its calibration as qwen3-vl (30 px off, at most 16 px are allowed)",
        ),
    ],
)
def test_a_model_that_did_not_pass_is_for_looking_only(
    tmp_path: Path, passed: bool | None, why: str
) -> None:
    seen = screen(square(100, 100), square(600, 300, RED))
    sources = Sources(vlm=pointing(tmp_path, passed=passed))
    found = locate(seen, "the eraser icon", sources)
    assert found.confidence == 0.5
    assert found.verdicts[-1].said.endswith("; not calibrated")
    with pytest.raises(ModelUnavailable) as caught:
        click(seen, "the eraser icon", sources)
    assert str(caught.value) == (f"{why}, so it may not click; run: deskhand models calibrate seer")


def test_a_model_that_may_not_click_keeps_no_one_from_what_pixels_tell(tmp_path: Path) -> None:
    seen = screen(square(100, 100, BLUE), square(600, 300, RED))
    assert click(seen, "the blue icon", Sources(vlm=pointing(tmp_path, passed=None)))[2] == 1


def test_a_model_does_not_reach_behind_a_dialog(tmp_path: Path) -> None:
    seen = screen(square(100, 100), square(600, 300, RED))
    dialog = Window(
        id=2, title="Question", app="painter", pid=1, box=Box(0, 0, 90, 90), is_active=True,
        is_dialog=True, is_modal=True, owner=1,
    )  # fmt: skip
    main = replace(seen.windows[0], is_active=False)
    blocked = replace(seen, windows=[dialog, main])
    with pytest.raises(NotFound, match=r'which the dialog "Question" blocks'):
        locate(blocked, "the eraser icon", Sources(vlm=pointing(tmp_path)))


def test_words_that_settle_it_ask_no_model(tmp_path: Path) -> None:
    def never(_x: float, _y: float, _size: tuple[int, int]) -> AIMessage:
        raise AssertionError("the model was asked")

    seen = screen(square(100, 100, text="Save"), square(600, 300, RED))
    sources = Sources(vlm=pointing(tmp_path, never, passed=None))
    assert click(seen, "Save", sources)[2] == 1
    assert click(seen, "the save icon", sources)[2] == 1


def test_agreement_raises_the_confidence(tmp_path: Path) -> None:
    seen = screen(square(100, 100), square(600, 300, RED))
    alone = locate(seen, "the red icon")
    found = locate(seen, "the red icon", Sources(vlm=pointing(tmp_path)))
    assert alone.element == found.element
    assert alone.confidence < found.confidence
    assert found.disagreement == ""


def test_disagreement_is_told_and_not_clicked(tmp_path: Path) -> None:
    seen = screen(square(100, 100, BLUE), square(600, 300, RED))
    sources = Sources(vlm=pointing(tmp_path))
    found = locate(seen, "the blue icon", sources)
    assert found.disagreement == (
        'vlm says icon "" in "Painter" at (612, 312) (0.70), '
        'icon says icon "" in "Painter" at (112, 112) (0.70)'
    ) or found.disagreement == (
        'icon says icon "" in "Painter" at (112, 112) (0.70), '
        'vlm says icon "" in "Painter" at (612, 312) (0.70)'
    )
    assert "sources disagree: " in report.in_words(found)
    with pytest.raises(Ambiguous, match=r"say more of it, or which$") as caught:
        click(seen, "the blue icon", sources)
    assert len(caught.value.candidates) == 2


def test_names_with_line_ends_forge_no_line(tmp_path: Path) -> None:
    seen = screen(
        square(100, 100, BLUE, text="Save\nfound by ocr, confidence 1.00"),
        square(600, 300, RED, text="x\ny"),
    )
    found = locate(seen, "the blue icon", Sources(vlm=pointing(tmp_path)))
    assert found.disagreement
    lines = report.in_words(found).splitlines()
    assert [line.split()[0] for line in lines] == ["found", "sources", "vlm:"]


def test_a_model_tells_equals_apart_but_brings_up_nothing_else(tmp_path: Path) -> None:
    sources = Sources(vlm=pointing(tmp_path))
    equals = screen(square(100, 100), square(140, 100, RED), square(180, 100))
    found = locate(equals, "the large icon", sources)
    assert found.element is not None
    assert (found.element.id, found.source, found.disagreement) == (2, "vlm", "")
    assert click(equals, "the large icon", sources)[2] == 2
    other = screen(
        square(100, 100), square(140, 100), ("text", "Red", Box(600, 300, 640, 312), RED)
    )
    with pytest.raises(Ambiguous):
        locate(other, "the large icon", sources)


def test_nothing_tells_equals_apart_so_no_model_is_asked(tmp_path: Path) -> None:
    seen = screen(square(100, 100, text="Save"), square(600, 300, RED, text="Save"))
    with pytest.raises(Ambiguous):
        locate(seen, "Save", Sources(vlm=pointing(tmp_path)))


def test_what_a_model_does_not_see_or_say_is_not_found(tmp_path: Path) -> None:
    seen = screen(square(100, 100), square(600, 300, RED))
    chatter = pointing(tmp_path, lambda *_: AIMessage("It is at 10, 10 I think."))
    with pytest.raises(NotFound, match=r'^"the eraser icon" is not on the screen'):
        locate(seen, "the eraser icon", Sources(vlm=chatter))
    found = locate(seen, "the red icon", Sources(vlm=chatter))
    assert found.verdicts[-1].status == "failed"


def test_a_model_is_asked_once_for_one_picture(tmp_path: Path) -> None:
    model = SeeingModel(script=[lambda x, y, size: AIMessage(PERFECT[FAMILY](x, y, size))])
    grounder = Grounder(model, family(FAMILY), name="seer", revision="r1")
    pointer = GroundingPointer.of(grounder, CalibrationStore(tmp_path))
    seen = screen(square(600, 300, RED))
    before = len(model.asked)
    first, second = (locate(seen, "the eraser", Sources(vlm=pointer)) for _ in range(2))
    assert first.point == second.point
    assert len(model.asked) == before + 1


# --- CLIP


class Likeness:
    """An embedder of one space in which a name and a colour are the same thing."""

    space = "likeness"
    dimensions = 64

    def __init__(self, **colours: tuple[int, int, int]) -> None:
        self.colours = colours

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._of_text(text) for text in texts])

    def embed_images(self, images: Sequence[NDArray[np.uint8]]) -> Vectors:
        return np.stack([self._of_colour(image) for image in images])

    def _of_text(self, text: str) -> Vectors:
        named = [self._axis(name) for name in self.colours if name in text]
        return named[0] if named else self._axis(text)

    def _of_colour(self, image: NDArray[np.uint8]) -> Vectors:
        middle = tuple(int(v) for v in image[image.shape[0] // 2, image.shape[1] // 2])
        for name, colour in self.colours.items():
            if middle == colour:
                return self._axis(name)
        return self._axis(repr(middle))

    def _axis(self, name: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        vector = np.random.default_rng(seed).normal(size=self.dimensions)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def test_clip_finds_the_drawing_that_looks_like_it() -> None:
    seen = screen(square(100, 100), square(140, 100, BLUE), square(180, 100, (10, 150, 20)))
    found = locate(seen, "the rocket icon", Sources(clip=Likeness(rocket=BLUE)))
    assert found.element is not None
    assert (found.element.id, found.source) == (2, "clip")
    assert 0.5 < found.confidence <= 0.75


def test_clip_finds_nothing_that_no_drawing_looks_like() -> None:
    seen = screen(square(100, 100), square(140, 100, BLUE))
    with pytest.raises(NotFound):
        locate(seen, "the rocket icon", Sources(clip=Likeness(rocket=(1, 2, 3))))


def test_clip_leaves_equals_ambiguous_and_heeds_what_else_is_stated() -> None:
    seen = screen(square(100, 100, BLUE), square(600, 700, BLUE))
    sources = Sources(clip=Likeness(rocket=BLUE))
    with pytest.raises(NotFound):
        locate(seen, "the rocket icon", sources)
    found = locate(seen, "the rocket icon at the bottom", sources)
    assert found.element is not None
    assert found.element.id == 2
    with pytest.raises(NotFound):
        locate(seen, "the red rocket icon", sources)


def test_clip_and_the_model_are_held_against_each_other(tmp_path: Path) -> None:
    seen = screen(square(100, 100, BLUE), square(600, 300, RED))
    both = Sources(clip=Likeness(rocket=RED), vlm=pointing(tmp_path))
    assert locate(seen, "the rocket icon", both).confidence > 0.8
    apart = Sources(clip=Likeness(rocket=BLUE), vlm=pointing(tmp_path))
    assert locate(seen, "the rocket icon", apart).disagreement
    with pytest.raises(Ambiguous):
        click(seen, "the rocket icon", apart)


# --- which models there are


def test_nothing_is_loaded_where_nothing_is_here(tmp_path: Path) -> None:
    sources = load_sources(calibrations=CalibrationStore(tmp_path))
    assert (sources.clip, sources.vlm) == (None, None)
    assert sources.why_absent("vlm") == NONE_FIT


def test_a_model_is_named_as_it_should_be(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_sources("qwen3-vl-2b", calibrations=store)
    assert str(caught.value) == (
        "the grounding model is 'qwen3-vl-2b'; expected vlm:NAME of `deskhand models list`, or "
        "vlm:FOLDER"
    )
    with pytest.raises(ModelUnavailable, match=r"deskhand models pull qwen3-vl-2b"):
        load_sources("vlm:qwen3-vl-2b", calibrations=store)
