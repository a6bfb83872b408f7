"""Subtitles: where they are cut and broken, what they may hold, and that they are read back."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.memory.errors import ConfigError
from deskhand.tools.media.subtitles import Cue, Layout, cues, plain_text, read_subtitles, srt, vtt
from deskhand.tools.media.transcribe import transcribe
from deskhand.tools.media.transcript import Segment, Word

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import JFK, KnownWords, transcript_of


def spoken(text: str, *, start_s: float = 0.0, word_s: float = 0.3) -> Segment:
    """Return a segment whose words follow each other evenly."""
    words = tuple(
        Word(
            text=f" {word}",
            start_s=start_s + n * word_s,
            end_s=start_s + (n + 1) * word_s,
            probability=0.9,
        )
        for n, word in enumerate(text.split())
    )
    return Segment(start_s=words[0].start_s, end_s=words[-1].end_s, text=text, words=words)


def lines_of(*segments: Segment, layout: Layout | None = None) -> list[tuple[str, ...]]:
    return [cue.lines for cue in cues(transcript_of(*segments), layout)]


def test_a_short_sentence_is_one_line() -> None:
    assert lines_of(spoken("Open the settings menu.")) == [("Open the settings menu.",)]


def test_two_lines_are_broken_at_a_comma_and_before_small_words() -> None:
    text = "And so, my fellow Americans, ask not what your country can do for you"
    assert lines_of(spoken(text, word_s=0.2)) == [
        ("And so, my fellow Americans,", "ask not what your country can do for you")
    ]
    text = "He wrote a very long letter to the owner of the house"
    assert lines_of(spoken(text)) == [("He wrote a very long letter", "to the owner of the house")]


def test_what_does_not_fit_is_cut_after_a_sentence() -> None:
    text = "The backup of the disk is done. Please take it out now and put it on the shelf at home"
    assert lines_of(spoken(text)) == [
        ("The backup of the disk is done.",),
        ("Please take it out now", "and put it on the shelf at home"),
    ]


def test_a_pause_ends_a_subtitle() -> None:
    first = spoken("one two three")
    second = spoken("four five", start_s=3.0)
    both = Segment(start_s=0, end_s=4, text="…", words=first.words + second.words)
    assert lines_of(both) == [("one two three",), ("four five",)]


def test_a_slow_speaker_gets_several() -> None:
    found = cues(transcript_of(spoken("one two three four five six seven eight", word_s=1.5)))
    assert len(found) > 1
    assert all(cue.end_s - cue.start_s <= 7.0 for cue in found)


def test_a_word_longer_than_a_line_stands_alone() -> None:
    word = "Donaudampfschifffahrtsgesellschaftskapitän"
    layout = Layout(max_line_chars=20)
    assert lines_of(spoken(f"Der {word} kommt"), layout=layout) == [("Der", word), ("kommt",)]


def test_languages_without_spaces_are_broken_as_well() -> None:
    words = tuple(
        Word(text=char, start_s=n * 0.2, end_s=n * 0.2 + 0.2, probability=0.9)
        for n, char in enumerate("今天天气很好，我们去公园散步吧。")
    )
    segment = Segment(start_s=0, end_s=4, text="…", words=words)
    found = lines_of(segment, layout=Layout(max_line_chars=10))
    assert found == [("今天天气很好，", "我们去公园散步吧。")]


def test_short_ones_are_shown_longer_as_far_as_there_is_room() -> None:
    found = cues(
        transcript_of(spoken("Yes."), spoken("No.", start_s=0.5), spoken("So.", start_s=9))
    )
    assert [(cue.start_s, cue.end_s) for cue in found] == [(0, 0.5), (0.5, 1.5), (9, 10)]


def test_a_segment_without_words_is_spread_over_its_time() -> None:
    segment = Segment(start_s=10, end_s=20, text="one two three four five six seven eight nine ten")
    found = cues(transcript_of(segment))
    assert found[0].start_s == 10
    assert found[-1].end_s == pytest.approx(20)
    assert all(cue.end_s - cue.start_s <= 7.0 for cue in found)


def test_srt_and_vtt_as_written() -> None:
    transcript = transcript_of(
        spoken("Tom & Jerry <b> say"), spoken("a --> b", start_s=3661.5, word_s=0.5)
    )
    assert srt(transcript) == (
        "1\n00:00:00,000 --> 00:00:01,500\nTom & Jerry <b> say\n\n"
        "2\n01:01:01,500 --> 01:01:03,000\na → b\n"
    )
    assert vtt(transcript) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.500\nTom &amp; Jerry &lt;b&gt; say\n\n"
        "01:01:01.500 --> 01:01:03.000\na --&gt; b\n"
    )
    assert plain_text(transcript) == "Tom & Jerry <b> say\na --> b\n"


def test_nothing_said_is_an_empty_file_of_its_kind() -> None:
    nothing = transcript_of()
    assert (srt(nothing), vtt(nothing), plain_text(nothing)) == ("", "WEBVTT\n\n", "")
    assert read_subtitles(srt(nothing)) == read_subtitles(vtt(nothing)) == []


PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=60)


@given(st.lists(PRINTABLE, min_size=1, max_size=60), st.integers(4, 60), st.integers(1, 3))
def test_subtitles_are_read_back_and_hold_their_limits(
    texts: list[str], max_line_chars: int, max_lines: int
) -> None:
    transcript = transcript_of(spoken(" ".join(texts), word_s=0.31))
    layout = Layout(max_line_chars=max_line_chars, max_lines=max_lines)
    made = cues(transcript, layout)
    assert " ".join(line for cue in made for line in cue.lines) == " ".join(texts)
    for cue in made:
        assert len(cue.lines) <= max_lines
        assert all(len(line) <= max_line_chars or " " not in line for line in cue.lines)
    for before, after in zip(made, made[1:], strict=False):
        assert before.start_s < before.end_s <= after.start_s
    times = [time for cue in made for time in (round(cue.start_s, 3), round(cue.end_s, 3))]
    for text, arrow in ((srt(transcript, layout), "→"), (vtt(transcript, layout), "-->")):
        read = read_subtitles(text)
        assert [cue.lines for cue in read] == [
            tuple(line.replace("-->", arrow) for line in cue.lines) for cue in made
        ]
        assert [time for cue in read for time in (cue.start_s, cue.end_s)] == pytest.approx(times)


def test_subtitles_of_others_are_read() -> None:
    text = (
        "\ufeffWEBVTT - made elsewhere\r\n\r\nNOTE a remark\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n"
        "intro\r\n01:02.500 --> 01:04.000 align:start\r\nFish &amp; chips\r\n"
    )
    assert read_subtitles(text) == [Cue(start_s=62.5, end_s=64.0, lines=("Fish & chips",))]


@pytest.mark.parametrize("text", ["hello", "1\nhello", "1\n00:00:01,000 --> soon\nhello"])
def test_what_is_no_subtitle_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_subtitles(text)
    assert str(caught.value) == f"this is no subtitle: {text!r}; expected START --> END"


def test_a_layout_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Layout(max_line_chars=0)
    assert str(caught.value) == (
        "a subtitle needs at least 1 character a line, 1 line and more than 0 seconds; "
        "got 0, 2 and 7.0"
    )


def test_a_transcript_of_speech_has_subtitles_with_its_words() -> None:
    transcript = transcribe(JFK, model=KnownWords())
    assert " ".join(line for cue in cues(transcript) for line in cue.lines) == " ".join(
        transcript.text.split()
    )
