"""A window that writes each pointer and key event it gets to a file, one a line."""

import sys
import tkinter
from pathlib import Path

path = Path(sys.argv[1])
root = tkinter.Tk()
root.title("Event log")
root.geometry("600x400+200+150")
canvas = tkinter.Canvas(root, background="white", highlightthickness=0)
canvas.pack(fill="both", expand=True)


def write(line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def on_pointer(name: str, event: "tkinter.Event[tkinter.Misc]") -> None:
    write(f"{name} {event.num} {event.x_root} {event.y_root}")


canvas.bind("<ButtonPress>", lambda event: on_pointer("press", event))
canvas.bind("<ButtonRelease>", lambda event: on_pointer("release", event))
canvas.bind("<Double-Button-1>", lambda event: on_pointer("double", event))
canvas.bind("<B1-Motion>", lambda event: write(f"drag {event.x_root} {event.y_root}"))
root.bind("<KeyPress>", lambda event: write(f"down {event.keysym} {event.state & 0xD}"))
root.bind("<KeyRelease>", lambda event: write(f"up {event.keysym}"))
root.focus_force()
write("ready")
root.mainloop()
