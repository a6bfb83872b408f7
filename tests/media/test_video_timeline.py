"""A video told scene by scene, with the times of the container."""

import json
import sys
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from deskhand.memory.errors import ConfigError
from deskhand.tools.media.video_timeline import describe_video

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.scripted import ScriptedModel
from tests.videos import plain, screen, steady, write_video

SHOWN = [
    (0.0, screen("Inbox of Dana", "Budget for March")),
    (2.0, screen("Inbox of Dana", "Budget for March", "Order number 48213")),
    (4.0, screen("Terminal", "Build failed")),
    (5.0, screen("Settings", "Wi-Fi is turned off")),
]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("told") / "a.mp4", steady(SHOWN, 8.0))


def test_a_scene_begins_where_most_is_new(video: Path) -> None:
    kept = video.parent / "kept"
    described = describe_video(video, speech_model=None, kept_in=kept)
    assert [(round(one.start_s), one.title) for one in described.scenes] == [
        (0, "Inbox of Dana"), (4, "Terminal"), (5, "Settings"),
    ]  # fmt: skip
    first = described.scenes[0]
    assert [(round(at_s), text) for at_s, text in first.news] == [
        (0, "Inbox of Dana"), (0, "Budget for March"), (2, "Order number 48213"),
    ]  # fmt: skip
    assert described.scenes[-1].end_s == described.duration_s
    assert described.summary is None
    json.dumps(described.to_json())


def test_too_many_scenes_are_put_together(video: Path) -> None:
    described = describe_video(
        video, speech_model=None, kept_in=video.parent / "kept", max_scenes=2
    )
    assert [(one.title, one.merged) for one in described.scenes] == [
        ("Inbox of Dana", 2), ("Settings", 1),
    ]  # fmt: skip
    assert "Build failed" in [text for _at_s, text in described.scenes[0].news]
    with pytest.raises(ConfigError, match="max_scenes is 0; expected 1 or more"):
        describe_video(video, speech_model=None, max_scenes=0)


def test_a_model_sums_it_up_with_times_that_are_there(video: Path) -> None:
    model = ScriptedModel(
        answers=[AIMessage(content="- The build fails [0:04]\n- Then it is repaired [7:30]")]
    )
    described = describe_video(
        video, speech_model=None, kept_in=video.parent / "kept", chat_model=model
    )
    assert described.summary is not None
    assert described.summary.text == "- The build fails [0:04]\n- Then it is repaired"
    assert described.summary.refused == ("7:30",)
    rules, shown = model.asked[0]
    assert rules.text.startswith("You sum up what is shown and said in a video. Between the")
    assert "[0:04] shown: Build failed" in shown.text


def test_a_video_without_a_word(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", steady([(0.0, plain(90))], 1.0))
    [scene] = describe_video(video, speech_model=None, kept_in=tmp_path / "kept").scenes
    assert (scene.start_s, scene.title, scene.news, scene.said) == (0.0, "", (), ())
