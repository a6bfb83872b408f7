"""`deskhand audio listen` and `audio sources`: what is spoken or played on this machine."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ...memory.errors import ConfigError
from .audio import SPEECH_MODEL, Format, Wishes, note, tell, text_of, transcribed
from .output import inert, notes, print_json, results, table
from .until_stopped import until_stopped

METER_CELLS = 20


def listen(
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", min=0.1, help="End after so long. \\[default: at Ctrl-C]"),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Part of a source's name; see `deskhand audio sources`."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT.wav", help="Keep the sound here.")
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help="text, json, srt or vtt.")
    ] = "text",
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
) -> None:
    """Record the microphone until Ctrl-C, and write down what was said.

    Or what this machine plays: name its monitor as --source. The sound is
    recorded and transcribed on this machine, and thrown away unless -o names
    a file for it.

    Examples:
      deskhand audio listen --seconds 30
      deskhand audio listen --source "monitor of" -o meeting.wav
    """
    from ...tools.media.microphone import record_sound

    if keep is not None and keep.suffix.casefold() != ".wav":
        raise ConfigError(f"--out is {str(keep)!r}; expected a name that ends in .wav")
    if keep is not None and keep.exists():
        raise ConfigError(f"{keep} is there already; name another file")
    with tempfile.TemporaryDirectory(prefix="deskhand-") as folder:
        out = Path(folder) / "heard.wav" if keep is None else keep
        with until_stopped() as stopped, notes().status("") as shown:

            def show(done_s: float, loudness: float) -> None:
                if not done_s and not notes().is_terminal:
                    note("listening; Ctrl-C ends it")
                bar = "█" * round(loudness * METER_CELLS)
                shown.update(f"listening {done_s:.0f} s {bar:{METER_CELLS}} Ctrl-C ends it")

            heard_s = record_sound(
                out, source=source, max_s=seconds, is_stopped=stopped.is_set, on_progress=show
            )
        if keep is not None:
            note(f"{heard_s:.1f} s of sound written to {keep}")
        transcript = transcribed(out, Wishes(model, language, translate))
        tell(transcript)
        typer.echo(text_of(transcript, format_, line_chars=42), nl=False)


def sources(
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """List what `deskhand audio listen` can record from.

    Example:
      deskhand audio sources
    """
    from dataclasses import asdict

    from ...tools.media.microphone import sound_sources

    found = sound_sources()
    if json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        note("there is no sound source on this machine")
        return
    rows = table("source", "records", "")
    for one in found:
        what = "what is played" if one.is_monitor else "what is spoken"
        rows.add_row(inert(one.name), what, "default" if one.is_default else "")
    results().print(rows)
