"""Recordings as tools of an agent: what is said, what it is about, when something is shown."""

from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ..memory.errors import MediaError, ModelUnavailable, PolicyDenied
from .media.speech_model import DEFAULT_MODEL, SpeechModel, load_speech_model
from .media.transcribe import transcribe
from .media.transcript import Task, Transcript, at
from .models.chat_models import LOCAL_MODEL, LoadedChatModel, best_there, load_chat_model
from .safety.fence import Fence
from .tool_spec import Result, ToolSpec

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from ..memory.recordings import RecordingMemory
    from .media.passages import Passage

MAX_CHARS = 6000
"""Of a transcript in one answer; a model asks for the rest with `from_s`."""
MAX_LINE_CHARS = 300
"""Of what is shown or said at a moment of a video."""
TOLD_BY = {"screen": "shown", "speech": "said", "picture": "the picture looks like it"}
KEPT = 4
"""Transcripts that are kept, so that reading on does not transcribe anew."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class TranscribeArguments(_Arguments):
    """What `transcribe_audio` takes."""

    path: str = Field(min_length=1, description="An audio or video file on this machine.")
    language: str | None = Field(
        default=None, max_length=3, description="Code of what is spoken, such as en; else detected."
    )
    translate: bool = Field(default=False, description="Translate into English.")
    track: int | None = Field(default=None, ge=1, description="Which audio track, from 1.")
    from_s: float = Field(default=0.0, ge=0, description="Leave out what was said before, seconds.")


class SummariseArguments(_Arguments):
    """What `summarise_audio` takes."""

    path: str = Field(min_length=1, description="An audio or video file on this machine.")
    language: str | None = Field(
        default=None, max_length=3, description="Code of what is spoken, such as en; else detected."
    )


class FindArguments(_Arguments):
    """What `find_in_video` takes."""

    path: str = Field(min_length=1, description="A video file on this machine.")
    query: str = Field(
        min_length=1, max_length=500, description="Words shown or said in it, or what they mean."
    )
    with_speech: bool = Field(default=True, description="Search what is said as well.")


class AskVideoArguments(_Arguments):
    """What `ask_video` takes."""

    path: str = Field(min_length=1, description="A video file on this machine.")
    question: str = Field(min_length=1, max_length=500, description="In plain words.")
    with_speech: bool = Field(default=True, description="Use what is said as well.")


class DescribeVideoArguments(_Arguments):
    """What `describe_video` takes."""

    path: str = Field(min_length=1, description="A video file on this machine.")
    with_speech: bool = Field(default=True, description="Tell what is said as well.")


class RememberRecordingArguments(_Arguments):
    """What `remember_recording` takes."""

    path: str = Field(min_length=1, description="An audio or video file on this machine.")


class ListenArguments(_Arguments):
    """What `listen` takes."""

    seconds: float = Field(default=10.0, gt=0, le=300, description="How long to listen.")
    source: str | None = Field(
        default=None, max_length=200, description="Part of a sound source's name."
    )


class MediaTools:
    """Tools over recordings.

    Args:
        speech_model: A name, a folder, or a model that is loaded; loaded at the first use.
        asked: Sums up and answers, and is sent what is said and shown; None for the best that is on
            this machine. Where there is none, `summarise_audio` says so, and `ask_video` tells the
            moments that have the question's words.
        folder: The only one whose files may be read; None for all that this process may read.
        memory: Takes what is shown and said in recordings; None for no tool that does.
        may_listen: Whether there is a tool that records the microphone. Whoever starts the tools
            says so: a model that was talked into it must not hear a room.
    """

    def __init__(
        self,
        *,
        speech_model: str | Path | SpeechModel = DEFAULT_MODEL,
        asked: LoadedChatModel | None = None,
        folder: Path | None = None,
        memory: "RecordingMemory | None" = None,
        may_listen: bool = False,
    ) -> None:
        self._speech_model = speech_model
        self._asked = asked
        self._memory = memory
        self._may_listen = may_listen
        self._folder = None if folder is None else folder.resolve()
        self._kept: dict[tuple[object, ...], Transcript] = {}

    def get_tools(self) -> "list[BaseTool]":
        """Return them as LangChain tools, in the order of `specs`."""
        return [spec.structured() for spec in self.specs()]

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what there is, for servers of other protocols."""
        keeps = ToolSpec.of(self.remember_recording, RememberRecordingArguments)
        return (
            ToolSpec.of(self.transcribe_audio, TranscribeArguments, read_only=True),
            ToolSpec.of(self.summarise_audio, SummariseArguments, read_only=True),
            ToolSpec.of(self.find_in_video, FindArguments, read_only=True),
            ToolSpec.of(self.ask_video, AskVideoArguments, read_only=True),
            ToolSpec.of(self.describe_video, DescribeVideoArguments, read_only=True),
            *(() if self._memory is None else (keeps,)),
            *self.listening(),
        )

    def listening(self) -> tuple[ToolSpec, ...]:
        """Return the tool that records the microphone, where it may be offered."""
        return (ToolSpec.of(self.listen, ListenArguments),) if self._may_listen else ()

    # Each tool's docstring is what the model reads.

    def transcribe_audio(
        self,
        path: str,
        language: str | None = None,
        translate: bool = False,
        track: int | None = None,
        from_s: float = 0.0,
    ) -> Result:
        """Write down what is said in a recording or a video, each line with its time.

        Of a long one, the answer says from which second to ask on.
        """
        task: Task = "translate" if translate else "transcribe"
        transcript = self._transcript(path, language, task, track)
        lines: list[str] = []
        shown = [one for one in transcript.segments if one.start_s >= from_s]
        n_chars, rest = 0, ""
        for segment in shown:
            line = f"[{at(segment.start_s)}] {' '.join(segment.text.split())}"
            n_chars += len(line)
            if lines and n_chars > MAX_CHARS:
                rest = f"; it goes on, ask again with from_s={segment.start_s:g}"
                break
            lines.append(line)
        said = f"{_about(transcript)}{rest}"
        if lines:
            said += "\n" + Fence().wrap("\n".join(lines), "what is said in the recording")
        artifact = {
            "language": transcript.language,
            "duration_s": transcript.duration_s,
            "truncated": transcript.truncated,
            "segments": [
                {"start_s": one.start_s, "end_s": one.end_s, "text": one.text}
                for one in shown[: len(lines)]
            ],
        }
        return said, artifact

    def find_in_video(self, path: str, query: str, with_speech: bool = True) -> Result:
        """Tell when something is shown or said in a video, and with which line.

        It may be that it is not there; what is only maybe meant is a candidate, not an answer.
        """
        from .media.moments import find_in_video

        answer = find_in_video(
            self._allowed(path), query, speech_model=self._speech_model if with_speech else None
        )
        said = f"{answer.verdict} in {at(answer.duration_s)} of video"
        if answer.truncated:
            said += "; the file is cut off at its end"
        if answer.damaged_packets:
            said += "; the file is damaged, something may be missing"
        if with_speech and not answer.has_heard:
            said += f"; {answer.notes[0]}"
        lines = [
            f"[{at(one.start_s)} - {at(one.end_s)}] {one.verdict}, "
            f"{TOLD_BY[one.source]}: {one.evidence[:MAX_LINE_CHARS]}"
            for one in answer.moments
        ]
        if lines:
            said += "\n" + Fence().wrap("\n".join(lines), "what is shown and said in the video")
        return said, answer.to_json()

    def ask_video(self, path: str, question: str, with_speech: bool = True) -> Result:
        """Answer a question about a video, with the lines shown or said that it rests on.

        Where no model is here to answer, the moments that have the question's words.
        """
        from .media.ask_video import ask_video

        reply = ask_video(
            self._allowed(path),
            question,
            self._answerer(),
            speech_model=self._speech_model if with_speech else None,
        )
        lines = [reply.text] if reply.text else []
        lines += [f"rests on {_moment(one)}" for one in reply.moments]
        if reply.claims:
            lines.append(f"not said by any line of the video: {', '.join(reply.claims)}")
        said = "; ".join(("found" if reply.found else "not found", *reply.notes))
        return f"{said}\n{Fence().wrap(chr(10).join(lines), 'about the video')}", reply.to_json()

    def describe_video(self, path: str, with_speech: bool = True) -> Result:
        """Tell what happens in a video, scene by scene: what is new on the screen, what is said."""
        from .media.video_timeline import describe_video

        described = describe_video(
            self._allowed(path), speech_model=self._speech_model if with_speech else None
        )
        lines: list[str] = []
        for scene in described.scenes:
            lines.append(f"scene {at(scene.start_s)} - {at(scene.end_s)}")
            told = [(at_s, f"shown: {text}") for at_s, text in scene.news]
            told += [(at_s, f"said: {text}") for at_s, text in scene.said]
            lines += [
                f"  {at(at_s)} {text[:MAX_LINE_CHARS]}"
                for at_s, text in sorted(told, key=itemgetter(0))
            ]
        shown, rest = _within(lines, MAX_CHARS)
        said = "; ".join((f"{at(described.duration_s)} of video", *described.notes, *rest))
        return f"{said}\n{Fence().wrap(chr(10).join(shown), 'the video')}", described.to_json()

    def listen(self, seconds: float = 10.0, source: str | None = None) -> Result:
        """Record the microphone for some seconds, and write down what was said."""
        from .media.microphone import record_sound

        with TemporaryDirectory(prefix="deskhand-") as folder:
            heard = Path(folder) / "heard.wav"
            record_sound(heard, source=source, max_s=seconds)
            transcript = transcribe(heard, model=self._loaded())
        said = _about(transcript)
        lines = [f"[{at(one.start_s)}] {one.text.strip()}" for one in transcript.segments]
        if lines:
            said += "\n" + Fence().wrap("\n".join(lines), "what was heard")
        return said, {"language": transcript.language, "duration_s": transcript.duration_s}

    def remember_recording(self, path: str) -> Result:
        """Keep what is shown and said in a recording, for recall_screens; secrets are taken out."""
        from .media.video_index import index_video
        from .remembering.recordings import remember_recording

        assert self._memory is not None  # only then is it a tool
        file = self._allowed(path)
        index, transcript = None, None
        try:
            index = index_video(file)
        except MediaError:  # sound alone; what is wrong with the file, its transcript tells
            pass
        if index is None or index.end.has_sound:
            transcript = self._transcript(path, None, "transcribe", None)
        kept = remember_recording(self._memory, file, index=index, transcript=transcript)
        self._memory.embed()
        citation = f"[{kept.kind}:{kept.id}]"
        said = f"kept as {citation}: {kept.n_moments} lines"
        return said, {"id": kept.id, "citation": citation, "moments": kept.n_moments}

    def summarise_audio(self, path: str, language: str | None = None) -> Result:
        """Sum up what is said in a recording or a video in a few lines with their times."""
        from .media.summarise import summarise

        loaded = self._answerer()
        if loaded is None:
            raise ModelUnavailable(
                "no model to sum up is on this machine; use transcribe_audio instead, or bring "
                f"one: deskhand models pull {LOCAL_MODEL}"
            )
        transcript = self._transcript(path, language, "transcribe", None)
        summary = summarise(transcript, loaded.model)
        said = _about(transcript)
        if summary.points:
            said += "\n" + Fence().wrap(summary.text, "a summary of what is said in the recording")
        return said, summary.to_json()

    def _transcript(
        self, path: str, language: str | None, task: Task, track: int | None
    ) -> Transcript:
        """Return a file's transcript, made anew only if the file or what is asked is another."""
        file = self._allowed(path)
        key: tuple[object, ...] = (str(file), language, task, track)
        if file.is_file():
            stat = file.stat()
            key += (stat.st_size, stat.st_mtime_ns)
        if key not in self._kept:
            transcript = transcribe(
                file, model=self._loaded(), language=language, task=task, track=track
            )
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = transcript
        return self._kept[key]

    def _answerer(self) -> LoadedChatModel | None:
        if self._asked is None:
            name = best_there()
            self._asked = None if name is None else load_chat_model(name)
        return self._asked

    def _allowed(self, path: str) -> Path:
        file = Path(path).expanduser()
        if self._folder is not None and not file.resolve().is_relative_to(self._folder):
            raise PolicyDenied(f"{path} is outside of {self._folder}, the only folder to read from")
        return file

    def _loaded(self) -> SpeechModel:
        if not isinstance(self._speech_model, SpeechModel):
            self._speech_model = load_speech_model(self._speech_model)
        return self._speech_model


def _about(transcript: Transcript) -> str:
    length = at(transcript.duration_s)
    if transcript.language is None:
        said = f"{length} of sound, no speech in it"
    else:
        said = f"{length} of sound, spoken in {transcript.language}"
    if transcript.truncated:
        said += "; the file is cut off at its end"
    if transcript.damaged_packets:
        said += "; the file is damaged, something may be missing"
    return said


def _moment(passage: "Passage") -> str:
    text = passage.text[:MAX_LINE_CHARS]
    if passage.source == "speech":
        return f"[{at(passage.start_s)}] said: {text}"
    return f"[{at(passage.start_s)} - {at(passage.end_s)}] shown: {text}"


def _within(lines: list[str], n_chars: int) -> tuple[list[str], tuple[str, ...]]:
    """Return as many lines as there is room for, and what to say of the others."""
    shown: list[str] = []
    for line in lines:
        n_chars -= len(line)
        if shown and n_chars < 0:
            return shown, (f"{len(lines) - len(shown)} more lines left out",)
        shown.append(line)
    return shown, ()
