"""A form whose button writes what was filled in to a file, as JSON."""

import json
import sys
import tkinter
from pathlib import Path

FONT = ("DejaVu Sans", 13)


def main(path: Path) -> None:
    root = tkinter.Tk()
    root.title("Sign up")
    root.geometry("520x380+100+60")
    name, mail = tkinter.StringVar(), tkinter.StringVar()
    news, terms, plan = tkinter.IntVar(value=1), tkinter.IntVar(), tkinter.StringVar(value="free")
    for row, (label, variable) in enumerate((("Name", name), ("E-mail", mail))):
        tkinter.Label(root, text=label, font=FONT).grid(row=row, column=0, padx=20, pady=12)
        entry = tkinter.Entry(root, textvariable=variable, font=FONT, width=26)
        entry.grid(row=row, column=1)
    for row, (label, flag) in enumerate((("Newsletter", news), ("I have read it", terms)), 2):
        box = tkinter.Checkbutton(root, text=label, variable=flag, font=FONT)
        box.grid(row=row, column=1, sticky="w")
    for row, value in enumerate(("free", "paid"), 4):
        button = tkinter.Radiobutton(
            root, text=f"The {value} plan", variable=plan, value=value, font=FONT
        )
        button.grid(row=row, column=1, sticky="w")
    said = tkinter.Label(root, text="nothing saved yet", font=FONT)

    def save() -> None:
        filled = {
            "name": name.get(),
            "mail": mail.get(),
            "news": bool(news.get()),
            "terms": bool(terms.get()),
            "plan": plan.get(),
        }
        path.write_text(json.dumps(filled), encoding="utf-8")
        said.config(text="your data was stored")

    tkinter.Button(root, text="Register", command=save, font=FONT).grid(row=6, column=0, padx=20)
    said.grid(row=6, column=1)
    root.mainloop()


main(Path(sys.argv[1]))
