"""The app's roles with their tags, through which two resource types are found, and what limits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.aws.codes import DENIED, code, is_gone
from ecsctl.engine.label import Label, flat
from ecsctl.ids import RoleArn, RoleName
from ecsctl.names import Names

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import RoleTypeDef

    from ecsctl.aws.clients import Aws

LOST = {
    "execution": "tasks that start from now on may fail",
    "build": "builds may fail",
    "pipeline": "the pipeline may fail",
    "task": "the app cannot do it",
}
SHOWN = 3  # actions; the others are counted
MOST = 1000  # IAM API reference, ListRoles: roles per page; a hundred by default


def listed(aws: Aws) -> list[RoleTypeDef]:
    """Every role under our path, of all apps in all regions."""
    return aws.read(aws.iam.list_roles, PathPrefix=aws.role_path, MaxItems=MOST)["Roles"]


def our_roles(aws: Aws, me: Label) -> Iterator[tuple[RoleArn, RoleName, dict[str, str]]]:
    """Every role under our path that is named after the app and this region: its ARN, name and tags.

    IAM is global, so the region is part of the name. A listing omits the tags (IAM API, ListRoles). Raises NoSuchEntity
    when it lists a role whose tags do not exist yet, or any longer: skipping it would mean treating something of ours
    as someone else's.
    """
    ours = [role for role in listed(aws) if role["RoleName"].startswith(Names.of(me).role())]
    aws.ahead([partial(aws.read, aws.iam.get_role, RoleName=role["RoleName"]) for role in ours[1:]])
    for role in ours:
        tags = aws.read(aws.iam.get_role, RoleName=role["RoleName"])["Role"].get("Tags")
        yield RoleArn(role["Arn"]), RoleName(role["RoleName"]), flat(tags)


def managed_policy(aws: Aws, arn: str) -> object:
    """The document of a managed policy, such as a permissions boundary; None if it does not exist, or may not be read.
    Raises botocore's ClientError for any other refusal.
    """
    try:
        version = aws.read(aws.iam.get_policy, PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return aws.read(aws.iam.get_policy_version, PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except ClientError as error:
        if code(error) in DENIED or is_gone(error):
            return None
        raise


def without(names: Names, role: str, actions: Iterable[str]) -> tuple[str, str]:
    """Actions that a role of the app may not use, in words, and what comes of it."""
    listed = sorted(actions)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    lost = next((what for which, what in LOST.items() if role == names.role(which)), "it cannot do it")
    return f"{', '.join(listed[:SHOWN])}{more}", lost
