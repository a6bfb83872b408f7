"""The catalogue of models, the store they lie in, what serves on a machine, `deskhand models`."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deskhand.agent.cli import main
from deskhand.memory.errors import ConfigError, ModelUnavailable
from deskhand.tools.models.machine import Gpu, Machine, read_machine, recommend
from deskhand.tools.models.pull import pull
from deskhand.tools.models.registry import ModelFile, WheelsMirror, catalogue, entry_named
from deskhand.tools.models.store import FileCheck, ModelStore, default_root, find_model
from deskhand.tools.system_check import check_system

# Any model without pinned hashes serves: what is pulled first is what it is held to.
NAME = "smolvlm2-500m"
WEIGHTS = b"weights" * 100
GB = 1_000_000_000


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESKHAND_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_bytes(b"{}")
    return folder


@pytest.fixture
def pulled(root: Path, source: Path) -> Path:
    """The folder of a model that is there."""
    return pull(entry_named(NAME), source=source).path


def spoil(path: Path, *, keeping_time: bool = False) -> None:
    """Flip one byte of a file."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    nanoseconds = before.st_mtime_ns if keeping_time else before.st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(nanoseconds, nanoseconds))


# --- the catalogue


def test_names_of_models_and_files_are_unique() -> None:
    names = [entry.name for entry in catalogue()]
    assert len(set(names)) == len(names)
    for entry in catalogue():
        paths = [file.path for file in entry.files]
        assert len(set(paths)) == len(paths), entry.name
        assert entry.name == entry.name.casefold()


def test_pieces_in_wheels_make_up_the_files() -> None:
    """Their sizes add up, none is missing, and wheel after wheel only appends."""
    n_mirrors = 0
    for entry in catalogue():
        for mirror in entry.mirrors:
            if not isinstance(mirror, WheelsMirror):
                continue
            n_mirrors += 1
            wheels = list(dict.fromkeys(piece.distribution for piece in mirror.pieces))
            for file in entry.files:
                pieces = [piece for piece in mirror.pieces if piece.file == file.path]
                assert sum(piece.size_bytes for piece in pieces) == file.size_bytes, file.path
                places = [wheels.index(piece.distribution) for piece in pieces]
                assert places == sorted(places), file.path
    assert n_mirrors == 3


def test_every_model_says_what_is_pinned() -> None:
    pinning = {entry.name: entry.pinning for entry in catalogue()}
    assert pinning["qwen2.5-coder-1.5b"] == pinning["whisper-base"] == "hashes"
    assert pinning["ui-tars-1.5-7b"] == "revision"
    assert pinning["ui-venus-1.5-2b"] == "none"
    assert all(entry.revision for entry in catalogue() if entry.is_pinned)


def test_unknown_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as caught:
        entry_named("qwen2.5-code-1.5b")
    known = ", ".join(entry.name for entry in catalogue())
    assert str(caught.value) == (
        "no model is called 'qwen2.5-code-1.5b' (did you mean 'qwen2.5-coder-1.5b'?); "
        f"known are: {known}"
    )
    with pytest.raises(ConfigError, match=r"no model is called 'xyz'; known are: "):
        entry_named("xyz")


# --- finding


