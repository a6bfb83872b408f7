"""Transcription beside faster-whisper and transformers: words, times, cost, damage, memory, kills.

    python benchmarks/speech.py
    python benchmarks/speech.py --only memory --memory-minutes 5 60

All use the same weights on the CPU with as many threads, in turns in one run: in int8, transformers
in single precision and told the language (whisper_weights.py hands the weights over). The speech is
real (tests/data/speech). Word errors are counted by jiwer after Whisper's own English normaliser,
without its table of British spellings, which does not come with transformers.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import jiwer
import numpy as np
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.whisper_weights import load_pipeline
from deskhand.tools.media.sound import SAMPLE_RATE_HZ, Samples, open_sound
from deskhand.tools.media.speech_model import SpeechModelSettings, load_speech_model
from deskhand.tools.media.transcribe import transcribe
from deskhand.tools.models.store import find_model

SPEECH = Path(__file__).resolve().parent.parent / "tests" / "data" / "speech"
REFERENCES: dict[str, str] = json.loads((SPEECH / "references.json").read_text(encoding="utf-8"))
WORD_TIMES: dict[str, list[tuple[str, float, float]]] = json.loads(
    (SPEECH / "word_times.json").read_text(encoding="utf-8")
)
MODEL = "whisper-base"
TRACK_ROUNDS = 2
SEED = 7
KILL_MINUTES = 4.0
KILL_AFTER_WINDOWS = 1
PARTS = ("words", "damage", "memory", "kill")

Word = tuple[str, float, float]
"""Text, start and end in seconds."""


@dataclass(kw_only=True)
class Tally:
    """What one way to transcribe came to."""

    references: list[str] = field(default_factory=list)
    hypotheses: list[str] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    sound_s: float = 0.0
    start_errors_s: list[float] = field(default_factory=list)
    end_errors_s: list[float] = field(default_factory=list)


def read(path: Path) -> Samples:
    """Return the sound of a file."""
    with open_sound(path) as sound:
        return np.concatenate(list(sound.blocks()))


def write(path: Path, sound: Samples, codec: str = "flac") -> Path:
    """Write mono sound."""
    samples = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    kind = "s16p" if codec == "libmp3lame" else "s16"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=SAMPLE_RATE_HZ, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, len(samples), 1152):
            piece = np.ascontiguousarray(samples[start : start + 1152])[np.newaxis]
            frame = av.AudioFrame.from_ndarray(piece, format=kind, layout="mono")
            frame.sample_rate = SAMPLE_RATE_HZ
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def long_track(folder: Path) -> tuple[Path, str, list[Word]]:
    """Return a file of all clips with pauses between, what is said, and when (where known)."""
    rng = np.random.default_rng(SEED)
    pieces: list[Samples] = []
    texts: list[str] = []
    words: list[Word] = []
    at_s = 0.0
    for _round in range(TRACK_ROUNDS):
        for name in rng.permutation(sorted(REFERENCES)):
            pause = np.zeros(round(rng.uniform(0.5, 8.0) * SAMPLE_RATE_HZ), dtype=np.float32)
            clip = read(SPEECH / name)
            at_s += len(pause) / SAMPLE_RATE_HZ
            words.extend((w, at_s + a, at_s + b) for w, a, b in WORD_TIMES.get(name, ()))
            texts.append(REFERENCES[name])
            pieces += [pause, clip]
            at_s += len(clip) / SAMPLE_RATE_HZ
    return write(folder / "track.flac", np.concatenate(pieces)), " ".join(texts), words


Transcriber = Callable[[Path], tuple[str, list[Word]]]


def transcribers() -> dict[str, Transcriber]:
    """Return the ways that are compared, their models loaded."""
    from faster_whisper import WhisperModel

    peer = WhisperModel(
        str(find_model(MODEL)), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1
    )
    own = load_speech_model(MODEL, SpeechModelSettings(device="cpu"))
    batched = load_speech_model(MODEL, SpeechModelSettings(device="cpu", batch_size=8))

    def by_peer(**options: Any) -> Transcriber:
        def run(path: Path) -> tuple[str, list[Word]]:
            segments = list(peer.transcribe(str(path), word_timestamps=True, **options)[0])
            words = [(w.word, w.start, w.end) for one in segments for w in one.words]
            return " ".join(one.text for one in segments), words

        return run

    def by_transformers(**options: Any) -> Transcriber:
        pipeline = load_pipeline(find_model(MODEL), **options)

        def run(path: Path) -> tuple[str, list[Word]]:
            given = {"raw": read(path), "sampling_rate": SAMPLE_RATE_HZ}
            # Told: once it has detected a language itself, it repeats one word (transformers 5.24).
            language = {"language": "en"}
            found = pipeline(given, return_timestamps="word", generate_kwargs=language)
            times = [(one["text"], *one["timestamp"]) for one in found["chunks"]]
            # It leaves out the end of a word where a piece of the sound ends.
            return found["text"], [(t, a, a if b is None else b) for t, a, b in times]

        return run

    def by_us(model: Any) -> Transcriber:
        def run(path: Path) -> tuple[str, list[Word]]:
            found = transcribe(path, model=model)
            words = [(w.text, w.start_s, w.end_s) for one in found.segments for w in one.words]
            return found.text, words

        return run

    return {
        "faster-whisper, defaults": by_peer(),
        "faster-whisper, its VAD": by_peer(vad_filter=True),
        "transformers, 30 s chunks": by_transformers(chunk_length_s=30),
        "transformers, sequential": by_transformers(),
        "deskhand": by_us(own),
        "deskhand, batches of 8": by_us(batched),
    }


def time_errors(
    truth: Sequence[Word], found: Sequence[Word], normal: EnglishTextNormalizer
) -> Iterator[tuple[float, float]]:
    """Yield how far start and end of each word are off that was found, in seconds."""
    wanted = [(normal(text), start, end) for text, start, end in truth]
    had = [(normal(text), start, end) for text, start, end in found]
    had = [one for one in had if one[0]]
    if not had:
        return
    aligned = jiwer.process_words(
        " ".join(one[0].replace(" ", "_") for one in wanted),
        " ".join(one[0].replace(" ", "_") for one in had),
    )
    for chunk in aligned.alignments[0]:
        if chunk.type == "equal":
            for i, j in zip(
                range(chunk.ref_start_idx, chunk.ref_end_idx),
                range(chunk.hyp_start_idx, chunk.hyp_end_idx),
                strict=True,
            ):
                yield had[j][1] - wanted[i][1], had[j][2] - wanted[i][2]


def compare_words(folder: Path) -> None:
    """Print errors, times and cost, on the single clips and on the long track."""
    normal = EnglishTextNormalizer({})
    ways = transcribers()
    clips = {way: Tally() for way in ways}
    track = {way: Tally() for way in ways}
    for name, reference in sorted(REFERENCES.items()):
        for way, run in ways.items():
            _measure(clips[way], run, SPEECH / name, reference, normal)
    _tell_words("single clips", clips)
    path, reference, truth = long_track(folder)
    for way, run in ways.items():
        found = _measure(track[way], run, path, reference, normal)
        inside = [one for one in found if _is_in_known(one, truth)]
        for start_s, end_s in time_errors(truth, inside, normal):
            track[way].start_errors_s.append(abs(start_s))
            track[way].end_errors_s.append(abs(end_s))
    _tell_words("long track", track)


def _tell_words(title: str, tallies: dict[str, Tally]) -> None:
    first = next(iter(tallies.values()))
    n_words = sum(len(text.split()) for text in first.references)
    print(f"\n{title}: {first.sound_s:.0f} s, {n_words} words")
    print(f"{'':26} {'WER':>6} {'wall/s':>7} {'CPU/s':>6}  start of words: median, p90, max")
    for way, tally in tallies.items():
        wer = jiwer.wer(tally.references, tally.hypotheses)
        print(
            f"{way:26} {wer:6.3f} {tally.wall_s / tally.sound_s:7.2f} "
            f"{tally.cpu_s / tally.sound_s:6.2f}  {_spread(tally.start_errors_s)}",
            flush=True,
        )


def _is_in_known(word: Word, truth: Sequence[Word]) -> bool:
    return any(start - 0.5 <= word[1] <= end + 0.5 for _text, start, end in truth)


def _measure(
    tally: Tally, run: Transcriber, path: Path, reference: str, normal: EnglishTextNormalizer
) -> list[Word]:
    wall, cpu = time.monotonic(), time.process_time()
    text, words = run(path)
    tally.wall_s += time.monotonic() - wall
    tally.cpu_s += time.process_time() - cpu
    tally.sound_s += len(read(path)) / SAMPLE_RATE_HZ
    tally.references.append(normal(reference))
    tally.hypotheses.append(normal(text))
    return words


def _spread(errors_s: Sequence[float]) -> str:
    if not errors_s:
        return ""
    tenths = statistics.quantiles(errors_s, n=10)
    return (
        f"{statistics.median(errors_s):.2f} {tenths[-1]:.2f} {max(errors_s):.2f} s"
        f" ({len(errors_s)} words)"
    )


def compare_damage(folder: Path) -> None:
    """Print how much is read of a file with junk in it."""
    from faster_whisper.audio import decode_audio

    path = write(folder / "speech.mp3", read(SPEECH / "jfk.flac"), codec="libmp3lame")
    content = path.read_bytes()
    junk = np.random.default_rng(SEED).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    for share in (0.1, 0.5, 0.9):
        cut = round(share * len(content))
        path.write_bytes(content[:cut] + junk + content[cut:])
        peer_s = len(decode_audio(str(path))) / SAMPLE_RATE_HZ
        own_s = len(read(path)) / SAMPLE_RATE_HZ
        print(
            f"5 kB of junk at {share:.0%} of 11 s: faster-whisper {peer_s:.1f} s, we {own_s:.1f} s"
        )


def long_file(folder: Path, minutes: float) -> Path:
    """Return a file of so many minutes: the clips over and over, with pauses."""
    rng = np.random.default_rng(SEED)
    pieces = []
    for name in sorted(REFERENCES):
        pieces += [read(SPEECH / name), np.zeros(2 * SAMPLE_RATE_HZ, dtype=np.float32)]
    once = np.concatenate(pieces)
    once += rng.normal(0, 1e-4, len(once)).astype(np.float32)
    n_samples = round(minutes * 60 * SAMPLE_RATE_HZ)
    whole = np.resize(once, n_samples)
    return write(folder / f"{minutes:g}.flac", whole)


def peak_mb() -> float:
    """Return the most memory that this program had.

    getrusage would also count what the process that started it had at that time.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def one_file(path: Path, kept: Path | None) -> None:
    """Transcribe one file in this process; print what it took as JSON."""
    began = time.monotonic()
    model = load_speech_model(MODEL, SpeechModelSettings(device="cpu"))
    found = transcribe(path, model=model, finished_in=kept)
    document = {
        "rss_mb": peak_mb(),
        "wall_s": time.monotonic() - began,
        "resumed_at_s": found.resumed_at_s,
        "duration_s": found.duration_s,
        "segments": [(one.text, one.start_s) for one in found.segments],
    }
    print(json.dumps(document))


