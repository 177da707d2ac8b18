"""The permissions of a build to read more than its source: its secrets, and the credentials of the registries that
it logs in to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecsctl.config.tables.texts import OF_ECR
from ecsctl.resources.build_project import EnvVar
from ecsctl.resources.support.policy_document import Statement

if TYPE_CHECKING:
    from ecsctl.config.tables.delivery import Build
    from ecsctl.resources.support.rights import Scope


def variables(build: Build) -> Iterator[EnvVar]:
    """References that CodeBuild resolves as the build begins: no project, log or process list contains a value.

    A parameter is given by its name (CodeBuild API reference, EnvironmentVariable). Its ARN leaves out the slash before
    it.
    """
    for name, arn in sorted(build.secrets.items()):
        if ":ssm:" in arn:
            parameter = arn.partition(":parameter/")[2]
            yield EnvVar(name, f"/{parameter}" if "/" in parameter else parameter, "PARAMETER_STORE")
        else:
            yield EnvVar(name, arn.rstrip(":"), "SECRETS_MANAGER")
    for number, host in enumerate(sorted(build.logins)):
        if (arn := build.logins[host]) != "role":
            yield EnvVar(f"BUILD_LOGIN_USERNAME_{number}", f"{arn}:username", "SECRETS_MANAGER")
            yield EnvVar(f"BUILD_LOGIN_PASSWORD_{number}", f"{arn}:password", "SECRETS_MANAGER")


def read(build: Build) -> tuple[str, ...]:
    """The ARNs of what it reads."""
    return (*build.secrets.values(), *(arn for arn in build.logins.values() if arn != "role"))


def pulls(build: Build, scope: Scope, actions: tuple[str, ...]) -> Iterator[Statement]:
    """The role's permissions for the registries that it opens itself (Amazon ECR Public user guide, "Registry
    authentication"; a login to another account's registry also needs that account's permission).
    """
    hosts = sorted(host for host, login in build.logins.items() if login == "role")
    if "public.ecr.aws" in hosts:
        yield Statement("EcrPublicLogin", ("ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"), ("*",))
    arns = [
        f"arn:{scope.partition}:ecr:{found[2]}:{found[1]}:repository/*"
        for host in hosts
        if OF_ECR.fullmatch(host) and (found := re.match(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.", host))
    ]
    if arns:
        yield Statement("OtherRegistries", actions, tuple(arns))
