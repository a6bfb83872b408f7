"""`deskhand remember`, `watch`, `recall`, `forget`, `memory` and `index`."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.agent.cli import main
from deskhand.memory.default_folder import default_folder
from deskhand.memory.episodes import Episode, EpisodeMemory
from deskhand.memory.records import NewScreen
from deskhand.memory.screens import VisualMemory
from deskhand.tools.remembering.watching import only_one, pause_file
from tests.memory_screens import draw

NOW = datetime.now(UTC)
LACKING = (
    "not by meaning: no sentence model is here",
    "not by picture: no model that compares pictures with words is here",
)


@dataclass(frozen=True)
class Said:
    code: object
    out: str
    err: str


class Cli:
    """Runs `deskhand` in this process, on the memory of this test."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *args: str, stdin: str | None = None) -> Said:
        given = io.StringIO(stdin or "")
        given.isatty = lambda: stdin is not None  # type: ignore[method-assign]  # a terminal, if asked for
        self._monkeypatch.setattr(sys, "stdin", given)
        with pytest.raises(SystemExit) as left:
            main(args)
        captured = self._capsys.readouterr()
        return Said(left.value.code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("COLUMNS", "110")
    return Cli(capsys, monkeypatch)


@contextmanager
def memory() -> Iterator[VisualMemory]:
    with VisualMemory.open(default_folder()) as memory:
        yield memory


def screen(
    text: str, *, app: str = "Editor", age: timedelta = timedelta(0), tags: Sequence[str] = ()
) -> NewScreen:
    lines = text.split("\n")
    return NewScreen(
        pixels=draw(lines, size_wh=(320, 200)), lines=tuple(lines), time=NOW - age, app=app,
        window=f"{app} window", tags=frozenset(tags),
    )  # fmt: skip


@pytest.fixture
def ids() -> dict[str, str]:
    """Three screens in the memory of this test."""
    with memory() as kept:
        return {
            "invoice": kept.add(screen("Dear Ada\nInvoice 4711: 80.00 EUR", app="Viewer")).id,
            "flight": kept.add(screen("Flight to Rome", app="Browser", tags=["trip"])).id,
            "old": kept.add(screen("Salary 2020", age=timedelta(days=40))).id,
        }


def picture(path: Path, *lines: str) -> Path:
    image = Image.new("RGB", (640, 240), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((30, 30 + 50 * number), line, fill="black", font=ImageFont.load_default(size=26))
    image.save(path)
    return path


# --- recall


def test_recall_shows_the_line_the_sources_and_the_citation(cli: Cli, ids: dict[str, str]) -> None:
    said = cli("recall", "invoice 4711")
    assert said.code == 0
    row, line = said.out.splitlines()[2:4]
    assert "Viewer" in row
    assert "Invoice 4711: 80.00 EUR" in line
    assert f"[screen:{ids['invoice']}]" in row
    assert said.err.splitlines()[0] == "found by words"
    assert [line.split("; bring it with: ")[0] for line in said.err.splitlines()[1:]] == [*LACKING]


def test_recall_as_json_is_one_document(cli: Cli, ids: dict[str, str]) -> None:
    document: Any = json.loads(cli("recall", "rome", "--json").out)
    (hit,) = document["screens"]
    assert hit["id"] == ids["flight"]
    assert hit["line"] == "Flight to Rome"
    assert [reason["source"] for reason in hit["reasons"]] == ["words"]
    assert [source["name"] for source in document["sources"]] == [
        "words", "meaning", "picture", "look-alike",
    ]  # fmt: skip
    assert [source["is_ready"] for source in document["sources"]] == [True, False, False, True]


def test_recall_with_filters_alone_lists_the_newest(cli: Cli, ids: dict[str, str]) -> None:
    document: Any = json.loads(cli("recall", "--since", "1d", "--json").out)
    assert {hit["id"] for hit in document["screens"]} == {ids["invoice"], ids["flight"]}
    document = json.loads(cli("recall", "--tag", "trip", "--app", "brows", "--json").out)
    assert [hit["id"] for hit in document["screens"]] == [ids["flight"]]
    document = json.loads(cli("recall", "--until", "yesterday", "--json").out)
    assert [hit["id"] for hit in document["screens"]] == [ids["old"]]


def test_recall_by_a_picture_and_by_a_screen(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    with memory() as kept:
        copy = Path(tmp_path / "copy.png")
        copy.write_bytes(kept.show(ids["flight"]).picture.read_bytes())
    assert json.loads(cli("recall", "--image", str(copy), "--json").out)["screens"]
    like: Any = json.loads(cli("recall", "--like", f"[screen:{ids['old']}]", "--json").out)
    assert ids["old"] not in [hit["id"] for hit in like["screens"]]


def test_recall_draws_a_sheet(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "found.png"
    said = cli("recall", "flight", "--sheet", str(out))
    assert f"1 thumbnails written to {out}" in said.err
    with Image.open(out) as sheet:
        assert sheet.width > 300
    said = cli("recall", "flight", "--sheet", str(tmp_path / "found.xyz"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"deskhand: error: cannot write {tmp_path / 'found.xyz'}: ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["recall"], "say what to look for: words, --image, --like, or a filter as --since 2h"),
        (
            ["recall", "x", "--since", "gestern"],
            "--since 'gestern' is no time; expected a date such as 2026-11-25, 2026-11-25T14:30 or "
            "14:30, today, yesterday, monday, 30m, 2h, 3d",
        ),
        (
            ["forget"],
            "nothing is named; give ids, --query, --app, --window, --tag or a time",
        ),
        (["forget", "--all", "--app", "x"], "--all is everything; leave the other options out"),
        (
            ["forget", "abc", "--yes"],
            "there is no such screen, run or recording: abc; nothing was forgotten",
        ),
        (["memory", "retain"], "say what to keep: --max-age 90d, --max-size 5GB, or both"),
        (
            ["memory", "retain", "--max-age", "old"],
            "--max-age 'old' is no age; expected a number with m, h, d or w: 90d",
        ),
        (
            ["memory", "retain", "--max-size", "lots"],
            "'lots' is no size; expected bytes, or a number with kB, MB, GB, TB",
        ),
        (["watch", "--pause", "--resume"], "--pause and --resume are two things; give one"),
        (["watch", "--cpu", "0"], "cpu must be above 0 and at most 100 %, got 0%"),
    ],
)
def test_wrong_usage_is_one_line(cli: Cli, args: list[str], message: str) -> None:
    said = cli(*args)
    assert (said.code, said.out, said.err) == (2, "", f"deskhand: error: {message}\n")


# --- forget


def test_forget_asks_on_a_terminal(cli: Cli, ids: dict[str, str]) -> None:
    said = cli("forget", "--app", "viewer", stdin="n\n")
    assert (said.code, said.out) == (1, "")
    assert "Forget 1 screen for good? [y/N]" in said.err
    assert "nothing was forgotten" in said.err
    said = cli("forget", "--app", "viewer", stdin="y\n")
    assert (said.code, said.out) == (0, "1 screen forgotten\n")
    with memory() as kept:
        assert {record.id for record in kept.list()} == {ids["flight"], ids["old"]}


def test_forget_needs_yes_where_nobody_is_there(cli: Cli, ids: dict[str, str]) -> None:
    said = cli("forget", "--since", "1d")
    assert (said.code, said.out) == (3, "")
    assert said.err == "deskhand: error: 2 screens would be forgotten; --yes does it\n"
    assert cli("forget", "--since", "1d", "--yes").out == "2 screens forgotten\n"
    with memory() as kept:
        assert [record.id for record in kept.list()] == [ids["old"]]


def test_forget_by_words_takes_only_screens_with_all_of_them(cli: Cli, ids: dict[str, str]) -> None:
    assert (
        cli("forget", "--query", "invoice rome", "--yes").out
        == "nothing in the memory is like that\n"
    )
    document: Any = json.loads(cli("forget", "--query", "Invoice ada", "--yes", "--json").out)
    assert document == {
        "forgotten": 1,
        "ids": [ids["invoice"]],
        "runs": [],
        "recordings": [],
        "lines_of_recordings": 0,
    }


def test_forget_takes_citations_and_everything(cli: Cli, ids: dict[str, str]) -> None:
    assert cli("forget", f"[screen:{ids['old']}]", "--yes").out == "1 screen forgotten\n"
    assert cli("forget", "--all", "--yes").out == "2 screens forgotten\n"
    assert cli("forget", "--all", "--yes").out == "nothing in the memory is like that\n"


# --- runs


@pytest.fixture
def run_id() -> str:
    """A run that was remembered, with a screen of it."""
    with memory() as kept:
        kept.add(screen("Inbox of Ada", tags=["run", "run:20261125-send"]))
    with EpisodeMemory.open() as episodes:
        episodes.add(Episode(task="mute the sound", steps=(), outcome="failed", time=NOW))
        return episodes.add(
            Episode(
                task="send the invoice to Ada", steps=("click New", 'type "Ada" into To'),
                outcome="done", time=NOW - timedelta(minutes=5), app="Mail", run="20261125-send",
            )
        )  # fmt: skip


def test_runs_are_recalled_by_a_task_like_theirs(cli: Cli, run_id: str) -> None:
    document: Any = json.loads(cli("recall", "--runs", "send an invoice", "--json").out)
    (found,) = document["runs"]
    assert (found["id"], found["task"], found["outcome"]) == (
        run_id, "send the invoice to Ada", "done",
    )  # fmt: skip
    assert found["steps"] == ["click New", 'type "Ada" into To']
    screens: Any = json.loads(cli("recall", "--tag", found["screens_tag"], "--json").out)
    assert [one["line"] for one in screens["screens"]] == [""]
    assert len(screens["screens"]) == 1
    said = cli("recall", "--runs")
    assert said.out.index("mute the sound") < said.out.index("send the invoice to Ada")
    assert f"[episode:{run_id}]" in said.out
    assert cli("recall", "--runs", "--app", "signal").out == "nothing was found\n"


def test_pictures_are_not_looked_for_among_runs(cli: Cli) -> None:
    said = cli("recall", "--runs", "--like", "0f3a")
    assert said.code == 2
    assert said.err == (
        "deskhand: error: --runs finds no pictures; leave out --image, --like and --sheet\n"
    )


def test_forget_takes_runs_as_well(cli: Cli, run_id: str) -> None:
    said = cli("forget", "--query", "ada", stdin="n\n")
    assert f"[episode:{run_id}] send the invoice to Ada" in said.err
    assert "Forget 1 screen and 1 run for good? [y/N]" in said.err
    assert cli("forget", "--tag", "run:20261125-send", "--yes").out == (
        "1 screen and 1 run forgotten\n"
    )
    with EpisodeMemory.open() as episodes:
        (left,) = episodes.list()
    document = json.loads(cli("forget", left.citation, "--yes", "--json").out)
    assert (document["forgotten"], document["runs"]) == (0, [left.id])
    assert cli("recall", "--runs").out == "nothing was found\n"


# --- memory


@pytest.mark.usefixtures("ids")
def test_stats_check_and_retain(cli: Cli) -> None:
    stats: Any = json.loads(cli("memory", "stats", "--json").out)
    assert (stats["screens"], stats["sightings"]) == (3, 3)
    assert stats["folder"] == str(default_folder())
    assert "3, seen 3 times" in cli("memory", "stats").out
    assert cli("memory", "check").out == "nothing is wrong\n"
    assert cli("memory", "retain", "--max-age", "30d").out == "1 screens forgotten, 2 left\n"
    assert json.loads(cli("memory", "retain", "--max-size", "1GB", "--json").out) == {
        "forgotten": 0,
        "left": 2,
        "runs": 0,
        "recordings": 0,
    }


@pytest.mark.usefixtures("run_id")
def test_retain_lets_old_runs_go(cli: Cli) -> None:
    with EpisodeMemory.open() as episodes:
        episodes.add(Episode(task="old", steps=(), outcome="done", time=NOW - timedelta(days=40)))
    assert cli("memory", "retain", "--max-age", "30d").out == (
        "0 screens forgotten, 1 left; 1 runs forgotten\n"
    )
    with EpisodeMemory.open() as episodes:
        assert {hit.episode.task for hit in episodes.list()} == {
            "mute the sound", "send the invoice to Ada",
        }  # fmt: skip


def test_check_tells_of_a_lost_picture_and_repairs(cli: Cli, ids: dict[str, str]) -> None:
    with memory() as kept:
        kept.show(ids["old"]).picture.unlink()
    said = cli("memory", "check")
    assert said.code == 1
    assert ids["old"] in said.out
    assert said.err == "mend it with: deskhand memory check --repair\n"
    assert cli("memory", "check", "--repair").code == 0
    assert cli("memory", "check").out == "nothing is wrong\n"


@pytest.mark.usefixtures("ids")
def test_reindex_without_models_says_what_is_missing(cli: Cli) -> None:
    said = cli("memory", "reindex")
    assert (said.code, said.out) == (0, "0 screens indexed\n")
    assert [line.split("; bring it with: ")[0] for line in said.err.splitlines()] == [*LACKING]


# --- remember, index, watch


def test_a_picture_is_remembered_without_its_secrets(cli: Cli, tmp_path: Path) -> None:
    file = picture(tmp_path / "shot.png", "Invoice for Ada", "Card 4111 1111 1111 1111")
    said = cli("remember", str(file), "--tag", "paid")
    assert said.code == 0
    assert said.err == "kept: 2 lines; taken out: 1 x card number\n"
    with memory() as kept:
        (record,) = kept.list()
    assert said.out == f"{record.citation}\n"
    assert record.lines == ("Invoice for Ada", "Card •••")
    assert (record.source, record.tags) == (str(file.resolve()), frozenset({"paid"}))
    assert abs(record.time.timestamp() - file.stat().st_mtime) < 0.01
    again: Any = json.loads(cli("remember", str(file), "--json").out)
    assert (again["id"], again["is_new"]) == (record.id, False)


def test_a_folder_is_indexed_and_found(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "shots"
    folder.mkdir()
    picture(folder / "one.png", "Boarding pass to Oslo")
    (folder / "bad.png").write_text("no picture", encoding="utf-8")
    said = cli("index", str(folder))
    assert said.code == 0
    assert said.out == "1 added, 0 changed, 0 unchanged, 0 removed, 1 bad; 0 secrets taken out\n"
    assert said.err.splitlines()[0] == (
        f"skipped {folder / 'bad.png'}: is not a picture (expected PNG, JPEG, WebP, BMP)"
    )
    again: Any = json.loads(cli("index", str(folder), "--json").out)
    assert (again["added"], again["unchanged"], len(again["bad"])) == (0, 1, 1)
    found: Any = json.loads(cli("recall", "boarding oslo", "--tag", again["tag"], "--json").out)
    assert [Path(hit["source"]).name for hit in found["screens"]] == ["one.png"]
    missing = cli("index", str(tmp_path / "none"))
    assert (missing.code, missing.err) == (
        2,
        f"deskhand: error: there is no folder {tmp_path / 'none'}\n",
    )


def test_a_watch_is_paused_and_goes_on(cli: Cli) -> None:
    folder = default_folder()
    assert cli("watch", "--pause").out == "the watch is paused; no watch is running now\n"
    assert pause_file(folder).exists()
    with only_one(folder):
        assert cli("watch", "--resume").out == "the watch goes on\n"
        said = cli("watch")
    assert not pause_file(folder).exists()
    assert (said.code, said.err) == (
        1,
        f"deskhand: error: another watch keeps screens in {folder} already\n",
    )
