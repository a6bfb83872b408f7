"""A window with a button that destroys, and a note that somebody else may change.

usage: delete_button.py LOG NOTE

Each press writes a line to LOG; the window shows what the file NOTE holds.
"""

import sys
import tkinter
from pathlib import Path


def main(log: Path, note: Path) -> None:
    root = tkinter.Tk()
    root.title("Archive")
    root.geometry("420x200+140+120")

    def press() -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write("deleted\n")

    shown = tkinter.Label(root, font=("DejaVu Sans", 14))

    def refresh() -> None:
        shown["text"] = note.read_text(encoding="utf-8")
        root.after(100, refresh)

    shown.pack(pady=24)
    tkinter.Button(root, text="Delete all", font=("DejaVu Sans", 14), command=press).pack()
    refresh()
    root.mainloop()


main(Path(sys.argv[1]), Path(sys.argv[2]))
