"""The user's own policies that ecsctl.toml names: whether they exist, and what the boundary takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ecsctl.account.unfit import unfit
from ecsctl.app_rights import app_rights, mounting
from ecsctl.config.tree import dotted
from ecsctl.names import Names
from ecsctl.resources.role import Role
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.our_roles import managed_policy, without
from ecsctl.resources.support.policy_document import lacking
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.engine.plan import Step
    from ecsctl.engine.stack import Node
    from ecsctl.resources.support.policy_document import Statement


def boundary(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """A managed policy must exist in IAM. One of another account was refused by its ARN already."""
    arn = config.permissions_boundary or ""
    if arn.split(":")[1:2] != [me.partition] or arn.split(":")[4] not in (me.account, "aws"):
        return
    answer = none_if_gone(lambda: aws.read(aws.iam.get_policy, PolicyArn=arn))
    if answer is None:
        yield unfit("policy", "permissions_boundary", f"there is no policy {arn}",
                    "make it, or correct permissions_boundary")  # fmt: skip
    elif answer["Policy"].get("IsAttachable") is False:
        yield unfit("policy", "permissions_boundary", f"{arn} cannot be attached to roles", "name another policy")


def policies(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """Managed policies for the app's role, which must exist and fit a role."""
    for path, arn in config.managed_policies.items():
        if arn.split(":")[1] != me.partition or arn.split(":")[4] not in (me.account, "aws"):
            continue  # refused by its ARN already
        answer = none_if_gone(lambda arn=arn: aws.read(aws.iam.get_policy, PolicyArn=arn))  # type: ignore[misc]  # mypy cannot type a lambda's default
        key = dotted(path)
        if answer is None:
            yield unfit("policy", key, f"there is no policy {arn}", "make it, or fix its ARN in ecsctl.toml")
        elif answer["Policy"].get("IsAttachable") is False:
            yield unfit("policy", key, f"{arn} cannot be attached to roles", "name another policy")


def forbidden(aws: Aws, config: Config, me: Label) -> tuple[str, ...]:
    """Permissions of the app that the boundary takes away again, in sentences: IAM accepts them silently.

    If the boundary may not be read, nothing is reported.
    """
    arn = config.permissions_boundary
    rights = dict(_rights_of_the_app(config, Scope.of(me, Names.of(me))))
    if not arn or not rights:
        return ()
    document = managed_policy(aws, arn)
    if document is None:
        return ()
    return tuple(
        f"{key}: {', '.join(missing)} is not allowed by the permissions boundary {arn}, so the app cannot do it"
        for key, statements in rights.items()
        if (missing := lacking(document, statements))
    )


def bounded(aws: Aws, config: Config, me: Label, nodes: Iterable[Node]) -> tuple[str, ...]:
    """What the boundary takes from the roles of the stack, besides what `forbidden` says of the app's own: each role in
    a sentence. If the boundary may not be read, nothing is reported.
    """
    arn = config.permissions_boundary
    document = managed_policy(aws, arn) if arn else None
    if document is None:
        return ()
    names, found = Names.of(me), []
    of_app = {action for _, some in _rights_of_the_app(config, Scope.of(me, names)) for one in some
              for action in one.actions}  # fmt: skip
    for role in (node.desired for node in nodes if isinstance(node.desired, Role)):
        known = [replace(one, resources=tuple(arn for arn in one.resources if isinstance(arn, str)))
                 for one in role.statements]  # fmt: skip
        missing = {*lacking(document, known)} - (of_app if role.name.startswith(names.role("task")) else set())
        if missing:
            listed, lost = without(names, role.name, missing)
            found.append(f"the permissions boundary {arn} does not allow {listed} to {role.name}: {lost}")
    return tuple(found)


def _rights_of_the_app(config: Config, scope: Scope) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    """The app role's permissions, by the key that sets them. The id of a file system to be created is not known yet."""
    for path, one in config.permissions.items():
        yield dotted(path), app_rights(scope, [one])
    for name, said in config.volumes.items():
        arn = scope.arn("elasticfilesystem", f"file-system/{said.file_system or '*'}")
        root = not said.file_system and said.uid == 0
        yield f"volumes.{name}", (mounting(arn, "", read_only=said.read_only, root=root),)
