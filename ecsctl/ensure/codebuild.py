"""The resources that build the image: a role, a log group and a CodeBuild project; one more project for each test;
and the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecsctl.buildspec import ours
from ecsctl.engine.stack import Stack
from ecsctl.ensure import build_secrets, policies
from ecsctl.ensure.front import ANYWHERE, MADE_BY
from ecsctl.ids import ImageUri, ProjectName, ServiceName
from ecsctl.parts import BUILD, BUILD_ROLE, IMAGE
from ecsctl.resources.build_project import ACCOUNT, OUTSIDE, BuildProject, EnvVar, Inside, SourceAuth
from ecsctl.resources.first_image import FirstImage, Machine
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.role import Role
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.resources.support.additions import Additions, additions
from ecsctl.resources.support.ecr import Reference
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_codebuild.literals import ComputeTypeType

    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.ensure.github import Access
    from ecsctl.ensure.vpc import Network
    from ecsctl.names import Names
    from ecsctl.resources.repository import RepositoryIds
    from ecsctl.resources.role import RoleIds

CONTAINERS: dict[str, Literal["ARM_CONTAINER", "LINUX_CONTAINER"]] = {
    "ARM64": "ARM_CONTAINER",
    "X86_64": "LINUX_CONTAINER",
}
SIZES: dict[str, ComputeTypeType] = {
    "small": "BUILD_GENERAL1_SMALL",
    "medium": "BUILD_GENERAL1_MEDIUM",
    "large": "BUILD_GENERAL1_LARGE",
    "xlarge": "BUILD_GENERAL1_XLARGE",
}  # fmt: skip


@dataclass(frozen=True)
class Projects:
    """The project that builds, and those that test, in order."""

    build: ProjectName
    tests: tuple[ProjectName, ...] = ()


def ensure_build_role(stack: Stack, config: Config, facts: Facts, names: Names) -> RoleIds:
    """The build role: it may write its logs, push to the one repository, and read the one token."""
    scope = Scope.of(facts.identity, names)
    projects = [names.project, *(names.test_project(test.name) for test in config.pipeline.tests)]
    connection, repository = (config.github.connection_arn, config.github.repository) if config.github else (None, "")
    reads = config.build.github_token or (facts.token_readable and not connection)
    statements = policies.codebuild(
        scope,
        projects,
        connection=connection or "",
        repository=repository,
        secret=facts.token_arn if reads else "",
        image=facts.build_image,
        login=config.build.login,
        reads=build_secrets.read(config.build),
        keys=facts.keys_of([*dict(config.build.named_secrets()).values(), *([facts.token_arn] if reads else [])]),
        key=facts.key,
        scans=config.build.scan is not None,
        signer=config.ecr.sign or "",
    )
    if config.build.vpc:
        statements += policies.in_vpc(scope)
    statements += tuple(build_secrets.pulls(config.build, scope, policies.PULL))
    role = Role(
        name=names.role("build"),
        assume_role_policy=policies.codebuild_trust(scope),
        statements=statements,
        path=names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset(),
    )
    return stack.ensure(BUILD_ROLE, role)


def ensure_codebuild(
    stack: Stack, config: Config, facts: Facts, names: Names, role: RoleIds, access: Access, repository: RepositoryIds,
    network: Network, *, after: tuple[ServiceName, ...] = (),
) -> Projects:  # fmt: skip
    """The project that builds the image, and one for each test action of the pipeline.

    With the repository's own buildspec if it has one; otherwise with ecsctl's, which the project contains.

    `after` is the service, if its tasks are to change to another processor: until they run there, pushes must be built
    for the current one.
    """
    assert config.github is not None  # noqa: S101 - asked by the blueprint
    github, build = config.github, config.build
    # A buildspec of the repository's own knows its folder, and gets only what is configured.
    usual = {} if build.spec(facts.own_buildspec) else {"BUILD_CONTEXT": facts.context}
    variables = [
        EnvVar("REPOSITORY_URI", repository.uri),
        EnvVar("AWS_ACCOUNT_ID", facts.identity.account),
        EnvVar("AWS_STACK_REGION", facts.identity.region),
        EnvVar("CONTAINER_NAME", names.container),
        *(EnvVar(name, value) for name, value in (usual | build.variables | build.environment).items()),
        *build_secrets.variables(build),
    ]
    place = OUTSIDE
    if build.vpc:
        group = SecurityGroup(name=names.build_group, vpc=network.vpc, description=MADE_BY, ingress=frozenset(),
                              egress=ANYWHERE)  # fmt: skip
        build_group = stack.ensure("build-group", group).group_id
        place = Inside(network.vpc, network.task_subnets, frozenset({build_group}))
    auth = ACCOUNT
    if access.connection:
        auth = SourceAuth("CODECONNECTIONS", access.connection)
    elif access.secret:
        auth = SourceAuth("SECRETS_MANAGER", access.secret)
    if build.github_token and facts.token_arn:
        variables.append(EnvVar("GITHUB_AUTH_TOKEN", facts.token_reference, "SECRETS_MANAGER"))

    def project(part: str, name: str, buildspec: str, webhook_branch: str = "", undecided: bool = False) -> ProjectName:
        group = build_logs(config, facts, names, name)
        logs = stack.ensure(f"{part}-logs", group).name
        desired = BuildProject(
            name=name,
            role=role.arn,
            repository=f"https://github.com/{github.repository}.git",
            source_version=github.branch,
            log_group=logs,
            image=build.image or facts.build_image,
            looked_up=not build.image,
            image_pull_credentials_type=_puller(build.image or facts.build_image, build.login),
            registry_credential=build.login,
            environment_variables=tuple(variables),
            environment_type=CONTAINERS[config.service.architecture],
            privileged_mode=True,  # `docker build` needs it
            artifacts="NO_ARTIFACTS",
            compute_type=SIZES[build.compute],
            buildspec=buildspec,
            undecided=undecided,
            timeout_in_minutes=build.timeout_minutes,
            source_auth=auth,
            vpc_config=place,
            more=encrypted(facts, config.raw.paths("build_project") if part == BUILD else {}),
            webhook_branch=webhook_branch,
            credentials=access.credentials,
        )
        return stack.ensure(part, desired, after=network.way_out if build.vpc else (), ready=after).name

    # Every push is built once: by the pipeline, or by the project's own webhook if there is no pipeline.
    branch = github.branch if config.pipeline.mode == "build-only" else ""
    spec = build.spec(facts.own_buildspec) or ours(*build.parts)
    undecided = not build.buildspec and facts.own_buildspec is None
    built = project(BUILD, names.project, spec, branch, undecided)
    tests = tuple(project(f"test-{test.name}", names.test_project(test.name), test.buildspec)
                  for test in config.pipeline.tests)  # fmt: skip
    return Projects(built, tests)


def build_logs(config: Config, facts: Facts, names: Names, project: str) -> LogGroup:
    """The log group of a project."""
    days = config.logs.retention_days
    return LogGroup(
        name=names.build_logs(project), retention_in_days=days, kms_key=facts.key or None, writer="CodeBuild"
    )


def encrypted(facts: Facts, said: Mapping[str, object]) -> Additions:
    """What ecsctl.toml says of a project, and its key: the pipeline's is not enough, since CodeBuild encrypts what it
    hands on with the project's own (aws/aws-cdk#4182).
    """
    return additions({**({"encryptionKey": facts.key} if facts.key else {}), **said})


def ensure_first_image(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    repository: RepositoryIds,
    projects: Projects | None,
    role: RoleIds | None,
) -> ImageUri | None:
    """The first image; None if there is none, and nothing that could build one.

    It needs only the project and the repository, so it is built while the network is still being created. While the
    tasks move to another processor, the existing project builds the image for the new one, but with the desired role,
    which may have to pull another image to build on.
    """
    moving = facts.moving and bool(facts.build_image)
    if not facts.image and not projects and not moving:
        return None
    project = ProjectName(names.project) if moving else projects.build if projects else None
    machine = Machine(CONTAINERS[config.service.architecture], facts.build_image,
                      _puller(facts.build_image, config.build.login), config.build.login)  # fmt: skip
    desired = FirstImage(
        repository=repository.name,
        uri=repository.uri,
        placeholder=repository.latest,
        project=project,
        machine=machine if project else None,
        moving=moving,
        broken=facts.broken,
        branch=config.github.branch if config.github else "",
        given=facts.given,
        past=facts.past_builds,
        jobs=() if config.processes else tuple(config.jobs),
    )
    return stack.ensure(IMAGE, desired, after=(role.name,) if moving and role else ()).image


def _puller(image: str, login: str) -> Literal["SERVICE_ROLE", "CODEBUILD"]:
    """The credentials that pull the build's image: our role's, if it is in someone's ECR repository, or behind a
    `login`.

    "When you use a cross-account or private registry image, you must use SERVICE_ROLE credentials. When you use an
    CodeBuild curated image, you must use CODEBUILD credentials" (CodeBuild API reference, ProjectEnvironment).
    """
    return "SERVICE_ROLE" if login or Reference.of(image) else "CODEBUILD"
