"""The action formats that GUI models are trained on: their prompts, and strict parsers."""
