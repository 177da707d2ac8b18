"""The parts of a build project as values: its variables, and how it gets its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from ecsctl.ids import BucketName, ConnectionArn, RepositoryUri, SecurityGroupId, SubnetId, VpcId

if TYPE_CHECKING:
    from types_boto3_codebuild.literals import (
        ComputeTypeType,
        EnvironmentTypeType,
        ImagePullCredentialsTypeType,
        SourceAuthTypeType,
        SourceTypeType,
    )
    from types_boto3_codebuild.type_defs import (
        EnvironmentVariableTypeDef,
        ProjectEnvironmentTypeDef,
        ProjectSourceTypeDef,
        ProjectTypeDef,
        RegistryCredentialTypeDef,
        VpcConfigOutputTypeDef,
        VpcConfigTypeDef,
    )


@dataclass(frozen=True)
class EnvVar:
    """An environment variable of the build. The value of a SECRETS_MANAGER one is `secret:json-key:stage:version`."""

    name: str
    value: str | RepositoryUri | BucketName
    type: Literal["PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"] = "PLAINTEXT"


@dataclass(frozen=True)
class SourceAuth:
    """How one project authenticates to its source. Empty: with the account's credentials, or the repository is
    public.
    """

    type: Literal["", "CODECONNECTIONS", "SECRETS_MANAGER"] = ""
    resource: str | ConnectionArn = ""  # the ARN of the connection, or of the secret that holds the token


ACCOUNT = SourceAuth()


@dataclass(frozen=True)
class Inside:
    """The subnets in which builds run, and their security groups."""

    vpc: VpcId
    subnets: frozenset[SubnetId]
    security_groups: frozenset[SecurityGroupId]


OUTSIDE = Inside(VpcId(""), frozenset(), frozenset())
"""Builds run in CodeBuild's own network."""


def inside(declared: VpcConfigOutputTypeDef | None) -> Inside:
    """The network of an existing project."""
    if not declared or not declared.get("vpcId"):
        return OUTSIDE
    return Inside(
        VpcId(declared["vpcId"]),
        frozenset(map(SubnetId, declared.get("subnets", ()))),
        frozenset(map(SecurityGroupId, declared.get("securityGroupIds", ()))),
    )


def vpc_config(place: Inside) -> VpcConfigTypeDef:
    """Returns it in the form that CodeBuild accepts: an empty one removes a project from its VPC."""
    if place == OUTSIDE:
        return {}
    return {"vpcId": place.vpc, "subnets": sorted(place.subnets), "securityGroupIds": sorted(place.security_groups)}


def source(repository: str, buildspec: str, auth: SourceAuth) -> ProjectSourceTypeDef:
    """A GitHub repository in the form that CodeBuild accepts. Clones are one commit deep: no build needs the history.

    A `repository` without a slash is a source type that has no location.
    """
    if "/" not in repository:
        return {"type": cast("SourceTypeType", repository), "buildspec": buildspec}
    declared: ProjectSourceTypeDef = {
        "type": "GITHUB",
        "location": repository,
        "buildspec": buildspec,
        "gitCloneDepth": 1,
    }
    if auth.type:
        declared["auth"] = {"type": auth.type, "resource": auth.resource}
    return declared


def environment(
    container: str,
    compute: str,
    image: str,
    pulled_by: str,
    login: str,
    variables: Iterable[EnvVar],
    *,
    privileged: bool,
) -> ProjectEnvironmentTypeDef:
    """The build environment in the form that CodeBuild accepts. `login` is the secret that opens the image's registry,
    if any.
    """
    declared: ProjectEnvironmentTypeDef = {
        "type": cast("EnvironmentTypeType", container),
        "image": image,
        "computeType": cast("ComputeTypeType", compute),
        "privilegedMode": privileged,
        "imagePullCredentialsType": cast("ImagePullCredentialsTypeType", pulled_by),
        "environmentVariables": [{"name": one.name, "value": one.value, "type": one.type} for one in variables],
    }
    if login:
        declared["registryCredential"] = registry_credential(login)
    return declared


def registry_credential(login: str) -> RegistryCredentialTypeDef:
    """The secret that opens a registry in the form that CodeBuild accepts: it must be in Secrets Manager."""
    return {"credential": login, "credentialProvider": "SECRETS_MANAGER"}


def auth_of(source: ProjectSourceTypeDef) -> SourceAuth:
    """How an existing project authenticates to its source. The console sets OAUTH for the account's credentials."""
    auth = source.get("auth")
    if auth is None or auth["type"] == "OAUTH":
        return ACCOUNT
    return SourceAuth(_own(auth["type"]), auth.get("resource", ""))


def variables_of(declared: Iterable[EnvironmentVariableTypeDef]) -> tuple[EnvVar, ...]:
    """The variables of an existing project."""
    return tuple(EnvVar(one["name"], one["value"], one.get("type", "PLAINTEXT")) for one in declared)


def uses_account_credentials(project: ProjectTypeDef) -> bool:
    """Whether a project builds from GitHub with the account's credentials."""
    sources = [project["source"], *project.get("secondarySources", [])]
    return any(one["type"] == "GITHUB" and auth_of(one) == ACCOUNT for one in sources)


def _own(kind: SourceAuthTypeType) -> Literal["CODECONNECTIONS", "SECRETS_MANAGER"]:
    return "SECRETS_MANAGER" if kind == "SECRETS_MANAGER" else "CODECONNECTIONS"
