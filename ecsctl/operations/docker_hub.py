"""Warns of Docker Hub's limits, if the committed Dockerfile uses its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.buildspec import USUAL
from ecsctl.discovery import hub
from ecsctl.discovery.files import dockerfile
from ecsctl.github import checkout, committed

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.github.committed import Branch


def warning(found: Branch, config: Config) -> str:
    """Say what matters about the base images of the app's Dockerfile; empty if nothing does."""
    if "docker.io" in config.build.logins or config.build.spec(found.has_file(USUAL)):
        return ""  # what a buildspec of the repository's own logs in to is not known here
    path = committed.dockerfile(found, config)
    text = checkout.text(found.root, found.ref, path) if found.ref else ""
    return next(hub.warning(path, dockerfile.parse(text), dict(config.build.args)), "")
