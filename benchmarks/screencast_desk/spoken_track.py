"""A sound track of sentences at known times, spoken by flite, put beside a video's pictures."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from benchmarks.screencast_desk.events import Sentence
from deskhand.memory.errors import MissingProgramError
from deskhand.tools.media.sound import SAMPLE_RATE_HZ, Samples, open_sound

VOICE = "slt"


def add_speech(video: Path, sentences: Sequence[Sentence], seconds: float, path: Path) -> None:
    """Write a video again with the sentences beside its pictures, which are not encoded anew.

    Raises:
        MissingProgramError: If flite is not installed.
    """
    sound = _track(sentences, seconds, path.parent)
    with av.open(str(video)) as source, av.open(str(path), "w") as target:
        pictures = source.streams.video[0]
        copied = target.add_stream_from_template(pictures)
        spoken = target.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        for start in range(0, len(sound), 1024):
            block = np.ascontiguousarray(sound[None, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, start
            target.mux(spoken.encode(frame))
        target.mux(spoken.encode(None))
        for packet in source.demux(pictures):
            if packet.dts is not None:
                packet.stream = copied
                target.mux(packet)


def _track(sentences: Sequence[Sentence], seconds: float, folder: Path) -> Samples:
    if shutil.which("flite") is None:
        raise MissingProgramError("flite", debian="flite", needed_for="the spoken track")
    track = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)
    for sentence in sentences:
        wave = folder / "sentence.wav"
        command = ["flite", "-voice", VOICE, "-t", sentence.text, "-o", str(wave)]
        subprocess.run(command, check=True)
        with open_sound(wave) as opened:
            spoken = np.concatenate(list(opened.blocks()))
        start = round(sentence.at_s * SAMPLE_RATE_HZ)
        track[start : start + len(spoken)] = spoken[: len(track) - start]
    return track
