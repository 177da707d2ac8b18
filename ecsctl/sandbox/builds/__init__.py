"""Builds that really run their commands."""
