"""`deskhand audio`: what is said in a recording, as text, subtitles or a summary."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ...memory.errors import ConfigError
from . import exit_codes
from .media_bar import MediaBar
from .output import notes
from .settings import CliSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ...tools.media.transcript import Transcript

app = typer.Typer(
    help="Transcribe and sum up recordings and videos.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)

Format = Literal["text", "json", "srt", "vtt"]
SUFFIXES: dict[str, Format] = {".txt": "text", ".json": "json", ".srt": "srt", ".vtt": "vtt"}
SPEECH_MODEL = "whisper-base"
LOCAL = "local"


@app.command()
def transcribe(
    file: Annotated[
        Path,
        # readable: a file that may not be read gets our one line, not typer's box.
        typer.Argument(
            metavar="FILE", help="Any audio or video file.", show_default=False, readable=False
        ),
    ],
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="text, json, srt or vtt. \\[default: by the name of OUT, else text]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Write to OUT instead of stdout."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="What is spoken, such as en. \\[default: detected]"),
    ] = None,
    translate: Annotated[
        bool, typer.Option("--translate", metavar="", help="Translate into English.")
    ] = False,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="A speech model's name, or its folder.")
    ] = SPEECH_MODEL,
    track: Annotated[
        int | None,
        typer.Option(metavar="N", help="Which audio track, from 1. \\[default: the file's]"),
    ] = None,
    line_chars: Annotated[
        int, typer.Option(metavar="N", min=10, help="Of a line of subtitles, at most.")
    ] = 42,
    remember: Annotated[
        bool,
        typer.Option(
            "--remember", metavar="", help="Keep it in the memory, for `deskhand recall`."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="The same as --format json.")
    ] = False,
) -> None:
    """Write down what is said in a recording or a video, with times.

    Runs on this machine. Stopped with Ctrl-C or killed, it goes on where it was
    when it is given the same file and options again.

    Examples:
      deskhand audio transcribe meeting.m4a
      deskhand audio transcribe talk.mkv -o talk.srt --language de
      deskhand audio transcribe talk.mkv --translate --format json
    """
    chosen = _format(format_, out, json=json)
    if out is not None:
        check_out(out, file)
    transcript = transcribed(file, Wishes(model, language, translate, track))
    text = text_of(transcript, chosen, line_chars)
    tell(transcript)
    if remember:
        from .recall_moments import remember_media

        remember_media(file, index=None, transcript=transcript)
    _put(text, out)


@app.command()
def summarise(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="An audio or video file, or a transcript that `--format json` wrote.",
            show_default=False,
            readable=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Who writes: local, vlm:NAME, http://HOST:PORT/v1 with --model-name, or "
            "provider:model.",
        ),
    ] = LOCAL,
    model_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's name on a server.")
    ] = None,
    speech_model: Annotated[
        str, typer.Option(metavar="NAME", help="Who listens: a speech model's name, or its folder.")
    ] = SPEECH_MODEL,
    language: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="What is spoken, such as en. \\[default: detected]"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Write to OUT instead of stdout."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Sum up what is said in a few lines, each with the time it is said at.

    Every time is looked up in the transcript; one that is not there is left out.
    What was said is sent to the model you name, and to none else.

    Examples:
      deskhand audio summarise meeting.m4a
      deskhand audio summarise meeting.json --model http://127.0.0.1:8000/v1 --model-name qwen3
    """
    from json import dumps

    if out is not None:
        check_out(out, file)
    settings: CliSettings = context.obj
    # First the model: a long recording is not listened to for one that is not there.
    writer = _chat_model(settings, model, model_name)
    if file.suffix.casefold() == ".json":
        transcript = _read_transcript(file)
    else:
        transcript = transcribed(file, Wishes(speech_model, language))
        tell(transcript)
    from ...tools.media.summarise import summarise as sum_up

    summary = sum_up(
        transcript, writer, on_progress=lambda done, of: note(f"part {done} of {of} is read")
    )
    if summary.refused:
        note(f"times that are not in the transcript, left out: {', '.join(summary.refused)}")
    if json:
        text = dumps(summary.to_json(), ensure_ascii=False, indent=2) + "\n"
    else:
        text = summary.text + "\n" if summary.points else ""
    _put(text, out)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to transcribe."""

    model: str = SPEECH_MODEL
    language: str | None = None
    translate: bool = False
    track: int | None = None


def _format(given: Format | None, out: Path | None, *, json: bool) -> Format:
    if json and given not in (None, "json"):
        raise ConfigError(f"--json and --format {given} are two ways to write; give one")
    if json:
        return "json"
    by_name = None if out is None else SUFFIXES.get(out.suffix.casefold())
    return given or by_name or "text"


def check_out(out: Path, file: Path) -> None:
    """Refuse now what could not be written after an hour."""
    if out.is_dir():
        raise ConfigError(f"cannot write {out}: it is a folder")
    if out.exists() and file.exists() and out.samefile(file):
        raise ConfigError(f"cannot write {out}: it is the recording itself")
    where = out if out.exists() else out.absolute().parent
    if not os.access(where, os.W_OK):
        why = "not writable" if where.exists() else "not there"
        raise ConfigError(f"cannot write {out}: {where} is {why}")


def _put(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {out}: {error.strerror}") from error
    note(f"written to {out}")


def _read_transcript(file: Path) -> "Transcript":
    from ...tools.media.transcript import Transcript

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is no text in UTF-8: {error.reason}") from error
    return Transcript.from_json(text)


def _chat_model(settings: CliSettings, model: str, name: str | None) -> "BaseChatModel":
    from .asking import load_model

    loaded = load_model(settings, model=model, name=name, pictures="never")
    assert loaded is not None  # one is named
    return loaded.model


def text_of(transcript: "Transcript", chosen: Format, line_chars: int) -> str:
    """Return a transcript as it is written."""
    import json

    from ...tools.media.subtitles import WRITERS, Layout

    if chosen == "json":
        return json.dumps(transcript.to_json(), ensure_ascii=False, indent=2) + "\n"
    return WRITERS[chosen](transcript, Layout(max_line_chars=line_chars))


def transcribed(file: Path, wishes: Wishes) -> "Transcript":
    """Return what is said in a file, with a bar that shows how far it is."""
    from ...tools.media.transcribe import transcribe as transcribe_file
    from ...tools.media.transcript import at

    bar = MediaBar(file.name)
    try:
        with bar:
            return transcribe_file(
                file,
                model=wishes.model,
                language=wishes.language,
                task="translate" if wishes.translate else "transcribe",
                track=wishes.track,
                on_progress=lambda now: bar.show(now.done_s, now.total_s, now.text),
            )
    except KeyboardInterrupt:
        note(f"stopped at {at(bar.done_s)}; the same command goes on from the last minutes")
        raise typer.Exit(exit_codes.INTERRUPTED) from None


def tell(transcript: "Transcript") -> None:
    """Say on stderr what came of it and what is wrong with the file."""
    from ...tools.media.transcript import at

    length = f"{transcript.duration_s:.1f} s of sound"
    if transcript.language is None:
        note(f"no speech in {length}")
    else:
        sure = round(100 * (transcript.language_probability or 0.0))
        note(
            f"{transcript.language} ({sure} %), {length} in {transcript.seconds:.1f} s by "
            f"{transcript.model} on {transcript.device}, {transcript.compute_type}"
        )
    if transcript.resumed_at_s:
        note(f"went on at {at(transcript.resumed_at_s)} with what was finished before")
    if transcript.tracks > 1:
        note(f"{transcript.tracks} audio tracks, this is number {transcript.track}")
    if transcript.truncated:
        note("the file ends earlier than it says it does: something is missing at its end")
    if transcript.damaged_packets:
        note(f"the file is damaged: {transcript.damaged_packets} pieces of it cannot be decoded")
    for one in transcript.dropped:
        note(f"left out at {at(one.start_s)}, {one.reason}: {one.text[:60]}")


def note(line: str) -> None:
    """Say a line on stderr."""
    from .output import inert

    notes().print(inert(line), soft_wrap=True)
