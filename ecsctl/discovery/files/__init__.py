"""Reads what others have written: the repository's files, Dockerfiles, compose files, manifests."""
