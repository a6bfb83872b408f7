"""Pictures of a video for a model: never more visual tokens than allowed, and how many is told."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deskhand.memory.errors import ConfigError
from deskhand.tools.media.frame_budget import frames_within, tokens_of
from deskhand.tools.models.coordinates.families import family
from deskhand.tools.models.coordinates.sizes import AsItIs, Tiles

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.videos import screen, write_video

QWEN = family("qwen2.5-vl")
INTERN = replace(QWEN, name="intern", resize=Tiles())


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four screens, the third of which is shown longest, then the first."""
    shown = [(0.0, 1), (4.0, 2), (6.0, 3), (15.0, 4)]
    path = tmp_path_factory.mktemp("budget") / "a.mkv"
    big = (1280, 720)
    return write_video(
        path,
        [(at_s, screen(*["One more line of text"] * n, size=big)) for at_s, n in shown],
        size=big,
    )


@pytest.mark.parametrize("model", [QWEN, INTERN], ids=["qwen", "intern"])
@pytest.mark.parametrize("max_tokens", [600, 1400, 3000, 20_000])
def test_the_budget_is_kept_and_told(video: Path, model: object, max_tokens: int) -> None:
    chosen = QWEN if model is QWEN else INTERN
    found = frames_within(video, chosen, max_tokens=max_tokens)
    sizes = {(picture.shape[1], picture.shape[0]) for _at, picture in found.pictures}
    assert len(sizes) == 1
    (size,) = sizes
    assert found.tokens_each == tokens_of(chosen, size)
    assert found.tokens == found.tokens_each * len(found.pictures) <= max_tokens
    assert found.changes == 4
    if max_tokens >= 3000:
        assert [at_s for at_s, _picture in found.pictures] == pytest.approx([0, 4, 6, 15], abs=0.01)


def test_what_is_shown_longest_is_taken_first(video: Path) -> None:
    found = frames_within(video, QWEN, max_tokens=600)
    assert [at_s for at_s, _picture in found.pictures] == pytest.approx([0.0, 6.0], abs=0.01)


def test_full_size_where_there_is_room(video: Path) -> None:
    found = frames_within(video, QWEN, max_tokens=20_000)
    assert found.pictures[0][1].shape == (728, 1288, 3)
    assert found.tokens == 4 * 46 * 26


def test_what_cannot_be_reckoned_is_refused(video: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        frames_within(video, QWEN, max_tokens=100)
    assert str(caught.value) == f"max_tokens is 100; one picture of {QWEN.name} costs 252"
    unknown = replace(QWEN, name="unknown", resize=AsItIs())
    with pytest.raises(ConfigError) as caught:
        frames_within(video, unknown, max_tokens=100)
    assert str(caught.value) == (
        "how many tokens a picture costs unknown is not known; take a family of Qwen-VL or InternVL"
    )
