"""Byte counts in words."""

UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")


def in_words(n_bytes: int) -> str:
    """Return a byte count as a person reads it, in powers of 1000.

    >>> in_words(999), in_words(145_217_532), in_words(1_117_320_768), in_words(0)
    ('999 B', '145 MB', '1.1 GB', '0 B')
    """
    if n_bytes < 1000:
        return f"{n_bytes} B"
    amount = float(n_bytes)
    for unit in UNITS:
        amount /= 1000
        if amount < 999.5 or unit == UNITS[-1]:
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"
