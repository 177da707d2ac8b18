"""From a git repository with a Dockerfile to a load-balanced Fargate service and its pipeline, by direct AWS calls."""

__version__ = "0.1.0"
