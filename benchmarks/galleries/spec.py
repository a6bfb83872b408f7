"""The widgets that every gallery shows: kind, label, states. Forty a toolkit."""

WIDGETS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("checkbox", "Apples", ("checked",)),
    ("checkbox", "Bananas", ("unchecked",)),
    ("checkbox", "Cherries", ("checked",)),
    ("checkbox", "Dates", ("unchecked",)),
    ("checkbox", "Elderberries", ("checked",)),
    ("checkbox", "Figs", ("unchecked",)),
    ("checkbox", "Grapes", ("checked", "disabled")),
    ("checkbox", "Hazelnuts", ("unchecked", "disabled")),
    ("checkbox", "Oranges", ("unchecked",)),
    ("checkbox", "Peaches", ("checked",)),
    ("radio", "Monday", ("unchecked",)),
    ("radio", "Tuesday", ("checked",)),
    ("radio", "Wednesday", ("unchecked",)),
    ("radio", "Thursday", ("unchecked", "disabled")),
    ("radio", "Friday", ("unchecked",)),
    ("button", "Register", ()),
    ("button", "Cancel", ()),
    ("button", "Delete", ("disabled",)),
    ("button", "Preview", ()),
    ("button", "Upload", ("disabled",)),
    ("button", "Download", ()),
    ("combobox", "Vienna", ()),
    ("combobox", "Lisbon", ("disabled",)),
    ("combobox", "Prague", ()),
    ("textbox", "Street", ()),
    ("textbox", "Town", ("disabled",)),
    ("textbox", "Country", ()),
    ("slider", "Volume", ()),
    ("slider", "Balance", ()),
    ("spinbutton", "Copies", ()),
    ("spinbutton", "Margin", ("disabled",)),
    ("row", "Violin", ()),
    ("row", "Cello", ("selected",)),
    ("row", "Trumpet", ()),
    ("row", "Clarinet", ()),
    ("tab", "Trains", ()),
    ("tab", "Buses", ("selected",)),
    ("tab", "Ferries", ()),
)
SWITCHES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("switch", "Bluetooth", ("checked",)),
    ("switch", "Location", ("unchecked",)),
    ("switch", "Roaming", ("unchecked", "disabled")),
)
"""Where there are such: in GTK and on pages."""
IN_PAGE = tuple(widget for widget in WIDGETS if widget[0] not in ("tab", "row"))
ROWS = tuple(widget for widget in WIDGETS if widget[0] == "row")
"""Of one list."""
TABS = tuple(widget for widget in WIDGETS if widget[0] == "tab")
