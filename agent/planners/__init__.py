"""From an observation to the next action."""
