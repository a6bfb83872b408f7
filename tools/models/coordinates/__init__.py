"""Where a grounding model's answer lies: its picture's size, its space, its syntax, its family."""
