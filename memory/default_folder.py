"""Where a memory lies unless somebody says otherwise."""

import os
from collections.abc import Mapping
from pathlib import Path

SWITCH = "DESKHAND_MEMORY"


def default_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the memory: `DESKHAND_MEMORY`, else one in the user's data folder."""
    from platformdirs import user_data_path

    given = env.get(SWITCH)
    if given:
        return Path(given).expanduser()
    return user_data_path("deskhand", appauthor=False) / "memory"
