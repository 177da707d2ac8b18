"""The roles of the app with their tags: two kinds are found by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.ids import RoleArn, RoleName
from ecsctl.resources.common import there

if TYPE_CHECKING:
    from ecsctl.aws import Aws

PATH = "/ecsctl/"


def our_roles(aws: Aws, me: Label) -> Iterator[tuple[RoleArn, RoleName, dict[str, str]]]:
    """Every role under our path that is named after the app and this region: its ARN, name and tags.

    IAM is global, so the region is part of the name. A listing leaves the tags out (IAM API, ListRoles).
    """
    for role in aws.look(aws.iam.list_roles, PathPrefix=PATH)["Roles"]:
        if role["RoleName"].startswith(f"{me.app}-{me.region}-"):
            tags = _tags(aws, role["RoleName"])
            if tags is not None:
                yield RoleArn(role["Arn"]), RoleName(role["RoleName"]), tags


def _tags(aws: Aws, name: str) -> dict[str, str] | None:
    """The tags of a role, or None if it has just gone."""
    answer = there(lambda: aws.look(aws.iam.list_role_tags, RoleName=name))
    return None if answer is None else flat(answer["Tags"])
