"""The instruction language: one grammar, its parser, its writer and its help."""
