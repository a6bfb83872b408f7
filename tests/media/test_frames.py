"""Pictures of videos: exact times, turned as shown; of damaged ones the rest is read, and said."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import MediaError
from deskhand.tools.media.changes import changes, uniform
from deskhand.tools.media.frames import VideoCondition, open_video
from deskhand.tools.media.sound import SAMPLE_RATE_HZ, open_sound

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import Track, tone, write
from tests.videos import (
    SIZE,
    Picture,
    plain,
    screen,
    steady,
    turned_clockwise,
    with_sound,
    write_video,
)


def times(path: Path) -> tuple[list[float], VideoCondition]:
    with open_video(path) as video:
        return [frame.time_s for frame in video.frames()], video.condition


def kept_starts(path: Path) -> list[float]:
    with open_video(path) as video:
        return [kept.start_s for kept in changes(video.frames())]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_times_are_those_of_the_file_at_any_rate(tmp_path: Path, suffix: str) -> None:
    given = [0.0, 0.1, 0.25, 3.0, 9.75, 9.8]
    shown = [(at_s, plain(40 * index)) for index, at_s in enumerate(given)]
    path = write_video(tmp_path / f"a{suffix}", shown, starts_s=5.0)
    found, condition = times(path)
    assert found == pytest.approx(given, abs=0.002)
    assert not condition.truncated
    assert condition.damaged_packets == 0


def test_sound_that_begins_late_moves_no_picture(tmp_path: Path) -> None:
    shown = [(0.0, plain(0)), (6.0, plain(90)), (15.0, plain(180))]
    pictures = write_video(tmp_path / "pictures.mkv", shown)
    late = Track(channels=tone(5.0)[None], codec="aac", starts_s=3.0)
    sound = write(tmp_path / "sound.mka", late)
    path = with_sound(pictures, sound, tmp_path / "a.mkv")
    assert times(path)[0] == pytest.approx([0.0, 6.0, 15.0], abs=0.002)
    with open_sound(path) as heard:
        assert sum(map(len, heard.blocks())) / SAMPLE_RATE_HZ == pytest.approx(8.0, abs=0.1)


def test_a_video_filmed_upright_is_turned(tmp_path: Path) -> None:
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[:100, :100] = 255  # the top left corner, which ends at the top right
    path = turned_clockwise(write_video(tmp_path / "a.mp4", [(0.0, picture), (0.1, picture)]))
    with open_video(path) as video:
        frame = next(video.frames())
        assert frame.size_wh == (360, 640)
        shown = frame.rgb()
        small = frame.rgb(size_wh=(90, 160))
    assert shown.shape == (640, 360, 3)
    assert shown[20, 340].min() > 200
    assert shown[20, 20].max() < 50
    assert shown[620, 340].max() < 50
    assert small.shape == (160, 90, 3)
    assert small[5, 85].min() > 200


def test_the_frame_at_a_time_is_the_one_shown_then(tmp_path: Path) -> None:
    shown = [(at_s, plain(20 + 10 * index)) for index, at_s in enumerate((0, 1, 2.5, 7, 7.1, 12))]
    path = write_video(tmp_path / "a.mkv", shown, gop=3, starts_s=4.0)
    with open_video(path) as video:
        for at_s, expected in ((6.99, 2.5), (0.0, 0.0), (7.05, 7.0), (12.0, 12.0), (1.0, 1.0)):
            assert video.frame_at(at_s).time_s == pytest.approx(expected, abs=0.002)
        for outside in (-1.0, 100.0):
            with pytest.raises(MediaError) as caught:
                video.frame_at(outside)
            assert str(caught.value).startswith(f"a.mkv has no picture at {outside:g} s; it is 12.")


def test_a_cut_off_video_is_read_as_far_as_it_is_there_and_that_is_said(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", noisy(100), gop=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found, condition = times(path)
    assert 30 < len(found) < 70
    assert condition.truncated


def test_junk_inside_costs_what_it_hits(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", noisy(100), gop=10)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    junk = np.random.default_rng(5).integers(0, 256, 3000, dtype=np.uint8)
    content[middle : middle + 3000] = junk.tobytes()
    path.write_bytes(bytes(content))
    found, condition = times(path)
    assert len(found) > 80
    assert found[-1] == pytest.approx(9.9, abs=0.002)
    assert not condition.truncated


def noisy(n_frames: int) -> list[tuple[float, Picture]]:
    rng = np.random.default_rng(3)
    return [
        (i / 10, rng.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8))
        for i in range(n_frames)
    ]


def test_what_has_no_pictures_is_one_line(tmp_path: Path) -> None:
    sound = write(tmp_path / "a.m4a", Track(channels=tone(1.0)[None], codec="aac"))
    (tmp_path / "b.mp4").write_text("Dear diary\n" * 50, encoding="utf-8")
    (tmp_path / "c.mp4").write_bytes(b"")
    expected = {
        sound: "a.m4a has no video; it holds audio only",
        tmp_path / "b.mp4": "b.mp4 cannot be read as audio or video; it is cut off, damaged or of "
        "another kind (Invalid data found when processing input)",
        tmp_path / "c.mp4": "c.mp4 is empty; expected an audio or video file",
        tmp_path / "d.mp4": f"there is no file {tmp_path / 'd.mp4'}",
    }
    for path, says in expected.items():
        with pytest.raises(MediaError) as caught, open_video(path):
            pass
        assert str(caught.value) == says


def test_a_change_is_kept_once_with_the_time_it_began(tmp_path: Path) -> None:
    shown = [
        (0.0, screen("Inbox")),
        (2.0, screen("Inbox", "One new message")),
        (5.5, screen("Inbox", "One new message", "Disk full")),
        (7.3, screen("Inbox", "One new message")),
        (9.5, screen("Inbox", "Good bye")),
    ]
    path = write_video(tmp_path / "a.mkv", steady(shown, until_s=9.8))
    assert kept_starts(path) == pytest.approx([0.0, 2.0, 5.5, 7.3, 9.5], abs=0.26)


def test_what_stays_is_kept_also_where_frames_are_rare(tmp_path: Path) -> None:
    shown = [
        (0.0, screen("Inbox")),
        (0.1, screen("Inbox", "Now")),  # before the next sample is due, and stays
        (8.0, screen("Inbox", "Later")),
        (20.0, screen("Inbox", "Last")),
    ]
    path = write_video(tmp_path / "a.mkv", shown)
    assert kept_starts(path) == pytest.approx([0.0, 0.1, 8.0, 20.0], abs=0.002)


def test_samples_at_a_rate_and_key_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", steady([(0.0, screen("One"))], until_s=3.0), gop=10)
    with open_video(path) as video:
        starts = [kept.start_s for kept in uniform(video.frames(), every_s=1.0)]
    assert starts == pytest.approx([0.0, 1.0, 2.0, 2.9], abs=0.002)
    with open_video(path, keyframes_only=True) as video:
        found = [frame.time_s for frame in video.frames()]
    assert found == pytest.approx([0.0, 1.0, 2.0], abs=0.002)


def test_what_appears_while_something_else_moves_has_its_own_time(tmp_path: Path) -> None:
    def shown(at_s: float) -> Picture:
        picture = screen("Inbox", "Disk full" if at_s >= 2.6 else "").copy()
        x = 300 + int(40 * at_s)
        picture[250:290, x : x + 40] = 0  # something that wanders all the time
        return picture

    frames = [(i / 10, shown(i / 10)) for i in range(50)]
    path = write_video(tmp_path / "a.mkv", frames)
    with open_video(path) as video:
        kept = [one for one in changes(video.frames()) if one.frame.time_s >= 2.6]
    assert kept[0].since_s is not None
    assert kept[0].since_s.shape == (9, 16)
    assert kept[0].since_s[2, 1] == pytest.approx(2.6, abs=0.26)  # where the line is
    assert kept[0].since_s[8, 15] == 0.0
