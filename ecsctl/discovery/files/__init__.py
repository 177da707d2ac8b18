"""Reads the repository's files: Dockerfiles, compose files, Kubernetes manifests, settings."""
