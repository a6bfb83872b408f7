"""`deskhand audio`: what it prints where, what it refuses, and what Ctrl-C and kill -9 leave."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import AIMessage

from deskhand.agent.cli import audio, main
from deskhand.tools.media import transcribe as transcribe_module
from deskhand.tools.media import windows as windows_module
from deskhand.tools.media.sound import Samples
from deskhand.tools.media.speech_model import RawSegment
from deskhand.tools.media.subtitles import read_subtitles
from deskhand.tools.media.transcript import Task, Transcript

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.scripted import ScriptedModel
from tests.sounds import JFK, KnownWords, Track, read, silence, write

ROOT = Path(__file__).parent.parent.parent
HEARD = "de (90 %), 11.0 s of sound in"


@dataclass(frozen=True)
class Said:
    code: object
    out: str
    err: str


Cli = Callable[..., Said]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Run `deskhand audio` in this process, with a speech model of known words."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(transcribe_module, "load_speech_model", lambda _name: KnownWords())

    def run(*args: object) -> Said:
        with pytest.raises(SystemExit) as left:
            main(["audio", *map(str, args)])
        captured = capsys.readouterr()
        return Said(left.value.code, captured.out, captured.err)

    return run


def test_text_goes_to_stdout_and_the_rest_to_stderr(cli: Cli) -> None:
    said = cli("transcribe", JFK)
    assert said.code == 0
    assert said.out.splitlines()[0].startswith("word0 word1")
    assert said.err.startswith(HEARD)
    assert said.err.count("\n") == 1


def test_json_is_one_document_that_is_read_back(cli: Cli) -> None:
    said = cli("transcribe", JFK, "--json")
    assert Transcript.from_json(said.out).segments[0].words[0].text == " word0"
    assert cli("transcribe", JFK, "--format", "json").code == 0


@pytest.mark.parametrize(("name", "head"), [("a.srt", "1\n00:"), ("a.VTT", "WEBVTT\n\n00:")])
def test_the_name_of_out_says_the_format(cli: Cli, tmp_path: Path, name: str, head: str) -> None:
    out = tmp_path / name
    said = cli("transcribe", JFK, "-o", out, "--line-chars", 20)
    text = out.read_text(encoding="utf-8")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines()[-1] == f"written to {out}"
    assert text.startswith(head)
    assert all(len(line) <= 20 for cue in read_subtitles(text) for line in cue.lines)


def test_options_reach_the_transcription(cli: Cli) -> None:
    said = cli("transcribe", JFK, "--language", "fr", "--translate", "--json")
    document = json.loads(said.out)
    assert (document["language"], document["task"]) == ("fr", "translate")


def test_tracks_are_told_and_chosen(cli: Cli, tmp_path: Path) -> None:
    speech, _condition = read(JFK)
    path = write(
        tmp_path / "two.mkv", Track(channels=silence(11.0)[None]), Track(channels=speech[None])
    )
    assert cli("transcribe", path).err == (
        "no speech in 11.0 s of sound\n2 audio tracks, this is number 1\n"
    )
    said = cli("transcribe", path, "--track", 2)
    assert said.out.startswith("word0")
    assert said.err.splitlines()[1] == "2 audio tracks, this is number 2"
    assert cli("transcribe", path, "--track", 3) == Said(
        2, "", "deskhand: error: two.mkv has 2 audio tracks; expected one of them, got track 3\n"
    )


def test_what_contradicts_itself_or_cannot_be_written_is_refused(cli: Cli, tmp_path: Path) -> None:
    copy = tmp_path / "copy.flac"
    copy.write_bytes(JFK.read_bytes())
    nowhere = tmp_path / "none" / "a.srt"
    for args, message in (
        (("--json", "--format", "srt"), "--json and --format srt are two ways to write; give one"),
        (("-o", tmp_path), f"cannot write {tmp_path}: it is a folder"),
        (("-o", copy), f"cannot write {copy}: it is the recording itself"),
        (("-o", nowhere), f"cannot write {nowhere}: {nowhere.parent} is not there"),
    ):
        assert cli("transcribe", copy, *args) == Said(2, "", f"deskhand: error: {message}\n")
    assert copy.read_bytes() == JFK.read_bytes()


# --- stopped


@dataclass
class Interrupted(KnownWords):
    """Presses Ctrl-C, or what is worse, once it was given so many sounds."""

    after: int = 2
    end: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGINT)

    def transcribe(self, sound: Samples, *, language: str, task: Task) -> Iterator[RawSegment]:
        if len(self.given) == self.after:
            self.end()
        yield from super().transcribe(sound, language=language, task=task)


def long_recording(folder: Path) -> Path:
    speech, _condition = read(JFK)
    return write(folder / "long.wav", Track(channels=np.concatenate([speech] * 4)[None]))


def test_ctrl_c_keeps_what_is_finished(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows_module, "WINDOW_S", 10.0)
    path = long_recording(tmp_path)
    whole = cli("transcribe", path)
    stopping = Interrupted()
    monkeypatch.setattr(transcribe_module, "load_speech_model", lambda _name: stopping)
    out = tmp_path / "out.txt"
    stopped = cli("transcribe", path, "-o", out)
    assert (stopped.code, stopped.out, out.exists()) == (130, "", False)
    assert stopped.err.startswith("stopped at 0:1")
    assert stopped.err.endswith("; the same command goes on from the last minutes\n")
    monkeypatch.setattr(transcribe_module, "load_speech_model", lambda _name: KnownWords())
    again = cli("transcribe", path)
    assert again.out == whole.out
    assert "went on at 0:1" in again.err
    assert list((tmp_path / "cache").rglob("*.jsonl")) == []


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.append(sys.argv[1])
from deskhand.tools.media import windows
from deskhand.tools.media.transcribe import transcribe
from tests.media.test_audio_cli import Interrupted

windows.WINDOW_S = 10.0
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
transcribe(sys.argv[2], model=Interrupted(end=kill), finished_in=Path(sys.argv[3]))
"""


