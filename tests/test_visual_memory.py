"""The visual memory as its users see it: adding, folding, finding, filters."""

import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.database import FILE, VERSION
from deskhand.memory.default_folder import default_folder
from deskhand.memory.errors import BadArgumentError, MemoryDamaged, ModelOutputError
from deskhand.memory.picture_files import read_picture
from deskhand.memory.records import Filter, NewScreen, Query
from deskhand.memory.screens import VisualMemory
from tests.memory_embedders import ColourEmbedder, WordEmbedder
from tests.memory_screens import NOON, draw, screen


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[VisualMemory]:
    with VisualMemory.open(tmp_path / "memory") as memory:
        yield memory


def found(memory: VisualMemory, text: str, **more: object) -> list[str]:
    """Return the first lines of what a text finds."""
    query = Query(text=text, **more)  # type: ignore[arg-type]  # filter and limit
    return [hit.record.lines[0] for hit in memory.search(query)]


# --- adding


def test_a_screen_is_kept_whole(memory: VisualMemory) -> None:
    new = screen("Invoice 17", "Total  1,240", app="Writer", window="Bill", tags=frozenset({"a"}))
    added = memory.add(new)
    assert added.is_new
    kept = memory.show(added.id)
    assert (kept.lines, kept.app, kept.window) == (("Invoice 17", "Total 1,240"), "Writer", "Bill")
    assert (kept.time, kept.last_seen, kept.times_seen) == (NOON, NOON, 1)
    assert (kept.tags, kept.width, kept.height) == (frozenset({"a"}), 640, 400)
    assert np.array_equal(read_picture(kept.picture), new.pixels)
    assert kept.citation == f"[screen:{added.id}]"


def test_the_same_screen_is_folded(memory: VisualMemory) -> None:
    first = memory.add(screen("Inbox", "3 messages", tags=frozenset({"a"})))
    again = memory.add(screen("Inbox", "3 messages", minutes=5, tags=frozenset({"b"})))
    assert (again.id, again.is_new) == (first.id, False)
    kept = memory.show(first.id)
    assert (kept.times_seen, kept.time, kept.last_seen) == (2, NOON, NOON + timedelta(minutes=5))
    assert kept.tags == {"a", "b"}


def test_an_older_sighting_moves_the_first(memory: VisualMemory) -> None:
    added = memory.add(screen("Inbox", "3 messages"))
    memory.add(screen("Inbox", "3 messages", minutes=-90))
    kept = memory.show(added.id)
    assert (kept.time, kept.last_seen) == (NOON - timedelta(minutes=90), NOON)


def test_a_pointer_that_moved_is_no_new_screen(memory: VisualMemory) -> None:
    first = screen("Inbox", "3 messages", "from the office")
    moved = first.pixels.copy()
    moved[200:215, 300:310] = 0
    memory.add(first)
    again = NewScreen(pixels=moved, lines=first.lines, time=NOON + timedelta(minutes=1))
    assert not memory.add(again).is_new


@pytest.mark.parametrize(
    "other",
    [
        screen("Inbox", "4 messages"),
        screen("Inbox", "3 messages", seed=5),
        screen("Inbox", "3 messages", app="Mail"),
        screen("Inbox", "3 messages", window="Mail"),
        screen("Inbox", "3 messages", source="/pictures/2.png"),
        NewScreen(
            pixels=draw(["Inbox", "3 messages"], size_wh=(800, 400)),
            lines=("Inbox", "3 messages"),
            time=NOON,
        ),
    ],
    ids=["one digit", "picture", "app", "window", "source", "size"],
)
def test_what_differs_is_kept_beside(memory: VisualMemory, other: NewScreen) -> None:
    memory.add(screen("Inbox", "3 messages"))
    assert memory.add(other).is_new


def test_without_text_the_pixels_decide(memory: VisualMemory) -> None:
    plain = draw([], seed=3)
    ticked = plain.copy()
    ticked[200:240, 300:340] = 0
    first = memory.add(NewScreen(pixels=plain, lines=(), time=NOON))
    assert memory.add(NewScreen(pixels=ticked, lines=(), time=NOON)).is_new
    later = NewScreen(pixels=plain, lines=(), time=NOON + timedelta(minutes=1))
    assert memory.add(later).id == first.id


def test_a_folder_indexed_twice_is_seen_once(memory: VisualMemory) -> None:
    for _ in range(2):
        added = memory.add(screen("Inbox", source="/pictures/1.png"))
    assert memory.show(added.id).times_seen == 1


