"""The repository that holds the app's images."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Resource
from ecsctl.ids import ImageUri, RepositoryName, RepositoryUri
from ecsctl.names import Names
from ecsctl.resources.support import signing
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecr import held, images
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, keyed, of

if TYPE_CHECKING:
    from types_boto3_ecr.type_defs import (
        EncryptionConfigurationTypeDef,
        ImageTagMutabilityExclusionFilterTypeDef,
        RepositoryTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

    class _MutabilityTypeDef(TypedDict):
        imageTagMutability: Mutability
        imageTagMutabilityExclusionFilters: NotRequired[list[ImageTagMutabilityExclusionFilterTypeDef]]


PLAIN: EncryptionConfigurationTypeDef = {"encryptionType": "AES256"}  # what ECR does where nothing is said
Mutability = Literal["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"]


@dataclass(frozen=True)
class RepositoryIds:
    """An ECR repository's ids."""

    name: RepositoryName
    uri: RepositoryUri
    latest: ImageUri
    arn: str


@dataclass(frozen=True, kw_only=True)
class Repository(Resource[RepositoryIds]):
    """An ECR repository with its lifecycle policy. It is found by its name."""

    kind = "repository"
    title = "ECR repository"
    answered = True
    per_gigabyte = 0.10  # "Amazon ECR pricing"
    protect = "ecr"
    data = True
    arns = "ecr"
    console = "{console}/ecr/repositories/private/{account}/{name}?region={region}"

    name: Fixed[str]
    image_tag_mutability: Mutability
    image_tag_mutability_exclusion_filters: tuple[str, ...]
    scan_on_push: bool
    kms_key: Fixed[str | None]  # the ARN of the KMS key that encrypts it; empty: AES-256; None: whatever it has
    lifecycle_policy: str  # a lifecycle policy as JSON; empty: none

    def __post_init__(self) -> None:
        # In normal form, though not that of IAM's policies: a list of one stays a list.
        rules = json.dumps(json.loads(self.lifecycle_policy), sort_keys=True) if self.lifecycle_policy else ""
        object.__setattr__(self, "lifecycle_policy", rules)
        object.__setattr__(
            self, "image_tag_mutability_exclusion_filters", tuple(sorted(self.image_tag_mutability_exclusion_filters))
        )

    def summary(self) -> str:
        """Says what happens to its images."""
        mutable = (
            f" but {', '.join(self.image_tag_mutability_exclusion_filters)}"
            if self.image_tag_mutability_exclusion_filters
            else ""
        )
        tags = "tags mutable" if self.image_tag_mutability == "MUTABLE" else f"tags immutable{mutable}"
        scan = "scan on push" if self.scan_on_push else "no scan on push"
        return f"{self.name}: {tags}; {scan}" + ("; old images expire" if self.lifecycle_policy else "")

    @property
    def replacement_advice(self) -> str:
        """Its tasks run on without it, and the first image is built again."""
        return (
            "set it back; or, if its images may go, the older ones for good: aws ecr delete-repository --force "
            f"--repository-name {self.name}, then the same command again, which makes it anew and builds the image"
        )

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = (
            "CreateRepository DeleteRepository DescribeImages DescribeRepositories GetLifecyclePolicy "
            "GetRepositoryPolicy ListTagsForResource PutImageScanningConfiguration PutImageTagMutability "
            "PutLifecyclePolicy TagResource"
        )
        yield Statement("Images", of("ecr", actions), (scope.repository,))
        yield anywhere("ecr", "GetSigningConfiguration")
        # ECR asks with the caller's rights, also when a repository goes (Amazon ECR user guide, "Encryption at rest",
        # "Required permissions"; aws/containers-roadmap#1152).
        yield from keyed(scope, uses, "ImagesKey", "CreateGrant DescribeKey RetireGrant", "ecr")

    def observe(self, aws: Aws, me: Label) -> Observed[Repository, RepositoryIds] | None:
        """Read by name; its tags and its policy are calls of their own."""
        answer = none_if_gone(lambda: aws.read(aws.ecr.describe_repositories, repositoryNames=[self.name]))
        if answer is None:
            return None
        there_is = answer["repositories"][0]
        tags = aws.read(aws.ecr.list_tags_for_resource, resourceArn=there_is["repositoryArn"])["tags"]
        policy = none_if_gone(lambda: aws.read(aws.ecr.get_lifecycle_policy, repositoryName=self.name))
        actual = Repository(
            name=there_is["repositoryName"],
            image_tag_mutability=there_is["imageTagMutability"],
            image_tag_mutability_exclusion_filters=tuple(
                exclusion["filter"] for exclusion in there_is.get("imageTagMutabilityExclusionFilters", [])
            ),
            scan_on_push=there_is.get("imageScanningConfiguration", {}).get("scanOnPush", False),
            kms_key=there_is.get("encryptionConfiguration", {}).get("kmsKey", ""),
            lifecycle_policy=policy["lifecyclePolicyText"] if policy else "",
        )
        return Observed(_ids(there_is), actual, flat(tags), since=there_is.get("createdAt"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[RepositoryIds]]:
        """Found by its name, which is the app's."""
        answer = none_if_gone(
            lambda: aws.read(aws.ecr.describe_repositories, repositoryNames=[Names.of(me).repository])
        )
        for repository in answer["repositories"] if answer else ():
            tags = aws.read(aws.ecr.list_tags_for_resource, resourceArn=repository["repositoryArn"])["tags"]
            yield Found(_ids(repository), flat(tags))

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: RepositoryIds) -> Iterator[Callable[[], object]]:
        """Read what its description omits."""
        yield partial(aws.read, aws.ecr.list_tags_for_resource, resourceArn=ids.arn)
        yield partial(aws.read, aws.ecr.get_lifecycle_policy, repositoryName=ids.name)

    def as_created(self) -> Repository:
        """This resource, but without a lifecycle policy."""
        return replace(self, lifecycle_policy="")

    def create(self, aws: Aws, me: Label) -> RepositoryIds:
        """The name protects this call from doubling."""
        answer = aws.ecr.create_repository(
            repositoryName=self.name,
            tags=me.upper(),
            imageScanningConfiguration={"scanOnPush": self.scan_on_push},
            encryptionConfiguration={"encryptionType": "KMS", "kmsKey": self.kms_key} if self.kms_key else PLAIN,
            **self._mutability(),
        )
        return _ids(answer["repository"])

    def update(self, aws: Aws, me: Label, ids: RepositoryIds, changed: frozenset[str]) -> None:
        """Each setting has its own call."""
        if changed & {"image_tag_mutability", "image_tag_mutability_exclusion_filters"}:
            aws.ecr.put_image_tag_mutability(repositoryName=ids.name, **self._mutability())
        if "scan_on_push" in changed:
            aws.ecr.put_image_scanning_configuration(
                repositoryName=ids.name, imageScanningConfiguration={"scanOnPush": self.scan_on_push}
            )
        if "lifecycle_policy" in changed and self.lifecycle_policy:
            aws.ecr.put_lifecycle_policy(repositoryName=ids.name, lifecyclePolicyText=self.lifecycle_policy)
        if "lifecycle_policy" in changed and not self.lifecycle_policy:
            aws.ecr.delete_lifecycle_policy(repositoryName=ids.name)
        if "tags" in changed:
            aws.ecr.tag_resource(resourceArn=ids.arn, tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: RepositoryIds) -> None:
        """Delete it with all its images: the caller has shown them to the user.

        A signing rule for exactly this repository that another run has created meanwhile is deleted too: without the
        repository's tags no run would ever recognize it. One that is created later is removed by the run that created
        it.
        """
        aws.ecr.delete_repository(repositoryName=ids.name, force=True)
        signing.remove_rule(aws, ids.name)

    def _mutability(self) -> _MutabilityTypeDef:
        """The setting as ECR accepts it: it refuses an empty list of exclusions."""
        exclusions: list[ImageTagMutabilityExclusionFilterTypeDef] = [
            {"filterType": "WILDCARD", "filter": tag} for tag in self.image_tag_mutability_exclusion_filters
        ]
        if not exclusions:
            return {"imageTagMutability": self.image_tag_mutability}
        return {"imageTagMutability": self.image_tag_mutability, "imageTagMutabilityExclusionFilters": exclusions}

    @classmethod
    def contents(cls, aws: Aws, ids: RepositoryIds) -> Contents:
        """Says how many images are deleted with it. A shared layer counts for each image (ECR API, "ImageDetail")."""
        count, all_of_it = len(images(aws, ids.name)), held(aws, ids.name)
        summary = f"{count} image{'s' if count > 1 else ''}" if count else "layers of builds" if all_of_it else ""
        return Contents(summary, sum(image.get("imageSizeInBytes", 0) for image in all_of_it))


def _ids(repository: RepositoryTypeDef) -> RepositoryIds:
    return RepositoryIds(
        name=RepositoryName(repository["repositoryName"]),
        uri=RepositoryUri(repository["repositoryUri"]),
        latest=ImageUri(f"{repository['repositoryUri']}:latest"),
        arn=repository["repositoryArn"],
    )
