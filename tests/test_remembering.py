"""From a look to the memory: exclusions, the recorder, folders, times, sheets."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from deskhand.memory.errors import BadArgumentError, ConfigError, MemoryLocked
from deskhand.memory.records import Filter
from deskhand.memory.screens import VisualMemory
from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Capture, load_capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation
from deskhand.tools.remembering.contact_sheet import Thumbnail, draw_sheet
from deskhand.tools.remembering.exclusions import Exclusions
from deskhand.tools.remembering.folder_index import (
    IndexProgress,
    folder_tag,
    index_folder,
    one_by_one,
)
from deskhand.tools.remembering.matching_line import matching_line
from deskhand.tools.remembering.moments import parse_age, parse_moment
from deskhand.tools.remembering.recall import recall, screen_id
from deskhand.tools.remembering.recorder import ScreenRecorder
from deskhand.tools.remembering.watching import is_running, only_one, pause_file

NOW = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[VisualMemory]:
    with VisualMemory.open(tmp_path / "memory") as memory:
        yield memory


def window(
    title: str, app: str = "App", *, active: bool = False, box: Box | None = None, client: int = 1
) -> Window:
    return Window(
        id=1, title=title, app=app, pid=None, is_active=active, client=client,
        box=Box(0, 0, 300, 200) if box is None else box,
    )  # fmt: skip


def look(
    texts: Sequence[tuple[str, int, int]], windows: Sequence[Window], popups: Sequence[Popup] = ()
) -> Observation:
    pixels = np.full((400, 600, 3), 210, np.uint8)
    elements = [
        Element(
            id=number, role="text", text=text, box=Box(left, top, left + 9 * len(text), top + 18),
            score=1.0, source="ocr",
        )
        for number, (text, left, top) in enumerate(texts, start=1)
    ]  # fmt: skip
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=600, height=400)),
        elements=elements,
        windows=windows,
        popups=popups,
    )


# --- exclusions


@pytest.mark.parametrize(
    ("title", "app", "pattern"),
    [
        ("Passwords.kdbx", "KeePassXC", "keepass"),
        ("Example — Mozilla Firefox Private Browsing", "firefox", "*private browsing*"),
        ("New Incognito Tab - Chromium", "Chromium", "*incognito*"),
        ("Vault", "Bitwarden", "bitwarden"),
        ("Inbox — Mozilla Firefox", "firefox", None),
        ("Private letters.odt", "libreoffice", None),
        ("", "", None),
    ],
)
def test_private_windows_and_password_managers_are_excluded(
    title: str, app: str, pattern: str | None
) -> None:
    assert Exclusions().reason(window(title, app)) == pattern


@pytest.mark.parametrize(
    ("pattern", "is_excluded"),
    [("bank", True), ("MY BANK*", True), ("*online", True), ("bank?", False), ("sign", True)],
)
def test_a_persons_patterns_fit_titles_and_applications(pattern: str, is_excluded: bool) -> None:
    chosen = Exclusions(apps=(), windows=()).also([pattern])
    assert (chosen.reason(window("My Bank - online", "Signal")) is not None) is is_excluded


def test_a_private_window_of_chromium_is_told_by_its_toolbar() -> None:
    active = window("Checkout - Chromium", "Chromium", active=True)
    assert Exclusions().seen(look([("Incognito", 220, 50)], [active])).reason == "private window"
    # In the page it is a word, and in another program as well.
    assert Exclusions().seen(look([("Incognito", 220, 190)], [active])).reason is None
    editor = window("notes", "Mousepad", active=True)
    assert Exclusions().seen(look([("Incognito", 220, 50)], [editor])).reason is None


def test_the_popups_of_an_excluded_window_are_excluded_with_it() -> None:
    vault = window("Vault", "KeePassXC", client=7, box=Box(300, 0, 600, 200))
    menu = Popup(id=9, kind="menu", client=7, box=Box(310, 200, 400, 300))
    other = Popup(id=10, kind="menu", client=8, box=Box(0, 200, 90, 300))
    seen = Exclusions().seen(look([], [window("a", active=True), vault], [menu, other]))
    assert seen.reason is None
    assert seen.boxes == (vault.box, menu.box)


# --- recorder


def test_a_look_is_kept_with_where_it_was_seen(memory: VisualMemory) -> None:
    seen = look([("Invoice 4711", 20, 20)], [window("Invoice", "Viewer", active=True)])
    recorded = ScreenRecorder(memory).record(seen, tags=["work"])
    assert recorded.added is not None
    assert recorded.added.is_new
    record = memory.show(recorded.added.id)
    assert (record.app, record.window, record.lines) == ("Viewer", "Invoice", ("Invoice 4711",))
    assert record.tags == {"work"}
    assert abs(record.time.timestamp() - seen.capture.taken_at) < 0.01


def test_of_an_excluded_window_nothing_is_written(memory: VisualMemory) -> None:
    seen = look([("Entry", 20, 20)], [window("db", "KeePassXC", active=True)])
    recorded = ScreenRecorder(memory).record(seen)
    assert (recorded.added, recorded.excluded_by) == (None, "keepass")
    assert memory.stats().screens == 0


def test_an_excluded_window_behind_another_is_painted_over(memory: VisualMemory) -> None:
    vault = window("db", "KeePassXC", box=Box(300, 0, 600, 200))
    seen = look([("Hello", 20, 20), ("Entry", 320, 20)], [window("a", active=True), vault])
    recorded = ScreenRecorder(memory).record(seen)
    assert recorded.added is not None
    record = memory.show(recorded.added.id)
    assert record.lines == ("Hello",)
    pixels = load_capture(record.picture).pixels
    assert pixels[:200, 300:].max() == 0
    assert pixels[:200, :300].min() == 210


def test_no_secret_reaches_the_folder(memory: VisualMemory, tmp_path: Path) -> None:
    texts = [("Your verification code is 482913", 20, 20), ("password: hunter22", 20, 60)]
    ScreenRecorder(memory).record(look(texts, [window("482913 - Mail", active=True)]))
    memory.close()
    content = b"".join(f.read_bytes() for f in (tmp_path / "memory").rglob("*") if f.is_file())
    assert b"verification" in content
    assert b"482913" not in content
    assert b"hunter22" not in content


# --- recall


def test_a_filter_alone_lists_the_newest_first(memory: VisualMemory) -> None:
    recorder = ScreenRecorder(memory)
    for number in range(3):
        seen = look([(f"Page number {number}", 20, 20)], [window("a", active=True)])
        recorder.record(seen, tags=["x"], time=NOW + timedelta(minutes=number))
    found = recall(memory, filter=Filter(tags={"x"}), limit=2)
    assert [one.record.lines for one in found] == [("Page number 2",), ("Page number 1",)]
    assert found[0].to_json()["score"] is None
    (best, *_) = recall(memory, text="number 1")
    assert (best.line, best.reasons[0].source) == ("Page number 1", "words")
    with pytest.raises(BadArgumentError, match=r"^nothing is asked for; give words, a picture"):
        recall(memory, text="  ")
    assert screen_id(f"[screen:{best.record.id}]") == best.record.id


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("total invoice", "Total of the invoice: 80.00"),
        ("rechnung", ""),
        ("TOTAL", "Total of the invoice: 80.00"),
        ("deer ada", "Dear Ada"),
    ],
)
def test_the_line_that_answers_is_shown(query: str, expected: str) -> None:
    assert matching_line(query, ["Dear Ada", "Total of the invoice: 80.00"]) == expected


def test_a_long_line_is_cut_around_what_was_asked() -> None:
    line = matching_line("needle", ["hay " * 100 + "needle " + "hay " * 100], max_chars=40)
    assert "needle" in line
    assert len(line) <= 40
    assert line.startswith("…")
    assert line.endswith("…")


# --- times


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2h", "2026-11-25T16:30", None),
        ("30m ago", "2026-11-25T18:00", None),
        ("3d", "2026-11-22T18:30", None),
        ("1w", "2026-11-18T18:30", None),
        ("Today", "2026-11-25T00:00", "2026-11-25T23:59:59.999999"),
        ("yesterday", "2026-11-24T00:00", "2026-11-24T23:59:59.999999"),
        ("monday", "2026-11-23T00:00", "2026-11-23T23:59:59.999999"),
        ("wednesday", "2026-11-25T00:00", "2026-11-25T23:59:59.999999"),
        ("thursday", "2026-11-19T00:00", "2026-11-19T23:59:59.999999"),
        ("yesterday 9:15", "2026-11-24T09:15", None),
        ("2026-11-01", "2026-11-01T00:00", "2026-11-01T23:59:59.999999"),
        ("2026-11-01 at 14:30", "2026-11-01T14:30", None),
        ("14:30", "2026-11-25T14:30", None),
        ("2026-11-25T10:00+02:00", "2026-11-25T08:00", None),
        ("2026-11-25T10:00:05", "2026-11-25T10:00:05", None),
        ("now", "2026-11-25T18:30", None),
    ],
)
def test_times_as_people_give_them(text: str, begin: str, end: str | None) -> None:
    expected = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    assert parse_moment(text, now=NOW) == expected
    last = expected if end is None else datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert parse_moment(text, now=NOW, is_end=True) == last


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "2026-13-01", "2 fortnights", "-2h", "11/25"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadArgumentError) as refused:
        parse_moment(text, now=NOW)
    assert str(refused.value) == (
        f"{text!r} is no time; expected a date such as 2026-11-25, 2026-11-25T14:30 or 14:30, "
        "today, yesterday, monday, 30m, 2h, 3d"
    )


def test_ages() -> None:
    assert parse_age("90d") == timedelta(days=90)
    with pytest.raises(BadArgumentError) as refused:
        parse_age("old")
    assert str(refused.value) == "'old' is no age; expected a number with m, h, d or w: 90d"


# --- contact sheets


def test_a_sheet_shows_every_picture_and_its_caption(tmp_path: Path) -> None:
    shades = []
    for number, shade in enumerate(((200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 0))):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (1280, 800), shade).save(path)
        shades.append(Thumbnail(picture=path, caption=(f"{number}", "日本 " * 100, "")))
    gone = Thumbnail(picture=tmp_path / "gone.png", caption=("gone",))
    sheet = draw_sheet([*shades, gone], columns=3)
    colours = {colour for _, colour in sheet.getcolors(1 << 24) or []}
    assert {(200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 0)} <= colours
    assert draw_sheet([]).size[0] > 0


# --- folders


def picture(path: Path, text: str) -> Path:
    image = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(image).text((20, 20), text, fill="black")
    image.save(path)
    return path


class Reader:
    """Reads a picture's name from its file size alone: what is read is not the matter here."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.fails_at: int | None = None

    def __call__(self, capture: Capture) -> Observation:
        if self.fails_at == len(self.read):
            raise KeyboardInterrupt
        name = f"picture {int(capture.pixels.astype(np.int64).sum())}"
        self.read.append(name)
        box = Box(0, 0, 100, 20)
        text = Element(id=1, role="text", text=name, box=box, score=1.0, source="ocr")
        return Observation(capture=capture, elements=[text])