@pytest.mark.parametrize(
    ("pixels", "time", "message"),
    [
        (
            np.zeros((4, 4), np.uint8),
            NOON,
            "a picture must be RGB, uint8 of (height, width, 3); got uint8 of (4, 4)",
        ),
        (
            np.zeros((0, 4, 3), np.uint8),
            NOON,
            "a picture must be RGB, uint8 of (height, width, 3); got uint8 of (0, 4, 3)",
        ),
        (
            np.zeros((4, 4, 3), np.uint8),
            datetime(2026, 3, 5),
            "time must have a time zone, got 2026-03-05T00:00:00; "
            "for local time use datetime.astimezone()",
        ),
    ],
)
def test_what_is_no_screen_is_refused(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], time: datetime, message: str
) -> None:
    with pytest.raises(BadArgumentError) as caught:
        NewScreen(pixels=pixels, lines=(), time=time)
    assert str(caught.value) == message


# --- words


def test_one_small_number_tells_two_screens_apart(memory: VisualMemory) -> None:
    memory.add(screen("Invoice INV-2041", "Total 1,240"))
    memory.add(screen("Invoice INV-2042", "Total 1,241"))
    assert found(memory, "1,240")[0] == "Invoice INV-2041"
    assert found(memory, "1,241")[0] == "Invoice INV-2042"
    assert found(memory, "inv-2042") == ["Invoice INV-2042"]
    assert found(memory, "total 1,241") == ["Invoice INV-2042", "Invoice INV-2041"]


def test_a_number_within_another_comes_after_it(memory: VisualMemory) -> None:
    memory.add(screen("first", "11,240"))
    memory.add(screen("second", "1,240.50"))
    memory.add(screen("third", "1,240"))
    memory.add(screen("fourth", "1 and 240"))
    assert found(memory, "1,240")[0] == "third"
    assert "fourth" not in found(memory, "1,240")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("message", "message board"),
        ("sage bo", "message board"),
        ("mesage", "message board"),
        ("MESSAGE", "message board"),
        ("cafe", "Café Zürich"),
        ("café", "Café Zürich"),
        ("ann@example.com", "ann@example.com wrote"),
        ("example.com", "ann@example.com wrote"),
        ("東京", "東京タワー 開く"),
        ("ワー", "東京タワー 開く"),
        ("§", "see § 4"),
        ('quote"d', 'a quote"d word'),
        ("AND", "this AND that"),
    ],
)
def test_words_are_found(memory: VisualMemory, query: str, first: str) -> None:
    for line in (
        "message board", "Café Zürich", "ann@example.com wrote", "東京タワー 開く", "see § 4",
        'a quote"d word', "this AND that", "settings",
    ):  # fmt: skip
        memory.add(screen(line))
    assert found(memory, query)[0] == first


def test_what_is_nowhere_is_not_found(memory: VisualMemory) -> None:
    memory.add(screen("message board"))
    assert found(memory, "zebra") == []
    assert found(memory, '"*^ OR (') == []


def test_the_title_is_searched_too(memory: VisualMemory) -> None:
    memory.add(screen("nothing", window="Quarterly report", app="calc"))
    assert found(memory, "quarterly") == ["nothing"]
    assert found(memory, "calc") == ["nothing"]


def test_rarer_words_count_more(memory: VisualMemory) -> None:
    for number in range(8):
        memory.add(screen(f"page {number}", "the report"))
    memory.add(screen("walrus"))
    assert found(memory, "report walrus")[0] == "walrus"


# --- filters


def test_filters_narrow_a_search(memory: VisualMemory) -> None:
    memory.add(screen("report one", app="LibreOffice Writer", minutes=0, tags=frozenset({"w"})))
    memory.add(screen("report two", app="Firefox", window="Bänk", minutes=60))
    hour = NOON + timedelta(minutes=30)
    assert found(memory, "report", filter=Filter(app="libreoffice")) == ["report one"]
    assert found(memory, "report", filter=Filter(window="BÄNK")) == ["report two"]
    assert found(memory, "report", filter=Filter(since=hour)) == ["report two"]
    assert found(memory, "report", filter=Filter(until=hour)) == ["report one"]
    assert found(memory, "report", filter=Filter(tags={"w"})) == ["report one"]
    assert found(memory, "report", filter=Filter(tags={"w"}, since=hour)) == []
    assert found(memory, "report", filter=Filter(ids={"nobody"})) == []


def test_a_screen_passes_where_it_was_seen_and_not_between(memory: VisualMemory) -> None:
    memory.add(screen("Inbox", "3 messages"))
    memory.add(screen("Inbox", "3 messages", minutes=5))
    memory.add(screen("Inbox", "3 messages", minutes=300))

    def passes(start: float, end: float) -> bool:
        since, until = (NOON + timedelta(minutes=each) for each in (start, end))
        return bool(memory.list(Filter(since=since, until=until)))

    assert passes(2, 3)
    assert not passes(60, 240)
    assert passes(300, 300)


