"""The sound of all kinds of files: what is read, what is said of its condition, what is refused."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import MediaError
from deskhand.tools.media.downmix import mono
from deskhand.tools.media.sound import SAMPLE_RATE_HZ, Samples, open_sound

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import JFK, Track, read, silence, tone, write


def loudest_pitch_hz(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / len(samples)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "layout"),
    [
        ("a.wav", "pcm_s16le", 16_000, "mono"),
        ("a.wav", "pcm_s16le", 8_000, "mono"),
        ("a.wav", "pcm_mulaw", 8_000, "mono"),
        ("a.wav", "pcm_f32le", 96_000, "stereo"),
        ("a.wav", "pcm_s32le", 44_100, "stereo"),
        ("a.wav", "pcm_u8", 22_050, "mono"),
        ("a.flac", "flac", 48_000, "stereo"),
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.ogg", "libopus", 48_000, "mono"),
        ("a.m4a", "aac", 44_100, "stereo"),
        ("a.mkv", "ac3", 48_000, "5.1(side)"),
        ("a.wav", "pcm_s16le", 48_000, "7.1"),
        ("a.mka", "aac", 48_000, "7.1"),
        ("a.wav", "pcm_s16le", 48_000, "2.1"),
    ],
)
def test_every_kind_of_file_sounds_the_same(
    tmp_path: Path, name: str, codec: str, rate_hz: int, layout: str
) -> None:
    import av

    n_channels = av.AudioLayout(layout).nb_channels
    channels = np.tile(tone(2.0, rate_hz=rate_hz), (n_channels, 1))
    path = write(
        tmp_path / name, Track(channels=channels, layout=layout, rate_hz=rate_hz, codec=codec)
    )
    sound, condition = read(path)
    assert len(sound) / SAMPLE_RATE_HZ == pytest.approx(2.0, abs=0.06)
    assert loudest_pitch_hz(sound) == pytest.approx(440.0, abs=2)
    # The surrounding channels count less than the front: no louder than one of them.
    assert 0.15 < np.sqrt(np.mean(sound**2)) < 0.25
    assert not condition.truncated
    assert condition.damaged_packets == 0


def test_blocks_are_short_also_where_nothing_is_heard_for_long(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", Track(channels=tone(1.0)[None], starts_s=100.0), picture_s=1)
    with open_sound(path) as sound:
        lengths = [len(block) / SAMPLE_RATE_HZ for block in sound.blocks()]
    assert sum(lengths) == pytest.approx(101.0, abs=0.05)
    assert max(lengths) <= 30.0


def test_channels_that_cancel_each_other_out_are_not_mixed(tmp_path: Path) -> None:
    one = tone(2.0)
    path = write(tmp_path / "a.wav", Track(channels=np.stack([one, -0.9 * one]), layout="stereo"))
    sound, _condition = read(path)
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


def test_different_channels_are_mixed() -> None:
    left, right = tone(1.0), tone(1.0, pitch_hz=1000.0)
    mixed = mono(np.stack([left, right]), ["FL", "FR"])
    assert np.allclose(mixed, (left + right) / 2, atol=1e-6)


def test_the_deep_channel_alone_is_heard_all_the_same() -> None:
    assert np.array_equal(mono(np.ones((2, 4), dtype=np.float32), ["LFE", "LFE2"]), np.ones(4))


def test_what_is_no_number_is_silence(tmp_path: Path) -> None:
    channels = tone(1.0)[None].copy()
    channels[0, 100:200] = np.nan
    path = write(tmp_path / "a.wav", Track(channels=channels, codec="pcm_f32le"))
    sound, _condition = read(path)
    assert np.all(sound[110:190] == 0)
    assert loudest_pitch_hz(sound) == pytest.approx(440.0, abs=2)


def test_a_track_is_chosen_by_its_number(tmp_path: Path) -> None:
    path = write(
        tmp_path / "two.mkv",
        Track(channels=tone(1.0)[None], language="eng"),
        Track(channels=tone(1.0, pitch_hz=1000.0)[None], language="deu"),
    )
    first, condition = read(path)
    second, other = read(path, track=2)
    assert loudest_pitch_hz(first) == pytest.approx(440.0, abs=2)
    assert loudest_pitch_hz(second) == pytest.approx(1000.0, abs=2)
    assert (condition.track, condition.tracks, condition.languages) == (1, 2, ("eng", "deu"))
    assert other.track == 2
    for wrong in (0, 3):
        with pytest.raises(MediaError) as caught:
            read(path, track=wrong)
        assert str(caught.value) == (
            f"two.mkv has 2 audio tracks; expected one of them, got track {wrong}"
        )


def test_sound_that_begins_late_keeps_its_time(tmp_path: Path) -> None:
    track = Track(channels=tone(1.0)[None], starts_s=3.0)
    sound, _condition = read(write(tmp_path / "late.mkv", track, picture_s=4))
    first = int(np.argmax(np.abs(sound) > 0.1)) / SAMPLE_RATE_HZ
    assert first == pytest.approx(3.0, abs=0.05)


def test_times_that_do_not_begin_at_0_are_counted_from_0(tmp_path: Path) -> None:
    track = Track(channels=tone(2.0, rate_hz=48_000)[None], codec="aac", rate_hz=48_000)
    sound, condition = read(write(tmp_path / "broadcast.ts", track))
    assert len(sound) / SAMPLE_RATE_HZ == pytest.approx(2.0, abs=0.06)
    assert condition.duration_s == pytest.approx(len(sound) / SAMPLE_RATE_HZ)


def loudness(samples: Samples) -> Samples:
    """Return the loudness of each tenth of a second."""
    tenth = SAMPLE_RATE_HZ // 10
    tenths: Samples = samples[: len(samples) // tenth * tenth].reshape(-1, tenth)
    return np.asarray(np.sqrt(np.mean(tenths**2, axis=1)), dtype=np.float32)


def mp3_of_speech(folder: Path) -> Path:
    speech, _condition = read(JFK)
    return write(folder / "speech.mp3", Track(channels=speech[None], codec="libmp3lame"))


def test_junk_inside_a_file_loses_what_it_hits_and_not_the_rest(tmp_path: Path) -> None:
    path = mp3_of_speech(tmp_path)
    whole, _condition = read(path)
    content = path.read_bytes()
    junk = np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    path.write_bytes(content[: len(content) // 2] + junk + content[len(content) // 2 :])
    sound, condition = read(path)
    assert condition.damaged_packets > 0
    assert len(sound) / SAMPLE_RATE_HZ > 0.95 * len(whole) / SAMPLE_RATE_HZ
    # What follows the junk has kept its time.
    assert np.corrcoef(loudness(sound)[60:100], loudness(whole)[60:100])[0, 1] > 0.7


def test_a_file_that_ends_too_early_is_called_truncated(tmp_path: Path) -> None:
    path = mp3_of_speech(tmp_path)
    assert not read(path)[1].truncated
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    _sound, condition = read(path)
    assert condition.truncated
    assert condition.duration_s == pytest.approx(5.5, abs=0.2)


def test_a_picture_that_goes_on_without_sound_is_not_called_truncated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", Track(channels=silence(1.0)[None]), picture_s=10)
    assert not read(path)[1].truncated


def test_a_playlist_opens_nothing_beyond_files(tmp_path: Path) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        encoding="utf-8",
    )
    with pytest.raises(MediaError, match=r"^list\.m3u8 cannot be read as audio or video; "):
        read(path)
