"""The sandbox as a process of its own, or inside a test's."""
