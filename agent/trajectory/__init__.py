"""Runs on disk: recording, report."""
