"""Text as it is compared: without case, accents and differences of width."""

import unicodedata


def folded(text: str) -> str:
    """Return a text without case and accents.

    >>> folded("Café ＡＢＣ Straße")
    'cafe abc strasse'
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
