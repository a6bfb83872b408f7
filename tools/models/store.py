"""Where weights lie, and that only what has the right hash is loaded."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ...memory.errors import ConfigError, ModelUnavailable
from ...memory.file_lock import try_lock
from .hashing import sha256_of
from .manifest import Manifest, StoredFile, read_manifest, write_manifest
from .registry import MANIFEST, ModelEntry, entry_named

SWITCH = "DESKHAND_MODELS"
STAGING_SUFFIX = ".part"

State = Literal["yes", "no", "partly", "damaged"]
"""Whether a model is here; `partly` is a pull that was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What came of looking at one file."""

    path: str
    problem: str | None
    """What is wrong with it, such as `is missing`; None where it is what the manifest says."""


def default_root(env: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of all models: `DESKHAND_MODELS`, else one in the user's data folder."""
    from platformdirs import user_data_path

    given = env.get(SWITCH)
    if given:
        return Path(given).expanduser()
    return user_data_path("deskhand", appauthor=False) / "models"


def find_model(name_or_path: str | Path, *, root: Path | None = None) -> Path:
    """Return the file of a model that has one, else the folder of its files.

    Only sizes and times of change are looked at; a file whose time of change is another than when
    its hash was computed is hashed first.

    Args:
        name_or_path: A name of the catalogue, or the path of a file or folder, which is taken as it
            is. A name of the catalogue is never taken for a path; write `./name` for one.
        root: The store; None for `default_root()`.

    Raises:
        ModelUnavailable: If it is not there or damaged, with the command that brings it.
        ConfigError: If it is neither a path that exists nor a name of the catalogue.
    """
    text = str(name_or_path)
    is_name = not isinstance(name_or_path, Path) and Path(text).name == text
    try:
        entry = entry_named(text) if is_name else None
    except ConfigError:
        if not text or not Path(text).exists():
            raise
        entry = None
    if entry is not None:
        return ModelStore(root).find(entry)
    path = Path(text).expanduser()
    if not path.exists():
        raise ModelUnavailable(
            f"{path} is not there; give the path of a model's file or folder, or a name that "
            "`deskhand models list` shows"
        )
    return path


