"""What a checkpoint folder must hold before anything heavy is imported to load it."""

import json
from pathlib import Path

from ...memory.errors import ModelUnavailable

INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def check_checkpoint(folder: Path) -> str:
    """Return the `model_type` of a checkpoint whose files are all there.

    Raises:
        ModelUnavailable: The folder, its config.json or weights in safetensors are missing.
    """
    if not folder.is_dir():
        raise ModelUnavailable(
            f"no model folder at {str(folder)!r}; pull the model or name another"
        )
    config = _read_json(folder / "config.json")
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not model_type:
        raise ModelUnavailable(f"{str(folder / 'config.json')!r} names no model_type")
    _check_weights(folder)
    return model_type


def _check_weights(folder: Path) -> None:
    if (folder / INDEX).is_file():
        shards = _read_json(folder / INDEX).get("weight_map")
        if not isinstance(shards, dict) or not shards:
            raise ModelUnavailable(f"{str(folder / INDEX)!r} lists no weights")
        for name in sorted({str(shard) for shard in shards.values()}):
            # A name with a folder in it would have weights read from outside the checkpoint.
            if Path(name).name != name or not name.endswith(".safetensors"):
                raise ModelUnavailable(
                    f"{str(folder / INDEX)!r} lists {name!r}, no safetensors file"
                )
            if not (folder / name).is_file():
                raise ModelUnavailable(
                    f"{name!r} is missing in {str(folder)!r}; pull the model again"
                )
    elif not (folder / "model.safetensors").is_file():
        pickles = sorted(path.name for kind in PICKLES for path in folder.glob(kind))
        came = f"only {pickles[0]!r}, a pickle that could run code" if pickles else "none"
        raise ModelUnavailable(f"{str(folder)!r} should hold model.safetensors, found {came}")


def _read_json(path: Path) -> dict[str, object]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelUnavailable(f"{path.name!r} is missing in {str(path.parent)!r}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnavailable(f"{str(path)!r} cannot be read as JSON: {error}") from error
    if not isinstance(read, dict):
        raise ModelUnavailable(
            f"{str(path)!r} should be a JSON object, it is a {type(read).__name__}"
        )
    return read
