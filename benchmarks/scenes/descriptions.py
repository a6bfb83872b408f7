"""What people would call things on the recorded scenes, other than by the exact words on them.

The scenes are halved: the rules were tuned on `TUNING` alone. `HELD_OUT` was written before the
first run and not changed by its results.
"""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["one", "absent", "ambiguous"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One description, and what it means on its scene."""

    scene: str
    text: str
    label: str = ""
    """Of the true element that is meant."""
    kind: str = ""
    """Of it, where several have the label."""
    which: int = 0
    """In reading order, where several have label and kind."""
    outcome: Outcome = "one"
    """What a careful reader would say: `ambiguous` is right only if it is refused as such."""


def _one(scene: str, text: str, label: str, kind: str = "", which: int = 0) -> Described:
    return Described(scene=scene, text=text, label=label, kind=kind, which=which)


def _absent(scene: str, text: str) -> Described:
    return Described(scene=scene, text=text, outcome="absent")


def _ambiguous(scene: str, text: str) -> Described:
    return Described(scene=scene, text=text, outcome="ambiguous")


TUNING: tuple[Described, ...] = (
    _one("mail", "the trash can icon in the toolbar", "Delete", "icon"),
    _one("mail", "the magnifying glass", "Search", "icon"),
    _one("mail", "the gear icon", "Settings", "icon"),
    _one("mail", "the light blue button", "Compose"),
    _one("mail", "the first checkbox", "Select Grace Hopper"),
    _one("mail", "the checkbox next to Alan Turing", "Select Alan Turing"),
    _one("mail", "the star left of Mary Somerville", "Star", "icon", 2),
    _one("mail", "the icon left of Hedy Lamarr", "Star", "icon", 4),
    _one("mail", "the reply icon", "Reply", "icon"),
    _one("mail", "the search field at the top", "Search mail"),
    _one("mail", "the link below Inbox", "Starred"),
    _one("mail", "the spam icon", "Mark as spam", "icon"),
    _absent("mail", "the red button"),
    _absent("mail", "the printer icon"),
    _ambiguous("mail", "the star icon"),
    _one("settings", "the red button", "Restore defaults"),
    _one("settings", "the blue button", "Save changes"),
    _one("settings", "the grey button left of Restore defaults", "Discard"),
    _one("settings", "the switch for Reduce motion", "Reduce motion"),
    _one("settings", "the second tab", "Colours"),
    _one("settings", "the last tab", "Advanced"),
    _one("settings", "the list right of Accent", "Accent"),
    _one("settings", "the drop-down list below Colour scheme", "Accent"),
    _one("settings", "the checkbox in the middle", "Large icons"),
    _one("settings", "the slider", "Sidebar width"),
    _one("settings", "the leftmost button at the bottom", "Save changes"),
    _one("settings", "the last link in the sidebar", "About"),
    _absent("settings", "the green button"),
    _absent("settings", "the red Save changes button"),
    _absent("settings", "the fifth tab"),
    _ambiguous("settings", "the checkbox"),
    _one("shop", "the orange button", "Search"),
    _one("shop", "the heart at the top right", "Add to wishlist", "icon", 3),
    _one("shop", "the Add to basket button below Oak side table", "Add to basket", "button", 2),
    _one("shop", "the Add to basket button below Glass carafe", "Add to basket", "button", 7),
    _one("shop", "the third Add to basket button", "Add to basket", "button", 2),
    _one("shop", "the checkbox below Glass", "Wool"),
    _one("shop", "the second radio button", "In stock"),
    _one("shop", "the last checkbox", "Brass"),
    _ambiguous("shop", "the green button"),
    _ambiguous("shop", "the heart icon"),
    _absent("shop", "the purple button"),
    _one("geany", "the blue save icon", "Save", "icon"),
    _one("geany", "the magnifier", "Find", "icon"),
    _one("geany", "the folder icon", "Open", "icon"),
    _one("geany", "the close icon in the toolbar", "Close", "icon"),
    _one("geany", "the first icon in the toolbar", "New", "icon"),
    _one("geany", "the colour chooser icon", "Color Chooser", "icon"),
    _one("geany", "the search menu", "Search", "menu item"),
    _one("geany", "the icon left of Save All", "Save", "icon"),
    _one("geany", "the last menu", "Help", "menu item"),
    _absent("geany", "the printer icon"),
    _absent("geany", "the green save icon"),
    _one("pcmanfm", "the house icon", "Home Folder", "icon"),
    _one("pcmanfm", "the next folder icon", "Next Folder", "icon"),
    _one("pcmanfm", "the Go menu", "Go", "menu item"),
    _one("pcmanfm", "the field at the top", "", "field"),
    _absent("pcmanfm", "the trash can icon"),
    _one("toolbar", "the scissors icon", "Cut", "icon"),
    _one("toolbar", "the floppy disk", "Save", "icon"),
    _one("toolbar", "the bold button", "Bold", "icon"),
    _one("toolbar", "the icon right of Redo", "Save", "icon"),
    _one("toolbar", "the clipboard icon", "Paste", "icon"),
    _one("toolbar", "the second tab", "Floor plan"),
    _one("toolbar", "the bucket icon", "Fill", "icon"),
    _absent("toolbar", "the trash can icon"),
    _one("default-form", "the field right of Name:", "Name:"),
    _one("default-form", "the field below Remarks", "Remarks"),
    _one("default-form", "the last radio button", "Bank transfer"),
    _one("default-form", "the button at the bottom left", "Order now"),
    _one("default-form", "the button between Order now and Pay later", "Clear"),
    _one("default-form", "the second link at the bottom", "Terms of use"),
    _one("mousepad-preferences", "the third checkbox", "Display line endings"),
    _one("mousepad-preferences", "the rightmost tab", "Plugins", "tab"),
    _one("mousepad-preferences", "the File tab", "File", "tab"),
    _one("mousepad-preferences", "the checkbox above Wrap long lines",
         "Highlight matching brackets"),
    _one("galculator", "the key left of 5", "4"),
    _one("galculator", "the key below 2", "."),
    _one("galculator", "the square root key", "sqrt"),
    _one("galculator", "the last menu", "Help", "menu item"),
    _absent("galculator", "the sine key"),
)  # fmt: skip

HELD_OUT: tuple[Described, ...] = (
    _one("sign-up", "the blue button", "Create account"),
    _one("sign-up", "the white button", "Reset form"),
    _one("sign-up", "the second checkbox", "I accept the terms of service"),
    _one("sign-up", "the field below Password", "Company"),
    _one("sign-up", "the field right of First name", "Last name"),
    _one("sign-up", "the last radio button", "Enterprise"),
    _one("sign-up", "the link at the top", "Sign in instead"),
    _one("sign-up", "the terms of service link at the bottom", "terms of service", "link"),
    _absent("sign-up", "the red button"),
    _absent("sign-up", "the fourth radio button"),
    _ambiguous("sign-up", "the radio button"),
    _one("table", "the Remove link in the row of 10511", "Remove", "link", 3),
    _one("table", "the checkbox left of 10474", "row 2"),
    _one("table", "the first Edit link", "Edit", "link", 0),
    _one("table", "the list right of Site", "Site"),
    _one("table", "the grey button", "Delete selected"),
    _one("table", "the checkbox at the top right", "Only low stock"),
    _ambiguous("table", "the Edit link"),
    _absent("table", "the green button"),
    _one("xarchiver", "the plus icon", "Add", "icon"),
    _one("xarchiver", "the house icon", "Root", "icon"),
    _one("xarchiver", "the folder icon in the toolbar", "Open", "icon"),
    _one("xarchiver", "the red icon", "Stop", "icon"),
    _one("xarchiver", "the last icon in the toolbar", "Stop", "icon"),
    _one("xarchiver", "the icon right of Back", "Up", "icon"),
    _one("xarchiver", "the second menu", "Action", "menu item"),
    _one("xarchiver", "the right arrow", "Forward", "icon"),
    _absent("xarchiver", "the save icon"),
    _absent("xarchiver", "the magnifying glass"),
    _one("held-out-tickets", "the green button", "Send answer"),
    _one("held-out-tickets", "the red link", "Close without answer"),
    _one("held-out-tickets", "the envelope icon", "Notifications", "icon"),
    _one("held-out-tickets", "the search field in the top right corner", "Find a ticket"),
    _one("held-out-tickets", "the first radio button", "One person"),
    _one("held-out-tickets", "the list below Status", "Priority"),
    _one("held-out-tickets", "the field right of Assignee", "Assignee"),
    _one("held-out-tickets", "the second checkbox", "Notify the reporter"),
    _absent("held-out-tickets", "the yellow button"),
    _absent("held-out-tickets", "the blue Send answer button"),
    _ambiguous("held-out-tickets", "the radio button"),
    _one("held-out-booking", "the purple button", "Show connections"),
    _one("held-out-booking", "the second tab", "Return"),
    _one("held-out-booking", "the button right of Earlier", "Later"),
    _one("held-out-booking", "the last Fares link", "Fares", "link", 2),
    _one("held-out-booking", "the Fares link left of Select 36.50", "Fares", "link", 1),
    _one("held-out-booking", "the icon between the stations", "Swap stations", "icon"),
    _one("held-out-booking", "the checkbox for bicycles", "Take a bicycle"),
    _one("held-out-booking", "the field below Destination", "Destination"),
    _ambiguous("held-out-booking", "the Fares link"),
    _absent("held-out-booking", "the red button"),
    _absent("held-out-booking", "the fourth tab"),
    _one("gtk-file-dialog", "the list at the bottom right", "Text Files"),
    _one("gtk-file-dialog", "the button right of Cancel", "Save"),
    _one("gtk-file-dialog", "the new folder icon", "Create Folder", "icon"),
    _one("gtk-file-dialog", "the field at the top", "Name:", "field"),
    _absent("gtk-file-dialog", "the red button"),
    _one("qalculate-gtk", "the key right of 8", "9"),
    _one("qalculate-gtk", "the key above 1", "4"),
    _one("qalculate-gtk", "the second menu", "Edit", "menu item"),
    _one("held-out-lxappearance", "the button left of Apply", "Close", "button"),
    _one("held-out-lxappearance", "the last tab at the top", "Other", "tab"),
    _one("held-out-lxappearance", "the radio button", "Radio Button"),
    _absent("held-out-lxappearance", "the purple button"),
    _one("gucharmap", "the bold button", "Bold", "button"),
    _one("gucharmap", "the button at the bottom right", "Copy", "button"),
    _one("gucharmap", "the right tab", "Character Details", "tab"),
    _one("gucharmap", "the italic icon", "Italic", "icon"),
)
