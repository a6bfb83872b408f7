"""The wheel holds every module and data file of the three folders."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("agent", "memory", "tools")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def files_on_disk() -> set[str]:
    """Return what git would keep of the folders, named as in the wheel."""
    return {
        f"deskhand/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_package_is_listed() -> None:
    on_disk = {
        ".".join(("deskhand", *init.parent.relative_to(ROOT).parts))
        for folder in FOLDERS
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == on_disk


def test_every_folder_with_modules_is_a_package() -> None:
    with_modules = {
        path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")
    }  # a folder without __init__.py works from a clone and is missing from the wheel
    assert {folder for folder in with_modules if not (folder / "__init__.py").is_file()} == set()


def test_every_package_folder_is_typed() -> None:
    assert all((ROOT / folder / "py.typed").is_file() for folder in FOLDERS)


def test_type_checkers_see_the_folders() -> None:
    for folder in FOLDERS:
        assert (ROOT / ".typecheck" / "deskhand" / folder).resolve() == ROOT / folder


@pytest.mark.slow
def test_wheel_holds_every_file(tmp_path: Path) -> None:
    # In a copy: setuptools keeps modules deleted since the last build in ./build/lib.
    source = tmp_path / "source"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if ".dist-info/" not in name} == files_on_disk()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
