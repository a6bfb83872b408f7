"""Bad recordings given to the real commands: what each says, how it ends, and what it leaves.

    python benchmarks/media_bad_inputs.py
    python benchmarks/media_bad_inputs.py --only 7680 --only pipe

Every line is a process of its own, `deskhand audio transcribe FILE` or `deskhand video find FILE
TEXT`, with an empty folder for caches, temporary files, home and current folder. Right is: what
cannot be used is refused in one line on stderr, nothing on stdout, exit code 2, and no file left
anywhere; what can be is read, with no traceback, and nothing left but the video's index. It has to
end by itself within a minute.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.bad_media_files import QUERY, BadFile, Outcome, bad_files
from deskhand.tools.models.store import default_root

PROGRAM = Path(sys.executable).with_name("deskhand")
PATIENCE_S = 60.0
SHOWN_CHARS = 110
WITHOUT_RIGHTS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""root may read everything; without these it may not."""
FULL_DISK_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended."""

    code: int | None
    """None if it had to be killed."""
    out: str
    err: str
    seconds: float
    left: tuple[str, ...]
    """Files that were not there before; the video's index is none."""
    peak_mb: float

    def faults(self, expected: Outcome) -> Iterator[str]:
        """Yield what is wrong with it."""
        lines = self.err.splitlines()
        if self.code is None:
            yield "HANGS"
        if "Traceback" in self.err:
            yield "TRACEBACK"
        if self.left:
            yield f"LEFT {', '.join(self.left)}"
        is_refused = any(line.startswith("deskhand: error: ") for line in lines)
        if is_refused != (expected == "refused"):
            yield f"NOT {expected.upper()}"
        if is_refused and (self.code != 2 or self.out or len(lines) != 1):
            yield f"{len(lines)} LINES, CODE {self.code}"
        if not is_refused and self.code not in (0, 1):
            yield f"CODE {self.code}"


def run(command: Sequence[str], place: Path, *, is_locked: bool) -> Ended:
    """Run a command that keeps to a folder."""
    names = ("cache", "config", "data", "home", "tmp", "cwd")
    folders = {name: place / name for name in names}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "COLUMNS": "1000",
        "DESKHAND_MODELS": str(default_root(os.environ)),
        "HOME": str(folders["home"]),
        "TMPDIR": str(folders["tmp"]),
        **{f"XDG_{name.upper()}_HOME": str(folders[name]) for name in ("cache", "config", "data")},
    }
    rights = WITHOUT_RIGHTS if is_locked and os.geteuid() == 0 else ()
    before = _files(place)
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    with out, err:
        began = time.monotonic()
        process = subprocess.Popen(
            [*rights, *command],
            cwd=folders["cwd"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        code, peak_mb = _watched(process)
        seconds = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        return Ended(
            code=code,
            out=out.read().decode(errors="replace"),
            err=err.read().decode(errors="replace"),
            seconds=seconds,
            left=tuple(sorted(_files(place) - before)),
            peak_mb=peak_mb,
        )


def _watched(process: "subprocess.Popen[bytes]") -> tuple[int | None, float]:
    """Return the exit code, None if it had to be killed, and the most memory it had."""
    peak_mb, deadline = 0.0, time.monotonic() + PATIENCE_S
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        with suppress(OSError):
            for line in status.read_text(encoding="ascii", errors="replace").splitlines():
                if line.startswith("VmHWM:"):
                    peak_mb = int(line.split()[1]) / 1024
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            return None, peak_mb
        time.sleep(0.05)
    return process.returncode, peak_mb


def _files(place: Path) -> set[str]:
    """Return what lies in a folder; a video's index may, the files and folders it was given do."""
    found = set()
    for one in place.rglob("*"):
        name = one.relative_to(place)
        is_index = name.parts[:3] == ("cache", "deskhand", "videos") and one.suffix != ".part"
        if not (is_index or one.is_dir() or name.parts[0] == "given"):
            found.add(os.fsencode(name).decode(errors="replace"))
    return found


@contextmanager
def _small_disk(place: Path, *, is_small: bool) -> Iterator[bool]:
    """Give the folder of caches a disk of its own that is full; tell whether that could be done."""
    cache = place / "cache"
    cache.mkdir()
    if not is_small:
        yield True
        return
    size = f"size={FULL_DISK_BYTES}"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", cache], capture_output=True)
    if done.returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", cache], check=True)


def one_row(file: BadFile, place: Path, what: str) -> bool:
    """Give a file to a command, print what came of it, and tell whether that was right."""
    given = place / "given"
    given.mkdir(parents=True)
    path = file.make(given)
    if what == "audio":
        command, expected = ["audio", "transcribe", str(path)], file.heard
    else:
        command, expected = ["video", "find", str(path), QUERY], file.seen
    with _small_disk(place, is_small=file.is_disk_full) as is_ready:
        if not is_ready:
            print(f"  {what}  not tried: a disk can only be made small by root")
            return True
        ended = run([str(PROGRAM), *command], place, is_locked=file.is_locked)
    faults = list(ended.faults(expected))
    told = " | ".join(ended.err.replace(str(place), "").splitlines())
    verdict = "; ".join(faults) or expected
    print(
        f"  {what}  {ended.code!s:>4}  {ended.seconds:5.1f} s {ended.peak_mb:5.0f} MB  "
        f"{len(ended.left)} left  {verdict:8}  {told[:SHOWN_CHARS]!r}",
        flush=True,
    )
    return not faults


def main() -> None:
    """Print two rows for each file, and exit with 1 if one is wrong."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", action="append", help="files whose name has this in it")
    only = options.parse_args().only
    n_rows, n_wrong = 0, 0
    for number, file in enumerate(bad_files()):
        if only and not any(part in file.name for part in only):
            continue
        print(file.name)
        for what in ("audio", "video"):
            with tempfile.TemporaryDirectory() as name:
                n_rows += 1
                n_wrong += not one_row(file, Path(name) / f"{number}", what)
    print(f"{n_rows - n_wrong} of {n_rows} right")
    sys.exit(n_wrong > 0)


if __name__ == "__main__":
    main()
