"""The watch page: a run as it goes, approvals, earlier runs, what is remembered, moments of videos.

NiceGUI draws it; it is served to this machine alone.
"""
