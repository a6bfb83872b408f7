"""Transcription, by a model of known words: windows, times, languages, guards, going on.

The voice activity detector and the speech are real.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import ConfigError, ModelUnavailable
from deskhand.tools.media import windows as windows_module
from deskhand.tools.media.hallucinations import judge
from deskhand.tools.media.recut import Spoken, recut
from deskhand.tools.media.sound import SAMPLE_RATE_HZ, Samples
from deskhand.tools.media.speech import HeardMap, Stretch, cut_place, find_speech, heard
from deskhand.tools.media.speech_model import (
    Language,
    RawSegment,
    SpeechModelSettings,
    load_speech_model,
)
from deskhand.tools.media.transcribe import Progress, transcribe
from deskhand.tools.media.transcript import Task, Transcript, Word, at
from deskhand.tools.media.windows import windows

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import JFK, KnownWords, Track, raw_segment, read, silence, tone, write


def speech_between_silences(folder: Path) -> Path:
    """Return 3 s of silence, 11 s of speech, 20 s of silence, 11 s of speech."""
    speech, _condition = read(JFK)
    sound = np.concatenate([silence(3.0), speech, silence(20.0), speech])
    return write(folder / "spoken.wav", Track(channels=sound[None]))


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make windows short, so that little sound has several."""
    monkeypatch.setattr(windows_module, "WINDOW_S", 9.0)


# --- the whole way


def test_words_are_where_they_are_in_the_file(tmp_path: Path) -> None:
    model = KnownWords()
    transcript = transcribe(speech_between_silences(tmp_path), model=model)
    words = [word for segment in transcript.segments for word in segment.words]
    # The model never hears the silences.
    assert sum(model.given) == pytest.approx(22.5, abs=1.0)
    assert all(2.5 < word.start_s < 14.0 or 33.5 < word.start_s < 45.0 for word in words)
    assert {word.start_s < 20 for word in words} == {True, False}
    assert not any(s.start_s < 15 and s.end_s > 33 for s in transcript.segments)
    assert [s.start_s for s in transcript.segments] == sorted(
        s.start_s for s in transcript.segments
    )
    assert transcript.duration_s == pytest.approx(45.0)
    assert (transcript.language, transcript.language_probability) == ("de", 0.9)
    assert (transcript.model, transcript.device, transcript.compute_type) == (
        "known-words", "cpu", "int8",
    )  # fmt: skip
    assert transcript.complete
    assert not transcript.truncated


def test_silence_and_noise_are_never_heard(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * SAMPLE_RATE_HZ).astype(np.float32)
    sound = np.concatenate([silence(5.0), tone(5.0), noise])
    model = KnownWords()
    transcript = transcribe(write(tmp_path / "a.wav", Track(channels=sound[None])), model=model)
    assert (transcript.segments, transcript.language, model.given) == ((), None, [])
    assert transcript.language_probability is None


def test_a_language_that_is_given_is_not_looked_for(tmp_path: Path) -> None:
    model = KnownWords()
    transcript = transcribe(JFK, model=model, language="EN", task="translate")
    assert (model.n_detections, model.told) == (0, [("en", "translate")])
    assert (transcript.language, transcript.language_probability) == ("en", 1.0)
    assert transcript.task == "translate"


