"""What runs the release command in the pipeline: a small project of CodeBuild with a role of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecsctl.buildspec import releasing
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.codebuild import CONTAINERS, SIZES
from ecsctl.ids import ProjectName
from ecsctl.parts import RELEASE
from ecsctl.resources.build_project import ACCOUNT, NO_SOURCE, OUTSIDE, BuildProject, EnvVar
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.role import Role
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.account import Facts
    from ecsctl.config import Config
    from ecsctl.config.release import Release
    from ecsctl.names import Names

BESIDE = 10  # minutes that the project has beyond the command's: the task starts, and its log is read


def ensure_release(stack: Stack, config: Config, release: Release, facts: Facts, names: Names) -> ProjectName:
    """The project: it takes what the build hands on, and starts one task."""
    scope = Scope.of(facts.identity, names)
    role = stack.ensure(
        f"{RELEASE}-role",
        Role(
            name=names.role(RELEASE),
            trust=policies.codebuild_trust(scope),
            statements=policies.release(scope),
            boundary=config.permissions_boundary,
            policies=frozenset(),
        ),
    )
    group = LogGroup(name=names.build_logs(names.release_project), days=config.logs.retention_days, writer="CodeBuild")
    logs = stack.ensure(f"{RELEASE}-logs", group).name
    project = BuildProject(
        name=names.release_project,
        role=role.arn,
        repository=NO_SOURCE,
        branch="",
        log_group=logs,
        image=facts.curated_image,
        looked_up=True,
        pulled_by="CODEBUILD",
        image_login="",
        environment=(
            EnvVar("CLUSTER", names.cluster),
            EnvVar("SERVICE", names.service),
            EnvVar("CONTAINER_NAME", names.container),
            EnvVar("RELEASE_COMMAND", json.dumps(release.command)),
            EnvVar("RELEASE_SECONDS", str(60 * release.timeout_minutes)),
        ),
        container=CONTAINERS[config.service.architecture],
        compute=SIZES["small"],
        privileged=False,
        buildspec=releasing(),
        minutes=release.timeout_minutes + BESIDE,
        auth=ACCOUNT,
        artifacts="NO_ARTIFACTS",
        place=OUTSIDE,
        more=(),
        webhook_branch="",
    )
    return stack.ensure(RELEASE, project).name