def test_the_list_has_the_latest_first(memory: VisualMemory) -> None:
    for minutes in (10, 0, 20):
        memory.add(screen(f"at {minutes}", minutes=minutes))
    assert [record.lines[0] for record in memory.list(Filter(), 2)] == ["at 20", "at 10"]
    assert len(memory.list()) == 3


def test_a_filter_without_time_zone_is_refused() -> None:
    with pytest.raises(BadArgumentError) as caught:
        Filter(since=datetime(2026, 3, 5))
    assert str(caught.value) == (
        "since must have a time zone, got 2026-03-05T00:00:00; "
        "for local time use datetime.astimezone()"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to look for; expected a text, an image or like=ID"),
        ({"text": "  "}, "nothing to look for; expected a text, an image or like=ID"),
        ({"text": "a", "limit": 0}, "limit must be 1 or more, got 0"),
    ],
)
def test_an_empty_query_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(BadArgumentError) as caught:
        Query(**arguments)  # type: ignore[arg-type]  # wrong on purpose
    assert str(caught.value) == message


# --- vectors


def test_meaning_finds_what_words_do_not(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        memory.add(screen("invoice"))
        memory.add(screen("settings of the sound"))
        (best, *_) = memory.search(Query(text="bill"))
    assert best.record.lines == ("invoice",)
    assert [(reason.source, reason.rank) for reason in best.reasons] == [("meaning", 1)]


def test_a_long_screen_is_found_by_its_end(tmp_path: Path) -> None:
    lines = [f"filler{number} words{number}" for number in range(200)]
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder(dimensions=512)) as memory:
        memory.add(screen(*lines, "a letter"))
        memory.add(screen("one thing", "another thing"))
        (best, *_) = memory.search(Query(text="message"))
        assert memory.stats().text_vectors > 2
    assert best.record.lines[-1] == "a letter"


