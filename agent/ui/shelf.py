"""The pictures that the page shows: in memory, each under the hash of its bytes.

Nothing in an address says where a picture lies, so no address can name another file.
"""

import hashlib
import io
import logging
import threading
from collections import OrderedDict
from pathlib import Path

from PIL import Image

logger = logging.getLogger(__name__)

ROOM_BYTES = 64_000_000
QUALITY = 82
"""At 82 the 10 px text of a toolbar stays readable; a screen of 1280x800 takes about 70 kB."""
PREFIX = "/pictures/"


class Shelf:
    """Keeps the pictures that were shown last.

    Args:
        room_bytes: Of all pictures; the ones that were used longest ago go.
    """

    def __init__(self, room_bytes: int = ROOM_BYTES) -> None:
        self._room_bytes = room_bytes
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._of_files: dict[tuple[Path, int | None], str] = {}
        self._lock = threading.Lock()

    def put(self, picture: Image.Image, *, width: int | None = None) -> str:
        """Keep a picture, made no wider than this if it is given, and return its address."""
        picture = picture.convert("RGB")
        if width is not None and picture.width > width:
            height = max(1, round(picture.height * width / picture.width))
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY)
        data = buffer.getvalue()
        name = hashlib.sha256(data).hexdigest()[:32]
        with self._lock:
            if name not in self._pictures:
                self._size += len(data)
            self._pictures[name] = data
            self._pictures.move_to_end(name)
            while self._size > self._room_bytes and len(self._pictures) > 1:
                _, old = self._pictures.popitem(last=False)
                self._size -= len(old)
        return PREFIX + name

    def put_file(self, path: Path, *, width: int | None = None) -> str | None:
        """Keep a picture that is a file, and return its address; None if it cannot be read.

        The same file is not read twice: pictures of runs and of the memory never change.
        """
        key = path, width
        known = self._of_files.get(key)
        if known is not None and self.get(known.removeprefix(PREFIX)) is not None:
            return known
        try:
            with Image.open(path) as picture:
                address = self.put(picture, width=width)
        except (OSError, ValueError, SyntaxError) as error:
            logger.debug("%s: %s", path, error)
            return None
        self._of_files[key] = address
        return address

    def get(self, name: str) -> bytes | None:
        """Return the JPEG of this name, None if it is not there any more."""
        with self._lock:
            data = self._pictures.get(name)
            if data is not None:
                self._pictures.move_to_end(name)
            return data
