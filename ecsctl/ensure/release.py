"""The pipeline's work besides building: small CodeBuild projects, each with its own role and log group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecsctl.buildspec import releasing
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.codebuild import CONTAINERS, SIZES, build_logs, encrypted
from ecsctl.ids import ProjectName
from ecsctl.parts import RELEASE
from ecsctl.resources.build_project import ACCOUNT, NO_SOURCE, OUTSIDE, BuildProject, EnvVar
from ecsctl.resources.role import Role
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.config.tables.delivery import Release
    from ecsctl.ensure.policies import Statements
    from ecsctl.names import Names

BESIDE = 10  # minutes on top of the command's own: the task starts, and its log is read


def ensure_release(stack: Stack, config: Config, release: Release, facts: Facts, names: Names) -> ProjectName:
    """The project that runs the release command: it takes the build's output, and starts one task."""
    lead, worker = names.on(config.default_process), config.workers.get(config.default_process)
    role = f"task-{config.default_process}" if worker and worker.has_own_role else "task"
    variables = {
        "CLUSTER": names.cluster,
        "SERVICE": lead.service,
        "CONTAINER_NAME": names.container,
        "RELEASE_COMMAND": json.dumps(release.command),
        "RELEASE_SECONDS": str(60 * release.timeout_minutes),
    }
    allowed = policies.release(Scope.of(facts.identity, lead), role) + policies.artifact_key(facts.key, reads=True)
    return ensure_step(
        stack,
        config,
        facts,
        names,
        RELEASE,
        names.release_project,
        allowed=allowed,
        buildspec=releasing(),
        variables=variables,
        minutes=release.timeout_minutes + BESIDE,
    )


def ensure_step(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    part: str,
    name: str,
    *,
    allowed: Statements,
    buildspec: str,
    variables: Mapping[str, str],
    minutes: int,
    secrets: Mapping[str, str] = MappingProxyType({}),
) -> ProjectName:
    """A project without a source of its own that runs one of ecsctl's programs on the build's output."""
    role = stack.ensure(
        f"{part}-role",
        Role(
            name=names.role(part),
            assume_role_policy=policies.codebuild_trust(Scope.of(facts.identity, names)),
            statements=allowed,
            path=names.role_path,
            permissions_boundary=config.permissions_boundary,
            policies=frozenset(),
        ),
    )
    group = build_logs(config, facts, names, name)
    logs = stack.ensure(f"{part}-logs", group).name
    project = BuildProject(
        name=name,
        role=role.arn,
        repository=NO_SOURCE,
        source_version="",
        log_group=logs,
        image=facts.curated_image,
        looked_up=True,
        image_pull_credentials_type="CODEBUILD",
        registry_credential="",
        environment_variables=(
            *(EnvVar(variable, value) for variable, value in variables.items()),
            *(EnvVar(variable, reference, "SECRETS_MANAGER") for variable, reference in secrets.items()),
        ),
        environment_type=CONTAINERS[config.service.architecture],
        compute_type=SIZES["small"],
        privileged_mode=False,
        buildspec=buildspec,
        timeout_in_minutes=minutes,
        source_auth=ACCOUNT,
        artifacts="NO_ARTIFACTS",
        vpc_config=OUTSIDE,
        more=encrypted(facts, {}),
        webhook_branch="",
    )
    return stack.ensure(part, project).name
