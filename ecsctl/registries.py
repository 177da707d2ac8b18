"""Names of images, and the registries that they refer to."""

from __future__ import annotations

import re

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?"
_NAME = re.compile(rf"(?:{_HOST}/)?({_PART}(?:/{_PART})*)(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII)
_LONGEST = 255  # of a name, by the grammar of the distribution project's package `reference`, which registries follow
CURATED = "aws/codebuild/"  # names of CodeBuild's own images, which are in no registry
# Where anyone may pull what was not made private.
OPEN = frozenset("docker.io index.docker.io registry-1.docker.io public.ecr.aws ghcr.io quay.io gcr.io registry.k8s.io "
                 "mcr.microsoft.com registry.gitlab.com registry.access.redhat.com docker.elastic.co nvcr.io "
                 "container-registry.oracle.com cgr.dev lscr.io".split())  # fmt: skip


def is_image_name(image: str) -> bool:
    """Whether this can be the name of an image."""
    found = _NAME.fullmatch(image)
    return (
        found is not None
        and len(image.partition("@")[0]) <= _LONGEST
        and not re.fullmatch(r"[0-9a-f]{64}", found[1])  # that would be a digest
    )


def registry(image: str) -> str:
    """The registry that an image's name refers to: its first part if that can be a host, otherwise Docker Hub's."""
    host = image.partition("/")[0] if "/" in image else ""
    return host if host == "localhost" or "." in host or ":" in host else "docker.io"


def is_ecr(image: str) -> bool:
    """Whether it is in a private registry of ECR, which a role opens (Amazon ECR User Guide, "private registry")."""
    return ".dkr.ecr." in registry(image)


def is_public(image: str) -> bool:
    """Whether its registry is known to let anyone pull, unless something there was made private."""
    host = registry(image)
    return image.startswith(CURATED) or host in OPEN or host.endswith(".gcr.io")