def test_a_folder_is_read_once_and_again_where_it_changed(
    memory: VisualMemory, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    one, two = picture(folder / "one.png", "one"), picture(folder / "sub" / "two.JPG", "two")
    bad = folder / "bad.png"
    bad.write_text("no picture", encoding="utf-8")
    (folder / "notes.txt").write_text("text", encoding="utf-8")
    (folder / ".hidden.png").write_bytes(one.read_bytes())
    reader, told = Reader(), list[IndexProgress]()
    first = index_folder(folder, memory, one_by_one(reader), report=told.append)
    assert (first.added, first.unchanged, first.removed) == (2, 0, 0)
    assert first.bad == [(bad.resolve(), "is not a picture (expected PNG, JPEG, WebP, BMP)")]
    assert [(p.done, p.total) for p in told] == [(1, 3), (2, 3), (3, 3)]
    second = index_folder(folder, memory, one_by_one(reader))
    assert (second.added, second.changed, second.unchanged, len(reader.read)) == (0, 0, 2, 2)
    picture(one, "another text, longer")
    two.unlink()
    third = index_folder(folder, memory, one_by_one(reader))
    assert (third.added, third.changed, third.unchanged, third.removed) == (0, 1, 0, 1)
    (record,) = memory.list(Filter(tags={folder_tag(folder)}))
    assert record.source == str(one.resolve())
    assert memory.stats().screens == 1


def test_an_index_that_was_stopped_goes_on(memory: VisualMemory, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        picture(folder / f"{number}.png", f"number {number}")
    reader = Reader()
    reader.fails_at = 2
    with pytest.raises(KeyboardInterrupt):
        index_folder(folder, memory, one_by_one(reader))
    assert memory.stats().screens == 2
    reader.fails_at = None
    report = index_folder(folder, memory, one_by_one(reader))
    assert (report.added, report.unchanged, len(reader.read)) == (2, 2, 4)


def test_the_same_picture_in_two_places_is_two_screens(
    memory: VisualMemory, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    first = picture(folder / "a.png", "same")
    shutil.copy(first, folder / "b.png")
    assert index_folder(folder, memory, one_by_one(Reader())).added == 2
    first.unlink()
    index_folder(folder, memory, one_by_one(Reader()))
    (left,) = memory.list(Filter(tags={folder_tag(folder)}))
    assert left.source == str((folder / "b.png").resolve())


def test_a_folder_that_is_not_there_is_named(memory: VisualMemory, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        index_folder(tmp_path / "none", memory, one_by_one(Reader()))
    assert str(refused.value) == f"there is no folder {tmp_path / 'none'}"


# --- one watch a memory


def test_there_is_one_watch_a_memory(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with only_one(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(MemoryLocked) as refused, only_one(tmp_path):
            pass
        assert str(refused.value) == f"another watch keeps screens in {tmp_path} already"
    assert not is_running(tmp_path)
    assert pause_file(tmp_path).parent == tmp_path
