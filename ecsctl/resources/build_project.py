"""The project that builds the app's image and pushes it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import CredentialsArn, LogGroupName, ProjectName, RoleArn
from ecsctl.names import Names
from ecsctl.resources.support import push_filter, raw
from ecsctl.resources.support.additions import Additions
from ecsctl.resources.support.github_side import try_at_github
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.project_parts import (
    ACCOUNT,
    OUTSIDE,
    EnvVar,
    Inside,
    SourceAuth,
    auth_of,
    environment,
    inside,
    source,
    variables_of,
    vpc_config,
)
from ecsctl.resources.support.rights import anywhere, connects, handed, of, pass_roles

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import CreateProjectInputTypeDef, ProjectTypeDef, TagTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

USUAL: dict[str, Any] = {
    "autoRetryLimit": 0,
    "badgeEnabled": False,
    "buildBatchConfig": {},
    "cache": {"type": "NO_CACHE"},
    "concurrentBuildLimit": -1,  # "To remove this limit, set this value to -1"
    "description": "",
    "encryptionKey": "alias/aws/s3",
    "fileSystemLocations": [],
    "queuedTimeoutInMinutes": 480,
    "secondaryArtifacts": [],
    "secondarySourceVersions": [],
    "secondarySources": [],
    "environment.certificate": None,  # None: what is sent replaces the whole parent
    "environment.dockerServer": None,
    "environment.fleet": None,
    "environment.hostKernel": None,
    "logsConfig.s3Logs": None,
    "source.buildStatusConfig": None,
    "source.gitCloneDepth": None,
    "source.gitSubmodulesConfig": None,
    "source.insecureSsl": None,
    "source.reportBuildStatus": None,
}
"""What [raw] may set through UpdateProject, with the value that undoes it (CodeBuild API reference, UpdateProject)."""
NO_SOURCE = "NO_SOURCE"
"""In place of a repository: the project has only its buildspec, until a pipeline passes it a source."""
AT_ONCE = 100  # projects, or builds, that one BatchGet takes (CodeBuild API)


@dataclass(frozen=True)
class ProjectIds:
    """A build project's ids."""

    name: ProjectName
    arn: str


