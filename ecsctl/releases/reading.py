"""What every command about releases reads first: the service, and the revisions that it runs or a person names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import Refused, UsageError, code, text
from ecsctl.resources.support.common import there
from ecsctl.resources.support.deployments import Snapshot, snapshot
from ecsctl.resources.support.revisions import Revision, revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.aws import Aws
    from ecsctl.names import Names


def look(aws: Aws, names: Names) -> Snapshot:
    """The app's service and its deployments, as ECS tells at this moment."""
    return snapshot(aws, names.cluster, names.service)


def active(observed: Snapshot, names: Names) -> Mapping[str, Any]:
    """The service itself. Raises Refused when there is none that could be changed."""
    if observed.service is None or observed.service["status"] == "INACTIVE":
        raise Refused(f"there is no ECS service {names.service}", hint="ecsctl up creates it")
    if observed.service["status"] == "DRAINING":
        raise Refused(
            f"the service {names.service} is being deleted", hint="ecsctl up creates it again, once it is gone"
        )
    return observed.service


def described(aws: Aws, name: str) -> Revision | None:
    """A revision, by its ARN or as `family:revision`; None if there is none."""
    try:
        return there(lambda: revision(aws, name))
    except Exception as error:  # of one that is not there ECS says so with a code that it uses for much else
        if code(error) == "ClientException" and "Unable to describe task definition" in text(error):
            return None
        raise


def revision_named(aws: Aws, names: Names, name: str) -> Revision:
    """The app's revision that a person names: a number, `family:number`, or an ARN.

    Raises UsageError for what is no revision's name, Refused for one that is not there or not of the app's family.
    """
    ours = names.family
    match = re.fullmatch(r"(?:(?:arn:[\w-]+:ecs:[\w-]+:\d{12}:task-definition/)?([\w-]+):)?(\d{1,9})", name, re.ASCII)
    if not match:
        raise UsageError(f"{name!r} is not a revision", hint=f"ecsctl history lists them, such as 7 or {ours}:7")
    family, number = match[1] or ours, int(match[2])
    if family != ours:
        raise Refused(f"{family}:{number} is not a revision of {ours}", hint="ecsctl history lists those that are")
    found = described(aws, f"{ours}:{number}")
    if found is None:
        raise Refused(f"there is no revision {number} of {ours}", hint="ecsctl history lists those there are")
    return found
