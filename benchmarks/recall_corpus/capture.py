"""Puts the corpus on a real screen, and what is seen there into a memory."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.recall_corpus.pages import file_names, log, note, page
from benchmarks.recall_corpus.subjects import APPLICATIONS, Subject
from benchmarks.truth import dom
from deskhand.memory.screens import VisualMemory
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.observe import Observer
from deskhand.tools.remembering.recorder import ScreenRecorder

SIZE = (1280, 800)
TRUTH = "truth.jsonl"
OTHER_THEME = "document.documentElement.classList.toggle('dark')"
LAUNCH_TIMEOUT_S = 60.0
GONE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A screen of the corpus that is in the memory."""

    number: int
    id: str
    themed: Path | None
    """The same page with light and dark changed; not in the memory."""


def kept_screens(folder: Path) -> dict[int, Kept]:
    """Return what an earlier run put into the memory, by number."""
    path = folder / TRUTH
    if not path.exists():
        return {}
    kept = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        themed = None if record["themed"] is None else folder / record["themed"]
        kept[record["number"]] = Kept(number=record["number"], id=record["id"], themed=themed)
    return kept


class Studio:
    """A virtual desktop with one Chromium, on which the screens are shown one after the other.

    Args:
        desktop: The desktop.
        sandbox: The same, as something to start programs in.
        observer: Looks at it.
        memory: Where the screens are kept.
        folder: Of the corpus.
    """

    def __init__(
        self,
        desktop: Desktop,
        sandbox: Sandbox,
        observer: Observer,
        memory: VisualMemory,
        folder: Path,
    ) -> None:
        self._desktop = desktop
        self._env: Mapping[str, str] = sandbox.env
        self._observer = observer
        self._recorder = ScreenRecorder(memory)
        self._folder = folder
        self._files = folder / "files"
        self._files.mkdir(exist_ok=True)
        self._page: dom.Page | None = None
        self._browser: list[int] = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)

    def take(self, subject: Subject) -> None:
        """Show a screen, look at it once, keep it, and note what it is about."""
        if subject.kind in APPLICATIONS:
            with self._application(subject):
                id = self._keep(subject)
            themed = None
        else:
            self._show_page(subject)
            id = self._keep(subject)
            themed = self._themed(subject)
        record = {"number": subject.number, "id": id, "themed": themed}
        with (self._folder / TRUTH).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record) + "\n")

    def close(self) -> None:
        """End the browser."""
        if self._page is not None:
            self._page.close()
        end_groups(self._browser, patience_s=GONE_TIMEOUT_S)
        self._profile.cleanup()

    def _keep(self, subject: Subject) -> str:
        recorded = self._recorder.record(
            self._observer.observe(), tags={"corpus", subject.kind}, time=subject.time
        )
        assert recorded.added is not None  # nothing of the corpus is private
        return recorded.added.id

    def _show_page(self, subject: Subject) -> None:
        file = self._files / f"{subject.number:04d}.html"
        file.write_text(page(subject), encoding="utf-8")
        if self._page is None:
            profile = Path(self._profile.name)
            self._start(*dom.chromium(profile, SIZE, scale=1.0), groups=self._browser)
            self._page = dom.Page(profile)
        self._page.open(file)

    def _themed(self, subject: Subject) -> str:
        assert self._page is not None
        self._page.evaluate(OTHER_THEME)
        self._page.evaluate(dom.PAINTED)
        name = f"files/{subject.number:04d}-themed.png"
        Image.fromarray(self._desktop.grab()).save(self._folder / name)
        return name

    @contextmanager
    def _application(self, subject: Subject) -> Iterator[None]:
        groups: list[int] = []
        if self._page is not None:  # else the page before can be read around the window
            blank = self._files / "blank.html"
            blank.write_text("<title>Blank</title>", encoding="utf-8")
            self._page.open(blank)
        self._start(*self._command(subject), groups=groups)
        try:
            yield
        finally:
            before = len(self._desktop.windows())
            end_groups(groups, patience_s=GONE_TIMEOUT_S)
            deadline = time.monotonic() + GONE_TIMEOUT_S
            while len(self._desktop.windows()) >= before and time.monotonic() < deadline:
                time.sleep(0.05)

    def _command(self, subject: Subject) -> list[str]:
        place = self._files / f"{subject.number:04d} {subject.kind}"
        if subject.kind == "folder":
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in file_names(subject):
                (place / name).write_text("", encoding="utf-8")
            return ["pcmanfm", "--no-desktop", str(place)]
        text = note(subject) if subject.kind == "editor" else log(subject)
        place.write_text(text, encoding="utf-8")
        if subject.kind == "editor":
            return ["mousepad", "--disable-server", str(place)]
        return [
            "xterm",
            "-fa",
            "Monospace",
            "-fs",
            "11",
            "-geometry",
            "120x35",
            "-e",
            "less",
            str(place),
        ]

    def _start(self, *command: str, groups: list[int]) -> None:
        launch(
            command,
            env=self._env,
            windows=self._desktop.windows,
            timeout_s=LAUNCH_TIMEOUT_S,
            sleep=time.sleep,
            on_start=groups.append,
        )
