"""The image that the service starts with: an existing one, or one built by the app's own project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Found, Observed, Order, Resource
from ecsctl.ids import ImageUri, ProjectName, RepositoryName, RepositoryUri
from ecsctl.names import Names
from ecsctl.resources.support import ecr
from ecsctl.resources.support.builds import builds_of, is_running, pushed_by, why_failed
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.project_parts import registry_credential
from ecsctl.resources.support.rights import anywhere, of
from ecsctl.resources.support.running import running

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import BuildTypeDef
    from types_boto3_ecr.type_defs import ImageDetailTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class FirstImageIds:
    """The image, by digest where it is in the app's own repository."""

    image: ImageUri


@dataclass(frozen=True)
class Machine:
    """Describes where an image is built: the environment's type, its own image, and who pulls that."""

    type: str  # ARM_CONTAINER or LINUX_CONTAINER
    image: str
    image_pull_credentials_type: Literal["CODEBUILD", "SERVICE_ROLE"] = "CODEBUILD"
    registry_credential: str = ""  # the secret that opens its registry, if one is needed


@dataclass(frozen=True, kw_only=True)
class FirstImage(Resource[FirstImageIds]):
    """An image that exists: the given one, or the one that the service runs, or the newest in the repository.

    If there is none, creating it starts a build of the project, and it is ready once that build's image is in the
    repository. The same happens if the running image cannot be kept: `broken` names the image of a first version that
    ECS gave up on, which a newer one replaces; with `moving` the tasks change to another processor, while the project,
    which still builds for pushes, has the old one. It is deleted with its repository. `jobs` are those of an app in
    which nothing else says what it runs.
    """

    kind = "image"
    title = "first image"
    done = "ready"
    by_use = True  # a build
    within = ("repository",)
    wait = True
    tagged = False
    repeats = ("describe_images", "batch_get_builds")
    usual_seconds = 180.0  # for a small image; it depends on the Dockerfile
    limit_seconds = 3600.0  # CodeBuild's queue and the build itself; a run that is started again continues to wait

    repository: RepositoryName
    uri: RepositoryUri
    placeholder: ImageUri
    project: Order[ProjectName | None] = None
    machine: Machine | None = field(default=None, compare=False)
    moving: bool = field(default=False, compare=False)
    broken: str = field(default="", compare=False)
    branch: str = field(default="", compare=False)
    given: str = field(default="", compare=False)
    past: tuple[str, ...] = field(default=(), compare=False)  # builds that had ended before this run: not its result
    jobs: tuple[str, ...] = field(default=(), compare=False)

    def summary(self) -> str:
        """Says where it comes from."""
        if self.given:
            return self.given
        return f"built from {self.branch}, unless one exists" if self.branch else "an existing one"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to find one, and to build it."""
        builds = "BatchGetBuilds BatchGetProjects ListBuildsForProject StartBuild"
        yield Statement("Build", of("codebuild", builds), scope.projects)
        yield Statement("Images", of("ecr", "BatchGetImage DescribeImages"), (scope.repository,))
        yield anywhere("ecs", "DescribeTaskDefinition ListTaskDefinitionFamilies ListTaskDefinitions")
        reads = "DescribeServiceDeployments DescribeServiceRevisions DescribeServices ListServiceDeployments"
        yield Statement("Service", of("ecs", reads), scope.service)

    def observe(self, aws: Aws, me: Label) -> Observed[FirstImage, FirstImageIds] | None:
        """The image; or the newest build of the project, which is about to produce one or has failed."""
        image = self._image(aws, me)
        if image:
            return Observed(FirstImageIds(image), self)
        builds = self._builds(aws, me)
        answer = next((one for one in builds if self._is_candidate(one, newest=one is builds[0])), None)
        return self._observed(aws, me, answer, [one for one in builds if self._fits(one)]) if answer else None

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[FirstImageIds]]:
        """None: an image is deleted with its repository, and a build ends by itself."""
        yield from ()

    def create(self, aws: Aws, me: Label) -> FirstImageIds:
        """A token prevents duplicates for five minutes (CodeBuild API, StartBuild).

        It changes after a build that ended: the same token would only return that build.
        """
        token = me.of(me.resource, me.nonce + "".join(self.past[:1])).token()
        other: dict[str, Any] = {}
        if self.moving and self.machine:
            other = {
                "environmentTypeOverride": self.machine.type,
                "imageOverride": self.machine.image,
                "imagePullCredentialsTypeOverride": self.machine.image_pull_credentials_type,
            }
            if self.machine.registry_credential:
                other["registryCredentialOverride"] = registry_credential(self.machine.registry_credential)
        aws.codebuild.start_build(
            projectName=self.project or "", sourceVersion=self.branch, idempotencyToken=token, **other
        )
        return FirstImageIds(self.placeholder)

    def _image(self, aws: Aws, me: Label) -> ImageUri | None:
        if self.given:
            return ImageUri(self.given)
        if self.moving:
            return None
        runs = running(aws, Names.of(me), self.placeholder, self.jobs)
        fits = runs is not None and ecr.has_image(aws, runs.image, self.placeholder)
        if runs is not None and fits and runs.image != self.broken:
            return ImageUri(runs.image)
        newest = ecr.newest(aws, self.repository, self.uri)
        if newest and newest == self._by_digest(aws, self.broken):
            return ImageUri(self.broken) if self.project is None else None
        return newest

    def _by_digest(self, aws: Aws, image: str) -> str:
        named = ecr.Reference.of(image)
        found = named.among(ecr.images(aws, self.repository)) if named else None
        return self._named(found) if found else image

    def _named(self, image: ImageDetailTypeDef) -> ImageUri:
        return ImageUri(f"{self.uri}@{image['imageDigest']}")

    def _builds(self, aws: Aws, me: Label) -> list[BuildTypeDef]:
        """The project's. Before the project is created there is only a promise of its name."""
        known = self.project and str(self.project).startswith(me.app)
        return builds_of(aws, str(self.project)) if known else []

    def _fits(self, build: BuildTypeDef) -> bool:
        """Whether it builds for the tasks' processor."""
        return self.machine is None or build["environment"]["type"] == self.machine.type

    def _is_candidate(self, build: BuildTypeDef, *, newest: bool) -> bool:
        """Whether a build is one to wait for, or to take an image from.

        One that ended before this run counts if it is the newest and was made for a processor that nothing runs on yet:
        a run died before it used the image.
        """
        left = self.moving and newest and build["buildStatus"] == "SUCCEEDED"
        return self._fits(build) and (left or build["id"] not in self.past)

    def _observed(
        self, aws: Aws, me: Label, build: BuildTypeDef, builds: list[BuildTypeDef]
    ) -> Observed[FirstImage, FirstImageIds]:
        ids, number = FirstImageIds(self.placeholder), build["id"].rpartition(":")[2][:8]
        if is_running(build):
            return Observed(ids, self, ready=False, note=f"build {number}: {build['currentPhase']}")
        # A second build of a commit may fail because the first one's tag exists; the first one's image is still right.
        commit = build.get("resolvedSourceVersion")
        same = [one for one in builds if one is build or (commit and one.get("resolvedSourceVersion") == commit)]
        with aws.uncached():  # it may have been pushed since the last read
            good = [one for one in same if one["buildStatus"] == "SUCCEEDED"]
            pushed = next(filter(None, (pushed_by(aws, one, self.repository) for one in good)), None)
            image = self._named(pushed) if pushed else self._image(aws, me) if build in good else None
        if image:
            return Observed(FirstImageIds(image), self)
        if build["buildStatus"] != "SUCCEEDED":
            return Observed(ids, self, failed=f"{why_failed(aws, build)}\nfix it, then run the same command again")
        nothing = f"build {build['id']} succeeded and pushed no image with a tag to {self.uri}"
        return Observed(ids, self, failed=f"{nothing}\nlet buildspec.yml push to $REPOSITORY_URI, then run it again")
