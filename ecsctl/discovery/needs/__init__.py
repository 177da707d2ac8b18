"""Finds out what the app needs besides itself: stores, variables, secrets, folders, migrations, workers."""