def test_a_language_that_is_not_certain_is_looked_for_again(
    tmp_path: Path, short_windows: None
) -> None:
    model = KnownWords(detected=(Language("fr", 0.3), Language("de", 0.8), Language("en", 0.9)))
    transcript = transcribe(speech_between_silences(tmp_path), model=model)
    assert model.told[:2] == [("fr", "transcribe"), ("de", "transcribe")]
    assert {language for language, _task in model.told[1:]} == {"de"}
    assert (transcript.language, transcript.language_probability) == ("de", 0.8)


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (
            KnownWords(),
            {"language": "xx"},
            "language is 'xx'; known-words knows: de, en, fr",
        ),
        (
            KnownWords(languages=("en",)),
            {"task": "translate"},
            "known-words knows English only and cannot translate; take another",
        ),
        (
            KnownWords(name="whisper-large-v3-turbo"),
            {"task": "translate"},
            "whisper-large-v3-turbo was not trained to translate; take another",
        ),
    ],
)
def test_what_a_model_cannot_is_refused(
    model: KnownWords, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        transcribe(JFK, model=model, **settings)  # type: ignore[arg-type]  # from the table
    assert str(caught.value) == message
    assert model.given == []


def test_progress_is_told_up_to_the_end(tmp_path: Path, short_windows: None) -> None:
    told: list[Progress] = []
    transcribe(speech_between_silences(tmp_path), model=KnownWords(), on_progress=told.append)
    assert [one.done_s for one in told] == sorted(one.done_s for one in told)
    assert {one.total_s for one in told} == {45.0}
    assert told[-1].done_s == pytest.approx(45.0)
    assert any(one.text.startswith("word0") for one in told)


# --- stopped and gone on with


def test_a_stopped_transcription_goes_on_where_it_was(tmp_path: Path, short_windows: None) -> None:
    path, kept = speech_between_silences(tmp_path), tmp_path / "kept"
    whole = transcribe(path, model=KnownWords(), finished_in=kept)
    assert not kept.exists()

    n_windows = 0

    def stop_in_the_third_window() -> bool:
        return n_windows == 2

    def count(progress: Progress) -> None:
        nonlocal n_windows
        n_windows += progress.text == ""

    part = transcribe(
        path,
        model=KnownWords(),
        on_progress=count,
        is_cancelled=stop_in_the_third_window,
        finished_in=kept,
    )
    assert not part.complete
    assert part.segments == whole.segments[: len(part.segments)]
    (file,) = kept.iterdir()
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2
    assert file.stat().st_mode & 0o077 == 0

    # As if it had been killed while it wrote.
    with file.open("a", encoding="utf-8") as torn:
        torn.write('{"end": 12')
    model = KnownWords()
    rest = transcribe(path, model=model, finished_in=kept)
    assert rest.segments == whole.segments
    assert (rest.language, rest.duration_s) == (whole.language, whole.duration_s)
    assert rest.resumed_at_s > 0
    assert model.n_detections == 0
    assert sum(model.given) < 22.5
    assert not kept.exists()


def test_what_is_finished_serves_the_same_content_and_settings_only(
    tmp_path: Path, short_windows: None
) -> None:
    path, kept = speech_between_silences(tmp_path), tmp_path / "kept"
    stops = iter([False] * 4 + [True] * 100)
    transcribe(path, model=KnownWords(), is_cancelled=lambda: next(stops), finished_in=kept)
    assert len(list(kept.iterdir())) == 1

    copy = tmp_path / "copy.wav"
    copy.write_bytes(path.read_bytes())
    for other in (KnownWords(identity="known-words 2"), KnownWords(compute_type="float32")):
        assert transcribe(path, model=other, finished_in=kept).resumed_at_s == 0
    assert transcribe(path, model=KnownWords(), language="de", finished_in=kept).resumed_at_s == 0
    assert transcribe(copy, model=KnownWords(), finished_in=kept).resumed_at_s > 0


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError) as caught:
        transcribe(JFK, model=KnownWords(), finished_in=tmp_path / "file")
    assert str(caught.value) == (
        f"finished work cannot be kept in {tmp_path / 'file'}: Not a directory; name another folder"
    )


# --- windows


def test_windows_hold_all_of_the_sound_and_are_cut_where_nobody_speaks(short_windows: None) -> None:
    speech, _condition = read(JFK)
    sound = np.concatenate([speech] * 3)
    found = list(windows(np.array_split(sound, 50)))
    assert np.array_equal(np.concatenate([window.sound for window in found]), sound)
    assert [window.start for window in found] == [0, *(window.end for window in found[:-1])]
    spoken = find_speech(sound)
    for window in found[:-1]:
        assert 6.0 <= len(window.sound) / SAMPLE_RATE_HZ <= 9.0
        assert not any(one.start < window.end < one.end for one in spoken)


def test_windows_hang_on_nothing_before_them(short_windows: None) -> None:
    speech, _condition = read(JFK)
    sound = np.concatenate([speech] * 3)
    found = list(windows([sound]))
    again = list(windows(np.array_split(sound, 7), skip=found[1].start))
    assert [(one.start, one.end, one.speech) for one in again] == [
        (one.start, one.end, one.speech) for one in found[1:]
    ]


