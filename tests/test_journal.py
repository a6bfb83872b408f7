"""The journal tells how far an action came, whatever killed the process."""

import sqlite3
from pathlib import Path

import pytest

from deskhand.agent.journal import Journal
from deskhand.memory.errors import RunError

CLICK = {"kind": "click"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


def test_a_step_that_was_never_intended_has_no_entry(journal: Journal) -> None:
    assert journal.entry(1) is None


def test_the_phases_in_order(journal: Journal) -> None:
    journal.intend(1, CLICK)
    assert journal.entry(1).phase == "intended"  # type: ignore[union-attr]  # it was written
    journal.commit(1)
    assert journal.entry(1).phase == "committed"  # type: ignore[union-attr]  # as above
    journal.acted(1, {"outcome": None})
    entry = journal.entry(1)
    assert entry is not None
    assert (entry.phase, entry.action, entry.acted) == ("acted", CLICK, {"outcome": None})


def test_an_intended_action_may_be_intended_again(journal: Journal) -> None:
    journal.intend(1, CLICK)
    journal.intend(1, {"kind": "scroll"})
    assert journal.entry(1).action == {"kind": "scroll"}  # type: ignore[union-attr]  # as above


@pytest.mark.parametrize("phase", ["committed", "acted"])
def test_an_action_that_may_have_happened_is_never_intended_again(
    journal: Journal, phase: str
) -> None:
    journal.intend(4, CLICK)
    journal.commit(4)
    if phase == "acted":
        journal.acted(4, {})
    with pytest.raises(
        RunError, match=rf"^step 4 is {phase} in the journal; it is not done again$"
    ):
        journal.intend(4, CLICK)
    assert journal.entry(4).phase == phase  # type: ignore[union-attr]  # as above


def test_forgetting_lets_it_be_done_again(journal: Journal) -> None:
    journal.intend(2, CLICK)
    journal.commit(2)
    journal.forget(2)
    assert journal.entry(2) is None


def test_another_process_reads_what_was_written(journal: Journal, tmp_path: Path) -> None:
    journal.intend(1, CLICK)
    journal.commit(1)
    # Not closed: a killed process closes nothing.
    other = Journal(tmp_path / "journal.db")
    entry = other.entry(1)
    other.close()
    assert entry is not None
    assert entry.phase == "committed"


def test_every_write_is_flushed_to_disk(journal: Journal, tmp_path: Path) -> None:
    del journal
    database = sqlite3.connect(tmp_path / "journal.db")
    assert database.execute("pragma journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    with pytest.raises(RunError, match=r"cannot be opened: file is not a database$"):
        Journal(path)
