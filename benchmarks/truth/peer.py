"""The OCR of the PyPI package computer-control-mcp, to compare with on the same pictures."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.sandbox import Sandbox

PACKAGE = "computer-control-mcp==0.3.14"
SCRIPT = Path(__file__).with_name("peer_ocr.py")
SERVER = Path(__file__).with_name("peer_server.py")
INSTALL_TIMEOUT_S = 600.0
PICTURE_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLook:
    """What its OCR found on one picture."""

    picture: Path
    texts: Sequence[tuple[str, Box]]
    wall_s: float
    cpu_s: float
    call_s: float
    """Of the whole tool call, with the PNG files it writes and reads."""


def install(folder: Path) -> Path:
    """Return the Python of a virtual environment that has the package, made if need be.

    Raises:
        ActionFailed: If it cannot be installed.
    """
    venv = folder / "peer"
    python, stamp = venv / "bin" / "python", venv / f"{PACKAGE}.installed"
    if not stamp.exists():
        _run([sys.executable, "-m", "venv", str(venv)])
        _run([str(python), "-m", "pip", "install", "--quiet", PACKAGE])
        stamp.touch()
    return python


def look(python: Path, pictures: Sequence[Path]) -> list[PeerLook]:
    """Return what the package reads on each picture; it is loaded once.

    Raises:
        ActionFailed: If it fails.
    """
    if not pictures:
        return []
    with Sandbox.start((640, 480)) as sandbox:
        command = [str(python), str(SCRIPT), *map(str, pictures)]
        # Standard error to a file: the package logs much, and a pipe nobody reads would fill.
        log_path = sandbox.folder / "peer.log"
        with log_path.open("w+", encoding="utf-8") as log:
            try:
                done = subprocess.run(
                    command, env=sandbox.env, stdout=subprocess.PIPE, stderr=log, text=True,
                    timeout=PICTURE_TIMEOUT_S * len(pictures), check=False,
                )  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as error:
                raise ActionFailed(f"{PACKAGE} did not run: {error}") from error
            log.seek(0)
            said = log.read().strip().splitlines() or ["nothing"]
        if done.returncode != 0:
            raise ActionFailed(f"{PACKAGE} ended with {done.returncode} and said: {said[-1]}")
    return [_parse(line) for line in done.stdout.splitlines()]


def _parse(line: str) -> PeerLook:
    record = json.loads(line)
    return PeerLook(
        picture=Path(record["path"]),
        texts=[(text, _around(corners)) for text, corners in record["texts"]],
        wall_s=record["wall_s"],
        cpu_s=record["cpu_s"],
        call_s=record["call_s"],
    )


def _around(corners: Sequence[Sequence[float]]) -> Box:
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return Box(round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"exit code {error.returncode}"]
        raise ActionFailed(f"{PACKAGE} cannot be installed: {said[-1]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ActionFailed(f"{PACKAGE} cannot be installed: {error}") from error
