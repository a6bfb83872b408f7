"""The examples in docstrings run, under their real `deskhand.*` names."""

import doctest
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEEDS_ITS_SYSTEM = {"deskhand.tools.desktop.native": ("win32", "darwin")}
"""Modules that only some systems can import, for what they import themselves."""

MODULES = sorted(
    ".".join(("deskhand", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for folder in ("agent", "memory", "tools")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "__main__.py"
)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    if sys.platform not in NEEDS_ITS_SYSTEM.get(name, (sys.platform,)):
        pytest.skip(f"{name} needs one of: {', '.join(NEEDS_ITS_SYSTEM[name])}")
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