def test_words_that_all_screens_share_leave_the_order_to_meaning(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        memory.add(screen("the meeting in the hall", minutes=1))
        memory.add(screen("invoice", minutes=2))
        memory.add(screen("what is in the fridge", minutes=3))
        query = Query(text="where is the bill in bill bill bill")
        hits = memory.search(query)
        assert hits[0].record.lines[0] == "invoice"
        assert [reason.source for reason in hits[0].reasons] == ["meaning"]
        assert "words" in {reason.source for reason in hits[1].reasons}
        # Alone, words of no weight are better than nothing, in their own order.
    with VisualMemory.open(tmp_path) as memory:
        lines = [hit.record.lines[0] for hit in memory.search(query)]
        assert lines == ["what is in the fridge", "the meeting in the hall"]


def test_the_more_of_a_query_a_screen_holds_the_more_its_words_count(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        # By meaning the shorter ones are nearer; they lack words of the query.
        for shorter in ("piano lessons", "piano", "Porto"):
            memory.add(screen(shorter))
        memory.add(screen("piano lessons Porto", "twelve dates and a hall with many chairs"))
        for other in ("bicycle repair Porto", "kitchen tiles Ghent", "dog kennel Graz"):
            memory.add(screen(other))
        assert found(memory, "piano lessons Porto")[0] == "piano lessons Porto"


def test_a_screen_may_be_without_the_number_it_is_to_be_like(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path) as memory:
        itself = memory.add(screen("Invoice 4711", seed=3)).id
        assert memory.search(Query(text="4711", like=itself)) == []


def test_an_exact_number_comes_before_all_meaning(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder()) as memory:
        memory.add(screen("total of the invoice", "1,241"))
        memory.add(screen("something else by far", "that says 1,240"))
        hits = memory.search(Query(text="total of the invoice 1,240"))
    assert [hit.record.lines[1] for hit in hits] == ["that says 1,240", "1,241"]


def test_pictures_are_found_by_text_and_picture(tmp_path: Path) -> None:
    def plain(colour: tuple[int, int, int]) -> NewScreen:
        pixels = np.full((40, 60, 3), colour, np.uint8)
        return NewScreen(pixels=pixels, lines=(str(colour),), time=NOON)

    red, green = plain((200, 10, 10)), plain((10, 200, 10))
    with VisualMemory.open(tmp_path, image_embedder=ColourEmbedder()) as memory:
        memory.add(red)
        memory.add(green)
        by_text = memory.search(Query(text="something green"))
        by_image = memory.search(Query(image=plain((180, 30, 20)).pixels))
        like = memory.search(Query(like=by_text[0].record.id))
    assert by_text[0].record.lines == green.lines
    assert by_text[0].reasons[0].source == "picture"
    assert by_image[0].record.lines == red.lines
    assert [hit.record.lines for hit in like] == [red.lines]


def test_a_stranger_is_like_nothing(memory: VisualMemory) -> None:
    with pytest.raises(BadArgumentError) as caught:
        memory.search(Query(like="nobody"))
    assert str(caught.value) == "there is no screen 'nobody' to look for the like of"


def test_an_embedder_must_keep_its_promise(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    with VisualMemory.open(tmp_path, text_embedder=embedder) as memory:
        embedder.dimensions = 3
        embedder.embed_texts = lambda texts: np.zeros((len(texts), 2), np.float32)  # type: ignore[method-assign]  # breaks it
        with pytest.raises(ModelOutputError) as caught:
            memory.add(screen("report"))
        assert str(caught.value) == "the embedder words-1 promised (1, 3) numbers, got (1, 2)"
        assert memory.list() == []


# --- another embedder


def test_vectors_of_two_models_are_never_compared(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder("one")) as memory:
        memory.add(screen("invoice"))
    with VisualMemory.open(tmp_path, text_embedder=WordEmbedder("two")) as memory:
        assert memory.search(Query(text="bill")) == []
        meaning = memory.sources[1]
        assert (meaning.name, meaning.is_ready, meaning.unindexed) == ("meaning", True, 1)
        assert meaning.why == "vectors of two; 1 screens are not indexed for it, reindex does it"
        told: list[tuple[int, int]] = []
        assert memory.reindex(lambda done, total: told.append((done, total))) == 1
        assert told == [(1, 1)]
        assert memory.reindex() == 0
        assert memory.search(Query(text="bill"))[0].record.lines == ("invoice",)
        assert memory.sources[1].unindexed == 0
        assert memory.stats().text_vectors == 1


def test_indexing_anew_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    with VisualMemory.open(tmp_path) as memory:
        for number in range(40):
            memory.add(screen(f"screen {number}"))

    class Stopped(Exception):
        pass

    def stop(_done: int, _total: int) -> None:
        raise Stopped

    embedder = WordEmbedder()
    with VisualMemory.open(tmp_path, text_embedder=embedder) as memory:
        with pytest.raises(Stopped):
            memory.reindex(stop)
        left = memory.sources[1].unindexed
        assert 0 < left < 40
        assert memory.reindex() == left


def test_sources_say_what_they_lack(memory: VisualMemory) -> None:
    assert [(source.name, source.is_ready, source.why) for source in memory.sources] == [
        ("words", True, "the texts of the screens, word by word"),
        ("meaning", False, "the memory was opened without text_embedder"),
        ("picture", False, "the memory was opened without image_embedder"),
        ("look-alike", True, "hashes and points of the pictures"),
    ]


# --- looks


def test_looks_find_sizes_themes_and_parts(memory: VisualMemory) -> None:
    texts = [[f"{word} {row * 7919 % 1000} {word}" for row in range(12)] for word in "abcdef"]
    for number, lines in enumerate(texts, start=1):
        memory.add(
            NewScreen(
                pixels=draw(lines, size_wh=(1000, 600), seed=number), lines=(lines[0],), time=NOON
            )
        )
    wanted = draw(texts[2], size_wh=(1000, 600), seed=3)
    queries = {
        "same": wanted,
        "half": wanted[::2, ::2],
        "part": wanted[60:460, 100:700],
        "dark": draw(texts[2], size_wh=(1000, 600), seed=3, is_dark=True),
    }
    for name, picture in queries.items():
        hits = memory.search(Query(image=np.ascontiguousarray(picture)))
        assert hits, name
        assert hits[0].record.lines == (texts[2][0],), name
        assert hits[0].reasons[0].source == "look-alike", name
    other = draw(["nothing of the kind"] * 9, size_wh=(600, 400), seed=99)
    assert memory.search(Query(image=other)) == []


# --- the folder


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_files_are_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    with VisualMemory.open(folder) as memory:
        memory.add(screen("secret"))
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {mode for path, mode in modes.items() if path.suffix == ".png"} == {0o600}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_the_folder_can_be_set() -> None:
    assert default_folder({"DESKHAND_MEMORY": "/somewhere"}) == Path("/somewhere")
    assert default_folder({}).parts[-2:] == ("deskhand", "memory")


def test_what_is_no_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, but long enough to look like one" * 30)
    with pytest.raises(MemoryDamaged) as caught:
        VisualMemory.open(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / FILE} cannot be read as a memory: file is not a database"
    )


def test_a_newer_memory_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    VisualMemory.open(tmp_path).close()
    database = sqlite3.connect(tmp_path / FILE)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    with pytest.raises(MemoryDamaged) as caught:
        VisualMemory.open(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / FILE} was written by a newer deskhand (version {VERSION + 1}, this one reads "
        f"{VERSION}); update deskhand"
    )
