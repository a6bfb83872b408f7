"""A window with one large text field that has the keyboard."""

import tkinter

root = tkinter.Tk()
root.title("Tk text")
root.geometry("700x400+60+60")
field = tkinter.Text(root, font=("DejaVu Sans", 13))
field.pack(fill="both", expand=True)
# Tk's own binding for ctrl+a on X11 is Emacs's: the beginning of the line.


def select_all(_event: object) -> str:
    field.tag_add("sel", "1.0", "end-1c")
    return "break"


field.bind("<Control-a>", select_all)
field.focus_force()
root.mainloop()
