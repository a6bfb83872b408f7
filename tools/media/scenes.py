"""The scenes of a film, by PySceneDetect: a picture of each.

For what is filmed and cut. Of a screen it sees little: of 37 known changes in a recorded desktop
it found 5, since one line of text changes no picture as a whole.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from ...memory.errors import MissingExtraError
from .changes import Kept
from .frames import Frame

try:
    from scenedetect import ContentDetector
    from scenedetect.common import FrameTimecode, Timecode
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "scenedetect", extra="media") from error

SEEN_WH = (256, 144)
"""The detector's own size for comparing is about that wide."""
MIN_SCENE_S = 0.6
"""PySceneDetect's default, so that a flash is no scene."""
AFTER_S = 0.5
"""The picture of a scene is taken so long after its cut: at the cut itself it may be blended."""
_TICKS_PER_S = 1000
_FPS = Fraction(30)
"""Asked for and not used: times are those of the frames."""


def scenes(frames: Iterable[Frame]) -> Iterator[Kept]:
    """Yield a picture of each scene, near its beginning; the last one at the latest."""
    # Finds each cut at its frame, where AdaptiveDetector tells it some frames later.
    detector = ContentDetector(min_scene_len=MIN_SCENE_S)
    start_s: float | None = None
    held: Frame | None = None
    for frame in frames:
        small = np.ascontiguousarray(frame.rgb(size_wh=SEEN_WH)[..., ::-1])  # BGR
        ticks = Timecode(round(frame.time_s * _TICKS_PER_S), Fraction(1, _TICKS_PER_S))
        cuts = detector.process_frame(FrameTimecode(ticks, fps=_FPS), small)
        if held is None or cuts:
            if held is not None and start_s is not None:
                yield Kept(start_s=start_s, frame=held)
            start_s = float(cuts[-1].seconds) if held is not None else frame.time_s
        held = frame
        if start_s is not None and frame.time_s - start_s >= AFTER_S:
            yield Kept(start_s=start_s, frame=frame)
            start_s = None
    if held is not None and start_s is not None:
        yield Kept(start_s=start_s, frame=held)
