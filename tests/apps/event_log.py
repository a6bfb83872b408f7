"""A window that shows known colours and writes down every event it gets, a JSON list a line.

usage: event_log.py LOG
"""

import json
import sys
import tkinter
from pathlib import Path

SQUARES = (("#ff0000", 0, 0), ("#00ff00", 60, 0), ("#0000ff", 0, 60), ("#123456", 60, 60))
"""Colour, left and top inside the canvas, each 60 pixels wide and high."""


def main(path: Path) -> None:
    root = tkinter.Tk(className="Eventlog")
    root.title("Event log – ünïcode")
    root.geometry("420x320+200+150")
    canvas = tkinter.Canvas(root, width=420, height=320, bg="#ffffff", highlightthickness=0)
    canvas.pack()
    for colour, left, top in SQUARES:
        canvas.create_rectangle(left, top, left + 59, top + 59, fill=colour, outline=colour)
    log = path.open("a", encoding="utf-8", buffering=1)

    def write(*event: object) -> None:
        log.write(f"{json.dumps(event)}\n")

    def press(event: tkinter.Event) -> None:
        # Tk 8.6 tells buttons 6 and 7, the wheel to the sides, as 4 and 5 with Shift.
        number = event.num + 2 if event.num in (4, 5) and int(event.state) & 1 else event.num
        write("press", number, event.x_root, event.y_root)

    root.bind("<Button>", press)
    root.bind("<ButtonRelease>", lambda event: write("release", event.num))
    root.bind("<Double-Button-1>", lambda event: write("double", event.x_root, event.y_root), "+")
    root.bind("<B1-Motion>", lambda event: write("drag", event.x_root, event.y_root))
    root.bind("<Key>", lambda event: write("key", event.keysym, int(event.state) & 0xFF))
    root.bind("<KeyRelease>", lambda event: write("key up", event.keysym))
    root.bind("<FocusIn>", lambda _event: write("focus"))

    def dialog(_event: object) -> None:
        child = tkinter.Toplevel(root)
        child.title("A dialog")
        child.geometry("200x100+700+500")
        child.transient(root)

    root.bind("<F2>", dialog)
    root.bind("<F3>", lambda _event: root.iconify())
    root.after(300, lambda: write("placed", canvas.winfo_rootx(), canvas.winfo_rooty()))
    root.mainloop()


main(Path(sys.argv[1]))
