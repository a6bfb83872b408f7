"""A form that shows by colours how far it is, and writes down what really happened to it.

usage: colour_form.py LOG

The field is orange, blue once it has the keyboard, purple once something stands in it; Save is red;
what is below turns green as it is pressed. LOG gets a JSON list a line: presses with their place on
the screen, and the text as it was saved.
"""

import functools
import json
import sys
import tkinter
from pathlib import Path

FONT = ("DejaVu Sans", 16)
EMPTY, READY, FILLED = "#f59010", "#1e46d2", "#7a2296"
SAVE, SAVED = "#d01824", "#169030"


def main(path: Path) -> None:
    root = tkinter.Tk()
    root.title("Colour form")
    root.geometry("560x360+90+70")
    log = path.open("a", encoding="utf-8", buffering=1)

    def write(*event: object) -> None:
        log.write(f"{json.dumps(event)}\n")

    text = tkinter.StringVar()
    field = tkinter.Entry(root, textvariable=text, font=FONT, width=24, bg=EMPTY, fg="white")
    field.config(insertofftime=0)
    field.place(x=60, y=50, width=380, height=44)
    said = tkinter.Label(root, text="nothing saved yet", font=FONT)
    said.place(x=60, y=240, width=380, height=60)

    def colour(*_: object) -> None:
        has_keyboard = root.focus_get() is field
        field.config(bg=FILLED if text.get() else READY if has_keyboard else EMPTY)

    def save() -> None:
        write("saved", text.get())
        said.config(text=f"saved {text.get()}", bg=SAVED)

    button = tkinter.Button(root, text="Save", font=FONT, command=save, bg=SAVE, fg="white")
    button.config(activebackground=SAVE, activeforeground="white")
    button.place(x=60, y=140, width=160, height=56)
    text.trace_add("write", colour)
    field.bind("<FocusIn>", colour)
    field.bind("<FocusOut>", colour)

    def pressed(name: str, event: "tkinter.Event[tkinter.Misc]") -> None:
        write("press", name, event.x_root, event.y_root)

    field.bind("<ButtonPress-1>", functools.partial(pressed, "field"), "+")
    button.bind("<ButtonPress-1>", functools.partial(pressed, "save"), "+")

    def place() -> None:
        for name, widget in (("field", field), ("save", button)):
            left, top = widget.winfo_rootx(), widget.winfo_rooty()
            right, bottom = left + widget.winfo_width(), top + widget.winfo_height()
            write("box", name, left, top, right, bottom)

    root.after(500, place)
    root.mainloop()


main(Path(sys.argv[1]))