class ModelStore:
    """The folder of all models, one folder for each.

    Args:
        root: None for `default_root()`. Made when something is first pulled, for its owner only.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = default_root() if root is None else root

    def folder(self, name: str) -> Path:
        """Return where a model lies, or would lie."""
        return self.root / name

    def staging(self, name: str) -> Path:
        """Return where a model is put together while it is pulled."""
        return self.root / (name + STAGING_SUFFIX)

    def manifest(self, name: str) -> Manifest | None:
        """Return what is there of a model, None for nothing.

        Raises:
            ModelUnavailable: If its manifest cannot be read.
        """
        return read_manifest(self.folder(name))

    def there(self, name: str) -> Manifest:
        """Return what is there of a model.

        Raises:
            ModelUnavailable: If nothing is, with the command that brings it.
        """
        manifest = self.manifest(name)
        if manifest is None:
            raise ModelUnavailable(
                f"{name} is not there; bring it with: deskhand models pull {name}"
            )
        return manifest

    def earlier(self, name: str) -> Manifest | None:
        """Return what was there of a model before its pull began, None if nothing ever was."""
        for folder in (self.folder(name), self.staging(name)):
            with suppress(ModelUnavailable):
                manifest = read_manifest(folder)
                if manifest is not None:
                    return manifest
        return None

    def state(self, entry: ModelEntry) -> State:
        """Return how it stands with a model, without looking into its files."""
        try:
            manifest = self.manifest(entry.name)
        except ModelUnavailable:
            return "damaged"
        if manifest is None:
            return "partly" if self.staging(entry.name).is_dir() else "no"
        return "damaged" if manifest.damaged or not manifest.holds(entry) else "yes"

    def find(self, entry: ModelEntry) -> Path:
        """Return a model's only file, else its folder (see `find_model`)."""
        manifest = self.there(entry.name)
        problem = self._problem(entry, manifest)
        if problem is not None:
            raise ModelUnavailable(
                f"{entry.name} is not loaded: {problem}; bring it anew with: "
                f"deskhand models pull {entry.name}"
            )
        folder = self.folder(entry.name)
        return folder / manifest.files[0].path if len(manifest.files) == 1 else folder

    def check(
        self, entry: ModelEntry, *, on_bytes: Callable[[int], None] = lambda _n: None
    ) -> list[FileCheck]:
        """Compute the hash of every file, and keep in the manifest which are damaged.

        Args:
            entry: The model.
            on_bytes: Told how many bytes were read, chunk by chunk.

        Raises:
            ModelUnavailable: If it is not there.
        """
        manifest = self.there(entry.name)
        folder = self.folder(entry.name)
        pinned = {file.path: file.sha256 for file in entry.files}
        checks = []
        for file in manifest.files:
            problem = _size_problem(folder, file)
            if entry.is_pinned and pinned.pop(file.path, None) != file.sha256:
                problem = "is not what the catalogue pins"
            if problem is None:
                problem = _hash_problem(folder, file, on_bytes=on_bytes)
            checks.append(FileCheck(path=file.path, problem=problem))
        damaged = tuple(check.path for check in checks if check.problem is not None)
        self._keep(manifest, damaged=damaged)
        return checks + [FileCheck(path=path, problem="is missing") for path in pinned]

    def remove(self, name: str) -> int:
        """Remove a model and what is left of an unfinished pull; return the bytes that freed.

        Raises:
            ModelUnavailable: If there is nothing to remove, or it is being pulled.
        """
        with self.locked(name):
            folders = [path for path in (self.folder(name), self.staging(name)) if path.is_dir()]
            if not folders:
                raise ModelUnavailable(f"{name} is not in {self.root}: nothing to remove")
            freed = sum(size_of(folder) for folder in folders)
            for folder in folders:
                shutil.rmtree(folder)
        return freed

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep other processes from changing a model meanwhile.

        Raises:
            ModelUnavailable: If another process is at it, or the store cannot be written to.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.root / f".{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ModelUnavailable(
                f"the store {self.root} cannot be written to: {error.strerror}; "
                f"set {SWITCH} to a folder that can"
            ) from error
        try:
            if not try_lock(descriptor):
                holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
                raise ModelUnavailable(
                    f"{name} is being pulled or removed by process {holder}; wait for it"
                )
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
            yield
        finally:
            os.close(descriptor)

    def settle(self, manifest: Manifest) -> None:
        """Put a staged model in its place; what was there before is gone."""
        staging, folder = self.staging(manifest.name), self.folder(manifest.name)
        belongs = {file.path for file in manifest.files}
        for path in staging.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in belongs:
                path.unlink()
        for file in manifest.files:
            (staging / file.path).chmod(0o600)
        write_manifest(staging, manifest)
        shutil.rmtree(folder, ignore_errors=True)
        staging.replace(folder)

    def unsettle(self, name: str) -> None:
        """Make a model that is wrong the staging folder of its next pull: its good files are kept.

        Where there is an unfinished pull, that goes on, and only the manifest is kept.
        """
        folder, staging = self.folder(name), self.staging(name)
        if not folder.is_dir():
            return
        if staging.is_dir():
            with suppress(FileNotFoundError):
                (folder / MANIFEST).replace(staging / MANIFEST)
            shutil.rmtree(folder)
        else:
            folder.replace(staging)

    def drop_empty_staging(self, name: str) -> None:
        """Remove a staging folder that nothing came into."""
        staging = self.staging(name)
        if staging.is_dir() and size_of(staging) == 0:
            shutil.rmtree(staging)

    def _problem(self, entry: ModelEntry, manifest: Manifest) -> str | None:
        """Return why a model must not be loaded, None if it may."""
        if not manifest.holds(entry):
            return "its files are not those that the catalogue pins"
        if manifest.damaged:
            return f"{manifest.damaged[0]} is damaged"
        folder = self.folder(manifest.name)
        touched = False
        for file in manifest.files:
            problem = _size_problem(folder, file)
            if problem is None and (folder / file.path).stat().st_mtime_ns != file.mtime_ns:
                touched = True
                problem = _hash_problem(folder, file)
            if problem is not None:
                self._keep(manifest, damaged=(file.path,))
                return f"{file.path} {problem}"
        if touched:
            self._keep(manifest, damaged=())
        return None

    def _keep(self, manifest: Manifest, *, damaged: tuple[str, ...]) -> None:
        """Write what was found out about the files."""
        folder = self.folder(manifest.name)
        files = manifest.files
        if not damaged:
            times = [(folder / file.path).stat().st_mtime_ns for file in files]
            files = tuple(
                replace(file, mtime_ns=time) for file, time in zip(files, times, strict=True)
            )
        found = replace(manifest, files=files, damaged=damaged)
        if found != manifest:
            with suppress(OSError):  # a store that may only be read serves all the same
                write_manifest(folder, found)


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _size_problem(folder: Path, file: StoredFile) -> str | None:
    try:
        size = (folder / file.path).stat().st_size
    except OSError:
        return "is missing"
    if size != file.size_bytes:
        return f"has {size} bytes, expected {file.size_bytes}"
    return None


def _hash_problem(
    folder: Path, file: StoredFile, *, on_bytes: Callable[[int], None] = lambda _n: None
) -> str | None:
    found = sha256_of(folder / file.path, on_bytes=on_bytes)
    if found != file.sha256:
        return f"has SHA-256 {found}, expected {file.sha256}"
    return None
