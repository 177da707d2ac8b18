"""The app's permissions in ecsctl.toml, as IAM statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecsctl.config.tables.permissions import filled
from ecsctl.resources.support.policy_document import Condition, Statement

if TYPE_CHECKING:
    from ecsctl.config.tables.permissions import Permission
    from ecsctl.resources.support.rights import Scope


def app_rights(scope: Scope, permissions: Iterable[Permission]) -> tuple[Statement, ...]:
    """One statement for each, with account, region and app filled in."""
    places = {"account": scope.account, "region": scope.region, "app": scope.names.app, "partition": scope.partition}
    return tuple(
        Statement(
            f"App{number}",
            one.actions,
            tuple(filled(resource, places) for resource in one.resources),
            tuple(
                Condition(operator, key, (values,) if isinstance(values, str) else tuple(values))
                for operator, tests in one.conditions.items()
                for key, values in tests.items()
            ),
        )
        for number, one in enumerate(permissions, 1)
    )


def mounting(file_system: str, point: str, *, read_only: bool, root: bool = False) -> Statement:
    """Mount a file system, with an access point's ARN only through that (EFS user guide, "Using IAM to control
    access").

    `root`: as root of the file system; without it as the anonymous user.
    """
    actions = ("Mount", *(() if read_only else ("Write",)), *(("RootAccess",) if root else ()))
    through = (Condition("StringEquals", "elasticfilesystem:AccessPointArn", (point,)),) if point else ()
    return Statement("Volume", tuple(f"elasticfilesystem:Client{one}" for one in actions), (file_system,), through)
