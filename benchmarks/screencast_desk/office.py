"""A mail list with a clock, whose notices, dialogs and rows come as lines of JSON on stdin.

Run by Debian's Python, which has tkinter. Each line is `[what, text]`: a method and its argument.
"""

import json
import sys
import threading
import time
import tkinter

FONT, SMALL = ("DejaVu Sans", 12), ("DejaVu Sans", 10)
NOTICE_PLACE = "300x70+960+20"


class Office:
    """The window and what comes up beside it."""

    def __init__(self, root: tkinter.Tk) -> None:
        self._root = root
        root.title("Mail")
        root.geometry("600x330+10+40")
        self._clock = tkinter.Label(root, font=SMALL, anchor="e")
        self._clock.pack(fill="x")
        self._mails = tkinter.Listbox(root, font=FONT, activestyle="none")
        for row in ("Dana Weber   Minutes of the board", "Library   Two books are due"):
            self._mails.insert("end", row)
        self._mails.pack(fill="both", expand=True)
        self._shown: dict[str, tkinter.Toplevel] = {}
        self._tick()

    def mail(self, text: str) -> None:
        """Add a mail at the end of the list."""
        self._mails.insert("end", text)

    def notice(self, text: str) -> None:
        """Show a notice in the corner, above everything and without a frame."""
        top = self._opened("notice")
        top.overrideredirect(True)
        top.geometry(NOTICE_PLACE)
        label = tkinter.Label(top, text=text, font=FONT, bg="#fff6d0", relief="solid", bd=1)
        label.pack(fill="both", expand=True)

    def dialog(self, text: str) -> None:
        """Show a dialog with a question."""
        top = self._opened("dialog")
        top.title("Question")
        top.geometry("380x130+180+160")
        tkinter.Label(top, text=text, font=FONT, wraplength=340).pack(pady=14)
        tkinter.Button(top, text="OK", font=FONT).pack()

    def gone(self, kind: str) -> None:
        """Take a notice or a dialog away."""
        self._shown.pop(kind).destroy()

    def _opened(self, kind: str) -> tkinter.Toplevel:
        self._shown[kind] = tkinter.Toplevel(self._root)
        return self._shown[kind]

    def _tick(self) -> None:
        self._clock.config(text=time.strftime("%H:%M:%S"))
        self._root.after(1000, self._tick)


def main() -> None:
    """Show it, and do what stdin says."""
    root = tkinter.Tk()
    office = Office(root)

    def listen() -> None:
        for line in sys.stdin:
            what, text = json.loads(line)
            root.after(0, getattr(office, what), text)

    threading.Thread(target=listen, daemon=True).start()
    root.mainloop()


main()
