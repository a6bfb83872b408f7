"""The report: self-contained, inert, marked, small."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.agent.trajectory.recording import PictureHandle, Recorder, StepRecord
from deskhand.agent.trajectory.report import EFFECTS, write_report
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import View
from deskhand.tools.outcome import Effect, Outcome

EVIL = "<script>alert(1)</script>\"'&"


class Page(HTMLParser):
    """Every tag with its attributes, and the text outside of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text += data

    def all(self, tag: str, style: str | None = None) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and style in (None, attributes.get("class"))
        ]


def picture(seed: int = 0, width: int = 320, height: int = 200) -> Capture:
    pixels = np.full((height, width, 3), 20 + seed % 200, dtype=np.uint8)
    return Capture(pixels=pixels, view=View(width=width, height=height))


def a_step(number: int, observation: PictureHandle, effect: Effect = "confirmed") -> StepRecord:
    outcome = Outcome(effect=effect, evidence=f"evidence {number}")
    return StepRecord(
        step=number,
        sentence="click button Save",
        action={"kind": "click"},
        observation=observation,
        window="Editor",
        n_elements=12,
        settled=True,
        target={"text": "Save", "role": "button", "box": [0, 10, 60, 30], "point": [30.0, 20.0]},
        decision={"verdict": "allow", "rule": "default", "reason": "click", "by": "policy"},
        outcome=outcome.to_json(),
        after=None,
        timings={"observe_s": 0.4, "plan_s": 0.01, "guard_s": 0.0, "act_s": 0.3, "verify_s": 0.9},
    )


def report_of(folder: RunFolder) -> Page:
    return Page(write_report(folder.path).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "click button Save")


def test_every_effect_is_told_by_word_and_sign_not_by_colour_alone(folder: RunFolder) -> None:
    recorder = Recorder(folder.path)
    handle = recorder.picture(picture())
    for number, effect in enumerate(EFFECTS, start=1):
        recorder.step(a_step(number, handle, effect))  # type: ignore[arg-type]  # keys are effects
    page = report_of(folder)
    for number, (_, sign, word) in enumerate(EFFECTS.values(), start=1):
        assert f"{sign}{word}" in page.text
        assert f"evidence {number}" in page.text
    assert "killed" not in page.text  # this very process is on the run
    assert "running" in page.text


def test_a_run_that_can_be_resumed_says_how(folder: RunFolder) -> None:
    folder.end(status="asked", reason="step 3 needs a person's yes")
    page = report_of(folder)
    assert "waits for a person" in page.text
    assert f"deskhand run --resume {folder.id}" in page.text
    assert "No step was settled." in page.text


def test_target_point_and_changes_are_marked_in_the_pixels_of_the_picture(
    folder: RunFolder,
) -> None:
    recorder = Recorder(folder.path)
    before, after = recorder.picture(picture(1)), recorder.picture(picture(2))
    step = a_step(1, before)
    outcome = {**step.outcome, "changed": [[5, 6, 105, 46], [0, 0, 1, 1]]}
    recorder.step(replace(step, outcome=outcome, after=after))
    page = report_of(folder)
    assert page.all("rect", "target") == [
        {"class": "target", "x": "0", "y": "10", "width": "60", "height": "20", "rx": "2"}
    ]
    (point,) = page.all("circle")
    assert (point["cx"], point["cy"]) == ("30", "20")
    changed = page.all("rect", "changed")
    assert [(r["x"], r["y"], r["width"], r["height"]) for r in changed] == [
        ("1", "2", "108", "48"),  # four pixels around what changed
        ("-4", "-4", "9", "9"),
    ]
    assert "changed in 2 places" in page.text
    assert {svg["viewbox"] for svg in page.all("svg", "picture")} == {"0 0 320 200"}


def test_a_picture_seen_often_is_embedded_once(folder: RunFolder) -> None:
    recorder = Recorder(folder.path)
    handle = recorder.picture(picture())
    for number in range(1, 6):
        recorder.step(replace(a_step(number, handle), after=handle))
    page = report_of(folder)
    (embedded,) = page.all("image")
    uses = page.all("use")
    assert len(uses) == 10
    assert {use["href"] for use in uses} == {f"#{embedded['id']}"}
    content = base64.b64decode(embedded["href"].removeprefix("data:image/webp;base64,"))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (320, 200)


def test_what_comes_from_a_screen_or_a_model_stays_text(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, f"task {EVIL}", config={"note": EVIL})
    recorder = Recorder(folder.path)
    step = a_step(1, recorder.picture(picture()))
    recorder.step(
        replace(
            step,
            sentence=f"sentence {EVIL}",
            window=f"window {EVIL}",
            note=f"note {EVIL}",
            recovered=f"recovered {EVIL}",
            action={"kind": "type_text", "text": f"typed {EVIL}"},
            target={"text": f"target {EVIL}", "role": EVIL, "box": None, "point": [1.0, 2.0]},
            decision={"verdict": EVIL, "rule": EVIL, "reason": f"why {EVIL}", "by": EVIL},
            outcome={**step.outcome, "evidence": f"evidence {EVIL}", "answer": f"answer {EVIL}"},
        )
    )
    folder.end(status="failed", reason=f"reason {EVIL}")
    page = report_of(folder)
    assert len(page.all("script")) == 1  # our own
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]
    for word in ("task", "sentence", "window", "note", "recovered", "target", "why", "evidence",
                 "answer", "reason"):  # fmt: skip
        assert f"{word} {EVIL}" in page.text


def test_nothing_is_fetched_from_elsewhere(folder: RunFolder) -> None:
    recorder = Recorder(folder.path)
    recorder.step(a_step(1, recorder.picture(picture())))
    path = write_report(folder.path)
    html = path.read_text(encoding="utf-8")
    for _, attributes in Page(html).tags:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/webp;base64,"))
    assert not re.search(r"url\(|@import|https?:", html)
    assert "default-src 'none'" in html


def test_the_browser_is_told_the_hash_of_the_script_it_gets(folder: RunFolder) -> None:
    import hashlib

    html = write_report(folder.path).read_text(encoding="utf-8")
    script = html.split("<script>", 1)[1].split("</script>", 1)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def test_a_missing_picture_leaves_a_report(folder: RunFolder) -> None:
    recorder = Recorder(folder.path)
    handle = recorder.picture(picture())
    recorder.step(a_step(1, handle))
    (folder.path / handle.path).unlink()
    page = report_of(folder)
    assert f"{handle.path} cannot be read" in page.text
    assert not page.all("use")


@pytest.mark.slow
def test_thirty_steps_of_full_noise_stay_below_ten_megabytes(folder: RunFolder) -> None:
    recorder = Recorder(folder.path)
    random = np.random.default_rng(0)
    for number in range(1, 31):
        small = random.integers(0, 255, size=(200, 320, 3), dtype=np.uint8)
        pixels = np.kron(small, np.ones((4, 4, 1), dtype=np.uint8))
        capture = Capture(pixels=pixels, view=View(width=1280, height=800))
        recorder.step(a_step(number, recorder.picture(capture)))
    path = write_report(folder.path)
    assert path.stat().st_size < 10_000_000
    assert len(Page(path.read_text(encoding="utf-8")).all("image")) == 30
