"""A window with six buttons; each appends its own line to a file and shows how many there are."""

import functools
import sys
import tkinter
from pathlib import Path

WORDS = ("one", "two", "three", "four", "five", "six")


def main(path: Path) -> None:
    root = tkinter.Tk()
    root.title("Append lines")
    root.geometry("460x420+120+80")
    shown = tkinter.Listbox(root, font=("DejaVu Sans", 13), height=8)

    def append(word: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{word}\n")
        shown.insert("end", f"line {word} written")

    for row, word in enumerate(WORDS):
        button = tkinter.Button(
            root,
            text=f"Append {word}",
            font=("DejaVu Sans", 13),
            command=functools.partial(append, word),
        )
        button.grid(row=row // 2, column=row % 2, padx=16, pady=10)
    shown.grid(row=3, column=0, columnspan=2, padx=16, pady=10, sticky="we")
    root.mainloop()


main(Path(sys.argv[1]))
