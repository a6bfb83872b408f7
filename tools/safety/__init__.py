"""Which actions may be done, decided in one gate."""
