"""The roles of the app with their tags: two kinds are found by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.ids import RoleArn, RoleName
from ecsctl.names import Names

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import RoleTypeDef

    from ecsctl.aws import Aws

PATH = "/ecsctl/"
MOST = 1000  # IAM API reference, ListRoles: roles in one page; a hundred if nothing is said


def listed(aws: Aws) -> list[RoleTypeDef]:
    """Every role under our path, of all apps in all regions."""
    return aws.read(aws.iam.list_roles, PathPrefix=PATH, MaxItems=MOST)["Roles"]


def our_roles(aws: Aws, me: Label) -> Iterator[tuple[RoleArn, RoleName, dict[str, str]]]:
    """Every role under our path that is named after the app and this region: its ARN, name and tags.

    IAM is global, so the region is part of the name. A listing leaves the tags out (IAM API, ListRoles). Raises
    NoSuchEntity when it lists a role whose tags are not set yet, or no longer: passing over it would take for
    someone else's what the tags say is ours.
    """
    for role in listed(aws):
        if role["RoleName"].startswith(Names.of(me).role()):
            tags = aws.read(aws.iam.get_role, RoleName=role["RoleName"])["Role"].get("Tags")
            yield RoleArn(role["Arn"]), RoleName(role["RoleName"]), flat(tags)
