"""What is loaded, what it is called, and folders that are none or damaged."""

import json
import shutil
from pathlib import Path

import pytest

from deskhand.memory.errors import ConfigError, ModelUnavailable
from deskhand.tools.models.clip import ClipEmbedder
from deskhand.tools.models.hashing import sha256_of
from deskhand.tools.models.tiny_clips import build_tiny_clip

from .conftest import Checkpoints


@pytest.fixture
def copy(checkpoint: Checkpoints, tmp_path: Path) -> Path:
    """A CLIP checkpoint of the test's own."""
    return Path(shutil.copytree(checkpoint("clip"), tmp_path / "copy"))


def refused(folder: Path) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        ClipEmbedder.load(folder, device="cpu")
    return str(caught.value)


def change(path: Path, **settings: object) -> None:
    read = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(read | settings), encoding="utf-8")


def test_report_says_what_was_chosen(embedder: ClipEmbedder, family: str) -> None:
    report = embedder.report
    assert report.family == ("siglip" if family == "siglip2-fixed" else family)
    assert (report.device.value, report.device.why) == ("cpu", "asked for")
    assert report.dtype.value == "float32"
    assert report.text_tokens == (77 if family == "clip" else 64)
    assert report.lines()[-1] == (
        f"vectors: {embedder.dimensions} numbers; texts of up to {report.text_tokens} tokens"
    )


def test_space_is_the_weights_wherever_they_lie(copy: Path, clip: ClipEmbedder) -> None:
    digest = sha256_of(copy / "model.safetensors")
    assert clip.space == f"clip@{digest[:16]}"
    assert ClipEmbedder.load(copy, device="cpu").space == clip.space


def test_other_weights_are_another_space(copy: Path, clip: ClipEmbedder) -> None:
    path = copy / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    assert ClipEmbedder.load(copy, device="cpu").space != clip.space


def test_same_family_is_built_the_same_each_time(copy: Path, tmp_path: Path) -> None:
    again = build_tiny_clip("clip", tmp_path / "again")
    assert {path.name for path in again.iterdir()} == {path.name for path in copy.iterdir()}
    assert sha256_of(again / "model.safetensors") == sha256_of(copy / "model.safetensors")
    assert (again / "tokenizer.json").read_bytes() == (copy / "tokenizer.json").read_bytes()


def test_tokenizer_without_its_settings_is_enough_for_clip(copy: Path, clip: ClipEmbedder) -> None:
    # The catalogue pins CLIP's tokenizer.json alone.
    (copy / "tokenizer_config.json").unlink()
    bare = ClipEmbedder.load(copy, device="cpu")
    texts = ["a red button", "Ü <|endoftext|>"]
    assert (bare.embed_texts(texts) == clip.embed_texts(texts)).all()


def test_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    assert refused(folder) == (
        f"{folder} is not there; give the path of a model's file or folder, or a name that "
        "`deskhand models list` shows"
    )


def test_folder_of_another_architecture(sentence_folder: Path) -> None:
    assert refused(sentence_folder) == (
        f"{str(sentence_folder)!r} is of the family 'bert'; expected a CLIP or SigLIP model "
        "(clip, siglip, siglip2)"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("config.json", "'config.json' is missing in {folder!r}"),
        ("model.safetensors", "{folder!r} should hold model.safetensors, found none"),
    ],
)
def test_missing_files(copy: Path, name: str, words: str) -> None:
    (copy / name).unlink()
    assert refused(copy) == words.format(folder=str(copy))


