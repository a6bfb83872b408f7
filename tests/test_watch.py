"""A watch looks where something changed, within its share of the processor's time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import ConfigError, MemoryLocked, TakenOver
from deskhand.memory.records import Added
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture, Pixels
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Observation
from deskhand.tools.remembering.exclusions import Exclusions
from deskhand.tools.remembering.recorder import Recorded, ScreenRecorder
from deskhand.tools.remembering.watch import (
    CpuClock,
    Watch,
    Watched,
    WatchSettings,
    is_changed,
    small,
)  # fmt: skip

WIDE, TALL = 640, 360


class World:
    """A desktop, its clocks and a recorder, moved on by the watch's own sleeping."""

    def __init__(self, *, look_cpu_s: float = 0.5) -> None:
        self.now = self.cpu = 0.0
        self.pixels: Pixels = np.full((TALL, WIDE, 3), 220, np.uint8)
        self.active = Window(
            id=1, title="Notes", app="Editor", pid=None, box=Box(0, 0, WIDE, TALL), is_active=True
        )
        self.looked: list[float] = []
        self.grabs = 0
        self.script: dict[int, Callable[[], None]] = {}
        self.until = 60.0
        self.fails: Exception | None = None
        self._look_cpu_s = look_cpu_s

    exclusions = Exclusions()

    def grab(self) -> Pixels:
        self.grabs += 1
        return self.pixels.copy()

    def active_window(self) -> Window:
        return self.active

    def look(self) -> Observation:
        self.looked.append(self.now)
        self.cpu += self._look_cpu_s
        view = View(width=WIDE, height=TALL)
        return Observation(
            capture=Capture(pixels=self.pixels.copy(), view=view),
            elements=[],
            windows=[self.active],
        )

    def record(self, observation: Observation, *, tags: frozenset[str]) -> Recorded:
        assert tags == {"watch"}
        if self.fails is not None:
            raise self.fails
        reason = self.exclusions.seen(observation).reason
        return Recorded(added=None if reason else Added(id="x", is_new=True), excluded_by=reason)

    def sleep(self, seconds: float) -> bool:
        self.now += seconds
        self.script.pop(int(self.now), lambda: None)()
        return self.now >= self.until

    def write_line(self) -> None:
        """Change a place that stays changed for a while."""
        at = 20 + 14 * (int(self.now) % 20)
        self.pixels[at : at + 10, 40:200] = 255 - self.pixels[at : at + 10, 40:200]

    def watch(self, tmp_path: Path, *, every_s: float, cpu_share: float = 0.5) -> Watched:
        recorder: ScreenRecorder = self  # type: ignore[assignment]  # has what a watch uses of it
        watch = Watch(
            self,
            self.look,
            recorder,
            WatchSettings(every_s=every_s, cpu_share=cpu_share),
            pause_file=tmp_path / "paused",
            sleep=self.sleep,
            cpu_clock=lambda: self.cpu,
            clock=lambda: self.now,
        )
        return watch.run()


def test_an_unchanged_screen_is_looked_at_once(tmp_path: Path) -> None:
    world = World()
    done = world.watch(tmp_path, every_s=5.0)
    assert world.looked == [0.0]
    assert done.kept == 1
    assert world.grabs > 1


def test_a_change_is_looked_at_but_not_more_often_than_allowed(tmp_path: Path) -> None:
    world = World(look_cpu_s=0.01)
    world.script = {second: world.write_line for second in range(1, 41)}
    world.watch(tmp_path, every_s=10.0)
    assert world.looked == [0.0, 10.0, 20.0, 30.0, 40.0]


def test_the_share_of_the_processor_is_kept(tmp_path: Path) -> None:
    world = World(look_cpu_s=2.0)
    world.until = 400.0
    world.script = {second: world.write_line for second in range(1, 400)}
    done = world.watch(tmp_path, every_s=1.0, cpu_share=0.10)
    assert done.cpu_s / done.elapsed_s <= 0.105
    gaps = np.diff(world.looked)
    assert gaps.min() >= 20.0  # 2 s of work at a tenth
    assert len(world.looked) >= 18  # and no more is rested than has to be


def test_nothing_is_looked_at_while_it_is_paused(tmp_path: Path) -> None:
    world = World(look_cpu_s=0.01)
    pause = tmp_path / "paused"
    pause.touch()
    world.script = {20: pause.unlink}
    world.watch(tmp_path, every_s=1.0)
    assert world.looked == [20.0]


def test_an_excluded_window_is_not_even_grabbed(tmp_path: Path) -> None:
    world = World()
    world.active = Window(
        id=2, title="db", app="KeePassXC", pid=None, box=Box(0, 0, WIDE, TALL), is_active=True
    )
    world.watch(tmp_path, every_s=1.0)
    assert (world.looked, world.grabs) == ([], 0)


def test_what_only_a_look_shows_to_be_excluded_is_counted(tmp_path: Path) -> None:
    world = World()
    world.exclusions = Exclusions(apps=(), windows=())
    world.watch(tmp_path, every_s=1.0)
    assert len(world.looked) == 1


@pytest.mark.parametrize("error", [MemoryLocked("another process writes"), TakenOver("a person")])
def test_what_passes_by_itself_ends_no_watch(tmp_path: Path, error: Exception) -> None:
    world = World(look_cpu_s=0.01)
    world.fails = error
    world.script = {30: lambda: setattr(world, "fails", None)}
    done = world.watch(tmp_path, every_s=5.0)
    assert done.kept == 1
    assert world.looked[-1] == 30.0


def test_one_line_of_text_is_a_change_and_the_pointer_is_none() -> None:
    screen = np.full((800, 1280, 3), 240, np.uint8)
    text, pointer = screen.copy(), screen.copy()
    text[400:412, 300:420:2] = 20
    pointer[100:104, 500:503] = 0
    assert is_changed(small(screen), small(text))
    assert not is_changed(small(screen), small(pointer))


@pytest.mark.parametrize(
    ("every_s", "cpu_share", "message"),
    [
        (0, 0.1, "every must be above 0 seconds, got 0"),
        (1, 0, "cpu must be above 0 and at most 100 %, got 0%"),
        (1, 1.5, "cpu must be above 0 and at most 100 %, got 150%"),
        (float("nan"), 0.1, "every must be above 0 seconds, got nan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    every_s: float, cpu_share: float, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        WatchSettings(every_s=every_s, cpu_share=cpu_share)
    assert str(refused.value) == message


def test_the_clock_counts_this_process() -> None:
    clock = CpuClock()
    before = clock()
    sum(n * n for n in range(400_000))
    assert clock() > before > 0