def test_a_window_without_a_pause_is_cut_where_it_is_quiet() -> None:
    sound = tone(9.0)
    sound[int(7.9 * SAMPLE_RATE_HZ) : int(8.3 * SAMPLE_RATE_HZ)] = 0
    place = cut_place(sound, [Stretch(0, len(sound))])
    assert 7.9 < place / SAMPLE_RATE_HZ < 8.3


def test_short_pauses_are_heard_and_long_ones_are_not() -> None:
    second = SAMPLE_RATE_HZ
    speech = [Stretch(second, 2 * second), Stretch(3 * second, 4 * second)]
    far = Stretch(9 * second, 10 * second)
    pad = int(0.4 * second)
    assert heard([*speech, far], 10 * second) == [
        Stretch(second - pad, 4 * second + pad),
        Stretch(9 * second - pad, 10 * second),
    ]
    assert heard([], second) == []


def test_times_go_back_to_the_part_that_the_middle_of_a_word_is_in() -> None:
    second = SAMPLE_RATE_HZ
    back = HeardMap([Stretch(second, 2 * second), Stretch(5 * second, 7 * second)])
    assert back.original_s(0.5, within_s=0.5) == 1.5
    assert back.original_s(1.5, within_s=1.5) == 5.5
    # A word over the seam ends with the part that most of it is in.
    assert back.original_s(1.1, within_s=0.8) == 2.0
    assert back.original_s(0.9, within_s=1.2) == 5.0
    assert back.original_s(9.0, within_s=9.0) == 7.0


# --- segments

ALWAYS = [Spoken(0.0, 1000.0)]


def words_of(*timed: tuple[str, float, float]) -> list[Word]:
    return [Word(text=t, start_s=a, end_s=b, probability=0.9) for t, a, b in timed]


def test_a_segment_is_cut_at_a_long_pause() -> None:
    timed = ((" One", 0.0, 0.5), (" two", 0.6, 1.0), (" three.", 1.0, 1.5), (" Four", 3.0, 3.5))
    segments = recut(words_of(*timed), ALWAYS)
    assert [(one.text, one.start_s, one.end_s) for one in segments] == [
        ("One two three.", 0, 1.5),
        ("Four", 3, 3.5),
    ]


def test_a_stray_word_in_a_silence_belongs_to_what_follows() -> None:
    timed = ((" To", 100.44, 101.34), (" the", 112.28, 112.4), (" left", 112.4, 112.8))
    (segment,) = recut(words_of(*timed), [Spoken(97.0, 100.5), Spoken(112.0, 113.0)])
    assert (segment.text, segment.words[0].end_s) == ("To the left", 112.28)
    assert segment.start_s == pytest.approx(111.88)


def test_a_stray_word_is_told_by_the_room_that_is_left_for_it() -> None:
    timed = ((" He", 7.1, 7.5), (" might", 15.3, 15.5))
    spoken = [Spoken(2.0, 7.6), Spoken(15.0, 18.0)]
    (segment,) = recut(words_of(*timed), spoken)
    assert (segment.text, segment.start_s) == ("He might", 14.9)
    begins_at_once = [Spoken(2.0, 7.6), Spoken(15.2, 18.0)]
    assert [one.text for one in recut(words_of(*timed), begins_at_once)] == ["He", "might"]


def test_words_that_were_said_before_a_silence_stay_there() -> None:
    timed = ((" Over", 100.1, 100.4), (" there", 100.4, 100.7), (" the", 112.1, 112.4))
    segments = recut(words_of(*timed), [Spoken(97.0, 101.0), Spoken(112.0, 113.0)])
    assert [(one.text, one.start_s) for one in segments] == [("Over there", 100.1), ("the", 112.1)]
    timed = ((" Well.", 1.0, 1.4), (" I", 4.0, 4.2), (" think", 4.2, 4.6))
    segments = recut(words_of(*timed), [Spoken(4.0, 5.0)])
    assert [(one.text, one.start_s) for one in segments] == [("Well.", 1), ("I think", 4)]


def test_words_are_kept_to_where_somebody_speaks() -> None:
    timed = ((" ask", 2.76, 3.7), (" not", 3.7, 5.2), (" gone", 6.0, 6.3))
    segments = recut(words_of(*timed), [Spoken(0.3, 2.24), Spoken(3.33, 4.35)])
    words = [word for segment in segments for word in segment.words]
    assert [(word.start_s, word.end_s) for word in words] == [(3.23, 3.7), (3.7, 4.45), (6.0, 6.3)]


