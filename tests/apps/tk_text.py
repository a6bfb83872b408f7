"""A window with one large text field that has the keyboard."""

import tkinter

root = tkinter.Tk()
root.title("Tk text")
root.geometry("700x400+60+60")
field = tkinter.Text(root, font=("DejaVu Sans", 13))
field.pack(fill="both", expand=True)
# Tk's own binding for ctrl+a on X11 is Emacs's: the beginning of the line.
field.bind("<Control-a>", lambda _event: (field.tag_add("sel", "1.0", "end-1c"), "break")[1])
field.focus_force()
root.mainloop()
