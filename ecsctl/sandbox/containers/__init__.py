"""Runs the app in real containers if this machine has a container engine."""