@dataclass(frozen=True, kw_only=True)
class BuildProject(Resource[ProjectIds]):
    """A CodeBuild project with a GitHub source, found by its name.

    Its source is not CODEPIPELINE, so that it can also be started by itself: a pipeline brings its own source and
    artifacts to any project.
    """

    kind = "build-project"
    title = "build project"
    changed_by_delete = ("webhook_branch",)
    by_use = True
    arns = "codebuild"
    tagging_type = "codebuild"
    console = "{console}/codesuite/codebuild/{account}/projects/{name}?region={region}"

    name: Fixed[str]
    role: RoleArn
    repository: str  # https://github.com/owner/name.git
    source_version: str
    log_group: LogGroupName
    image: str
    looked_up: bool = field(default=False, compare=False)  # the image: not configured, so any is fine
    image_pull_credentials_type: str  # or SERVICE_ROLE, which an image in someone's own registry requires
    registry_credential: str  # the secret that opens the image's registry; empty if none is needed, or it is ECR
    environment_variables: tuple[EnvVar, ...]
    environment_type: str  # or LINUX_CONTAINER, for X86_64
    compute_type: str
    privileged_mode: bool
    buildspec: str  # a path in the repository, or the whole text
    undecided: bool = field(default=False, compare=False)  # the buildspec: it is not known what the repository contains
    timeout_in_minutes: int  # a build that takes longer is stopped
    source_auth: SourceAuth
    artifacts: str
    vpc_config: Inside  # in a VPC, or outside of any
    more: Additions
    webhook_branch: str  # builds by itself at every push to this branch; never combined with a pipeline
    credentials: Order[CredentialsArn | None] = None  # the account's, if it builds with those

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "environment_variables", tuple(sorted(self.environment_variables, key=lambda one: one.name))
        )

    def summary(self) -> str:
        """Says what is built, where and by what."""
        begin = f"{self.repository} {self.source_version}" if self.source_version else "what the pipeline hands on"
        size = self.compute_type.removeprefix("BUILD_GENERAL1_").lower()
        spec = "ecsctl's own buildspec" if "\n" in self.buildspec else self.buildspec
        return f"{begin}: {spec}, {size}, {self.image}, at most {self.timeout_in_minutes} min"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = (
            "BatchGetBuilds BatchGetProjects CreateProject CreateWebhook DeleteProject DeleteWebhook "
            "ListBuildsForProject StopBuild UpdateProject UpdateWebhook"
        )
        yield anywhere("codebuild", "ListProjects")
        yield Statement("Build", of("codebuild", actions), scope.projects)
        yield pass_roles("PassRoles", (scope.role("*"),), "codebuild")
        if uses.connection:
            yield connects("OneRepository", ("UseConnection",), uses.connection, uses.repository)
            yield handed("ConnectionHandedOn", uses.connection, "codebuild")

    def observe(self, aws: Aws, me: Label) -> Observed[BuildProject, ProjectIds] | None:
        """Read by name, tags and webhook included."""
        found = aws.read(aws.codebuild.batch_get_projects, names=[self.name])["projects"]
        if not found:
            return None
        project = found[0]
        webhook = project.get("webhook")
        broken = webhook is not None and webhook.get("status") == "CREATE_FAILED"
        return Observed(
            ProjectIds(ProjectName(project["name"]), project["arn"]),
            self._actual(project),
            flat(project.get("tags")),
            note=f"its webhook failed: {webhook.get('statusMessage', '')}" if webhook and broken else "",
            since=project.get("created"),
        )

    def keeping(self, actual: BuildProject) -> BuildProject:
        """This resource, but with its current image, if ours was taken from AWS's list and differs only in its version.

        And with its current buildspec, if it is not known here whether the repository has one.
        """
        same = actual.image.rpartition(":")[0] == self.image.rpartition(":")[0]
        kept = replace(self, image=actual.image) if self.looked_up and same else self
        if not self.undecided or "\n" not in actual.buildspec:
            return kept
        named = {
            one.name: one for one in actual.environment_variables if one.name == "BUILD_CONTEXT"
        }  # it goes with the text
        named |= {one.name: one for one in self.environment_variables}
        return replace(kept, buildspec=actual.buildspec, environment_variables=tuple(named.values()))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ProjectIds]]:
        """Found by the names that our projects have: `<app>-build` and so on, and `<app>-test-…`."""
        listed = aws.read(aws.codebuild.list_projects)["projects"]
        ours = Names.of(me)
        return _found(aws, [one for one in listed if one in ours.projects or one.startswith(ours.test_project())])

    @classmethod
    def find_recorded(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[ProjectIds]]:
        """Found by the recorded names."""
        return _found(aws, sorted(one["name"] for one in recorded))

    def create(self, aws: Aws, me: Label) -> ProjectIds:
        """The name prevents duplicates. Refused until CodeBuild can assume the role."""
        said = raw.memory(raw.paths(self.more)) if self.more else {}
        answer = aws.codebuild.create_project(**self._declaration(me.lower(**said), {}))
        return ProjectIds(ProjectName(answer["project"]["name"]), answer["project"]["arn"])

    def update(self, aws: Aws, me: Label, ids: ProjectIds, changed: frozenset[str]) -> None:
        """The call replaces everything, tags too: those of others are sent back."""
        with aws.uncached():
            found = aws.read(aws.codebuild.batch_get_projects, names=[ids.name])["projects"]
        project: ProjectTypeDef = found[0] if found else {}
        # A webhook stays with the old repository when the project gets another one, and nothing shows that it belongs
        # there (hashicorp/terraform-provider-aws#47546).
        moved = "repository" in changed and "webhook" in project
        if moved:
            try_at_github(partial(aws.codebuild.delete_webhook, projectName=ids.name), "OAuthProviderException")
            del project["webhook"]
        if changed - {"webhook_branch"}:
            tags = flat(project.get("tags"))
            kept = {key: value for key, value in tags.items() if key not in me.tags}
            kept |= raw.memory(raw.paths(self.more)) if self.more or raw.KEYS in tags else {}
            aws.codebuild.update_project(**self._declaration(me.lower(**kept), tags))
        if moved or "webhook_branch" in changed:
            self._hook(aws, project)

    @classmethod
    def delete(cls, aws: Aws, ids: ProjectIds) -> None:
        """The webhook first, so that GitHub's side of it is removed too; then any running build."""
        with aws.uncached():
            found = aws.read(aws.codebuild.batch_get_projects, names=[ids.name])["projects"]
            builds = aws.first_page(aws.codebuild.list_builds_for_project, projectName=ids.name)["ids"]
            there_are = aws.read(aws.codebuild.batch_get_builds, ids=builds)["builds"] if builds else []
        if found and found[0].get("webhook"):
            try_at_github(partial(aws.codebuild.delete_webhook, projectName=ids.name), "OAuthProviderException")
        for build in there_are:
            if build["buildStatus"] == "IN_PROGRESS":
                aws.codebuild.stop_build(id=build["id"])
        aws.codebuild.delete_project(name=ids.name)

    def _hook(self, aws: Aws, project: ProjectTypeDef) -> None:
        """Create, change or remove the webhook; a failed one is created again."""
        webhook = project.get("webhook")
        if webhook and (not self.webhook_branch or webhook.get("status") == "CREATE_FAILED"):
            aws.codebuild.delete_webhook(projectName=self.name)
            webhook = None
        groups = push_filter.filters(self.webhook_branch)
        if self.webhook_branch and webhook:
            aws.codebuild.update_webhook(projectName=self.name, filterGroups=groups, buildType="BUILD")
        elif self.webhook_branch:
            aws.codebuild.create_webhook(projectName=self.name, filterGroups=groups, buildType="BUILD")

    def _declaration(self, tags: list[TagTypeDef], before: Mapping[str, str]) -> CreateProjectInputTypeDef:
        """Returns what is sent, including the values that undo what [raw] set `before`, according to the tags on
        AWS.
        """
        declared: Any = {
            "name": self.name,
            "source": source(self.repository, self.buildspec, self.source_auth),
            **({"sourceVersion": self.source_version} if self.source_version else {}),
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": environment(
                self.environment_type,
                self.compute_type,
                self.image,
                self.image_pull_credentials_type,
                self.registry_credential,
                self.environment_variables,
                privileged=self.privileged_mode,
            ),
            "serviceRole": self.role,
            "timeoutInMinutes": self.timeout_in_minutes,
            "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": self.log_group}},
            "vpcConfig": vpc_config(self.vpc_config),
            "tags": tags,
        }
        raw.merge_parameters(raw.wanted(self.more, before, USUAL), declared)
        return cast("CreateProjectInputTypeDef", declared)

    def _actual(self, project: ProjectTypeDef) -> BuildProject:
        theirs, machine = project["source"], project["environment"]
        logs = project.get("logsConfig", {}).get("cloudWatchLogs", {"status": "DISABLED"})
        return BuildProject(
            name=project["name"],
            role=RoleArn(project.get("serviceRole", "")),
            repository=theirs.get("location", "") if theirs["type"] == "GITHUB" else theirs["type"],
            source_version=project.get("sourceVersion", ""),
            log_group=LogGroupName(logs.get("groupName", "") if logs.get("status") == "ENABLED" else ""),
            image=machine["image"],
            image_pull_credentials_type=machine.get("imagePullCredentialsType", "CODEBUILD"),
            registry_credential=machine.get("registryCredential", {}).get("credential", ""),
            environment_variables=variables_of(machine.get("environmentVariables", [])),
            environment_type=machine["type"],
            compute_type=machine["computeType"],
            privileged_mode=machine.get("privilegedMode", False),
            buildspec=theirs.get("buildspec", ""),
            timeout_in_minutes=project.get("timeoutInMinutes", 60),
            source_auth=auth_of(theirs),
            artifacts=project["artifacts"]["type"],
            vpc_config=inside(project.get("vpcConfig")),
            more=raw.found(self.more, flat(project.get("tags")), USUAL, partial(_at, project)),
            webhook_branch=push_filter.branch(project.get("webhook")),
            credentials=self.credentials,
        )


def _found(aws: Aws, names: list[str]) -> Iterator[Found[ProjectIds]]:
    for start in range(0, len(names), AT_ONCE):
        for one in aws.read(aws.codebuild.batch_get_projects, names=names[start : start + AT_ONCE])["projects"]:
            yield Found(ProjectIds(ProjectName(one["name"]), one["arn"]), flat(one.get("tags")))


def _at(project: ProjectTypeDef, path: str) -> Any:
    """A parameter as AWS shows it: the alias of a key as its ARN, and nothing for a missing limit."""
    parent, _, name = path.rpartition(".")
    settings: Any = project.get(parent, {}) if parent else project
    if name == "badgeEnabled":
        return settings.get("badge", {}).get(name)
    value = settings.get(name)
    alias = name == "encryptionKey" and ":alias/" in str(value)
    return str(value).rpartition(":")[2] if alias else value


__all__ = ["ACCOUNT", "OUTSIDE", "BuildProject", "EnvVar", "Inside", "ProjectIds", "SourceAuth"]
