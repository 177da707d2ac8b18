"""The image that the service begins with: there already, or built by the app's own project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Found, Order, Resource, Seen
from ecsctl.ids import ImageUri, ProjectName, RepositoryName, RepositoryUri
from ecsctl.resources import ecr
from ecsctl.resources.builds import is_running, newest_build, why_failed
from ecsctl.resources.ecs import family_of, service_of
from ecsctl.resources.task_definition_merge import container_of

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import BuildTypeDef

    from ecsctl.aws import Aws


@dataclass(frozen=True)
class FirstImageIds:
    """The image, by digest where it is in the app's own repository."""

    image: ImageUri


@dataclass(frozen=True)
class FirstImage(Resource[FirstImageIds]):
    """An image that exists: the one given, else the one the service runs, else the newest in the repository.

    Where there is none, making it starts a build of the project, and it is ready once that build's image is in the
    repository. It dies with its repository. `cluster`, `service`, `container` are names to look at, not edges.
    """

    kind = "image"
    title = "first image"
    within = ("repository",)
    wait = True
    tagged = False
    limit = 3600.0  # CodeBuild's queue and the build itself; a run that is started again goes on waiting

    repository: RepositoryName
    uri: RepositoryUri
    placeholder: ImageUri
    project: Order[ProjectName | None] = None
    branch: str = field(default="", compare=False)
    given: str = field(default="", compare=False)
    past: str = field(default="", compare=False)  # a build that had ended before this run: it is no answer
    cluster: str = field(default="", compare=False)
    service: str = field(default="", compare=False)
    container: str = field(default="", compare=False)

    def summary(self) -> str:
        """Where it comes from."""
        if self.given:
            return self.given
        return f"built from {self.branch}, unless there is one" if self.branch else "one that is there"

    def observe(self, aws: Aws, me: Label) -> Seen[FirstImage, FirstImageIds] | None:
        """The image; or the newest build of the project, which is on the way to one or has failed."""
        image = self._image(aws)
        if image:
            return Seen(FirstImageIds(image), self)
        build = newest_build(aws, self.project) if self._can_build(me) and self.project else None
        if build is None or build["id"] == self.past:
            return None
        return self._judged(aws, build)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[FirstImageIds]]:
        """None: an image dies with its repository, and a build ends by itself."""
        yield from ()

    def create(self, aws: Aws, me: Label) -> FirstImageIds:
        """A token protects this call from doubling, for five minutes (CodeBuild API, StartBuild).

        It is another one after a build that ended: the same would only be answered with that build.
        """
        token = me.of(me.resource, me.nonce + self.past).token()
        aws.codebuild.start_build(projectName=self.project or "", sourceVersion=self.branch, idempotencyToken=token)
        return FirstImageIds(self.placeholder)

    def _image(self, aws: Aws) -> ImageUri | None:
        living = living_image(aws, self.cluster, self.service, self.container, self.placeholder)
        if living and not ecr.is_there(aws, living, self.placeholder):
            living = ""
        return ImageUri(self.given or living) or ecr.newest(aws, self.repository, self.uri)

    def _can_build(self, me: Label) -> bool:
        """Whether the project is known: before it is made there is only a promise of its name."""
        return bool(self.project) and str(self.project).startswith(me.app)

    def _judged(self, aws: Aws, build: BuildTypeDef) -> Seen[FirstImage, FirstImageIds]:
        ids, number = FirstImageIds(self.placeholder), build["id"].rpartition(":")[2][:8]
        if is_running(build):
            return Seen(ids, self, ready=False, note=f"build {number}: {build['currentPhase']}")
        if build["buildStatus"] != "SUCCEEDED":
            return Seen(ids, self, failed=f"{why_failed(aws, build)}\nmend it, then run the same command again")
        with aws.fresh():  # it may have been pushed since we looked
            image = self._image(aws)
        if image:
            return Seen(FirstImageIds(image), self)
        nothing = f"build {build['id']} succeeded and pushed no image with a tag to {self.uri}"
        return Seen(ids, self, failed=f"{nothing}\nlet buildspec.yml push to $REPOSITORY_URI, then run it again")


def living_image(aws: Aws, cluster: str, service: str, container: str, placeholder: str) -> str:
    """The image in the task definition of a service that is there, draining ones included; empty for a placeholder."""
    found = service_of(aws, cluster, service)
    if found is None or found["status"] == "INACTIVE" or not family_of(found.get("taskDefinition", "")):
        return ""
    answer = aws.look(aws.ecs.describe_task_definition, taskDefinition=found["taskDefinition"], include=["TAGS"])
    image = str(container_of(dict(answer["taskDefinition"]), container).get("image", ""))
    return "" if image == placeholder else image
