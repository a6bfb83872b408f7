"""Whether a model is sent pictures of the screen; a word for option, planner and prompt."""

from typing import Literal

Pictures = Literal["never", "auto", "always"]
"""`auto`: where the model sees, and the text tells little or the last step went wrong."""
