"""Tasks that were tried, found again by a task like them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from deskhand.memory.database import FILE
from deskhand.memory.episodes import Episode, EpisodeHit, EpisodeMemory, passes
from deskhand.memory.errors import BadArgumentError
from deskhand.memory.records import Filter
from deskhand.memory.screens import VisualMemory
from tests.memory_embedders import WordEmbedder
from tests.memory_screens import NOON, screen


def episode(
    task: str, outcome: Literal["done", "failed", "stopped"] = "done", *, minutes: float = 0
) -> Episode:
    return Episode(
        task=task,
        steps=('click menu "File"', f'type "{task}" into Name'),
        outcome=outcome,
        time=NOON + timedelta(minutes=minutes),
        app="writer",
    )


def test_similar_tasks_that_worked_are_found(tmp_path: Path) -> None:
    with EpisodeMemory.open(tmp_path) as memory:
        memory.add(episode("save the report as PDF"))
        memory.add(episode("rename the report", "failed"))
        memory.add(episode("mute the sound"))
        hits = memory.similar("print the report")
        assert [hit.episode.task for hit in hits][0] == "save the report as PDF"
        assert "rename the report" not in [hit.episode.task for hit in hits]
        everything = memory.similar("rename a report", worked=False)
        assert everything[0].episode == episode("rename the report", "failed")
        assert memory.similar("zebra") == []
        assert memory.similar("???") == []


def test_other_words_for_a_task_find_it(tmp_path: Path) -> None:
    with EpisodeMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        memory.add(episode("send invoice"))
        memory.add(episode("mute sound"))
        assert [hit.episode.task for hit in memory.similar("bill")] == ["send invoice"]


def test_the_same_again_is_kept_once(tmp_path: Path) -> None:
    with EpisodeMemory.open(tmp_path) as memory:
        first = memory.add(episode("mute the sound"))
        assert memory.add(episode("mute the sound", minutes=9)) == first
        (only,) = memory.list()
        assert only.episode.time == NOON + timedelta(minutes=9)


def test_words_that_every_task_has_make_none_alike(tmp_path: Path) -> None:
    with EpisodeMemory.open(tmp_path) as memory:
        for task in ("mute the sound", "rename the folder", "close the window"):
            memory.add(episode(task))
        assert memory.similar("print the calendar of the team") == []
        assert [hit.episode.task for hit in memory.similar("rename a folder")] == [
            "rename the folder"
        ]


def test_a_memory_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with EpisodeMemory.open(tmp_path) as memory:
        memory.add(episode("mute the sound"))
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("ALTER TABLE episodes DROP COLUMN run")
        for table in ("moment_words", "moments", "recordings"):
            database.execute(f"DROP TABLE {table}")
        database.execute("PRAGMA user_version = 1")
    with EpisodeMemory.open(tmp_path) as memory:
        memory.add(replace(episode("rename the folder"), run="20261125-rename"))
        runs = {hit.episode.task: hit.episode.screens_tag for hit in memory.list()}
    assert runs == {"mute the sound": "", "rename the folder": "run:20261125-rename"}


FILTERS: dict[str, tuple[Filter, bool]] = {
    "everything": (Filter(), True),
    "its application": (Filter(app="Write"), True),
    "another application": (Filter(app="mail"), False),
    "a window": (Filter(window="a"), False),
    "from then": (Filter(since=NOON), True),
    "later": (Filter(since=NOON + timedelta(seconds=1)), False),
    "until then": (Filter(until=NOON), True),
    "earlier": (Filter(until=NOON - timedelta(seconds=1)), False),
    "its screens' tags": (Filter(tags={"run", "run:1"}), True),
    "another run's": (Filter(tags={"run:2"}), False),
    "its id": (Filter(ids={"0f3a", "1"}), True),
    "another id": (Filter(ids={"1"}), False),
}


@pytest.mark.parametrize("what", FILTERS)
def test_a_filter_of_screens_is_one_of_episodes(what: str) -> None:
    filter, is_let_through = FILTERS[what]
    hit = EpisodeHit(id="0f3a", episode=replace(episode("x"), run="1"), score=0.0)
    assert passes(hit, filter) is is_let_through


def test_forgotten_episodes_leave_nothing(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder()) as screens:
        screens.add(screen("kept"))
        with EpisodeMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
            id = memory.add(episode("tune the xylophone"))
            memory.add(episode("mute the sound", minutes=60))
            memory.similar("xylophone")
            assert memory.forget(ids={id}) == 1
            assert memory.forget(ids={id}) == 0
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            assert [path.name for path in files if b"ylophone" in path.read_bytes()] == []
            assert [hit.episode.task for hit in memory.list()] == ["mute the sound"]
            assert memory.forget(until=NOON + timedelta(minutes=60)) == 1
            assert memory.list() == []
        assert len(screens.list()) == 1
        assert screens.check() == []


def test_forgetting_must_say_what(tmp_path: Path) -> None:
    with EpisodeMemory.open(tmp_path) as memory:
        with pytest.raises(BadArgumentError) as caught:
            memory.forget()
        assert str(caught.value) == "say which episodes to forget: ids, or until when"


def test_an_episode_needs_a_task() -> None:
    with pytest.raises(BadArgumentError) as caught:
        episode("  ")
    assert str(caught.value) == "an episode needs a task, got an empty text"
