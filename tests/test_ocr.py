"""The OCR engine on drawn text: against RapidOCR's own pipeline, its cache, and missing models."""

import importlib
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.memory.errors import ConfigError
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception import ocr as ocr_module
from deskhand.tools.perception.ocr import OcrEngine, TextLine, load_ocr, model_paths

WORDS = (
    "File name:", "Save As...", "Cancel", "Quarterly report 2024", "Total: 1,204.50",
    "Open Recent", "Don't Save", "Preferences", "42", "Search in folder",
)  # fmt: skip


@pytest.fixture(scope="module")
def ocr() -> OcrEngine:
    return load_ocr()


def page(texts: Sequence[str] = WORDS, size: int = 16) -> Pixels:
    """Draw texts in two columns."""
    image = Image.new("RGB", (640, 40 + 44 * ((len(texts) + 1) // 2)), "#f6f5f4")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=size)
    for number, text in enumerate(texts):
        draw.text((30 + 320 * (number % 2), 30 + 44 * (number // 2)), text, "#202020", font=font)
    return np.asarray(image)


def texts_of(lines: Sequence[TextLine]) -> set[str]:
    return {line.text.strip() for line in lines}


def test_reads_what_was_drawn(ocr: OcrEngine) -> None:
    assert texts_of(ocr.read(page())) == set(WORDS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of packages that only the reference needs
def test_reads_what_the_reference_pipeline_reads(ocr: OcrEngine) -> None:
    rapidocr = importlib.import_module("rapidocr")
    reference = rapidocr.RapidOCR(params={"Global.use_cls": False, "Global.log_level": "error"})
    theirs = {text.strip() for text in reference(page()[:, :, ::-1]).txts}
    assert texts_of(ocr.read(page())) == theirs


def test_boxes_and_characters_lie_where_the_text_is(ocr: OcrEngine) -> None:
    (line,) = ocr.read(page(["Preferences"]))
    font = ImageFont.load_default(size=16)
    width = font.getlength("Preferences")
    assert line.box.contains(30 + width / 2, 30 + 10)
    assert abs(line.box.left - 30) <= 10
    assert abs(line.box.right - (30 + width)) <= 10
    assert len(line.centres) == len(line.text)
    assert list(line.centres) == sorted(line.centres)
    for number, centre in enumerate(line.centres):
        true = 30 + font.getlength("Preferences"[:number]) + font.getlength(line.text[number]) / 2
        assert abs(centre - true) <= 6, (number, centre, true)


def test_an_empty_page_has_no_text(ocr: OcrEngine) -> None:
    assert list(ocr.read(np.full((120, 200, 3), 250, np.uint8))) == []


def test_a_picture_smaller_than_a_letter_is_read(ocr: OcrEngine) -> None:
    assert list(ocr.read(np.zeros((1, 1, 3), np.uint8))) == []


def test_a_second_look_and_other_neighbours_give_the_same(ocr: OcrEngine) -> None:
    first = ocr.read(page())
    assert ocr.read(page()) == first
    # Alone on the page, so in other batches: the same readings with the same scores.
    fresh = load_ocr()
    alone = [fresh.read_boxes(page(), [line.box])[0] for line in first]
    together = load_ocr().read_boxes(page(), [line.box for line in first])
    assert [line.text for line in together] == [line.text for line in alone]
    for one, other in zip(alone, together, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_one_changed_digit_is_seen(ocr: OcrEngine) -> None:
    assert texts_of(ocr.read(page(["Total: 41"]))) == {"Total: 41"}
    assert texts_of(ocr.read(page(["Total: 47"]))) == {"Total: 47"}


def test_a_given_box_is_read_without_detection(ocr: OcrEngine) -> None:
    pixels = page(["7"], size=18)
    (line,) = ocr.read_boxes(pixels, [Box(20, 26, 50, 56)])
    assert line.text == "7"
    assert ocr.read_boxes(pixels, []) == []


def test_a_look_can_be_cancelled_between_batches(ocr: OcrEngine) -> None:
    calls: list[None] = []

    def check() -> None:
        calls.append(None)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_ocr().read(page(), check=check)
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("characters", "is_known"), [("aZ9é€ñß", True), ("你好日本", True), ("مרสЖ한", False)]
)
def test_which_scripts_can_be_read(ocr: OcrEngine, characters: str, is_known: bool) -> None:
    assert {ocr.can_read(character) for character in characters} == {is_known}


def test_missing_models_are_one_line_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr_module, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError) as caught:
        model_paths()
    assert str(caught.value) == (
        "the OCR models PP-OCRv6_det_small.onnx and PP-OCRv6_rec_small.onnx are not installed; "
        "install them with: pip install 'rapidocr>=3.10,<4'"
    )
