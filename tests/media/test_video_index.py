"""Indexes of videos: which pictures are read, what is kept of them, and how much room it takes."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from deskhand.memory.embedding import Vectors
from deskhand.memory.errors import ConfigError
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.media.contact_sheet import thumbnail
from deskhand.tools.media.finished_lines import FinishedLines
from deskhand.tools.media.moments import VideoAnswer, find_in_video
from deskhand.tools.media.picture_evidence import picture_vectors
from deskhand.tools.media.speech_model import RawSegment
from deskhand.tools.media.steady import SteadyPicture
from deskhand.tools.media.transcript import Task, Word
from deskhand.tools.media.video_cache import forget_video, kept_indexes, limit_bytes, make_room
from deskhand.tools.media.video_index import _RECORD, Sampling, VideoIndex, index_video, said_in
from deskhand.tools.models.clip import ClipEmbedder
from deskhand.tools.models.rgb_pictures import Picture
from deskhand.tools.models.tiny_clips import build_tiny_clip
from deskhand.tools.perception.ocr import TextLine

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import JFK, KnownWords, Track, raw_segment, read, write
from tests.videos import plain, screen, steady, write_video

COLOURS = ((200, 30, 30), (30, 160, 60), (40, 60, 190), (230, 220, 60), (120, 40, 140))
SCENE_S = 2.0


class ByColour:
    """Reads one line in each picture: the name of its colour; counts the pictures."""

    def __init__(self, *more: str) -> None:
        self.pictures = 0
        self._more = more

    def read(self, pixels: np.ndarray, *_more: object, **_options: object) -> Sequence[TextLine]:
        self.pictures += 1
        red, green, blue = (int(one) // 16 for one in pixels[5, 5])
        lines = (f"colour {red}-{green}-{blue}", *self._more)
        return [
            TextLine(box=Box(20, 30 * n, 300, 30 * n + 20), text=text, score=1.0, centres=())
            for n, text in enumerate(lines)
        ]

    def read_boxes(self, pixels: np.ndarray, boxes: Sequence[object]) -> Sequence[TextLine]:
        raise AssertionError("not used")

    def can_read(self, character: str) -> bool:
        raise AssertionError("not used")


def painted(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((360, 640, 3), colour, np.uint8)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five scenes of one colour each, two seconds long."""
    shown = [(SCENE_S * number, painted(colour)) for number, colour in enumerate(COLOURS)]
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_video(path, steady(shown, until_s=SCENE_S * len(COLOURS)))


@pytest.mark.parametrize(
    ("sampling", "every_s", "starts_s"),
    [
        ("changes", 1.0, [0, 2, 4, 6, 8]),
        ("scenes", 1.0, [0, 2, 4, 6, 8]),
        ("seconds", 2.5, [0, 2.5, 5, 7.5, 9.9]),
        ("key frames", 1.0, [0]),
    ],
)
def test_pictures_are_chosen_as_asked(
    film: Path, tmp_path: Path, sampling: Sampling, every_s: float, starts_s: list[float]
) -> None:
    index = index_video(film, sampling=sampling, every_s=every_s, ocr=ByColour(), kept_in=tmp_path)
    assert [look.start_s for look in index.looks] == pytest.approx(starts_s, abs=0.3)


def test_a_scene_is_seen_after_its_cut(film: Path, tmp_path: Path) -> None:
    index = index_video(film, sampling="scenes", ocr=ByColour(), kept_in=tmp_path)
    assert [look.at_s - look.start_s for look in index.looks] == pytest.approx([0.5] * 5, abs=0.11)
    assert len({look.lines[0].text for look in index.looks}) == len(COLOURS)


def test_each_way_has_its_own_index(film: Path, tmp_path: Path) -> None:
    keys = {
        index_video(film, sampling="seconds", every_s=every_s, ocr=ByColour(), kept_in=tmp_path).key
        for every_s in (2.0, 5.0, 5)
    }
    keys.add(index_video(film, sampling="scenes", ocr=ByColour(), kept_in=tmp_path).key)
    assert len(keys) == 3
    assert len({key.partition("-")[0] for key in keys}) == 1


@pytest.mark.parametrize("every_s", [0, -1.0, float("nan"), float("inf")])
def test_pictures_a_wrong_time_apart_are_refused(
    film: Path, tmp_path: Path, every_s: float
) -> None:
    with pytest.raises(ConfigError) as caught:
        index_video(film, sampling="seconds", every_s=every_s, kept_in=tmp_path)
    assert str(caught.value) == f"every_s is {every_s!r}; expected seconds above 0"
    assert list(tmp_path.iterdir()) == []


def test_what_looks_the_same_keeps_its_pixels() -> None:
    rng = np.random.default_rng(4)
    shown, first = SteadyPicture(), screen("Total 58.60")
    shown.show(first)
    grain = rng.integers(-4, 5, first.shape)
    noisy = np.clip(first.astype(int) + grain, 0, 255).astype(np.uint8)
    assert (shown.show(noisy) == first).all()
    # One digit is new, and grey on white: everything else stays as it was.
    again = noisy.copy()
    again[200:212, 300:306] = noisy[200:212, 300:306] - 60
    seen = shown.show(again)
    assert (seen[196:216, 296:310] == again[196:216, 296:310]).all()
    assert (seen[:180] == first[:180]).all()
    assert (shown.show(plain(40, (100, 80))) == 40).all()


