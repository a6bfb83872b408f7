"""Sees, acts and understands; knows nothing of planning."""
