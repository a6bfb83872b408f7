"""Recordings as tools of an agent: what is said, what it is about, when something is shown."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ..memory.errors import PolicyDenied
from .media.speech_model import DEFAULT_MODEL, SpeechModel, load_speech_model
from .media.transcribe import transcribe
from .media.transcript import Task, Transcript, at
from .safety.fence import Fence
from .tool_spec import Result, ToolSpec

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

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


class MediaTools:
    """Tools over recordings.

    Args:
        speech_model: A name, a folder, or a model that is loaded; loaded at the first use.
        chat_model: Writes the summaries, and is sent what was said; None for no such tool.
        folder: The only one whose files may be read; None for all that this process may read.
    """

    def __init__(
        self,
        *,
        speech_model: str | Path | SpeechModel = DEFAULT_MODEL,
        chat_model: "BaseChatModel | None" = None,
        folder: Path | None = None,
    ) -> None:
        self._speech_model = speech_model
        self._chat_model = chat_model
        self._folder = None if folder is None else folder.resolve()
        self._kept: dict[tuple[object, ...], Transcript] = {}

    def get_tools(self) -> "list[BaseTool]":
        """Return them as LangChain tools, in the order of `specs`."""
        return [spec.structured() for spec in self.specs()]

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what there is, for servers of other protocols."""
        specs = [
            ToolSpec.of(self.transcribe_audio, TranscribeArguments, read_only=True),
            ToolSpec.of(self.find_in_video, FindArguments, read_only=True),
        ]
        if self._chat_model is not None:
            specs.append(ToolSpec.of(self.summarise_audio, SummariseArguments, read_only=True))
        return tuple(specs)

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

    def summarise_audio(self, path: str, language: str | None = None) -> Result:
        """Sum up what is said in a recording or a video in a few lines with their times."""
        from .media.summarise import summarise

        assert self._chat_model is not None  # else this tool is not offered
        transcript = self._transcript(path, language, "transcribe", None)
        summary = summarise(transcript, self._chat_model)
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
