"""The class of a case, and texts that many cases share."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.why.field.scene import Scene

INIT = "ResourceInitializationError: "
PULL = "CannotPullContainerError: "
AUTH = f"{INIT}unable to pull secrets or registry auth: execution resource retrieval failed: "
DJANGO = (
    "django.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: '10.0.2.17:8000'. You may need to add it "
    "to ALLOWED_HOSTS."
)
HUB = "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating"
NO_DOCKER = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/shop-eu-central-1-build/AWSCodeBuild is not authorized to perform: "
)


@dataclass(frozen=True, eq=False)
class Case:
    """One thread: its area, its cause, and what AWS reported. `says` must be in the sentence."""

    where: str
    thread: str
    cause: str
    scenes: tuple[Scene, ...]
    also: tuple[str, ...] = ()
    says: str = ""
    tags: tuple[str, ...] = field(default=())


def case(where: str, thread: str, cause: str, *scenes: Scene, also: tuple[str, ...] = (), says: str = "") -> Case:
    """Return a case, with its scenes at the end."""
    return Case(where, thread, cause, scenes, also, says)
