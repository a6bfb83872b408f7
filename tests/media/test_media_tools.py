"""Recordings as tools: what a model reads, what it may read, and that reading on costs nothing."""

import sys
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import ToolException

from deskhand.memory.errors import ModelUnavailable, PolicyDenied
from deskhand.memory.screens import VisualMemory
from deskhand.tools import media_tools
from deskhand.tools.media_tools import MediaTools
from deskhand.tools.memory_tools import MemoryTools
from deskhand.tools.models.chat_models import LoadedChatModel

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.model_servers.scripted import ScriptedModel
from tests.sounds import JFK, KnownWords, Track, silence, write
from tests.videos import screen, steady, write_video


def test_a_model_reads_what_was_said_in_a_fence_with_times() -> None:
    said, artifact = MediaTools(speech_model=KnownWords()).transcribe_audio(str(JFK))
    assert isinstance(said, str)
    first, opening, *lines, closing = said.splitlines()
    assert first == "0:11 of sound, spoken in de"
    assert opening.startswith("[untrusted ")
    assert opening.endswith(": what is said in the recording]")
    assert closing.startswith("[end ")
    assert lines[0].startswith("[0:00] word0 word1")
    assert artifact["language"] == "de"
    assert len(artifact["segments"]) == len(lines)


def test_a_long_transcript_is_read_on_without_transcribing_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(media_tools, "MAX_CHARS", 60)
    model = KnownWords()
    tools = MediaTools(speech_model=model)
    said, artifact = tools.transcribe_audio(str(JFK))
    head = str(said).splitlines()[0]
    assert head.startswith("0:11 of sound, spoken in de; it goes on, ask again with from_s=")
    on, more = tools.transcribe_audio(str(JFK), from_s=float(head.rpartition("=")[2]))
    assert artifact["segments"][-1]["end_s"] <= more["segments"][0]["start_s"]
    assert len(model.given) == 1
    tools.transcribe_audio(str(JFK), translate=True)
    assert model.told[-1] == ("de", "translate")


def test_a_file_that_changed_is_transcribed_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(JFK.read_bytes())
    model = KnownWords()
    tools = MediaTools(speech_model=model)
    tools.transcribe_audio(str(path))
    write(path, Track(channels=silence(2.0)[None], codec="flac"))
    assert tools.transcribe_audio(str(path))[0] == "0:02 of sound, no speech in it"


def test_files_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    link = tmp_path / "link.flac"
    link.symlink_to(JFK)
    tools = MediaTools(speech_model=KnownWords(), folder=tmp_path)
    for path in (str(JFK), str(link), str(tmp_path / ".." / "x.wav")):
        with pytest.raises(PolicyDenied) as caught:
            tools.transcribe_audio(path)
        assert str(caught.value) == (
            f"{path} is outside of {tmp_path}, the only folder to read from"
        )


def test_errors_are_what_the_model_reads(tmp_path: Path) -> None:
    tool, *_others = MediaTools(speech_model=KnownWords()).get_tools()
    assert tool.name == "transcribe_audio"
    assert tool.metadata == {"read_only": True, "destructive": False}
    missing = tmp_path / "none.wav"
    assert tool.invoke({"path": str(missing)}) == f"there is no file {missing}"


def test_a_summary_needs_a_chat_model_and_comes_in_a_fence() -> None:
    without = MediaTools(speech_model=KnownWords())
    with pytest.raises(ModelUnavailable) as caught:
        without.summarise_audio(str(JFK))
    assert str(caught.value) == (
        "no model to sum up is on this machine; use transcribe_audio instead, or bring one: "
        "deskhand models pull qwen2.5-coder-1.5b"
    )
    model = ScriptedModel(answers=[AIMessage(content="- It is about a country [0:00]")])
    tools = MediaTools(
        speech_model=KnownWords(), asked=LoadedChatModel(model=model, name="scripted")
    )
    assert [spec.name for spec in tools.specs()] == [
        "transcribe_audio", "summarise_audio", "find_in_video", "ask_video", "describe_video",
    ]  # fmt: skip
    said, artifact = tools.summarise_audio(str(JFK))
    first, _opening, line, _closing = str(said).splitlines()
    assert (first, line) == ("0:11 of sound, spoken in de", "- It is about a country [0:00]")
    assert artifact["refused_times"] == []


def test_a_moment_of_a_video_comes_in_a_fence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shown = [(0.0, screen("Inbox")), (2.0, screen("Inbox", "Disk full"))]
    path = write_video(tmp_path / "a.mkv", steady(shown, until_s=4.0))
    tools = MediaTools(speech_model=KnownWords(), folder=tmp_path)
    find = next(spec for spec in tools.specs() if spec.name == "find_in_video")
    said, artifact = find.run({"path": str(path), "query": "disk full"})
    assert isinstance(said, str)
    first, opening, line, closing = said.splitlines()
    assert first == "found in 0:03 of video; the video has no sound"
    assert opening.endswith(": what is shown and said in the video]")
    assert closing.startswith("[end ")
    assert line == "[0:02 - 0:03] found, shown: Disk full"
    assert artifact["moments"][0]["start_s"] == pytest.approx(2.0, abs=0.3)
    said, artifact = find.run({"path": str(path), "query": "holiday", "with_speech": False})
    assert (said, artifact["moments"]) == ("not found in 0:03 of video", ())
    with pytest.raises(ToolException) as caught:
        find.run({"path": str(JFK), "query": "country"})
    assert str(caught.value) == f"{JFK} is outside of {tmp_path}, the only folder to read from"


def test_a_recording_is_remembered_and_recalled_beside_screens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shown = [(0.0, screen("Inbox")), (2.0, screen("Inbox", "Disk full"))]
    path = write_video(tmp_path / "a.mkv", steady(shown, until_s=4.0))
    with VisualMemory.open(tmp_path / "memory") as memory:
        tools = MediaTools(speech_model=KnownWords(), memory=memory.recordings)
        kept, artifact = tools.remember_recording(str(path))
        assert kept == f"kept as [video:{artifact['id']}]: 2 lines"
        spoken, artifact_of_sound = tools.remember_recording(str(JFK))
        assert str(spoken).startswith(f"kept as [audio:{artifact_of_sound['id']}]: ")
        (search,) = (s for s in MemoryTools(memory).specs() if s.name == "recall_screens")
        found, _artifact = search.run({"query": "disk full"})
        assert isinstance(found, str)
        first, line, last = found.splitlines()[:3]
        assert first.endswith(": what was seen earlier]")
        assert line.startswith(f"1. [video:{artifact['id']}@0:02] ")
        assert line.endswith('shown "Disk full"')
        assert last.startswith("[end ")
