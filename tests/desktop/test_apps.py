"""Starting programs and waiting for their windows, on the virtual desktop."""

from collections.abc import Callable

import pytest

from deskhand.tools.desktop.backend import Window

pytestmark = pytest.mark.desktop


def test_window_of_a_started_program_is_returned(launch: Callable[..., Window]) -> None:
    assert launch("xterm").app == "XTerm"
