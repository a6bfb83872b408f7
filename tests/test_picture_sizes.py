"""The sizes pictures are sent at are those the families' own code makes of them."""

import pytest

from deskhand.memory.errors import BadArgumentError
from deskhand.tools.models.coordinates.families import QWEN_2, QWEN_3, UI_TARS_15, XGA_WXGA_FWXGA
from deskhand.tools.models.coordinates.sizes import (
    AsItIs,
    Fixed,
    Resize,
    SmartResize,
    Tiles,
    ToWidth,
)

SIZES: list[tuple[Resize, tuple[int, int], tuple[int, int]]] = [
    (QWEN_2, (1280, 800), (1288, 812)),
    (QWEN_2, (1920, 1080), (1932, 1092)),
    (QWEN_2, (3840, 2160), (3836, 2156)),
    (QWEN_2, (7680, 4320), (4760, 2688)),
    (QWEN_2, (30, 20), (84, 56)),
    (QWEN_3, (1920, 1080), (1920, 1088)),
    (QWEN_3, (1280, 800), (1280, 800)),
    # A half goes to the even neighbour: 1022 / 28 = 36.5 -> 36, where JavaScript has 37 (1036).
    (QWEN_2, (1022, 1522), (1008, 1512)),
    (QWEN_2, (1050, 1522), (1064, 1512)),
    (Tiles(), (1920, 1080), (1792, 896)),
    (Tiles(), (1280, 800), (1344, 896)),
    (XGA_WXGA_FWXGA, (1920, 1080), (1366, 768)),
    (XGA_WXGA_FWXGA, (2560, 1600), (1280, 800)),
    (XGA_WXGA_FWXGA, (3440, 1440), (1366, 571)),
    (XGA_WXGA_FWXGA, (1024, 768), (1024, 768)),
    (XGA_WXGA_FWXGA, (200, 100), (200, 100)),
    (ToWidth(width=1344), (1920, 1080), (1344, 756)),
    (Fixed(width=768, height=768), (1920, 1080), (768, 768)),
    (AsItIs(), (1921, 3), (1921, 3)),
]


@pytest.mark.parametrize(("rule", "size", "expected"), SIZES)
def test_sizes(rule: Resize, size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert rule.size(*size) == expected


def test_a_strip_is_refused() -> None:
    with pytest.raises(BadArgumentError) as caught:
        QWEN_2.size(4001, 20)
    assert str(caught.value) == (
        "one side of the 4001x20 picture is more than 200 times the other; crop it"
    )


@pytest.mark.parametrize("rule", [QWEN_2, QWEN_3, UI_TARS_15], ids=repr)
def test_smart_resize_is_the_one_of_transformers(rule: SmartResize) -> None:
    theirs = pytest.importorskip("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
    for width in (*range(64, 2200, 37), 1022, 1050, 3840, 5120, 7680):
        for height in (*range(64, 1400, 53), 1022, 2160, 2880, 4320):
            height_theirs, width_theirs = theirs.smart_resize(
                height, width, rule.factor, rule.min_pixels, rule.max_pixels
            )
            assert rule.size(width, height) == (width_theirs, height_theirs)


def test_tiles_are_those_of_transformers_and_are_kept() -> None:
    theirs = pytest.importorskip(
        "transformers.models.got_ocr2.image_processing_pil_got_ocr2"
    ).get_optimal_tiled_canvas
    for width in range(100, 4000, 173):
        for height in range(100, 2400, 119):
            size = Tiles().size(width, height)
            across, down = theirs((height, width), (448, 448), 1, 12)
            assert size == (across * 448, down * 448)
            assert Tiles().size(*size) == size
