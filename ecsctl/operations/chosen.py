"""Images by digest, as this account's registry tells them: the newest of the app, and what a name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.errors import Refused
from ecsctl.operations.images import checked
from ecsctl.resources.support.common import there
from ecsctl.resources.support.ecr import Reference, images, newest

if TYPE_CHECKING:
    from ecsctl.account import Identity
    from ecsctl.aws import Aws


def chosen(aws: Aws, app: str, wished: str, architecture: str) -> str:
    """The image to release, for tasks of that architecture: the one that is named, or the newest of the app's.

    By digest, if it is in the app's repository. Raises ConfigError for one that is not there or does not fit, and
    Refused when there is none at all.
    """
    described = there(lambda: aws.look(aws.ecr.describe_repositories, repositoryNames=[app]))
    uri = described["repositories"][0]["repositoryUri"] if described else ""
    if not wished and not (wished := newest(aws, app, uri) or "" if uri else ""):
        raise Refused(
            "there is no image to release",
            why=f"the repository {app} is empty" if uri else f"there is no repository {app}",
            hint="ecsctl deploy --build, or --image URI" if uri else "ecsctl up makes it",
        )
    return checked(aws, wished, uri, architecture)


def digest_of(aws: Aws, named: Reference) -> str:
    """The digest of the image that a reference in this registry names; empty if it is not there."""
    found = named.among(images(aws, named.repository))
    return found["imageDigest"] if found else ""


def ours(named: Reference | None, identity: Identity) -> bool:
    """Whether an image lies in this account's registry in this region, where it can be looked at."""
    return named is not None and (named.account, named.region) == (identity.account, identity.region)


def pinned(image: str, named: Reference, digest: str) -> str:
    """The image's repository, at that digest."""
    return f"{image.partition('@')[0].removesuffix(':' + named.tag)}@{digest}"
