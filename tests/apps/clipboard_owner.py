"""A window that owns the clipboard; its title ends with its process id."""

import os
import tkinter

root = tkinter.Tk()
root.title(f"Clipboard owner {os.getpid()}")
root.clipboard_clear()
root.clipboard_append("owned")
root.mainloop()
