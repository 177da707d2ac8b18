"""The app in real containers, where this machine has a container engine."""
