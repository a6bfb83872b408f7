"""The gallery in Tk (ttk)."""

import tkinter
from tkinter import ttk

from spec import WIDGETS  # type: ignore[import-not-found,unused-ignore]

root = tkinter.Tk()
root.title("Gallery")
day = tkinter.StringVar()
kept = []
for number, (kind, label, states) in enumerate(WIDGETS):
    cell = ttk.Frame(root)
    cell.grid(row=number % 10, column=number // 10, padx=16, pady=6, sticky="w")
    widget: ttk.Widget
    if kind == "checkbox":
        kept.append(tkinter.IntVar(value=int("checked" in states)))
        widget = ttk.Checkbutton(cell, text=label, variable=kept[-1])
    elif kind == "radio":
        widget = ttk.Radiobutton(cell, text=label, variable=day, value=label)
        if "checked" in states:
            day.set(label)
    elif kind == "button":
        widget = ttk.Button(cell, text=label)
    elif kind == "combobox":
        widget = ttk.Combobox(cell, values=[label, "Madrid"], state="readonly", width=14)
        widget.set(label)
    else:
        ttk.Label(cell, text=label, width=8).pack(side="left")
        widget = ttk.Entry(cell, width=16)
    if "disabled" in states:
        widget.state(["disabled"])
    widget.pack(side="left")
root.mainloop()
