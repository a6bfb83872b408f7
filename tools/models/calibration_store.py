"""Calibrations on disk: which attached models may be used for clicks."""

import hashlib
import json
import os
import re
import tempfile
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ...memory.errors import ConfigError, ModelUnavailable
from .calibrate import AttachedModel, Calibration

_RECORD: TypeAdapter[Calibration] = TypeAdapter(Calibration)


def default_folder() -> Path:
    """Return the folder for calibrations in the user's data folder."""
    from platformdirs import user_data_path

    return user_data_path("deskhand", appauthor=False) / "calibrations"


class CalibrationStore:
    """Keeps the latest calibration of each model.

    Args:
        folder: Where; made as the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, calibration: Calibration) -> Path:
        """Keep a calibration in place of the model's earlier one, and return its file.

        Raises:
            ConfigError: If it cannot be written.
        """
        path = self._path(calibration.model, calibration.revision)
        document = json.dumps(asdict(calibration), ensure_ascii=False, indent=1)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(document)
            Path(temporary).replace(path)
        except OSError as error:
            raise ConfigError(f"cannot write the calibration {path}: {error.strerror}") from error
        return path

    def load(self, model: str, revision: str) -> Calibration | None:
        """Return the latest calibration of a model, None if there is none.

        Raises:
            ConfigError: If its file is damaged.
        """
        path = self._path(model, revision)
        try:
            return _RECORD.validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            raise ConfigError(
                f"the calibration {path} cannot be read; calibrate {model} again"
            ) from None

    def is_calibrated(self, model: AttachedModel) -> bool:
        """Tell whether a model was calibrated with its convention, and passed."""
        kept = self.load(model.name, model.revision)
        return kept is not None and kept.passed and kept.convention == model.family.convention

    def require(self, model: AttachedModel, *, run: str | None = None) -> None:
        """Refuse a model for clicks unless it passed.

        Args:
            model: The model.
            run: The command that calibrates it, if its name alone does not make one.

        Raises:
            ModelUnavailable: Saying what is missing.
        """
        kept = self.load(model.name, model.revision)
        command = f"deskhand models calibrate {model.name}" if run is None else run
        again = f"so it may not click; run: {command}"
        if kept is None or kept.convention != model.family.convention:
            raise ModelUnavailable(
                f"{model.name} was never calibrated as {model.family.name}, {again}"
            )
        if not kept.passed:
            worst = kept.worst_px
            wrong = "an answer without a place" if worst is None else f"{worst:.0f} px off"
            fits = f"; its answers fit {kept.fits[0]}" if kept.fits else ""
            raise ModelUnavailable(
                f"{model.name} failed its calibration as {model.family.name} ({wrong}, at most "
                f"{kept.bound_px:g} px are allowed{fits}), {again}"
            )

    def _path(self, model: str, revision: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-.")[:60] or "model"
        digest = hashlib.sha256(f"{model}\0{revision}".encode()).hexdigest()[:12]
        return self._folder / f"{readable}-{digest}.json"
