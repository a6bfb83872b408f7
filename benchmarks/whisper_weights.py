"""The speech model of the store as transformers takes it: the same weights in another engine.

    python benchmarks/whisper_weights.py      # what the two encoders make of the same sound

The store has Whisper in CTranslate2's format, half precision. Its variables are read here and
written as a checkpoint of transformers, so that two programs are compared and not two models. How
it is written: CTranslate2 4.8, `specs/model_spec.py` (the file), `converters/transformers.py`
(which weight is which).
"""

import json
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import ctranslate2
import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
    pipeline,
)

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from deskhand.tools.models.store import find_model
from tests.sounds import JFK, read

Variables = dict[str, NDArray[np.generic]]

MODEL = "whisper-base"
DTYPES = ("f4", "i1", "i2", "i4", "f2")
"""By CTranslate2's number of them."""
BINARY_VERSION, REVISION = 6, 3
HEADS = 8
"""Of `whisper-base`; the other sizes follow from the weights."""
POSITIONS = 448
END, START = "<|endoftext|>", "<|startoftranscript|>"
WITHOUT_TIMES, PREVIOUS = "<|notimestamps|>", "<|startofprev|>"
TASKS = ("transcribe", "translate")


def read_variables(path: Path) -> Variables:
    """Return the variables of a model in CTranslate2's format by their names, scalars included."""
    with path.open("rb") as file:
        version = _number(file, "I")
        name, revision = _string(file), _number(file, "I")
        if (version, name, revision) != (BINARY_VERSION, "WhisperSpec", REVISION):
            raise ValueError(f"expected Whisper of version 6, got {name} of version {version}")
        variables: Variables = {}
        for _index in range(_number(file, "I")):
            name = _string(file)
            shape = [_number(file, "I") for _axis in range(_number(file, "B"))]
            dtype = np.dtype(DTYPES[_number(file, "B")])
            content = file.read(_number(file, "I"))
            variables[name] = np.frombuffer(content, dtype=dtype).reshape(shape)
    return variables


def _number(file: BinaryIO, kind: str) -> int:
    (value,) = struct.unpack(f"<{kind}", file.read(struct.calcsize(kind)))
    return int(value)


def _string(file: BinaryIO) -> str:
    return file.read(_number(file, "H"))[:-1].decode("utf-8")


