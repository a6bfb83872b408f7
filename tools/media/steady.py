"""A video's picture without the flicker of its compression, so that what stays is read once.

The text engine keeps what it read by the very pixels it came from. Between two pictures of a video
hardly any are the same: compression draws what stands still a little otherwise each time, which is
not to be seen and costs as much as new text.
"""

import cv2
import numpy as np

from ..perception.ink import gradient
from .frames import Picture

AROUND_PX = 9
"""A place is as new as what lies so far around it: antialiased rims come with their letters."""
NEW = 6
"""Mean difference around a place, of 255, that is new. Of 3 to 8 on a drawn desktop, with grain as
of a camera and without: 3 re-reads twice as much, and at 8 grey text of a contrast of 40 may go."""
NEW_SHARE = 0.1
"""Of how much is drawn around a place, and more: letters get sharper with the next key frame. On a
recorded desktop this saves a seventh of the reading; 0.2 lost a row of menus."""


class SteadyPicture:
    """The picture that is shown, changed only where it really is another."""

    def __init__(self) -> None:
        self._shown: Picture | None = None

    def show(self, picture: Picture) -> Picture:
        """Return a picture with the pixels of those before it wherever it looks the same.

        Compared with what was returned last, so that slow changes add up until they are new.
        """
        before = self._shown
        if before is None or before.shape != picture.shape:
            self._shown = picture.copy()
            return self._shown
        # The largest over the colours: red on grey of the same brightness is text as well.
        red, green, blue = cv2.split(cv2.absdiff(picture, before))
        differs = cv2.max(cv2.max(red, green), blue)
        around = (AROUND_PX, AROUND_PX)
        drawn = cv2.blur(gradient(before), around) * NEW_SHARE
        is_new = cv2.blur(differs, around) >= np.maximum(NEW, drawn)
        grown = cv2.dilate(is_new.astype(np.uint8), np.ones(around, np.uint8))
        self._shown = np.where(grown[..., None] > 0, picture, before)
        return self._shown
