"""Chooses among the apps and Dockerfiles of a repository."""
