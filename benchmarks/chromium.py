"""A Chromium of our own that asks nobody anything."""

CHROMIUM = (
    "chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", "--test-type",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--password-store=basic",
)  # fmt: skip
"""The command's beginning; a profile of its own and the page are added to it."""
