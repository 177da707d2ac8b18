"""Releases: their state, which image is meant, deploying, rolling back, and cancelling."""
