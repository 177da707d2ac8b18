"""Waiting until nobody else deploys: two who change a service at once lose one of the two changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.errors import Refused
from ecsctl.resources.support.common import there
from ecsctl.resources.support.ecs import revision_of, service_of
from ecsctl.resources.support.pipeline_structure import DEPLOY

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.engine.engine import Engine
    from ecsctl.engine.stack import Stack

LIMIT = 900.0  # seconds; a deployment that ECS gives up keeps the Deploy stage busy for as long as that by default
TOUCHED = frozenset({"task-definition", "service"})  # the kinds that a deployment changes too


def before_change(aws: Aws, engine: Engine, stack: Stack, app: str, *, wait: bool = True) -> None:
    """Wait until nothing is being deployed, if this run would change what a deployment changes; else go on at once.

    Raises Refused instead of waiting when told not to wait, TimedOut after 15 minutes. Changes nothing.
    """
    recorded = (entry.kind for entry in engine.state.book.entries.values())
    pipeline = "pipeline" in {*recorded, *(node.wish.kind for node in stack.nodes.values())}
    doing = at_work(aws, app, pipeline=pipeline)
    if not doing or not any(step.kind in TOUCHED for step in engine.plan(stack).work):
        return
    if not wait:
        raise Refused(
            f"{doing}, and this run would change the service at the same time",
            why="of two changes at once the later one wins, and the image or your edit would be lost",
            hint="wait until it is over, or leave --no-wait out",
        )
    wait_until_quiet(aws, app, pipeline=pipeline)
    aws.forget()


def wait_until_quiet(aws: Aws, app: str, limit: float = LIMIT, *, pipeline: bool = True) -> None:
    """Wait until no deployment of the service and no Deploy stage is in progress. `limit` is in seconds.

    Raises TimedOut at the limit; nothing has been changed then.
    """
    doing = ""

    def quiet() -> bool | None:
        nonlocal doing
        with aws.fresh():
            doing = at_work(aws, app, pipeline=pipeline)
        return None if doing else True

    aws.patience.until(quiet, what=lambda: f"the end of what is under way ({doing})", limit=limit)


def at_work(aws: Aws, app: str, *, pipeline: bool = True) -> str:
    """What is being deployed right now, in words; empty when nothing is. Without a `pipeline` none is asked about.

    A service that is not steady and has no deployment in progress does not count: a change may be what mends it.
    """
    service = service_of(aws, app, app)
    if service is not None and service["status"] == "ACTIVE":
        for deployment in service["deployments"]:
            if deployment.get("rolloutState") == "IN_PROGRESS" and deployment["desiredCount"] > 0:
                running, wanted = deployment["runningCount"], deployment["desiredCount"]
                revision = revision_of(deployment["taskDefinition"])
                return f"revision {revision} is rolling out: {running} of {wanted} running"
    state = there(lambda: aws.look(aws.codepipeline.get_pipeline_state, name=app)) if pipeline else None
    for stage in state["stageStates"] if state else ():
        if stage.get("stageName") == DEPLOY and stage.get("latestExecution", {}).get("status") == "InProgress":
            return "the pipeline deploys"
    return ""
