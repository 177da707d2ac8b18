"""Following one service deployment to its end, whatever else happens to the service meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import Refused, TimedOut
from ecsctl.operations.verdict import ONGOING, Followed, Rolling, Snapshot, Verdict, judge, out_of_time
from ecsctl.resources.support.common import there
from ecsctl.resources.support.ecs import releases, service_of

if TYPE_CHECKING:
    from ecsctl.aws import Aws

LIMIT = 900.0  # seconds that a deployment is followed unless told otherwise


def look(aws: Aws, app: str) -> Snapshot:
    """The service of an app, its newest deployments and what they bring, as ECS tells at this moment.

    The cluster and the service bear the app's name. The newest twenty deployments are described in full: as many as
    AWS describes at once.
    """
    with aws.fresh():
        service = service_of(aws, app, app)
        if service is None:
            return Snapshot(None)
        listed, revisions = there(lambda: releases(aws, app, app)) or ([], [])
        arns = [one["serviceDeploymentArn"] for one in listed]
        full: Mapping[str, Any] = {}
        if arns:
            described = aws.look(aws.ecs.describe_service_deployments, serviceDeploymentArns=arns)
            full = {one["serviceDeploymentArn"]: one for one in described["serviceDeployments"]}
    deployments = [{**one, **full.get(one["serviceDeploymentArn"], {})} for one in listed]
    return Snapshot(
        service,
        deployments,
        {one["serviceRevisionArn"]: one["taskDefinition"] for one in revisions},
        {one["serviceRevisionArn"]: one.get("containerImages", ()) for one in revisions},
    )


def under_way(seen: Snapshot) -> Followed | None:
    """The deployment that is rolling out, forward or back; None if none is."""
    ongoing = [one for one in seen.deployments if one["status"] in ONGOING]
    newest = max(ongoing, key=lambda one: one["createdAt"], default=None)
    return Followed(seen.brings(newest), newest["serviceDeploymentArn"]) if newest else None


def living(seen: Snapshot, app: str) -> Mapping[str, Any]:
    """The service itself. Raises Refused when there is none that could be changed."""
    if seen.service is None or seen.service["status"] == "INACTIVE":
        raise Refused(f"there is no ECS service {app}", hint="ecsctl up creates it")
    if seen.service["status"] == "DRAINING":
        raise Refused(f"the service {app} is being deleted", hint="ecsctl up creates it anew, once it is gone")
    return seen.service


def follow(aws: Aws, app: str, ours: Followed, limit: float = LIMIT) -> Verdict:
    """Wait until the deployment has ended, for `limit` seconds at most, and tell how. Changes nothing.

    Raises Interrupted when a stop is asked for; the deployment goes on then.
    """
    last = Rolling(f"waiting for ECS to show the deployment of {ours.name}")

    def ended() -> Verdict | None:
        nonlocal last
        found = judge(ours, look(aws, app))
        if isinstance(found, Verdict):
            return found
        last = found
        return None

    try:
        return aws.patience.until(ended, what=lambda: last.note, limit=limit)
    except TimedOut:
        return out_of_time(ours, last, limit)
