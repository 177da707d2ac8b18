"""Releases: how they stand, which image is meant, deploying one, going back to one, and ending one halfway."""
