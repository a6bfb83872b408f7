"""The real weights on real speech: words, times, batches, silence; and a local model's summary."""

import re
import sys
from pathlib import Path

import jiwer
import numpy as np
import pytest

from deskhand.tools.media.moments import find_in_video
from deskhand.tools.media.sound import SAMPLE_RATE_HZ
from deskhand.tools.media.speech_model import (
    SpeechModel,
    SpeechModelSettings,
    load_speech_model,
)
from deskhand.tools.media.summarise import summarise
from deskhand.tools.media.transcribe import transcribe
from deskhand.tools.models.chat_llama import ChatLlama

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import (
    JFK,
    REFERENCES,
    SPEECH,
    Track,
    read,
    silence,
    spoken_at,
    tone,
    write,
)
from tests.videos import screen, with_sound, write_video

pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.fixture(scope="module")
def whisper(whisper_folder: Path) -> SpeechModel:
    return load_speech_model(whisper_folder, SpeechModelSettings(device="cpu"))


def wrong_words(reference: str, hypothesis: str) -> float:
    """Return the share of wrong words, without case and signs."""

    def plain(text: str) -> str:
        return re.sub(r"[^a-z ]", "", re.sub(r"[\n-]", " ", text.lower()))

    return float(jiwer.wer(plain(reference), plain(hypothesis)))


def test_the_model_says_how_it_runs(whisper: SpeechModel, whisper_folder: Path) -> None:
    assert (whisper.name, whisper.device, whisper.compute_type) == ("whisper-base", "cpu", "int8")
    assert whisper.batch_size == 1
    assert {"en", "de", "zh"} <= set(whisper.languages)
    assert isinstance(whisper, SpeechModel)


def test_a_speech_is_written_down(whisper: SpeechModel) -> None:
    transcript = transcribe(JFK, model=whisper)
    assert wrong_words(REFERENCES["jfk.flac"], transcript.text) < 0.1
    assert transcript.language == "en"
    assert transcript.language_probability is not None
    assert transcript.language_probability > 0.8
    words = [word for segment in transcript.segments for word in segment.words]
    assert words == sorted(words, key=lambda word: word.start_s)
    assert all(0 < word.probability <= 1 and word.start_s <= word.end_s for word in words)


@pytest.mark.parametrize("batch_size", [1, 8])
def test_words_are_where_they_were_put(
    whisper_folder: Path, tmp_path: Path, batch_size: int
) -> None:
    settings = SpeechModelSettings(device="cpu", batch_size=batch_size)
    model = load_speech_model(whisper_folder, settings)
    names = ["librivox-0870.flac", "jfk.flac", "librivox-0890.flac", "librivox-0930.flac"]
    pieces, starts_s, at_s = [], [], 0.0
    for name in names:
        clip, _condition = read(SPEECH / name)
        pieces += [silence(6.0), clip]
        starts_s.append(at_s + 6.0)
        at_s += 6.0 + len(clip) / SAMPLE_RATE_HZ
    path = write(tmp_path / "all.wav", Track(channels=np.concatenate(pieces)[None]))
    transcript = transcribe(path, model=model)
    assert wrong_words(" ".join(REFERENCES[name] for name in names), transcript.text) < 0.15
    words = [word for segment in transcript.segments for word in segment.words]
    for start_s in starts_s:
        # Each clip begins with its speech within half a second, after six of silence.
        assert min(abs(word.start_s - start_s) for word in words) < 0.7
        assert not any(start_s - 5.0 < word.start_s < start_s - 0.5 for word in words)
        assert not any(
            one.start_s < start_s - 1 < start_s < one.end_s for one in transcript.segments
        )


def test_where_nobody_speaks_nothing_is_written(whisper: SpeechModel, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 10 * SAMPLE_RATE_HZ).astype(np.float32)
    for sound in (silence(10.0), noise, tone(10.0)):
        path = write(tmp_path / "a.wav", Track(channels=sound[None]))
        assert transcribe(path, model=whisper).segments == ()


def test_speech_in_antiphase_is_heard(whisper: SpeechModel, tmp_path: Path) -> None:
    speech, _condition = read(JFK)
    path = write(tmp_path / "a.wav", Track(channels=np.stack([speech, -speech]), layout="stereo"))
    assert wrong_words(REFERENCES["jfk.flac"], transcribe(path, model=whisper).text) < 0.1


def test_english_stays_english_when_it_is_translated(whisper: SpeechModel) -> None:
    transcript = transcribe(JFK, model=whisper, task="translate", language="en")
    assert wrong_words(REFERENCES["jfk.flac"], transcript.text) < 0.2


def test_a_local_model_sums_up_with_times_that_are_there(gguf: Path) -> None:
    transcript = spoken_at(
        (3.0, "Good morning, let us start the weekly meeting."),
        (9.5, "The new invoice form is done, but the printer still cuts the last line off."),
        (22.0, "We ask the vendor for a new driver before Thursday."),
        (36.0, "We have spent forty two thousand euros, six thousand more than planned."),
        (55.0, "So the training is moved to January."),
        (63.0, "The office is closed on Friday because the windows are replaced."),
    )
    summary = summarise(transcript, ChatLlama.load(gguf))
    starts_s = {segment.start_s for segment in transcript.segments}
    assert summary.points
    assert all(set(point.times_s) <= starts_s and point.times_s for point in summary.points)
    # All of it was read, not only its beginning.
    assert max(time_s for point in summary.points for time_s in point.times_s) >= 36.0


def test_a_video_is_searched_by_what_is_said_in_it_and_what_is_shown(
    whisper: SpeechModel, tmp_path: Path
) -> None:
    speech = write(
        tmp_path / "speech.mka", Track(channels=read(JFK)[0][None], codec="aac", starts_s=3.0)
    )
    shown = [(0.0, screen("Inbox of Dana")), (6.0, screen("Inbox of Dana", "Disk almost full"))]
    pictures = write_video(tmp_path / "pictures.mkv", [*shown, (15.0, screen())])
    video = with_sound(pictures, speech, tmp_path / "video.mkv")
    kept = tmp_path / "kept"

    said = find_in_video(video, "what your country can do", speech_model=whisper, kept_in=kept)
    assert said.moments[0].source == "speech"
    assert "country" in said.moments[0].words
    assert 3.0 <= said.moments[0].start_s < said.moments[0].end_s <= 14.5
    assert said.has_heard

    seen = find_in_video(video, "disk almost full", speech_model=whisper, kept_in=kept)
    assert seen.moments[0].source == "screen"
    assert seen.moments[0].start_s == pytest.approx(6.0, abs=0.3)
    assert seen.newly_read == 0
