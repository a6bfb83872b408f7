"""What icons are called: names that mean the same, and the signs that OCR reads on icons.

Applications tell the names of their icons (accessibility); people say the same in other words. Of
an icon without a name only a few signs are evidence: what the recogniser, which knows no icons,
reads on the commonest ones (seen on the pages and applications of `benchmarks/scenes`).
"""

from ..perception.text_match import normalise

SENSES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("close", "dismiss"), ("x", "cross")),
    (("settings", "preferences", "options", "configuration"), ("gear", "cog", "cogwheel")),
    (("search", "find", "look up"), ("magnifier", "magnifying glass", "loupe")),
    (("menu",), ("hamburger", "three lines")),
    (("save",), ("disk", "floppy", "floppy disk", "diskette")),
    (("delete", "remove"), ("trash", "bin", "trash can", "dustbin", "garbage", "wastebasket")),
    (("add", "new", "create"), ("plus", "plus sign")),
    (("home",), ("house",)),
    (("back", "previous", "go back"), ("left arrow", "arrow to the left")),
    (("forward", "next", "go forward"), ("right arrow", "arrow to the right")),
    (("up", "parent", "one level up"), ("up arrow",)),
    (("reload", "refresh"), ("circular arrow",)),
    (("print",), ("printer",)),
    (("copy", "duplicate"), ("two pages", "two sheets")),
    (("paste",), ("clipboard",)),
    (("cut",), ("scissors",)),
    (("help",), ("question mark",)),
    (("star", "favourite", "favorite"), ()),
    (("wishlist", "add to wishlist"), ("heart",)),
    (("mail", "e-mail", "email"), ("envelope",)),
    (("attach", "attachment"), ("paperclip", "paper clip")),
    (("edit",), ("pencil", "pen")),
    (("account", "profile", "user"), ("person",)),
    (("notifications",), ("bell",)),
    (("basket", "cart"), ("shopping cart", "shopping bag", "trolley")),
    (("lock",), ("padlock",)),
    (("open",), ("folder", "open folder")),
    (("run", "execute"), ("cogwheels", "play sign")),
    (("fill",), ("bucket", "paint bucket")),
    (("eraser", "rubber"), ()),
    (("ellipse", "oval", "circle"), ()),
    (("picker", "colour picker"), ("dropper", "eyedropper", "pipette")),
    (("more",), ("three dots", "ellipsis")),
    (("hand", "pan"), ()),
)
"""What it does, the commonest word first, and what it looks like; a name may be in one only."""

SIGNS: dict[str, str] = {
    "x": "close", "×": "close", "✕": "close", "✖": "close", "q": "search", "+": "add",
    "→": "forward", "←": "back", "↑": "up", "三": "menu", "≡": "menu", "☰": "menu", "?": "help",
    "⋮": "more", "c": "reload", "☆": "star", "★": "star", "b": "bold", "u": "underline",
    "t": "text",
}  # fmt: skip
"""What is read on a lone small picture, and what that picture most often is."""

_DOES = {name: sense for sense in SENSES for name in sense[0]}
_LOOKS = {name: sense for sense in SENSES for name in sense[1]}


def other_names(words: str, *, is_icon: bool) -> tuple[str, ...]:
    """Return what else is said for the same thing, none if nothing is known.

    What a thing looks like always stands for what it does: nothing is labelled "magnifier". What
    it does has other words only where an icon is meant: a "Next" button is no "Forward" button.

    >>> other_names("Magnifier", is_icon=False)
    ('search', 'find', 'look up')
    >>> other_names("next", is_icon=False)
    ()
    >>> other_names("next", is_icon=True)[0]
    'forward'
    """
    name = normalise(words)
    does, looks = _LOOKS.get(name) or (_DOES.get(name, ((), ())) if is_icon else ((), ()))
    return tuple(other for other in (*does, *(looks if is_icon else ())) if other != name)


def is_sign_of(text: str, words: str, *, is_icon: bool) -> bool:
    """Tell whether what was read on an icon is evidence for a name.

    >>> is_sign_of("Q", "search", is_icon=False), is_sign_of("Q", "magnifier", is_icon=False)
    (True, True)
    >>> is_sign_of("→", "next", is_icon=False)
    False
    """
    does = SIGNS.get(normalise(text))
    if does is None:
        return False
    names, looks = _DOES.get(does, ((does,), ()))
    return normalise(words) in {does, *looks, *(names if is_icon else ())}


def is_look(words: str) -> bool:
    """Tell whether words say what an icon looks like, not what it does.

    >>> is_look("magnifying glass"), is_look("search")
    (True, False)
    """
    return normalise(words) in _LOOKS
