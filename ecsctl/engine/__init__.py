"""Plans and carries out the changes between what exists and what is desired; a run may be killed at any point."""