def test_model_that_is_not_there_is_told_with_the_command(root: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        find_model("whisper-base")
    assert str(caught.value) == (
        "whisper-base is not there; bring it with: deskhand models pull whisper-base"
    )
    assert not root.exists()


def test_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.gguf"
    file.touch()
    assert find_model(file) == file
    assert find_model(str(file)) == file
    monkeypatch.chdir(tmp_path)
    assert find_model("mine.gguf") == Path("mine.gguf")
    with pytest.raises(ModelUnavailable) as caught:
        find_model(tmp_path / "other.gguf")
    assert str(caught.value) == (
        f"{tmp_path}/other.gguf is not there; give the path of a model's file or folder, or a name "
        "that `deskhand models list` shows"
    )


def test_name_of_the_catalogue_is_no_path(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whisper-base").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnavailable, match="is not there"):
        find_model("whisper-base")
    assert find_model("./whisper-base") == Path("whisper-base")


def test_name_that_is_neither_is_told(root: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'whisper-base'"):
        find_model("whisper-bas")
    with pytest.raises(ConfigError, match="no model is called ''"):
        find_model("")


def test_finding_and_listing_load_nothing_that_downloads(pulled: Path) -> None:
    code = (
        "import sys\n"
        "from deskhand.tools.models.store import find_model\n"
        f"find_model({NAME!r})\n"
        "from deskhand.agent.cli import main\n"
        "try:\n"
        "    main(['models', 'list', '--json'])\n"
        "except SystemExit as left:\n"
        "    assert left.code == 0, left.code\n"
        "heavy = {'huggingface_hub', 'torch', 'transformers', 'langgraph', 'httpx', 'httpx2'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_store_is_where_the_variable_says(tmp_path: Path, pulled: Path) -> None:
    assert find_model(NAME) == pulled
    with pytest.raises(ModelUnavailable, match="is not there"):
        find_model(NAME, root=tmp_path / "another")
    assert default_root({"DESKHAND_MODELS": "/somewhere"}) == Path("/somewhere")
    assert default_root({}).parts[-2:] == ("deskhand", "models")


def test_changed_file_is_not_loaded(pulled: Path) -> None:
    spoil(pulled / "model.safetensors")
    with pytest.raises(ModelUnavailable) as caught:
        find_model(NAME)
    message = str(caught.value)
    assert message.startswith(f"{NAME} is not loaded: model.safetensors has SHA-256 ")
    assert message.endswith(f"; bring it anew with: deskhand models pull {NAME}")
    with pytest.raises(ModelUnavailable) as again:  # remembered, not hashed anew
        find_model(NAME)
    assert str(again.value) == (
        f"{NAME} is not loaded: model.safetensors is damaged; bring it anew with: "
        f"deskhand models pull {NAME}"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda path: path.unlink(), "model.safetensors is missing"),
        (
            lambda path: path.write_bytes(WEIGHTS[:-1]),
            "model.safetensors has 699 bytes, expected 700",
        ),
    ],
    ids=["missing", "shorter"],
)
def test_missing_and_short_files_are_not_loaded(
    pulled: Path, change: Callable[[Path], object], problem: str
) -> None:
    change(pulled / "model.safetensors")
    with pytest.raises(ModelUnavailable, match=f"is not loaded: {problem};"):
        find_model(NAME)


def test_touched_file_is_hashed_and_loaded(pulled: Path) -> None:
    os.utime(pulled / "model.safetensors", ns=(1, 1))
    assert find_model(NAME) == pulled
    manifest = ModelStore().manifest(NAME)
    assert manifest is not None
    assert {file.path: file.mtime_ns for file in manifest.files}["model.safetensors"] == 1


def test_catalogue_with_other_hashes_than_those_there_has_it_pulled_anew(pulled: Path) -> None:
    pinned = replace(entry_named("whisper-base"), name=NAME)
    with pytest.raises(ModelUnavailable) as caught:
        ModelStore().find(pinned)
    assert str(caught.value) == (
        f"{NAME} is not loaded: its files are not those that the catalogue pins; bring it anew "
        f"with: deskhand models pull {NAME}"
    )


def test_manifest_that_cannot_be_read_is_told_and_mended(pulled: Path, source: Path) -> None:
    (pulled / "manifest.json").write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(ModelUnavailable) as caught:
        find_model(NAME)
    assert str(caught.value) == (
        f"{pulled}/manifest.json cannot be read; bring the model anew with: "
        f"deskhand models pull {NAME}"
    )
    pull(entry_named(NAME), source=source)
    assert find_model(NAME) == pulled


# --- checking and removing


def test_check_finds_what_a_look_at_sizes_and_times_does_not(pulled: Path) -> None:
    spoil(pulled / "model.safetensors", keeping_time=True)
    assert find_model(NAME) == pulled
    by_path = {check.path: check for check in ModelStore().check(entry_named(NAME))}
    assert by_path["config.json"] == FileCheck(path="config.json", problem=None)
    problem = by_path["model.safetensors"].problem
    assert problem is not None
    assert problem.startswith("has SHA-256 ")
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors is damaged"):
        find_model(NAME)


def test_file_that_is_right_again_is_loaded_after_a_check(pulled: Path) -> None:
    spoil(pulled / "model.safetensors")
    with pytest.raises(ModelUnavailable, match="is not loaded"):
        find_model(NAME)
    (pulled / "model.safetensors").write_bytes(WEIGHTS)
    ModelStore().check(entry_named(NAME))
    assert find_model(NAME) == pulled


def test_check_holds_the_files_to_the_catalogue_whatever_the_manifest_says(pulled: Path) -> None:
    weights = ModelFile(path="model.safetensors", size_bytes=len(WEIGHTS), sha256="0" * 64)
    other = ModelFile(path="vocab.json", size_bytes=2, sha256="1" * 64)
    pinned = replace(entry_named(NAME), files=(weights, other))
    assert ModelStore().check(pinned) == [
        FileCheck(path="config.json", problem="is not what the catalogue pins"),
        FileCheck(path="model.safetensors", problem="is not what the catalogue pins"),
        FileCheck(path="vocab.json", problem="is missing"),
    ]


def test_remove_frees_the_model_and_its_unfinished_pull(pulled: Path) -> None:
    store = ModelStore()
    store.staging(NAME).mkdir()
    assert store.remove(NAME) > len(WEIGHTS)
    assert [path for path in store.root.iterdir() if path.is_dir()] == []
    with pytest.raises(ModelUnavailable) as caught:
        store.remove(NAME)
    assert str(caught.value) == f"{NAME} is not in {store.root}: nothing to remove"


# --- what serves on a machine


@pytest.mark.parametrize(
    ("gpu_bytes", "grounder"),
    [
        (0, None),
        (6 * GB, None),
        (8188 << 20, "ui-venus-1.5-2b"),
        (16376 << 20, "qwen3-vl-4b"),
        (24564 << 20, "ui-venus-1.5-8b"),
    ],
)
def test_model_that_points_is_chosen_by_gpu_memory(gpu_bytes: int, grounder: str | None) -> None:
    machine = Machine(
        ram_bytes=16 * GB,
        free_disk_bytes=500 * GB,
        gpus=(Gpu(name="card", memory_bytes=gpu_bytes),) if gpu_bytes else (),
    )
    names = [one.entry.name for one in recommend(machine)]
    usual = ["qwen2.5-coder-1.5b", "whisper-base", "minilm-l6", "clip-vit-b-32"]
    assert names == [*([grounder] if grounder else []), *usual]


def test_small_memory_and_full_disks_are_respected() -> None:
    small = Machine(ram_bytes=2 * GB, free_disk_bytes=500 * GB)
    assert [one.entry.name for one in recommend(small)] == ["whisper-base", "minilm-l6"]
    full = Machine(ram_bytes=16 * GB, free_disk_bytes=GB // 10)
    assert [one.entry.name for one in recommend(full)] == ["minilm-l6"]
    assert recommend(Machine(ram_bytes=16 * GB, free_disk_bytes=GB // 20)) == []


def test_recommendation_says_why_and_how() -> None:
    (first, *_) = recommend(Machine(ram_bytes=16 * GB, free_disk_bytes=500 * GB))
    assert first.why == "plans without a GPU, in 1.9 GB of memory"
    assert first.command == "deskhand models pull qwen2.5-coder-1.5b"


def test_graphics_cards_are_read_from_their_programs(tmp_path: Path) -> None:
    write_program(tmp_path / "nvidia-smi", "NVIDIA GeForce RTX 4090, 24564\nSmall, [N/A]\n")
    write_program(
        tmp_path / "rocm-smi", '{"card0": {"VRAM Total Memory (B)": "17163091968"}, "system": 1}'
    )
    machine = read_machine(tmp_path / "not" / "there", {"PATH": str(tmp_path)})
    assert machine.gpus == (
        Gpu(name="NVIDIA GeForce RTX 4090", memory_bytes=24564 << 20),
        Gpu(name="AMD card0", memory_bytes=17163091968),
    )
    assert machine.gpu_bytes == 24564 << 20
    assert machine.ram_bytes > 0
    assert machine.free_disk_bytes > 0


def test_machine_without_those_programs_has_no_graphics_cards(tmp_path: Path) -> None:
    write_program(tmp_path / "rocm-smi", "not JSON")
    assert read_machine(tmp_path, {"PATH": str(tmp_path)}).gpus == ()


def write_program(path: Path, printed: str) -> None:
    path.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{printed}\nEND\n", encoding="utf-8")
    path.chmod(0o755)


# --- the command line


@dataclass(frozen=True)
class Said:
    code: object
    out: str
    err: str


class Cli:
    """Runs `deskhand models` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> Said:
        with pytest.raises(SystemExit) as left:
            main(["models", *args])
        captured = self._capsys.readouterr()
        return Said(left.value.code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("COLUMNS", "120")
    return Cli(capsys)


def test_pull_prints_the_path_and_tells_the_rest(cli: Cli, root: Path, source: Path) -> None:
    first = cli("pull", NAME, "--from", str(source))
    assert first == Said(
        0,
        f"{root / NAME}\n",
        f"{NAME}: size not known, licence not known: look it up\n"
        f"{NAME} is unpinned: its hashes are not known beforehand; what comes now is recorded, and "
        "later loads are held against it\n"
        "2 files from local, hashes right\n",
    )
    again = cli("pull", NAME)
    assert (again.code, again.out) == (0, first.out)
    assert "it is there already, from local, " in again.err
    assert cli("path", NAME) == Said(0, first.out, "")


def test_pull_of_an_unknown_model_is_wrong_input(cli: Cli, root: Path) -> None:
    said = cli("pull", "whisper-bas")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(
        "deskhand: error: no model is called 'whisper-bas' (did you mean 'whisper-base'?); known"
    )


def test_list_says_what_is_pinned_and_what_is_here(cli: Cli, pulled: Path, root: Path) -> None:
    said = cli("list")
    lines = {line.split()[0]: line.split() for line in said.out.splitlines() if line.strip()}
    assert lines["whisper-base"][:6] == ["whisper-base", "148", "MB", "MIT", "pinned", "no"]
    assert lines[NAME][:5] == [NAME, "702", "B", "unpinned", "yes"]
    assert said.err == f"they are kept in {root}\n"
    rows = {row["name"]: row for row in json.loads(cli("list", "--json").out)}
    assert rows[NAME]["here"] == "yes"
    assert rows[NAME]["folder"] == str(pulled)
    assert rows["whisper-base"]["pinning"] == "hashes"
    assert rows["whisper-base"]["mirrors"] == ["hub", "wheels"]
    assert rows["ui-tars-1.5-7b"]["family"] == "ui-tars-1.5"


def test_list_tells_stopped_and_damaged_ones(cli: Cli, pulled: Path, root: Path) -> None:
    (root / "whisper-base.part").mkdir()
    (pulled / "manifest.json").write_text("{}", encoding="utf-8")
    rows = {row["name"]: row["here"] for row in json.loads(cli("list", "--json").out)}
    assert (rows["whisper-base"], rows[NAME]) == ("partly", "damaged")


def test_check_exits_with_1_when_a_file_is_damaged(cli: Cli, pulled: Path) -> None:
    good = cli("check")
    assert (good.code, good.err) == (0, "")
    assert good.out.count("as it first came") == 2
    spoil(pulled / "model.safetensors")
    bad = cli("check", NAME, "--json")
    assert bad.code == 1
    (model,) = json.loads(bad.out)
    problems = {file["path"]: file["problem"] for file in model["files"]}
    assert problems["config.json"] is None
    assert problems["model.safetensors"].startswith("has SHA-256 ")
    assert cli("check").err == f"bring it anew with: deskhand models pull {NAME}\n"


def test_check_of_nothing(cli: Cli, root: Path) -> None:
    assert cli("check") == Said(
        0, "no models are here; `deskhand models recommend` says which would serve\n", ""
    )
    assert cli("check", "whisper-base") == Said(
        1,
        "",
        "deskhand: error: whisper-base is not there; bring it with: "
        "deskhand models pull whisper-base\n",
    )


def test_remove_says_what_it_freed(cli: Cli, pulled: Path) -> None:
    said = cli("remove", NAME)
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith(f"{NAME} is removed; ")
    assert not pulled.exists()
    assert cli("remove", NAME).code == 1


def test_recommend_prints_the_commands(
    cli: Cli, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path / "nvidia-smi", "Card, 8188\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    said = json.loads(cli("recommend", "--json").out)
    assert said["gpus"] == [{"name": "Card", "memory_bytes": 8188 << 20}]
    assert said["models"][0]["command"] == "deskhand models pull ui-venus-1.5-2b"
    assert "deskhand models pull ui-venus-1.5-2b" in cli("recommend").out


def test_doctor_tells_which_models_are_here_and_which_would_serve(
    pulled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path / "nvidia-smi", "Card, 8188\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    env = {"DESKHAND_MODELS": str(pulled.parent), "PATH": str(tmp_path)}
    checks = {check.name: check for check in check_system(env)}
    assert (checks["models"].status, checks["models"].detail) == ("ok", NAME)
    wanted = checks["models for this machine"]
    assert wanted.status == "warning"
    assert wanted.detail == (
        "ui-venus-1.5-2b: the best at pointing that fits into 8.6 GB of GPU memory"
    )
    assert wanted.fix == "deskhand models pull ui-venus-1.5-2b"
    spoil(pulled / "config.json")
    with pytest.raises(ModelUnavailable, match="is not loaded"):
        find_model(NAME)
    damaged = {check.name: check for check in check_system(env)}["damaged models"]
    assert (damaged.status, damaged.detail) == ("warning", f"not loaded: {NAME}")
    assert damaged.fix == f"deskhand models pull {NAME}"


def test_store_is_private(pulled: Path, root: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert {mode for name, mode in modes.items() if name in ("models", NAME)} == {0o700}
    assert {mode for name, mode in modes.items() if name not in ("models", NAME)} == {0o600}
