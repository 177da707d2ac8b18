"""Finds the port that the app listens on, and the path for its health check."""
