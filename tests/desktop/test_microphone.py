"""What a real sound server plays is recorded through its monitor, and written down."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from deskhand.memory.errors import MissingProgramError
from tests.conftest import need
from tests.sounds import SPEECH

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

START_S = 20.0
AUDIO = (sys.executable, "-m", "deskhand.agent.cli", "audio")


@pytest.fixture(scope="module")
def sound_server() -> Iterator[dict[str, str]]:
    """A sound server of this test's own with speakers that nobody hears; its environment."""
    if shutil.which("pulseaudio") is None:
        need(MissingProgramError("pulseaudio", debian="pulseaudio", needed_for="this test"))
    # A short path: it holds a socket.
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        env = {
            **os.environ,
            "XDG_RUNTIME_DIR": folder,
            "HOME": folder,
            "PULSE_SERVER": f"unix:{folder}/socket",
            "DESKHAND_MODELS": f"{folder}/no models",
        }
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                    "-L", f"module-native-protocol-unix socket={folder}/socket",
                    "-L", "module-null-sink sink_name=speakers",
                ],
                env=env, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + START_S
            while not (Path(folder) / "socket").exists():
                assert server.poll() is None, (Path(folder) / "log").read_text()
                assert time.monotonic() < deadline, "the sound server does not start"
                time.sleep(0.05)
            yield env
        finally:
            server.terminate()
            server.wait(timeout=START_S)


def listen(env: dict[str, str], heard: Path, played: Path) -> tuple[int, str, str]:
    """Run the command, play a file once it listens, and press Ctrl-C after its end."""
    command = [*AUDIO, "listen", "-o", str(heard)]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "listening; Ctrl-C ends it\n"
        subprocess.run(
            ["paplay", "--latency-msec=100", str(played)], env=env, check=True, timeout=60
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def as_wav(source: Path, target: Path) -> Path:
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream("pcm_s16le", rate=44100, layout="mono")
        resampler = av.AudioResampler("s16", "mono", 44100)
        for frame in read.decode(audio=0):
            for part in resampler.resample(frame):
                written.mux(stream.encode(part))
        written.mux(stream.encode(None))
    return target


def test_what_is_played_is_recorded_even_if_nobody_can_write_it_down(
    sound_server: dict[str, str], tmp_path: Path
) -> None:
    listed = subprocess.run(
        [*AUDIO, "sources", "--json"], env=sound_server, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    [source] = json.loads(listed.stdout)
    assert source["is_monitor"]
    heard = tmp_path / "heard.wav"
    played = as_wav(SPEECH / "cards-001.flac", tmp_path / "played.wav")
    code, out, err = listen(sound_server, heard, played)
    assert (code, out) == (1, "")
    assert f" s of sound written to {heard}\n" in err
    assert "deskhand models pull whisper-base" in err
    with wave.open(str(heard)) as file:
        assert (file.getframerate(), file.getnchannels()) == (16000, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) > 16000
    assert np.abs(samples).max() > 1000


@pytest.mark.models
def test_what_is_said_is_written_down(
    sound_server: dict[str, str], whisper_folder: Path, tmp_path: Path
) -> None:
    env = sound_server | {"DESKHAND_MODELS": str(whisper_folder.parent)}
    played = as_wav(SPEECH / "librivox-0880.flac", tmp_path / "played.wav")
    code, out, _err = listen(env, tmp_path / "heard.wav", played)
    assert code == 0
    references = json.loads((SPEECH / "references.json").read_text(encoding="utf-8"))
    wanted = set(references["librivox-0880.flac"].casefold().split())
    written = set(out.casefold().replace("-", " ").replace(".", " ").split())
    assert len(wanted & written) >= 0.7 * len(wanted), out


def test_without_a_sound_server_one_line_says_so(tmp_path: Path) -> None:
    env = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    env.pop("PULSE_SERVER", None)
    said = subprocess.run(
        [*AUDIO, "sources"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == (
        "deskhand: error: no sound server answers: PulseAudio or PipeWire (pipewire-pulse) must "
        "be running\n"
    )