def test_letters_that_get_sharper_are_the_same_and_another_digit_is_new() -> None:
    sharp, other = screen("Total 58.60"), screen("Total 58.68")
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 0.4), np.uint8)
    shown = SteadyPicture()
    shown.show(soft)
    assert (shown.show(sharp) == soft).all()
    digit = (other != sharp).any(axis=2)
    assert (shown.show(other)[digit] == other[digit]).all()


SECRET = "sk-proj-Abc123Def456Ghi789Jkl012"


def test_secrets_are_not_kept(film: Path, tmp_path: Path) -> None:
    ocr = ByColour("Password: hunter22x", f"export KEY={SECRET}", "Order number 48213")
    answer = find_in_video(film, "order number 48213", ocr=ocr, speech_model=None, kept_in=tmp_path)
    assert answer.verdict == "found"
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Order number 48213" in kept
    assert SECRET.encode() not in kept
    assert b"hunter22x" not in kept
    assert "Password: •••".encode() in kept


@dataclass
class TellsASecret(KnownWords):
    def transcribe(self, sound: np.ndarray, *, language: str, task: Task) -> Iterator[RawSegment]:
        said = " The password is hunter22x."
        words = tuple(
            Word(text=f" {word}", start_s=n / 3, end_s=n / 3 + 0.3, probability=0.9)
            for n, word in enumerate(said.split())
        )
        yield raw_segment(said, words=words)


def test_secrets_that_are_said_are_not_kept(tmp_path: Path) -> None:
    sound, _condition = read(JFK)
    path = write(tmp_path / "a.mkv", Track(channels=sound[None, :32_000]), picture_s=2)
    index = index_video(path, ocr=ByColour(), kept_in=tmp_path / "kept")
    for _again in range(2):
        heard, why_not = said_in(path, index, TellsASecret())
        assert heard is not None, why_not
        assert [one.text.strip() for one in heard.segments] == ["The password is •••"]
        assert heard.segments[0].words == ()
    kept = b"".join(one.read_bytes() for one in (tmp_path / "kept").iterdir())
    assert b"The password is" in kept
    assert b"hunter22x" not in kept


