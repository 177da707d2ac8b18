"""Finds out where the app listens, and which path answers a health check."""
