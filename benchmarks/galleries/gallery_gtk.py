"""The gallery in GTK 3."""

import gi  # type: ignore[import-not-found,unused-ignore]
from spec import WIDGETS  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

window = Gtk.Window(title="Gallery", border_width=12)
grid = Gtk.Grid(row_spacing=10, column_spacing=24)
first = None
for number, (kind, label, states) in enumerate(WIDGETS):
    cell = Gtk.Box(spacing=8)
    if kind == "checkbox":
        widget = Gtk.CheckButton(label=label, active="checked" in states)
    elif kind == "radio":
        widget = Gtk.RadioButton.new_with_label_from_widget(first, label)
        first = first or widget
        if "checked" in states:
            widget.set_active(True)
    elif kind == "button":
        widget = Gtk.Button(label=label)
    elif kind == "combobox":
        widget = Gtk.ComboBoxText()
        for text in (label, "Madrid"):
            widget.append_text(text)
        widget.set_active(0)
    else:
        cell.add(Gtk.Label(label=label, width_chars=8, xalign=0))
        widget = Gtk.Entry()
    if "disabled" in states:
        cell.set_sensitive(False)
    cell.add(widget)
    grid.attach(cell, number // 10, number % 10, 1, 1)
window.add(grid)
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
