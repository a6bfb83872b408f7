"""Windows in which a click or typed text does not do what it seems to: one misbehaviour a run.

usage: false_success.py idle|runaway|late-runaway|thief|slow|honest
"""

import subprocess
import sys
import tkinter

FONT = ("DejaVu Sans", 14)

THIEF = """
import tkinter
root = tkinter.Tk()
root.title("Update available")
root.geometry("360x140+500+420")
entry = tkinter.Entry(root, font=("DejaVu Sans", 14))
entry.pack(padx=20, pady=30)
root.after(50, root.lift)
root.after(100, entry.focus_force)
root.after(60000, root.destroy)
root.mainloop()
"""


def main(misbehaviour: str) -> None:
    root = tkinter.Tk()
    root.title("Misbehaviour")
    root.geometry("520x360+60+60")
    said = tkinter.Label(root, text="nothing done yet", font=FONT)
    said.place(x=40, y=240)
    field = tkinter.Entry(root, font=FONT, width=24)
    field.place(x=160, y=180)
    tkinter.Label(root, text="Your name", font=FONT).place(x=40, y=180)
    button = tkinter.Button(root, text="Do the thing", font=FONT)
    button.place(x=40, y=60)

    def done() -> None:
        said.config(text="the thing was done")

    def run_away(_event: object) -> None:
        button.place(x=300, y=60)

    match misbehaviour:
        case "honest":
            button.config(command=done)
        case "idle":
            pass
        case "slow":
            button.config(command=lambda: root.after(2000, done))
        case "runaway":  # moves when the pointer arrives
            button.bind("<Enter>", run_away)
        case "late-runaway":  # moves when it is pressed, so that the release misses it
            button.config(command=done)
            button.bind("<ButtonPress-1>", run_away)
        case "thief":  # the first key brings up another program's window, which takes the keyboard

            def steal(_event: object) -> None:
                field.unbind("<Key>")
                subprocess.Popen(
                    [sys.executable, "-c", THIEF],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )

            field.bind("<Key>", steal)
        case other:
            sys.exit(f"no misbehaviour {other!r}")
    root.mainloop()


main(sys.argv[1])
