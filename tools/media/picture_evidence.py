"""What the pictures of a video look like, beside what can be read in them.

A vector for each picture that was read, by a picture-text model, kept beside the index line by line
so that a killed run goes on. Lines in which a secret was found are blackened before.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from ...memory.embedding import ImageEmbedder, Vectors
from ..actions import SECRET_SHOWN
from ..desktop.geometry import Box
from ..models.zero_shot import PictureTextModel, classify_vectors
from ..safety.redaction import blackened
from .finished_lines import FinishedLines, key_of
from .frames import Picture, open_video
from .video_index import Look, VideoIndex

BATCH = 8
"""Pictures at a time: one alone takes CLIP three times as long as one of eight."""
LIKELY = 0.5
"""Chance from which a picture is one of what was asked for, and not of something else."""
STANDS_OUT = 1.0
"""Standard deviations above the video's average by which it is nearer to the query: models of
photos find all screens alike."""
FEW = 4
"""Of fewer pictures none can stand out."""


class PictureModel(PictureTextModel, ImageEmbedder, Protocol):
    """What compares pictures with words, such as a `ClipEmbedder`."""


@checked_dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    config=ConfigDict(
        extra="forbid", allow_inf_nan=False, ser_json_bytes="base64", val_json_bytes="base64"
    ),
)
class PictureVector:
    """What one picture looks like."""

    at_s: float
    values: bytes
    """Float32, little endian."""


_RECORD = TypeAdapter(PictureVector)
_VALUES = np.dtype("<f4")


def picture_vectors(path: Path, index: VideoIndex, model: PictureModel) -> Vectors:
    """Return a vector for each picture of an index; what is known is not computed again.

    Raises:
        MediaError: If the video cannot be read.
    """
    name = f"{index.key}.{key_of({'space': model.space})[:16]}.pictures.jsonl"
    with FinishedLines(index.folder / name, _RECORD) as finished:
        pairs = zip(finished.records, index.looks, strict=False)
        known = [one for one, _look in takewhile(lambda pair: _fits(*pair, model), pairs)]
        rows = [np.frombuffer(one.values, _VALUES) for one in known]
        pictures = _pictures(path, index.looks[len(known) :])
        while batch := list(islice(pictures, BATCH)):
            new = model.embed_images([picture for _at_s, picture in batch])
            for (at_s, _picture), row in zip(batch, new, strict=True):
                finished.add(PictureVector(at_s=at_s, values=row.astype(_VALUES).tobytes()))
            rows += list(new)
    return np.array(rows, np.float32).reshape(len(rows), model.dimensions)


def chances(query: str, vectors: Vectors, model: PictureModel) -> NDArray[np.float64]:
    """Return for each picture how likely it is of what was asked for; 0 where it is not.

    Rough, and not measured with published weights: it says where to look, and nothing for sure.

    Raises:
        ConfigError: If the query is longer than the model takes.
    """
    if len(vectors) < FEW:
        return np.zeros(len(vectors))
    told = classify_vectors(model, vectors, [query], none_of_these=True)
    likely = np.array([one.probabilities[0] for one in told])
    near = np.array([one.similarities[0] for one in told])
    is_one = (likely >= LIKELY) & (near >= near.mean() + STANDS_OUT * near.std())
    found: NDArray[np.float64] = np.where(is_one, likely, 0.0)
    return found


def _fits(kept: PictureVector, look: Look, model: PictureModel) -> bool:
    return kept.at_s == look.at_s and len(kept.values) == _VALUES.itemsize * model.dimensions


def _pictures(path: Path, looks: Sequence[Look]) -> Iterator[tuple[float, Picture]]:
    """Yield the pictures that were read, in order, without the lines that hold secrets."""
    wanted = iter(looks)
    look = next(wanted, None)
    if look is None:
        return
    with open_video(path) as video:
        for frame in video.frames():
            if round(frame.time_s, 3) != look.at_s:
                continue
            hidden = [Box(*line.xyxy) for line in look.lines if SECRET_SHOWN in line.text]
            yield look.at_s, blackened(frame.rgb(), hidden)
            look = next(wanted, None)
            if look is None:
                return
