"""The X11 clipboard through xclip, which stays behind to own what was put there."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence

from ...memory.errors import ActionFailed, MissingProgramError
from .backend import SavedClipboard

TIMEOUT_S = 3.0
POLL_S = 0.005
TEXT_TYPES = ("UTF8_STRING", "text/plain;charset=utf-8", "STRING", "text/plain")
KEPT_TYPES = ("x-special/gnome-copied-files", "text/uri-list", *TEXT_TYPES, "image/png")
"""What is saved and restored; only one kind can be put back, so the one that most applications
take comes first: text that was copied with its formatting comes back as text."""
META_TYPES = ("TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE")


class ClipboardX11:
    """The clipboard of one display.

    Args:
        display: Its name, such as `:0`.
        owner: Returns the id of the window that owns the clipboard, 0 for none.
    """

    def __init__(self, display: str, owner: Callable[[], int]) -> None:
        self._display = display
        self._owner = owner

    def get_text(self) -> str:
        """Return the clipboard's text, empty where it holds none.

        Raises:
            ActionFailed: If the application that owns it does not answer.
        """
        found = next((kind for kind in TEXT_TYPES if kind in self._types()), None)
        if found is None:
            return ""
        return self._read(found).decode("latin-1" if found == "STRING" else "utf-8", "replace")

    def set_text(self, text: str) -> None:
        """Put text on the clipboard."""
        self._write("UTF8_STRING", text.encode("utf-8", "replace"))

    def save(self) -> SavedClipboard:
        """Return what is on the clipboard, whatever its kind."""
        types = self._types()
        other = (kind for kind in types if kind not in META_TYPES)
        kind = next((kind for kind in KEPT_TYPES if kind in types), next(other, ""))
        return SavedClipboard(mime_type=kind, content=self._read(kind) if kind else b"")

    def restore(self, saved: SavedClipboard) -> None:
        """Put back what was saved; nothing becomes an empty text where there is something now."""
        if not saved.mime_type and not self._owner():
            return
        self._write(saved.mime_type or "UTF8_STRING", saved.content)

    def _types(self) -> Sequence[str]:
        return self._read("TARGETS").decode("ascii", "replace").split()

    def _read(self, kind: str) -> bytes:
        # A clipboard that nobody owns is an error for xclip, and empty for us.
        return self._run(["-o", "-t", kind]).stdout

    def _write(self, kind: str, content: bytes) -> None:
        before = self._owner()
        done = self._run(["-i", "-t", kind], given=content)
        deadline = time.monotonic() + TIMEOUT_S
        # xclip goes to the background before the server has heard of it: what is copied or pasted
        # in that moment would be overtaken.
        while done.returncode == 0 and self._owner() in (0, before):
            if time.monotonic() > deadline:
                raise ActionFailed(f"xclip did not get the clipboard in {TIMEOUT_S:g} s")
            time.sleep(POLL_S)
        if done.returncode != 0:
            raise ActionFailed("xclip could not take the clipboard")

    def _run(
        self, arguments: Sequence[str], *, given: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        program = shutil.which("xclip")
        if program is None:
            raise MissingProgramError("xclip", debian="xclip", needed_for="the clipboard")
        output = subprocess.PIPE if given is None else subprocess.DEVNULL
        try:
            return subprocess.run(
                [program, "-selection", "clipboard", *arguments],
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                # The xclip that stays behind inherits these: a pipe would never end.
                stdout=output,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "DISPLAY": self._display},
                timeout=TIMEOUT_S,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ActionFailed(
                f"the application that owns the clipboard did not answer in {TIMEOUT_S:g} s"
            ) from None