def test_a_long_segment_is_cut_at_the_ends_of_sentences() -> None:
    texts = [" a.", " b", " c.", " d", " e", " f.", " g"]
    timed = [(text, 2.0 * n, 2.0 * n + 1.9) for n, text in enumerate(texts)]
    assert [one.text for one in recut(words_of(*timed[:6]), ALWAYS)] == ["a. b c. d e f."]
    assert [one.text for one in recut(words_of(*timed), ALWAYS)] == ["a. b c.", "d e f.", "g"]


def test_a_long_segment_without_signs_is_cut_at_its_longest_pause() -> None:
    timed = [(f" w{n}", 2.0 * n + (0.5 if n > 4 else 0), 2.0 * n + 1.9) for n in range(9)]
    assert [one.text for one in recut(words_of(*timed), ALWAYS)] == [
        "w0 w1 w2 w3 w4",
        "w5 w6 w7 w8",
    ]


# --- what is not believed


def test_what_is_written_where_nobody_speaks_is_not_believed() -> None:
    segments = [
        raw_segment("Thank you.", no_speech=0.74, log_probability=-0.63),
        raw_segment("quiet but clear", no_speech=0.8, log_probability=-0.2),
        raw_segment("la la la la la la la la la", compression=3.0),
        raw_segment("fine"),
    ]
    assert [reason for _segment, reason in judge(segments)] == [
        "no speech", None, "repetition", None,
    ]  # fmt: skip


def test_of_a_loop_of_segments_the_first_is_believed() -> None:
    three = [raw_segment("No."), raw_segment(" no."), raw_segment("No.")]
    assert [reason for _segment, reason in judge(three)] == [None, None, None]
    four = [*three, raw_segment("No."), raw_segment("Yes.")]
    assert [reason for _segment, reason in judge(four)] == [
        None, "repetition", "repetition", "repetition", None,
    ]  # fmt: skip


def test_what_is_not_believed_is_told() -> None:
    class Loops(KnownWords):
        def transcribe(self, sound: Samples, *, language: str, task: Task) -> Iterator[RawSegment]:
            for segment in super().transcribe(sound, language=language, task=task):
                yield replace(segment, compression_ratio=5.0)

    transcript = transcribe(JFK, model=Loops())
    assert transcript.segments == ()
    assert {one.reason for one in transcript.dropped} == {"repetition"}
    assert transcript.dropped[0].text.startswith("word0 word1")
    assert transcript.language is None


# --- transcripts as documents


def test_a_transcript_is_the_same_after_json() -> None:
    transcript = transcribe(JFK, model=KnownWords())
    assert Transcript.from_json(json.dumps(transcript.to_json())) == transcript


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        ('{"segments": 1}', "segments: Input should be a valid array"),
    ],
)
def test_what_is_no_transcript_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Transcript.from_json(text)
    assert str(caught.value) == f"this is no transcript of deskhand: {message}"


def test_times_are_written_as_people_write_them() -> None:
    assert [at(second) for second in (0, 59.99, 60, 3599, 3600, 36000)] == [
        "0:00", "0:59", "1:00", "59:59", "1:00:00", "10:00:00",
    ]  # fmt: skip


# --- the real model's files


def test_a_model_that_is_not_there_is_told_with_what_brings_it() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        transcribe(JFK)
    assert str(caught.value) == (
        "whisper-base is not there; bring it with: deskhand models pull whisper-base"
    )


def test_nothing_is_fetched_for_a_folder_without_a_tokenizer(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ModelUnavailable) as caught:
        load_speech_model(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds no Whisper model for CTranslate2: tokenizer.json is missing"
    )


def test_a_damaged_model_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_bytes(b"{}")
    with pytest.raises(ModelUnavailable, match=r"^broken cannot be loaded: [^\n]+$"):
        load_speech_model(folder, SpeechModelSettings(device="cpu"))
    with pytest.raises(ModelUnavailable, match=r"^(the device 'cuda'|broken) cannot be [^\n]+$"):
        load_speech_model(folder, SpeechModelSettings(device="cuda"))
    with pytest.raises(ConfigError, match=r"^compute type is 'int3'; on cpu, expected one of: "):
        load_speech_model(folder, SpeechModelSettings(device="cpu", compute_type="int3"))