def start(path: Path, kept: Path) -> "subprocess.Popen[str]":
    """Transcribe a file in a process of its own."""
    command = [sys.executable, __file__, "--file", str(path), "--kept", str(kept)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what a process of `start` printed."""
    out, _err = process.communicate()
    document: dict[str, Any] = json.loads(out)
    return document


def measure_memory(folder: Path, minutes: Sequence[float]) -> None:
    """Print the peak of memory for files of different lengths."""
    for length in minutes:
        path = long_file(folder, length)
        said = finish(start(path, folder / "kept"))
        print(
            f"{length:g} min: peak {said['rss_mb']:.0f} MB, {said['wall_s']:.0f} s, "
            f"{len(said['segments'])} segments",
            flush=True,
        )
        path.unlink()


def measure_kill(folder: Path) -> None:
    """Kill a transcription with SIGKILL, let it go on, and compare with one that was not killed."""
    path = long_file(folder, KILL_MINUTES)
    whole = finish(start(path, folder / "never"))
    kept = folder / "kept"
    process = start(path, kept)
    while process.poll() is None and _n_finished(kept) < KILL_AFTER_WINDOWS:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    rest = finish(start(path, kept))
    same = "the same" if rest["segments"] == whole["segments"] else "OTHER"
    left = "nothing" if not kept.exists() else "SOMETHING"
    print(
        f"kill -9 in a file of {KILL_MINUTES:g} min: went on at {rest['resumed_at_s']:.0f} s, "
        f"{rest['wall_s']:.0f} s instead of {whole['wall_s']:.0f} s; {same} "
        f"{len(whole['segments'])} segments; {left} left behind"
    )


def _n_finished(kept: Path) -> int:
    files = list(kept.glob("*.jsonl")) if kept.is_dir() else []
    return files[0].read_bytes().count(b"\n") if files else 0


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", choices=PARTS, action="append")
    options.add_argument("--memory-minutes", type=float, nargs="+", default=[5, 15])
    options.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.file is not None:
        one_file(chosen.file, chosen.kept)
        return
    parts = chosen.only or PARTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "words" in parts:
            compare_words(folder)
        if "damage" in parts:
            compare_damage(folder)
        if "memory" in parts:
            measure_memory(folder, chosen.memory_minutes)
        if "kill" in parts:
            measure_kill(folder)


if __name__ == "__main__":
    main()
