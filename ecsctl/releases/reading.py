"""Reads what every command about a process needs first: the app's processes, and the service and revisions of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import code, text
from ecsctl.errors import Refused, UsageError
from ecsctl.parts import WEB
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.deployments import Phase, Snapshot, began, snapshot
from ecsctl.resources.support.ecs import default_names_of, families_of, service_of, services_of
from ecsctl.resources.support.revisions import Revision, latest_of, revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecsctl.aws.clients import Aws
    from ecsctl.names import Names


@asking("reading the processes")
def processes(aws: Aws, names: Names) -> list[str]:
    """The processes of the app that a service keeps, the web first: the first one leads."""
    with aws.uncached():
        found = services_of(aws, names)
    return [names.process_of(one["serviceName"]) for one in found if one["status"] == "ACTIVE"]


@asking("reading the processes")
def ever(aws: Aws, names: Names) -> list[str]:
    """The processes that the app has or had, including those without a service; the web first."""
    with aws.uncached():
        first, *others = families_of(aws, names)
        web = not others or service_of(aws, names.cluster, names.service) or latest_of(aws, first)
    return [names.process_of(one) for one in ([first] if web else []) + others]


@asking("reading the processes")
def default_names(aws: Aws, names: Names) -> Names:
    """The names of the default process: the web, or the first one that a service keeps."""
    with aws.uncached():
        return default_names_of(aws, names)


def names_of(aws: Aws, names: Names, process: str) -> Names:
    """The names of the process that a person names; without one those of `default_names`.

    Raises Refused if it has no service and others have one.
    """
    if not process:
        return default_names(aws, names)
    known = processes(aws, names)
    if process in known or (process == WEB and not known):
        return names.on(process)
    raise no_process(names, process, known)


def no_process(names: Names, process: str, known: Sequence[str]) -> Refused:
    """The error that the app has no process of that name."""
    reason = f"it has {', '.join(known)}" if known else "it has none yet"
    hint = "name one of them; ecsctl up makes the [workers] of ecsctl.toml" if known else "ecsctl up makes them"
    return Refused(f"{names.app} has no process {process}", why=reason, hint=hint)


def read(aws: Aws, names: Names) -> Snapshot:
    """The service of a process and its deployments, as ECS returns them now."""
    return snapshot(aws, names.cluster, names.service)


def active(observed: Snapshot, names: Names) -> Mapping[str, Any]:
    """The service as DescribeServices returns it. Raises Refused when there is none that could be changed."""
    if observed.service is None or observed.service["status"] == "INACTIVE":
        jobs = "; an app of jobs alone has none: ecsctl jobs list" if names.process == WEB else ""
        raise Refused(f"there is no ECS service {names.service}", hint=f"ecsctl up creates it{jobs}")
    if observed.service["status"] == "DRAINING":
        raise Refused(
            f"the service {names.service} is being deleted", hint="ecsctl up creates it again, once it is gone"
        )
    return observed.service


def described(aws: Aws, name: str) -> Revision | None:
    """A revision, by its ARN or as `family:revision`; None if there is none."""
    try:
        return none_if_gone(lambda: revision(aws, name))
    except Exception as error:  # for one that does not exist ECS has a code that it uses for much else
        if code(error) == "ClientException" and "Unable to describe task definition" in text(error):
            return None
        raise


def revision_named(aws: Aws, names: Names, name: str) -> Revision:
    """The app's revision that a person names: a number, `family:number`, or an ARN.

    Raises UsageError for anything but a revision's name, Refused for one that does not exist or does not belong to the
    app.
    """
    ours = names.family
    match = re.fullmatch(r"(?:(?:arn:[\w-]+:ecs:[\w-]+:\d{12}:task-definition/)?([\w-]+):)?(\d{1,9})", name, re.ASCII)
    if not match:
        raise UsageError(f"{name!r} is not a revision", hint=f"ecsctl history lists them, such as 7 or {ours}:7")
    family, number = match[1] or ours, int(match[2])
    if family != ours:
        raise Refused(f"{family}:{number} is not a revision of {ours}", hint="ecsctl history lists its revisions")
    found = described(aws, f"{ours}:{number}")
    if found is None:
        raise Refused(f"there is no revision {number} of {ours}", hint="ecsctl history lists them")
    return found


def is_out_of_date(given_up: Snapshot, web: Snapshot) -> bool:
    """Whether a worker's failed release is out of date: a later one of the web succeeded, and needed nothing from it.

    So it is after `ecsctl rollback`, if ECS has rolled the worker back already.
    """
    ended = given_up.newest.get("finishedAt") or given_up.newest.get("stoppedAt")
    fine = web.phase is Phase.DEPLOYED and given_up.steady
    return bool(given_up.given_up and ended and fine and began(web.newest) > ended)
