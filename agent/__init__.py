"""Decides: the graph, its planners, its records and the command line."""
