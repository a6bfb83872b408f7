"""The gallery in GTK 3."""

import gi  # type: ignore[import-not-found,unused-ignore]
from spec import IN_PAGE, ROWS, SWITCHES, TABS  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

window = Gtk.Window(title="Gallery", border_width=12)
grid = Gtk.Grid(row_spacing=10, column_spacing=24)
first = None
for number, (kind, label, states) in enumerate((*IN_PAGE, *SWITCHES)):
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
        if kind == "slider":
            widget = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 100, 1)
            widget.set_draw_value(False)
            widget.set_size_request(150, -1)
            widget.set_value(30 if label == "Volume" else 0)
        elif kind == "spinbutton":
            widget = Gtk.SpinButton.new_with_range(0, 99, 1)
            widget.set_value(3)
        elif kind == "switch":
            widget = Gtk.Switch(active="checked" in states)
        else:
            widget = Gtk.Entry()
    if "disabled" in states:
        cell.set_sensitive(False)
    cell.add(widget)
    grid.attach(cell, number // 10, number % 10, 1, 1)
rows = Gtk.ListStore(str)
tree = Gtk.TreeView(model=rows, headers_visible=False)
tree.append_column(Gtk.TreeViewColumn("Instrument", Gtk.CellRendererText(), text=0))
for number, (_, label, states) in enumerate(ROWS):
    rows.append([label])
    if "selected" in states:
        tree.set_cursor(Gtk.TreePath(number))
page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
page.add(grid)
page.add(tree)
book = Gtk.Notebook()
for _, label, states in TABS:
    book.append_page(page if "selected" in states else Gtk.Label(), Gtk.Label(label=label))
window.add(book)
window.connect("destroy", Gtk.main_quit)
window.show_all()
book.set_current_page(next(n for n, (_, _, states) in enumerate(TABS) if "selected" in states))
Gtk.main()