def test_a_killed_transcription_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows_module, "WINDOW_S", 10.0)
    path, kept = long_recording(tmp_path), tmp_path / "kept"
    whole = transcribe_module.transcribe(path, model=KnownWords(), finished_in=kept)
    command = [sys.executable, "-c", KILLED, str(ROOT), str(path), str(kept)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(list(kept.iterdir())) == 1
    model = KnownWords()
    rest = transcribe_module.transcribe(path, model=model, finished_in=kept)
    assert rest.segments == whole.segments
    assert rest.resumed_at_s > 13.0
    assert sum(model.given) < 31.0
    assert not kept.exists()


# --- summaries


def test_a_recording_is_summed_up(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = AIMessage(content="- A country is asked [0:00]\n- More [9:59]")
    monkeypatch.setattr(audio, "_chat_model", lambda *_any: ScriptedModel(answers=[answer]))
    said = cli("summarise", JFK)
    assert (said.code, said.out) == (0, "- A country is asked [0:00]\n- More\n")
    assert said.err.splitlines()[1:] == [
        "part 1 of 1 is read",
        "times that are not in the transcript, left out: 9:59",
    ]


def test_a_transcript_is_summed_up_without_listening(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "said.json"
    cli("transcribe", JFK, "-o", path)
    answer = AIMessage(content="- A country is asked [0:00]")
    monkeypatch.setattr(audio, "_chat_model", lambda *_any: ScriptedModel(answers=[answer]))
    monkeypatch.setattr(transcribe_module, "load_speech_model", None)
    said = cli("summarise", path, "--json")
    (point,) = json.loads(said.out)["points"]
    assert point["text"] == "A country is asked"
    assert point["times_s"][0] < 1.0


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (
            ("--model", "gpt"),
            2,
            "--model is 'gpt'; expected one of: local, vlm:NAME, http://HOST:PORT/v1 with "
            "--model-name, provider:model (anthropic, openai, google-genai, ollama, …)",
        ),
        (
            ("--model", "http://127.0.0.1:9/v1"),
            2,
            "--model is the server http://127.0.0.1:9/v1; name its model as well: "
            "--model-name NAME",
        ),
        (
            (),
            1,
            "qwen2.5-coder-1.5b is not there; bring it with: deskhand models pull "
            "qwen2.5-coder-1.5b",
        ),
    ],
)
def test_a_writer_that_is_not_there_is_told_before_listening(
    cli: Cli, args: tuple[str, ...], code: int, message: str
) -> None:
    assert cli("summarise", JFK, *args) == Said(code, "", f"deskhand: error: {message}\n")


def test_what_is_no_transcript_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "_chat_model", lambda *_any: ScriptedModel())
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff")
    assert cli("summarise", path) == Said(
        2, "", f"deskhand: error: {path} is no text in UTF-8: invalid start byte\n"
    )
    path.write_text("{}", encoding="utf-8")
    assert cli("summarise", path) == Said(
        2,
        "",
        "deskhand: error: this is no transcript of deskhand: segments: Field required\n",
    )
