"""What a folder must hold to be loaded, what is chosen for it, and that it says so."""

import gc
import json
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

from deskhand.memory.errors import (
    BadArgumentError,
    ConfigError,
    MissingExtraError,
    ModelUnavailable,
)
from deskhand.tools.models.vlm import load_vlm
from deskhand.tools.models.vlm_messages import Turn
from deskhand.tools.models.vlm_placement import choose_dtype

Checkpoints = Callable[[str], Path]


@pytest.fixture
def copy(checkpoint: Checkpoints, tmp_path: Path) -> Path:
    """A checkpoint that the test may spoil."""
    return Path(shutil.copytree(checkpoint("qwen2_5_vl"), tmp_path / "model"))


def complaint(folder: Path) -> str:
    """Return what loading says, with the folder's own path cut out."""
    with pytest.raises(ModelUnavailable) as error:
        load_vlm(folder)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(folder), "FOLDER")


def edit(path: Path, **changes: object) -> None:
    read = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(read | changes), encoding="utf-8")


# --- folders that are refused


def test_a_missing_folder(tmp_path: Path) -> None:
    assert (
        complaint(tmp_path / "x") == "no model folder at 'FOLDER'; pull the model or name another"
    )


def test_a_name_of_a_hub_is_not_looked_up() -> None:
    with pytest.raises(ModelUnavailable, match=r"^no model folder at 'some-org/some-model'; "):
        load_vlm("some-org/some-model")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "'config.json' is missing in 'FOLDER'"),
        ("[]", "'FOLDER/config.json' should be a JSON object, it is a list"),
        ("{}", "'FOLDER/config.json' names no model_type"),
        (
            "{",
            "'FOLDER/config.json' cannot be read as JSON: Expecting property name enclosed in "
            "double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
def test_a_folder_without_a_usable_config(copy: Path, text: str | None, message: str) -> None:
    config = copy / "config.json"
    config.unlink()
    if text is not None:
        config.write_text(text, encoding="utf-8")
    assert complaint(copy) == message


def test_missing_weights(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert complaint(copy) == "'FOLDER' should hold model.safetensors, found none"
    (copy / "pytorch_model.bin").write_bytes(b"\x80\x02.")
    assert complaint(copy) == (
        "'FOLDER' should hold model.safetensors, found only 'pytorch_model.bin', a pickle that "
        "could run code"
    )


@pytest.mark.parametrize(
    ("shards", "message"),
    [
        ({}, "'FOLDER/model.safetensors.index.json' lists no weights"),
        ({"a": "b.safetensors"}, "'b.safetensors' is missing in 'FOLDER'; pull the model again"),
        (
            {"a": "../model/model.safetensors"},
            "'FOLDER/model.safetensors.index.json' lists '../model/model.safetensors', no "
            "safetensors file",
        ),
        (
            {"a": "model.bin"},
            "'FOLDER/model.safetensors.index.json' lists 'model.bin', no safetensors file",
        ),
    ],
)
def test_an_index_that_does_not_hold(copy: Path, shards: dict[str, str], message: str) -> None:
    index = copy / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}), encoding="utf-8")
    assert complaint(copy) == message


