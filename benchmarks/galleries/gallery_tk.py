"""The gallery in Tk (ttk)."""

import tkinter
from tkinter import ttk

from spec import IN_PAGE, ROWS, TABS  # type: ignore[import-not-found,unused-ignore]

root = tkinter.Tk()
root.title("Gallery")
book = ttk.Notebook(root)
book.pack(fill="both", expand=True)
page = ttk.Frame(book)
for _, label, states in TABS:
    book.add(page if "selected" in states else ttk.Frame(book), text=label)
book.select(page)  # type: ignore[no-untyped-call]
day = tkinter.StringVar()
kept = []
for number, (kind, label, states) in enumerate(IN_PAGE):
    cell = ttk.Frame(page)
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
        if kind == "slider":
            widget = ttk.Scale(cell, from_=0, to=100, value=30 if label == "Volume" else 0)
        elif kind == "spinbutton":
            widget = ttk.Spinbox(cell, from_=0, to=99, width=6)
            widget.insert(0, "3")
        else:
            widget = ttk.Entry(cell, width=16)
    if "disabled" in states:
        widget.state(["disabled"])
    widget.pack(side="left")
rows = ttk.Treeview(page, show="tree", height=len(ROWS))
for _, label, states in ROWS:
    row = rows.insert("", "end", text=label)
    if "selected" in states:
        rows.selection_set(row)
rows.grid(row=10, column=0, columnspan=3, sticky="ew", padx=16, pady=6)
root.mainloop()