def made_index(folder: Path, digit: str, size_bytes: int, used_s: int) -> str:
    key = f"{digit * 40}-{digit * 16}"
    folder.mkdir(exist_ok=True)
    for ending in ("jsonl", "0a.npy"):
        path = folder / f"{key}.{ending}"
        path.write_bytes(b"x" * (size_bytes // 2))
        os.utime(path, (used_s, used_s))
    return key


def test_what_was_used_least_recently_goes_first(tmp_path: Path) -> None:
    old, older, new = (
        made_index(tmp_path, d, 1000, at) for d, at in (("a", 5), ("b", 3), ("c", 9))
    )
    (tmp_path / "holiday.jpg").write_bytes(b"x" * 9000)
    assert make_room(tmp_path, new, room_bytes=3000) == []
    assert make_room(tmp_path, new, room_bytes=2500) == [older]
    assert make_room(tmp_path, new, room_bytes=10) == [old]
    assert [one.key for one in kept_indexes(tmp_path)] == [new]
    assert (tmp_path / "holiday.jpg").is_file()


def test_a_full_cache_keeps_what_is_used(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made_index(tmp_path, "a", 1000, 5)
    second = made_index(tmp_path, "b", 1000, 6)
    index_video(film, ocr=ByColour(), kept_in=tmp_path)
    assert {first, second} < {one.key for one in kept_indexes(tmp_path)}
    monkeypatch.setenv("DESKHAND_MEDIA_CACHE_MB", "0.001")
    index = index_video(film, sampling="scenes", ocr=ByColour(), kept_in=tmp_path)
    assert [one.key for one in kept_indexes(tmp_path)] == [index.key]
    assert index_video(film, sampling="scenes", kept_in=tmp_path).newly_read == 0


@pytest.mark.parametrize("raw", ["much", "0", "-3", "nan", "inf"])
def test_room_that_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(ConfigError) as caught:
        limit_bytes({"DESKHAND_MEDIA_CACHE_MB": raw})
    assert str(caught.value) == (f"DESKHAND_MEDIA_CACHE_MB must be a number above 0, got {raw!r}")
    assert limit_bytes({"DESKHAND_MEDIA_CACHE_MB": "2.5"}) == 2_500_000


def test_a_video_is_forgotten_in_all_its_ways(film: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    other = made_index(kept, "a", 10, 5)
    for sampling in ("changes", "scenes"):
        index_video(film, sampling=sampling, ocr=ByColour(), kept_in=kept)
    moved = tmp_path / "elsewhere.mp4"
    moved.write_bytes(film.read_bytes())
    assert len(forget_video(moved, kept_in=kept)) == 2
    assert [one.key for one in kept_indexes(kept)] == [other]
    assert index_video(film, ocr=ByColour(), kept_in=kept).newly_read == 5
    assert len(forget_video(None, kept_in=kept)) == 2
    assert list(kept.iterdir()) == []
    assert forget_video(None, kept_in=tmp_path / "nowhere") == []


def test_a_video_that_is_being_read_is_not_forgotten(film: Path, tmp_path: Path) -> None:
    index = index_video(film, ocr=ByColour(), kept_in=tmp_path)
    with FinishedLines(tmp_path / f"{index.key}.jsonl", _RECORD):
        assert make_room(tmp_path, "", room_bytes=1) == []
        with pytest.raises(ConfigError) as caught:
            forget_video(film, kept_in=tmp_path)
    assert str(caught.value) == "film.mp4 is being read by another process; stop that first"


class KnowsRed:
    """A picture-text model of one idea, trained as SigLIP: counts what it embeds."""

    space, dimensions, scale, bias = "red", 2, 20.0, -10.0

    def __init__(self) -> None:
        self.pictures = 0

    def fits(self, text: str) -> bool:
        return len(text) < 100

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return np.array([[1.0, 0.0] if "red" in t else [0.0, 1.0] for t in texts], np.float32)

    def embed_images(self, images: Sequence[Picture]) -> Vectors:
        self.pictures += len(images)
        corners = [np.asarray(image)[5, 5] for image in images]
        is_red = [red > 180 and green < 90 for red, green, _blue in corners]
        return np.array([[1.0, 0.0] if one else [0.0, -1.0] for one in is_red], np.float32)


def test_what_a_picture_looks_like_is_a_candidate(film: Path, tmp_path: Path) -> None:
    model = KnowsRed()

    def ask(query: str) -> VideoAnswer:
        return find_in_video(
            film, query, ocr=ByColour(), speech_model=None, picture_model=model, kept_in=tmp_path
        )

    answer = ask("red wall")
    assert answer.by_picture
    assert answer.verdict == "maybe"
    (moment,) = answer.moments
    assert (moment.source, moment.sources, moment.evidence) == ("picture", ("picture",), "")
    assert (moment.start_s, moment.end_s) == pytest.approx((0.0, 2.0), abs=0.3)
    assert np.asarray(thumbnail(film, moment, width=64))[20, 30, 0] > 180
    # What is read in the same picture has both, and is found by what it says.
    read = ask("colour 12-1-1 red").moments[0]
    assert (read.source, read.sources) == ("screen", ("screen", "picture"))
    assert ask("green meadow").moments == ()
    assert model.pictures == 5
    too_long = ask("red " * 40)
    assert not too_long.by_picture
    assert too_long.notes[-1].startswith("the pictures were not compared with the query: ")


def test_pictures_are_embedded_once_also_after_a_kill(film: Path, tmp_path: Path) -> None:
    index = index_video(film, ocr=ByColour(), kept_in=tmp_path)
    whole = picture_vectors(film, index, KnowsRed())
    (kept,) = tmp_path.glob("*.pictures.jsonl")
    kept.write_bytes(b"".join(kept.read_bytes().splitlines(keepends=True)[:3]) + b'{"at_s": 6')
    model = KnowsRed()
    assert (picture_vectors(film, index, model) == whole).all()
    assert model.pictures == 2


def test_secrets_are_not_embedded(film: Path, tmp_path: Path) -> None:
    seen: list[np.ndarray] = []

    class Watching(KnowsRed):
        def embed_images(self, images: Sequence[Picture]) -> Vectors:
            seen.extend(np.asarray(image) for image in images)
            return super().embed_images(images)

    index = index_video(film, ocr=ByColour("PIN: 4711"), kept_in=tmp_path)
    picture_vectors(film, index, Watching())
    assert all((image[30:50, 20:300] == 0).all() for image in seen)
    assert all(image[5, 5].any() for image in seen)


@pytest.fixture
def tiny_clip(tmp_path: Path) -> ClipEmbedder:
    return ClipEmbedder.load(build_tiny_clip("clip", tmp_path / "clip"), device="cpu")


def test_a_checkpoint_compares_pictures(
    film: Path, tmp_path: Path, tiny_clip: ClipEmbedder
) -> None:
    kept = tmp_path / "kept"
    index: VideoIndex = index_video(film, ocr=ByColour(), kept_in=kept)
    vectors = picture_vectors(film, index, tiny_clip)
    assert vectors.shape == (5, 24)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    alone = tiny_clip.embed_images([np.asarray(Image.new("RGB", (640, 360), COLOURS[0]))])
    assert float(vectors[0] @ alone[0]) > 0.99
    answer = find_in_video(
        film, "a red picture", ocr=ByColour(), speech_model=None, picture_model=tiny_clip,
        kept_in=kept,
    )  # fmt: skip
    assert answer.by_picture
    assert all(one.verdict == "maybe" for one in answer.moments if one.source == "picture")