def test_pickles_are_not_read(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert refused(copy) == (
        f"{str(copy)!r} should hold model.safetensors, found only 'pytorch_model.bin', a pickle "
        "that could run code"
    )


@pytest.mark.parametrize("kept", [0, 5, 2000])
def test_weights_that_were_cut_off(copy: Path, kept: int) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(copy).startswith(f"{str(copy)!r} cannot be loaded by transformers ")


def test_weights_with_gaps_are_not_filled_with_random_numbers(copy: Path) -> None:
    path = copy / "config.json"
    vision = json.loads(path.read_text(encoding="utf-8"))["vision_config"]
    change(path, vision_config=vision | {"num_hidden_layers": 3})
    assert refused(copy) == (
        f"16 weights are missing in {str(copy)!r}, first "
        "'vision_model.encoder.layers.2.layer_norm1.bias'"
    )


def test_weights_of_another_shape(copy: Path) -> None:
    change(copy / "config.json", projection_dim=25)
    assert refused(copy).startswith(f"{str(copy)!r} cannot be loaded by transformers ")


def test_no_preprocessor_settings(copy: Path) -> None:
    (copy / "preprocessor_config.json").unlink()
    said = refused(copy)
    assert said.startswith(f"{str(copy)!r} has no usable preprocessor_config.json: ")
    assert "\n" not in said


def test_no_tokenizer(copy: Path) -> None:
    words = json.loads((copy / "config.json").read_bytes())["text_config"]["vocab_size"]
    (copy / "tokenizer.json").unlink()
    # transformers makes do with one that knows nothing.
    assert refused(copy) == (
        f"the tokenizer in {str(copy)!r} knows 2 words, the model {words}: its files are "
        "missing or another model's; pull the model again"
    )


def test_tokenizer_without_a_token_for_the_end(checkpoint: Checkpoints, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint("siglip"), tmp_path / "siglip"))
    change(folder / "tokenizer_config.json", eos_token=None)
    assert refused(folder) == (
        f"the tokenizer in {str(folder)!r} names not all of: eos_token, pad_token"
    )


def test_tokenizer_of_another_model(copy: Path, checkpoint: Checkpoints) -> None:
    for name in ("config.json", "model.safetensors", "preprocessor_config.json"):
        shutil.copy(checkpoint("siglip") / name, copy / name)
    embedder = ClipEmbedder.load(copy, device="cpu")
    with pytest.raises(ModelUnavailable) as caught:
        embedder.embed_texts(["a red button"])
    assert str(caught.value).endswith("they are not of the same model; pull the model again")


def test_code_in_a_checkpoint_is_not_run(copy: Path) -> None:
    (copy / "evil.py").write_text("raise SystemExit('it ran')", encoding="utf-8")
    change(copy / "config.json", auto_map={"AutoModel": "evil.Model", "AutoConfig": "evil.Config"})
    change(copy / "preprocessor_config.json", auto_map={"AutoImageProcessor": "evil.Pictures"})
    assert ClipEmbedder.load(copy, device="cpu").embed_texts(["map"]).shape == (1, 24)


def test_siglips_own_format_needs_a_package(
    checkpoint: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(checkpoint("siglip"), tmp_path / "siglip"))
    (folder / "tokenizer.json").unlink()

    def needs_sentencepiece(*_args: object, **_settings: object) -> None:
        raise ImportError("SiglipTokenizer requires the SentencePiece library")

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", needs_sentencepiece)
    assert refused(folder) == (
        f"{str(folder)!r} has no tokenizer.json, and to read another kind of tokenizer a package "
        "is missing; install it with: pip install sentencepiece protobuf"
    )


def test_wrong_arguments(checkpoint: Checkpoints) -> None:
    with pytest.raises(ConfigError) as caught:
        ClipEmbedder.load(checkpoint("clip"), batch_size=0)
    assert str(caught.value) == "batch_size is 0; expected 1 or more"
    with pytest.raises(ConfigError) as caught:
        ClipEmbedder.load(checkpoint("clip"), dtype="int8")
    assert str(caught.value) == "dtype is 'int8'; expected one of: bfloat16, float16, float32"
    with pytest.raises(ConfigError) as caught:
        ClipEmbedder.load(checkpoint("clip"), device="tpu")
    assert str(caught.value) == "device is 'tpu'; expected cpu, cuda, cuda:N or mps"
