"""Weights and the engines that run them: a registry of pinned files, local models, coordinates."""