def test_weights_with_a_gap_are_not_filled_with_noise(copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    assert complaint(copy) == "1 weights are missing in 'FOLDER', first 'lm_head.weight'"


def test_weights_that_are_cut_off(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert complaint(copy).startswith("'FOLDER' cannot be loaded: ")


def test_a_model_that_does_not_see(copy: Path) -> None:
    edit(copy / "config.json", model_type="qwen2", architectures=["Qwen2ForCausalLM"])
    assert complaint(copy) == (
        "'FOLDER' is of the family 'qwen2'; expected a model that takes pictures and texts and "
        "answers in text"
    )


def test_an_unknown_family_runs_no_code_of_its_own(copy: Path) -> None:
    config = {"AutoConfig": "own.Config", "AutoModelForImageTextToText": "own.Model"}
    edit(copy / "config.json", model_type="own_vlm", auto_map=config)
    (copy / "own.py").write_text("raise SystemExit('code of the checkpoint ran')", encoding="utf-8")
    assert complaint(copy) == (
        f"'FOLDER' is of the family 'own_vlm', which transformers {transformers.__version__} "
        f"does not know"
    )


def test_a_checkpoint_without_a_chat_template(copy: Path) -> None:
    (copy / "chat_template.jinja").unlink()
    assert complaint(copy) == "'FOLDER' has no chat template; it is no chat model"


def test_a_checkpoint_without_a_processor(copy: Path) -> None:
    (copy / "processor_config.json").unlink()
    assert complaint(copy).startswith("'FOLDER' has no usable processor: ")


# --- packages that are missing


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_is_named(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; import deskhand.tools.models.chat_vlm"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"deskhand.memory.errors.MissingExtraError: {package!r} is not installed; "
        f"install it with: pip install 'deskhand[vlm]'"
    )


def test_a_package_that_one_family_needs_is_named(
    checkpoint: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkpoint("smolvlm")
    monkeypatch.setattr(transformers.models.smolvlm.processing_smolvlm, "num2words", None)
    with pytest.raises(MissingExtraError) as error:
        load_vlm(folder)
    assert error.value.package == "num2words"


# --- what is chosen


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dtype": "int4"}, "dtype is 'int4'; expected one of: bfloat16, float16, float32"),
        ({"device": "tpu"}, "device is 'tpu'; expected cpu, cuda, cuda:N or mps"),
        ({"device": "meta"}, "device is 'meta'; expected cpu, cuda, cuda:N or mps"),
        ({"device": "cuda:99"}, "device is 'cuda:99', which torch does not find on this machine"),
        ({"quantisation": "2bit"}, "quantisation is '2bit'; expected '4bit', '8bit' or None"),
        ({"max_pixels": 0}, "max_pixels is 0; expected 1 or more, or None"),
    ],
)
def test_wrong_settings(checkpoint: Checkpoints, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_vlm(checkpoint("qwen2_5_vl"), **settings)
    assert str(error.value) == message


def test_quantisation_needs_its_package(
    checkpoint: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setattr("deskhand.tools.models.vlm_placement.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as error:
        load_vlm(checkpoint("qwen2_5_vl"), quantisation="4bit")
    assert str(error.value) == "quantisation '4bit' needs the package 'bitsandbytes'; install it"


def test_the_number_format_of_a_cpu_is_what_it_is_fast_at(checkpoint: Checkpoints) -> None:
    choice = choose_dtype(None, "cpu")
    fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert choice.value == ("bfloat16" if fast else "float32")
    loaded = load_vlm(checkpoint("qwen2_5_vl"))
    assert loaded.report.dtype == choice
    assert str(loaded.model.dtype) == f"torch.{choice.value}"


def test_attention_that_does_not_work_is_replaced_and_reported(
    checkpoint: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load_vlm(checkpoint("qwen2_5_vl"), attention="flash_attention_2")
    assert loaded.report.attention.value == "sdpa"
    assert loaded.report.attention.why.startswith("flash_attention_2 does not work: ")
    assert "attention sdpa instead: flash_attention_2 does not work" in caplog.text


def test_attention_as_asked_for(checkpoint: Checkpoints) -> None:
    report = load_vlm(checkpoint("qwen2_5_vl"), attention="eager").report
    assert (report.attention.value, report.attention.why) == ("eager", "asked for")


def test_scaling_by_area_is_left_to_the_processor(checkpoint: Checkpoints) -> None:
    loaded = load_vlm(checkpoint("qwen3_vl"), max_pixels=32 * 32 * 100)
    width, height = loaded.sizes.seen((1280, 800))
    assert (width % 32, height % 32) == (0, 0)
    assert width * height <= 32 * 32 * 100
    assert width / height == pytest.approx(1.6, abs=0.3)
    assert loaded.report.pictures.why == "at most 102400 pixels, by its own scaling"
    pair = [Turn(role="user", parts=(Image.new("RGB", (1280, 800)),) * 2)]
    assert loaded.writer.write(pair, [], limit=190, context=200).pictures_left_out == 1
    wide = Turn(role="user", parts=(Image.new("RGB", (1280, 800)),))
    inputs = loaded.writer.write([wide], [], limit=4096, context=4096).inputs
    assert inputs["image_grid_thw"].tolist() == [[1, height // 16, width // 16]]


def test_other_families_get_smaller_pictures(checkpoint: Checkpoints) -> None:
    loaded = load_vlm(checkpoint("gemma3"), max_pixels=500)
    assert loaded.sizes.seen((100, 50)) == (31, 15)
    assert loaded.sizes.seen((10, 50)) == (10, 50)
    assert loaded.sizes.fit(Image.new("RGB", (100, 50))).size == (31, 15)
    assert loaded.report.pictures.why == "at most 500 pixels, by scaled down before"


def test_the_layout_of_older_checkpoints(checkpoint: Checkpoints, copy: Path) -> None:
    """As Qwen2.5-VL and UI-TARS were published: one flat config, the old names of its parts."""
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    text = config.pop("text_config")
    rope = text.pop("rope_parameters")
    flat = text | config | {
        "rope_theta": rope["rope_theta"],
        "rope_scaling": {"type": "mrope", "mrope_section": rope["mrope_section"]},
        "torch_dtype": "float32",
    }  # fmt: skip
    del flat["dtype"]
    (copy / "config.json").write_text(json.dumps(flat), encoding="utf-8")
    processor = json.loads((copy / "processor_config.json").read_text(encoding="utf-8"))
    pictures = processor["image_processor"]
    size = pictures.pop("size")
    old = pictures | {
        "min_pixels": size["shortest_edge"],
        "max_pixels": size["longest_edge"],
        "image_processor_type": "Qwen2VLImageProcessorFast",
        "processor_class": "Qwen2_5_VLProcessor",
    }
    (copy / "preprocessor_config.json").write_text(json.dumps(old), encoding="utf-8")
    (copy / "processor_config.json").unlink()
    template = (copy / "chat_template.jinja").read_text(encoding="utf-8")
    (copy / "chat_template.json").write_text(
        json.dumps({"chat_template": template}), encoding="utf-8"
    )
    (copy / "chat_template.jinja").unlink()

    turn = Turn(role="user", parts=(Image.new("RGB", (300, 200), "red"), "What is this?"))

    def logits(folder: Path) -> torch.Tensor:
        loaded = load_vlm(folder, dtype="float32")
        inputs = loaded.writer.write([turn], [], limit=4096, context=4096).inputs
        with torch.inference_mode():
            answer: torch.Tensor = loaded.model(**inputs).logits
        return answer

    assert torch.equal(logits(copy), logits(checkpoint("qwen2_5_vl")))


def test_videos_are_refused_where_torchvision_is_missing(
    checkpoint: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deskhand.tools.models.vlm_processor.find_spec", lambda name: None)
    processor = load_vlm(checkpoint("qwen2_5_vl")).processor
    with pytest.raises(BadArgumentError) as error:
        processor.video_processor(videos=[])
    assert str(error.value) == "videos need torchvision, which is not installed; send pictures"


# --- the end


def test_closing_frees_the_model(checkpoint: Checkpoints) -> None:
    loaded = load_vlm(checkpoint("qwen2_5_vl"))
    model = weakref.ref(loaded.model)
    loaded.close()
    gc.collect()
    assert model() is None
    with pytest.raises(ModelUnavailable) as error:
        loaded.model  # noqa: B018
    path = str(loaded.report.path)
    assert str(error.value) == f"the model {path!r} was closed; load it again"
