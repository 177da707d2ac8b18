"""What several resource types read from ECR: a repository's images, and the processors an image was built for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.aws import partitions
from ecsctl.ids import ImageUri
from ecsctl.names import LAYERS
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

    from ecsctl.aws.clients import Aws

_ECR = re.compile(
    rf"(?P<account>\d{{12}})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.{partitions.SUFFIX}/(?P<repository>[a-z0-9._/-]+)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_OF_IMAGE = re.compile(r"sha256-[0-9a-f]{64}(\.[\w.-]+)?")
LATEST = "latest"
PULLS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSHES = ("ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart")
PROCESSORS = {"ARM64": "arm64", "X86_64": "amd64"}  # as ECS calls them, and as images do
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class Reference:
    """An image in ECR, as a reference names it."""

    account: str
    region: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def of(cls, uri: str) -> Reference | None:
        """The parts of a reference; None if it names a registry other than ECR."""
        match = _ECR.fullmatch(uri)
        return cls(**{name: value or "" for name, value in match.groupdict().items()}) if match else None

    @property
    def place(self) -> tuple[str, str, str]:
        """Returns where the image is: account, region and repository."""
        return self.account, self.region, self.repository

    def among(self, images: Sequence[ImageDetailTypeDef]) -> ImageDetailTypeDef | None:
        """The image that it names: by its digest, which takes precedence, or by its tag, `latest` by default."""
        tag = self.tag or LATEST
        fits = (one for one in images if (one["imageDigest"] == self.digest if self.digest else tag in tags(one)))
        return next(fits, None)


def tags(image: ImageDetailTypeDef) -> list[str]:
    """An image's tags; none if other images have taken all of them."""
    return image.get("imageTags", [])


def held(aws: Aws, repository: str) -> list[ImageDetailTypeDef]:
    """Everything in a repository. Empty also if the repository does not exist."""
    answer = none_if_gone(lambda: aws.read(aws.ecr.describe_images, repositoryName=repository))
    return answer["imageDetails"] if answer else []


def images(aws: Aws, repository: str) -> list[ImageDetailTypeDef]:
    """All images of a repository that an app could run."""
    return [one for one in held(aws, repository) if _is_app_image(one)]


def _is_app_image(image: ImageDetailTypeDef) -> bool:
    """Whether it could be one of the app's: not a build cache, and nothing that only describes another image.

    A signature or an attestation refers to its image (ECR API reference, ImageDetail.subjectManifestDigest), or, as
    cosign pushes it and registries without referrers have it, is tagged with the image's digest.
    """
    named = tags(image)
    aside = bool(named) and all(tag.startswith(LAYERS) or _OF_IMAGE.fullmatch(tag) for tag in named)
    return not aside and not image.get("subjectManifestDigest")


def by_name(aws: Aws, named: Reference) -> ImageDetailTypeDef | None:
    """The image that a reference to this registry names; None if it does not exist, or is not an image."""
    wanted: ImageIdentifierTypeDef = (
        {"imageDigest": named.digest} if named.digest else {"imageTag": named.tag or LATEST}
    )
    answer = none_if_gone(lambda: aws.read(aws.ecr.describe_images, repositoryName=named.repository, imageIds=[wanted]))
    return named.among([one for one in answer["imageDetails"] if _is_app_image(one)]) if answer else None


def newest(aws: Aws, repository: str, uri: str) -> ImageUri | None:
    """The last pushed image among those with a tag, by digest: a tag may move, a digest never does."""
    pushed = [image for image in images(aws, repository) if tags(image)]
    last = max(pushed, key=lambda image: image["imagePushedAt"], default=None)
    return ImageUri(f"{uri}@{last['imageDigest']}") if last else None


def has_image(aws: Aws, image: str, like: str) -> bool:
    """Whether an image exists. It is looked up only in `like`'s own repository; any other is assumed to exist."""
    named, ours = Reference.of(image), Reference.of(like)
    if named is None or ours is None or named.place != ours.place:
        return True
    return by_name(aws, named) is not None


def processors(aws: Aws, repository: str, digest: str) -> frozenset[str]:
    """The processors an image was built for, in OCI's terms (arm64, amd64); empty if its manifest does not show them.

    An image index names them. A plain manifest only points to a configuration that does (OCI image specification); it
    is read if the manifest embeds it.
    """
    answer = aws.read(
        aws.ecr.batch_get_image,
        repositoryName=repository,
        imageIds=[{"imageDigest": digest}],
        acceptedMediaTypes=list(MANIFESTS),
    )
    found: set[str] = set()
    for image in answer["images"]:
        manifest: dict[str, Any] = json.loads(image.get("imageManifest", "{}"))
        found |= {entry.get("platform", {}).get("architecture", "unknown") for entry in manifest.get("manifests", ())}
        found |= {_inline(manifest.get("config", {}).get("data", ""))}
    return frozenset(found - {"unknown", ""})


def _inline(data: str) -> str:
    """The processor, from a configuration that is embedded in the manifest."""
    try:
        return str(json.loads(data or "{}").get("architecture", ""))
    except ValueError:
        return ""


def policy_of(aws: Aws, repository: str) -> str:
    """The policy of a repository, as JSON; empty if it has none."""
    answer = none_if_gone(lambda: aws.read(aws.ecr.get_repository_policy, repositoryName=repository))
    return str(answer["policyText"]) if answer else ""
