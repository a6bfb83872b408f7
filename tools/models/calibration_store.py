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
from .calibrate import Calibration
from .coordinates.families import Family

_RECORD: TypeAdapter[Calibration] = TypeAdapter(Calibration)


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

    def is_calibrated(self, model: str, revision: str, family: Family) -> bool:
        """Tell whether a model was calibrated with this convention, and passed."""
        kept = self.load(model, revision)
        return kept is not None and kept.passed and kept.convention == family.convention

    def require(self, model: str, revision: str, family: Family) -> None:
        """Refuse a model for clicks unless it passed.

        Raises:
            ModelUnavailable: Saying what is missing.
        """
        kept = self.load(model, revision)
        if kept is None or kept.convention != family.convention:
            raise ModelUnavailable(
                f"{model} was never calibrated as {family.name}, so it may not click; "
                f"run: deskhand models calibrate {model}"
            )
        if not kept.passed:
            worst = (
                "an answer without a place"
                if kept.worst_px is None
                else (f"{kept.worst_px:.0f} px off")
            )
            fits = f"; its answers fit {kept.fits[0]}" if kept.fits else ""
            raise ModelUnavailable(
                f"{model} failed its calibration as {family.name} ({worst}, at most "
                f"{kept.bound_px:g} px are allowed{fits}), so it may not click; "
                f"run: deskhand models calibrate {model}"
            )

    def _path(self, model: str, revision: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-.")[:60] or "model"
        digest = hashlib.sha256(f"{model}\0{revision}".encode()).hexdigest()[:12]
        return self._folder / f"{readable}-{digest}.json"
