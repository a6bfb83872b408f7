"""What `deskhand doctor` finds out."""

import os
from pathlib import Path

import pytest

from deskhand.memory.errors import ConfigError, DisplayError
from deskhand.tools import system_check
from deskhand.tools.desktop.display_facts import read_display_facts
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.system_check import Check, check_system


def named(checks: list[Check]) -> dict[str, Check]:
    """Return the checks by their names, which are different from each other."""
    found = {check.name: check for check in checks}
    assert len(found) == len(checks)
    return found


def test_machine_without_display_and_programs_lacks_what_a_task_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checks = named(check_system({}))
    assert checks["sandbox"] == Check(
        name="sandbox",
        status="missing",
        detail="not there: Xvfb, openbox, dbus-daemon",
        fix="apt-get install xvfb openbox dbus",
    )
    assert checks["display"] == Check(
        name="display",
        status="missing",
        detail="there is no display: run with --sandbox, or set DISPLAY",
        fix="log in to an Xorg session",
    )
    assert checks["fonts"].status == "warning"
    assert checks["fonts"].fix == "apt-get install fontconfig"


def test_everything_that_is_not_ok_says_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(system_check, "model_paths", _no_models)
    monkeypatch.setattr(system_check, "_is_installed", lambda _name: False)
    wrong = [check for check in check_system({}) if check.status != "ok"]
    assert {"packages", "display", "sandbox", "OCR models"} <= {check.name for check in wrong}
    assert [check.name for check in wrong if not check.fix] == []


def _no_models() -> tuple[Path, Path]:
    raise ConfigError("the OCR models are not installed")


def test_wayland_session_is_a_warning_where_a_sandbox_can_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for program in ("Xvfb", "openbox", "dbus-daemon"):
        (tmp_path / program).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    display = named(check_system({"WAYLAND_DISPLAY": "wayland-0"}))["display"]
    assert display.status == "warning"
    assert display.fix == "use --sandbox"


def test_panic_file_is_pointed_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    panic_file = tmp_path / "panic"
    monkeypatch.setattr(system_check, "default_panic_file", lambda: panic_file)
    assert named(check_system({}))["panic file"].status == "ok"
    panic_file.touch()
    assert named(check_system({}))["panic file"] == Check(
        name="panic file",
        status="warning",
        detail=f"{panic_file} is there: the hands are stopped",
        fix=f"rm {panic_file}",
    )


def test_packages_are_those_of_the_installed_project() -> None:
    packages = named(check_system({}))["packages"]
    assert packages.status == "ok"
    assert int(packages.detail.split()[0]) > 10


def test_display_that_is_not_there_is_told() -> None:
    with pytest.raises(DisplayError) as caught:
        read_display_facts(":1999", os.environ)
    assert str(caught.value).startswith("display :1999 cannot be opened: ")


@pytest.mark.desktop
def test_display_of_a_sandbox_has_all_it_takes(sandbox: Sandbox) -> None:
    checks = named(check_system(sandbox.env))
    assert checks["display"].detail == f"X11 {sandbox.display}, 1280x800"
    assert checks["mouse and keyboard"] == Check(
        name="mouse and keyboard", status="ok", detail="XTEST"
    )
    assert checks["window manager"].detail == "Openbox"
    assert [check for check in checks.values() if check.status == "missing"] == []
