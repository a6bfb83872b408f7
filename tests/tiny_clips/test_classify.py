"""`deskhand classify` and the tool `classify_image`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import ToolCall, ToolMessage
from numpy.typing import NDArray
from PIL import Image

from deskhand.agent.cli import main
from deskhand.memory.errors import BadArgumentError
from deskhand.tools.classify_tool import ClassifyTool
from deskhand.tools.models.clip import ClipEmbedder

from .conftest import Checkpoints, Picture

Cli = Callable[..., tuple[object, str, str]]
"""Returns the exit code, what came on stdout, and what came on stderr."""


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("COLUMNS", "250")

    def run(*args: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["classify", *args])
        captured = capsys.readouterr()
        return left.value.code, captured.out, captured.err

    return run


@pytest.fixture
def files(tmp_path: Path, pictures: list[Picture]) -> list[str]:
    paths = []
    for number, picture in enumerate(pictures[:2]):
        path = tmp_path / f"{number}.png"
        Image.fromarray(picture).save(path)
        paths.append(str(path))
    return paths


def test_json_is_what_the_python_call_gives(
    cli: Cli, files: list[str], clip: ClipEmbedder, pictures: list[Picture]
) -> None:
    words = ["--labels", "a map, a button", "--labels", "form", "--template", "an icon of {}"]
    options = ["--temperature", "3", "--none", "--model", str(clip.report.path), "--json"]
    code, out, err = cli(*files, *words, *options)
    assert (code, err) == (0, "")
    expected = clip.classify(
        pictures[:2],
        ["a map", "a button", "form"],
        templates=["an icon of {}"],
        temperature=3.0,
        none_of_these=True,
    )
    read = json.loads(out)
    assert read["model"] == clip.space
    for said, path, one in zip(read["pictures"], files, expected, strict=True):
        assert (said["picture"], said["kind"], said["best"]) == (path, "exclusive", one.best)
        assert said["none"] == pytest.approx(one.none)
        assert [row["label"] for row in said["labels"]] == list(one.labels)
        assert [row["probability"] for row in said["labels"]] == pytest.approx(one.probabilities)
        assert [row["similarity"] for row in said["labels"]] == pytest.approx(one.similarities)


def test_table_shows_the_most_probable_first(
    cli: Cli, files: list[str], siglip: ClipEmbedder, pictures: list[Picture]
) -> None:
    model = str(siglip.report.path)
    code, out, err = cli(files[0], "--labels", "a map,a [b]button[/b]", "--model", model)
    assert (code, err) == (0, f"by {siglip.space}\n")
    (shown,) = siglip.classify(pictures[:1], ["a map", "a [b]button[/b]"])
    assert shown.none is not None
    answers = [*shown.ranked, ("none of them", shown.none)]
    expected = sorted(answers, key=lambda answer: -answer[1])
    lines = [line.removeprefix(files[0]).strip() for line in out.splitlines()[2:]]
    assert [" ".join(line.split()) for line in lines] == [
        f"{label} {probability:.1%}" for label, probability in expected
    ]


def test_transparent_icon_is_seen_on_white(cli: Cli, clip: ClipEmbedder, tmp_path: Path) -> None:
    icon = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    icon.paste((250, 0, 0, 255), (10, 10, 30, 30))
    icon.save(tmp_path / "icon.png")
    path, model = str(tmp_path / "icon.png"), str(clip.report.path)
    _, out, _ = cli(path, "--labels", "a,b", "--model", model, "--json")
    on_white = Image.new("RGB", (40, 40), "white")
    on_white.paste((250, 0, 0), (10, 10, 30, 30))
    (expected,) = clip.classify([on_white], ["a", "b"])
    labels = json.loads(out)["pictures"][0]["labels"]
    assert [row["probability"] for row in labels] == pytest.approx(expected.probabilities)


def test_without_weights_it_says_what_to_pull(cli: Cli, files: list[str]) -> None:
    assert cli(files[0], "--labels", "a,b") == (
        1,
        "",
        "deskhand: error: no model that compares pictures with words is here; bring one with: "
        "deskhand models pull clip-vit-b-32\n",
    )
    assert cli(files[0], "--labels", "a,b", "--model", "clip-vit-b-32") == (
        1,
        "",
        "deskhand: error: clip-vit-b-32 is not there; bring it with: "
        "deskhand models pull clip-vit-b-32\n",
    )


def test_wrong_use(cli: Cli, files: list[str], checkpoint: Checkpoints, tmp_path: Path) -> None:
    model = str(checkpoint("clip"))
    missing = str(tmp_path / "missing.png")
    assert cli(missing, "--labels", "a,b", "--model", model) == (
        2, "", f"deskhand: error: there is no picture at {missing}\n"
    )  # fmt: skip
    assert cli(files[0], "--labels", ",", "--model", model) == (
        2, "", "deskhand: error: labels is []; expected a list of at least one label\n"
    )  # fmt: skip


# --- the tool


def call(tool: ClassifyTool, **given: Any) -> ToolMessage:
    """Call the tool as an agent does and return its message."""
    (spec,) = tool.specs()
    assert (spec.name, spec.read_only, spec.destructive) == ("classify_image", True, False)
    message = spec.structured().invoke(
        ToolCall(name="classify_image", args=given, id="call-1", type="tool_call")
    )
    assert isinstance(message, ToolMessage)
    return message


def test_tool_tells_what_a_file_shows(
    files: list[str], clip: ClipEmbedder, pictures: list[Picture]
) -> None:
    labels = ["a map", "a button"]
    said = call(ClassifyTool(load=lambda: clip), labels=labels, path=files[0])
    (shown,) = clip.classify(pictures[:1], labels, none_of_these=True)
    assert said.status == "success"
    lines = [f"{probability:.0%} {label}" for label, probability in shown.ranked]
    best = shown.best or "none of them"
    assert said.content == "\n".join([f"best: {best}", *lines, f"{shown.none:.0%} none of them"])
    assert said.artifact["model"] == clip.space
    assert said.artifact["probabilities"] == pytest.approx(dict(shown.ranked))


def test_tool_looks_at_the_part_of_the_screen_that_is_named(
    clip: ClipEmbedder, pictures: list[Picture]
) -> None:
    asked: list[tuple[str | None, int | None]] = []

    def look(window: str | None, element: int | None) -> NDArray[np.uint8]:
        asked.append((window, element))
        if element == 99:
            raise BadArgumentError("there is no element 99 on the screen; look again")
        return pictures[len(asked)]

    tool = ClassifyTool(look, load=lambda: clip)
    labels = ["a map", "a button"]
    parts: list[dict[str, Any]] = [{}, {"window": "Editor"}, {"element": 7}]
    for number, given in enumerate(parts, start=1):
        said = call(tool, labels=labels, templates=["{}"], **given)
        (shown,) = clip.classify([pictures[number]], labels, templates=["{}"], none_of_these=True)
        assert said.artifact["probabilities"] == pytest.approx(dict(shown.ranked))
    assert asked == [(None, None), ("Editor", None), (None, 7)]
    gone = call(tool, labels=labels, element=99)
    assert (gone.status, gone.content) == (
        "error", "there is no element 99 on the screen; look again"
    )  # fmt: skip


def test_tool_tells_what_is_wrong(files: list[str], clip: ClipEmbedder) -> None:
    tool = ClassifyTool(load=lambda: clip)
    no_screen = call(tool, labels=["a", "b"])
    assert (no_screen.status, no_screen.content) == (
        "error", "there is no screen to look at; name a picture file: path"
    )  # fmt: skip
    two = call(tool, labels=["a", "b"], path=files[0], element=3)
    assert (two.status, two.content) == (
        "error", "classify_image: name one of path, window and element"
    )  # fmt: skip
    template = call(tool, labels=["a", "b"], path=files[0], templates=["x"])
    assert template.content == "the template 'x' has no single {} for the label"


def test_tool_without_weights_says_what_to_pull(files: list[str]) -> None:
    said = call(ClassifyTool(), labels=["a", "b"], path=files[0])
    assert (said.status, said.content) == (
        "error",
        "no model that compares pictures with words is here; bring one with: "
        "deskhand models pull clip-vit-b-32",
    )