class _State:
    """Weights by the names that transformers has for them, filled from those of CTranslate2."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self.weights: dict[str, torch.Tensor] = {}

    def put(self, name: str, source: str) -> None:
        self._put(name, self._variables[source])

    def put_linear(self, name: str, source: str) -> None:
        for part in ("weight", "bias"):
            self.put(f"{name}.{part}", f"{source}/{part}")

    def put_norm(self, name: str, source: str) -> None:
        self.put(f"{name}.weight", f"{source}/gamma")
        self.put(f"{name}.bias", f"{source}/beta")

    def put_fused(self, name: str, letters: str, source: str) -> None:
        """Take apart what is one below the other; keys have no bias, zeros where they are fused."""
        for part in ("weight", "bias"):
            pieces = np.split(self._variables[f"{source}/{part}"], len(letters))
            for letter, piece in zip(letters, pieces, strict=True):
                if (letter, part) != ("k", "bias"):
                    self._put(f"{name}.{letter}_proj.{part}", piece)

    def _put(self, name: str, values: NDArray[np.generic]) -> None:
        self.weights[name] = torch.from_numpy(np.array(values, dtype=np.float32))


def state_of(variables: Variables) -> dict[str, torch.Tensor]:
    """Return the weights by the names that transformers has for them."""
    state = _State(variables)
    for side in ("encoder", "decoder"):
        places = f"{side}/position_encodings/encodings"
        state.put(f"model.{side}.embed_positions.weight", places)
        state.put_norm(f"model.{side}.layer_norm", f"{side}/layer_norm")
        for index in range(_layers(variables, side)):
            layer, source = f"model.{side}.layers.{index}", f"{side}/layer_{index}"
            state.put_norm(f"{layer}.self_attn_layer_norm", f"{source}/self_attention/layer_norm")
            state.put_fused(f"{layer}.self_attn", "qkv", f"{source}/self_attention/linear_0")
            state.put_linear(f"{layer}.self_attn.out_proj", f"{source}/self_attention/linear_1")
            if side == "decoder":
                state.put_norm(f"{layer}.encoder_attn_layer_norm", f"{source}/attention/layer_norm")
                state.put_fused(f"{layer}.encoder_attn", "q", f"{source}/attention/linear_0")
                state.put_fused(f"{layer}.encoder_attn", "kv", f"{source}/attention/linear_1")
                state.put_linear(f"{layer}.encoder_attn.out_proj", f"{source}/attention/linear_2")
            state.put_norm(f"{layer}.final_layer_norm", f"{source}/ffn/layer_norm")
            state.put_linear(f"{layer}.fc1", f"{source}/ffn/linear_0")
            state.put_linear(f"{layer}.fc2", f"{source}/ffn/linear_1")
    for name in ("conv1", "conv2"):
        state.put_linear(f"model.encoder.{name}", f"encoder/{name}")
    state.put("model.decoder.embed_tokens.weight", "decoder/embeddings/weight")
    return state.weights


def _layers(variables: Variables, side: str) -> int:
    ends = "/ffn/linear_0/bias"
    return sum(name.startswith(f"{side}/layer_") and name.endswith(ends) for name in variables)


def write_checkpoint(source: Path, folder: Path) -> Path:
    """Write a model of the store as a checkpoint of transformers."""
    variables = read_variables(source / "model.bin")
    vocabulary, width = variables["decoder/embeddings/weight"].shape
    told = json.loads((source / "config.json").read_text(encoding="utf-8"))
    tokens = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    ids = {one["content"]: one["id"] for one in tokens}
    sizes = {
        f"{side}_{what}": value
        for side in ("encoder", "decoder")
        for what, value in (
            ("layers", _layers(variables, side)),
            ("attention_heads", HEADS),
            ("ffn_dim", len(variables[f"{side}/layer_0/ffn/linear_0/bias"])),
        )
    }
    ends = {"eos_token_id": ids[END], "bos_token_id": ids[END], "pad_token_id": ids[END]}
    starts = {"decoder_start_token_id": ids[START]}
    config = WhisperConfig(vocab_size=vocabulary, d_model=width, **sizes, **ends, **starts)
    model = WhisperForConditionalGeneration(config)
    missing, unexpected = model.load_state_dict(state_of(variables), strict=False)
    # The last layer is the table of the tokens.
    if unexpected or set(missing) - {"proj_out.weight"}:
        raise ValueError(f"weights that do not fit: {missing} missing, {unexpected} unexpected")
    model.tie_weights()
    languages = {name: number for name, number in ids.items() if number in set(told["lang_ids"])}
    model.generation_config = GenerationConfig(
        alignment_heads=told["alignment_heads"],
        suppress_tokens=told["suppress_ids"],
        begin_suppress_tokens=told["suppress_ids_begin"],
        lang_to_id=languages,
        task_to_id={task: ids[f"<|{task}|>"] for task in TASKS},
        is_multilingual=True,
        no_timestamps_token_id=ids[WITHOUT_TIMES],
        prev_sot_token_id=ids[PREVIOUS],
        max_initial_timestamp_index=50,
        max_length=POSITIONS,
        return_timestamps=False,
        use_cache=True,
        **ends,
        **starts,
    )
    model.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    WhisperTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


# Any: transformers has no usable types.
def load_pipeline(source: Path, **options: Any) -> Any:
    """Return transformers' own pipeline of speech recognition with a model of the store."""
    with tempfile.TemporaryDirectory() as name:
        folder = write_checkpoint(source, Path(name))
        return pipeline("automatic-speech-recognition", model=str(folder), device="cpu", **options)


def largest_difference(source: Path, sound: NDArray[np.float32]) -> tuple[float, float]:
    """Return how far apart the two encoders are on a sound at most, and how large their values are.

    Both compute in single precision, from the same mel spectrum.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = write_checkpoint(source, Path(name))
        model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
        features = WhisperFeatureExtractor.from_pretrained(folder)(
            sound, sampling_rate=16_000, return_tensors="np"
        ).input_features
    with torch.inference_mode():
        by_torch = model.model.encoder(torch.from_numpy(features)).last_hidden_state.numpy()
    engine = ctranslate2.models.Whisper(str(source), device="cpu", compute_type="float32")
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features, dtype=np.float32))
    by_ctranslate = np.array(engine.encode(view))
    return float(np.abs(by_torch - by_ctranslate).max()), float(np.abs(by_torch).max())


def main() -> None:
    """Print how far apart the encoders are on a spoken sentence."""
    apart, largest = largest_difference(find_model(MODEL), read(JFK)[0])
    print(f"encoder: values up to {largest:.2f}, at most {apart:.6f} apart")


if __name__ == "__main__":
    main()
